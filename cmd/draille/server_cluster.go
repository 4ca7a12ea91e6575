package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"draille/signaling"
	"draille/signaling/homes"
	"draille/signaling/homes/cluster"
	"draille/signaling/node"
	"draille/signaling/rules"
)

// openHomes says where rooms live: all here, with what was kept of before, or on several servers.
func (s *server) openHomes(keys secrets, limits rules.Config) (signaling.Homes, signaling.Carrier,
	error) {
	if s.config.Cluster.Node == "" {
		err := s.openStore()
		return homes.NewAlone(homes.Config{Memory: s.store, Hold: limits.Hold}), nil, err
	}
	if s.config.Cluster.Listen == "" {
		return nil, nil, errors.New("cluster.listen is empty, but cluster.node is not: give an " +
			"address of this machine that the other servers reach, as in 192.0.2.1:7420")
	}
	config, err := s.config.Cluster.node(&s.config, keys)
	if err != nil {
		return nil, nil, err
	}
	if err := makeDataDirectory(s.config.DataDirectory); err != nil {
		return nil, nil, err
	}
	s.instance = rand.Text()
	config.Instance = s.instance
	s.pid, config.Dead, err = holdPID(s.config.DataDirectory, config.Instance)
	if err != nil {
		return nil, nil, err
	}
	config.Load, config.Log = newCPULoad().read, s.logger.Named("cluster")
	config.Media = textsOf(s.media)
	if s.handedOut != nil {
		config.MediaElsewhere = s.handedOut.mediaElsewhere
	}
	if s.node, err = node.Start(config); err != nil {
		return nil, nil, err
	}
	if s.shared != nil {
		if err := s.shared.open(s.node); err != nil {
			return nil, nil, err
		}
	}
	return s.node, s.node, nil
}

func textsOf(addresses []netip.AddrPort) []string {
	texts := make([]string, len(addresses))
	for i, address := range addresses {
		texts[i] = address.String()
	}
	return texts
}

// serveCluster answers other servers from now on.
func (s *server) serveCluster(failed chan<- error) {
	if s.node == nil {
		return
	}
	tell := func(err error) {
		failed <- fmt.Errorf("the port of servers stopped: %w", err)
	}
	if err := s.node.Serve(s.signaling, tell); err != nil {
		failed <- err
	}
	s.node.Listen(s)
}

// tellEnded is what the other servers are told by; nil: there are none.
func (s *server) tellEnded() func(digest string, until time.Time) {
	if s.node == nil {
		return nil
	}
	return s.node.Ended
}

// HearEnded implements node.Listener.
func (s *server) HearEnded(digest string, until time.Time) {
	s.signaling.HearEnded(digest, until)
}

// HearRevoked implements node.Listener: what another server withdraws is withdrawn here for as
// long, whether the register answers or not.
func (s *server) HearRevoked(invitation string, until time.Time) {
	list := revocations(s.config)
	if list.Revoked(invitation) {
		return
	}
	if err := list.Add(invitation, until); err != nil {
		s.logger.Error("an invitation that another server has withdrawn cannot be written down",
			zap.Error(err))
	}
	s.signaling.Revoke([]string{invitation})
}

// tellRevoked tells the other servers what is withdrawn here, and they do not know yet.
func (s *server) tellRevoked(invitations []string) {
	if s.node == nil {
		return
	}
	for _, one := range invitations {
		if until, err := revocations(s.config).Expires(one); err == nil {
			s.node.Revoked(one, until)
		}
	}
}

func (s *server) closeCluster() {
	if s.node != nil {
		s.node.Close()
	}
	if s.pid != nil {
		s.pid.Close()
	}
}

// cpuLoad is how much of this machine's cores this process takes.
type cpuLoad struct {
	mu     sync.Mutex
	at     time.Time
	used   time.Duration
	smooth float64
}

// loadTime is over how long the load is smoothed: a keyframe for everybody is no reason to send
// rooms elsewhere.
const loadTime = 10 * time.Second

func newCPULoad() *cpuLoad { return &cpuLoad{at: time.Now(), used: cpuTime()} }

func (l *cpuLoad) read() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, used := time.Now(), cpuTime()
	passed := now.Sub(l.at)
	if passed <= 0 {
		return l.smooth
	}
	load := float64(used-l.used) / float64(passed) / float64(runtime.GOMAXPROCS(0))
	l.smooth += (load - l.smooth) * min(1, float64(passed)/float64(loadTime))
	l.at, l.used = now, used
	return l.smooth
}

// clusterCollector tells what becomes of rooms among several servers.
func clusterCollector(n *node.Node) prometheus.Collector {
	s := &snapshot{}
	rooms := s.describe("cluster_rooms", "Rooms that live on this server.")
	claims := s.describe("cluster_claims_total", "Rooms that came to live here, by cause: opened, "+
		"dead (their server died), given (it was drained), resumed (after a restart).", "cause")
	ended := s.describe("cluster_rooms_moved_total", "Rooms that went on on another server.")
	islanded := s.describe("cluster_islanded_seconds_total",
		"Seconds in which nothing could be decided here: the register did not answer.")
	lease := s.describe("cluster_lease_seconds",
		"What is left of the time in which this server may decide; renewed every second.")
	register := s.describe("cluster_register_seconds",
		"How long the register takes to answer this server, 10 at most.")
	piped := s.describe("cluster_piped_websockets",
		"Websockets that are carried between servers: out to a room's, in to a room here.",
		"direction")
	opened := s.describe("cluster_pipes_total",
		"Websockets of pages here whose room lives elsewhere, by result: ok, refused.", "result")
	s.collect = func(out chan<- prometheus.Metric) {
		stats := n.Stats()
		gauge(out, rooms, stats.Rooms)
		for _, cause := range cluster.Causes {
			counter(out, claims, stats.Claims[cause], string(cause))
		}
		counter(out, ended, stats.Ended)
		counter(out, islanded, stats.Islanded)
		gauge(out, lease, stats.Lease.Seconds())
		gauge(out, register, stats.Register.Seconds())
		gauge(out, piped, stats.Out, "out")
		gauge(out, piped, stats.In, "in")
		counter(out, opened, stats.Carried, "ok")
		counter(out, opened, stats.Refused, "refused")
	}
	return s
}
