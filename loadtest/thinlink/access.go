package thinlink

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"time"

	"draille/loadtest/link"
	"draille/loadtest/link/tun"
)

// Access is a network namespace whose only way out is an emulated link, and what went through it.
type Access struct {
	Profile   link.Profile
	namespace *tun.Namespace
	link      *tun.Link
	meter     meter
	stop      chan struct{}
	watching  sync.WaitGroup
}

// meterEvery is how exactly bytes can be told from before and after a moment.
const meterEvery = 20 * time.Millisecond

// Open makes the namespace and the link. It needs root; the error says what is missing.
func Open(profile link.Profile, seed uint64) (*Access, error) {
	namespace, err := tun.NewNamespace()
	if err != nil {
		return nil, err
	}
	// Another run at the same time takes another address.
	line, err := tun.Open(tun.Config{Profile: profile, Seed: seed, Client: namespace,
		Index: os.Getpid() % tun.MaxIndex})
	if err != nil {
		_ = namespace.Close()
		return nil, err
	}
	a := &Access{Profile: profile, namespace: namespace, link: line, stop: make(chan struct{})}
	a.watching.Go(a.watch)
	return a, nil
}

func (a *Access) watch() {
	ticker := time.NewTicker(meterEvery)
	defer ticker.Stop()
	for {
		select {
		case <-a.stop:
			return
		case <-ticker.C: // perhaps long after its time: what is counted now has gone through by now
			counts := a.link.Counters()
			a.meter.add(millis(time.Now()), counts.Up.DeliveredBytes, counts.Down.DeliveredBytes)
		}
	}
}

// ServerAddr is the address under which this machine is reached through the link.
func (a *Access) ServerAddr() netip.Addr { return a.link.ServerAddr() }

// Restart begins the link's schedule again.
func (a *Access) Restart() { a.link.Restart() }

// Break loses all packets from now on, or none any more.
func (a *Access) Break(broken bool) { a.link.Break(broken) }

// Remark says why the link was not the one that it should be; nothing if it was.
func (a *Access) Remark() string {
	counts := a.link.Counters()
	packets := counts.Up.DeliveredPackets + counts.Down.DeliveredPackets
	const tolerated = 0.02
	switch {
	case !a.link.RealTime():
		return "the emulated link had no real-time priority: whatever else ran delayed its packets"
	case float64(counts.Late) > tolerated*float64(packets):
		return fmt.Sprintf("the emulated link was more than 1 ms late for %d of %d packets (%d "+
			"ms at worst): the machine was busy",
			counts.Late, packets, counts.WorstMicros/1000)
	default:
		return ""
	}
}

// Wrapper writes a program that starts another one inside the namespace.
func (a *Access) Wrapper(folder, program string) (string, error) {
	path := filepath.Join(folder, "inside")
	script := fmt.Sprintf("#!/bin/sh\nexec nsenter --net=%s -- %s \"$@\"\n", a.namespace.Path(),
		program)
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		//nolint:gosec // a program that Chromium's launcher must execute
		return "", fmt.Errorf("the program that enters the namespace cannot be written: %w", err)
	}
	return path, nil
}

// Close removes link and namespace.
func (a *Access) Close() error {
	close(a.stop)
	a.watching.Wait()
	err := a.link.Close()
	if closing := a.namespace.Close(); err == nil {
		err = closing
	}
	return err
}

// meter remembers how many bytes had gone through when.
type meter struct {
	mu      sync.Mutex
	samples []metered
}

type metered struct {
	at       float64 // ms since 1970
	up, down int
}

func (m *meter) add(at float64, up, down int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	// A link at rest needs no new sample.
	if n := len(m.samples); n > 0 && m.samples[n-1].up == up && m.samples[n-1].down == down {
		return
	}
	m.samples = append(m.samples, metered{at, up, down})
}

// between returns the bytes of a span of time.
func (m *meter) between(from, to float64) (up, down int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, b := m.at(from), m.at(to)
	return b.up - a.up, b.down - a.down
}

// at returns the last sample of a moment or before.
func (m *meter) at(moment float64) metered {
	i := sort.Search(len(m.samples), func(i int) bool { return m.samples[i].at > moment })
	if i == 0 {
		return metered{}
	}
	return m.samples[i-1]
}

func millis(t time.Time) float64 { return float64(t.UnixMicro()) / 1000 }
