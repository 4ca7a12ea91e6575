package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"draille/sfu"
	"draille/sfu/udp"
	"draille/signaling"
	"draille/signaling/bridge"
	"draille/signaling/node"
	"draille/signaling/quota"
	"draille/signaling/rules"
	"draille/signaling/store"
	"draille/signaling/token"
	"draille/turn"
	"draille/turn/icetcp"
	"draille/turn/split"
	"draille/web"
)

// Time given to each part of the shutdown; together less than the 10 s after which a service
// manager loses patience.
const (
	goodbyeTimeout = 5 * time.Second
	requestTimeout = 2 * time.Second
)

// server is everything that runs in one process.
type server struct {
	config      Config
	logger      *zap.Logger
	public      *url.URL
	invitations *invitations

	socket      *udp.Socket
	engine      *sfu.Engine
	relay       *turn.Server // nil: not enabled
	handedOut   *iceServers  // what participants are told of it; nil: not enabled
	signaling   *signaling.Server
	store       *store.Store
	node        *node.Node         // nil: this server is the only one
	pid         io.Closer          // held while it is one of several; nil: it is not
	instance    string             // of this process among several
	practice    *practiceServer    // nil: not enabled
	account     *quota.Account     // what everybody costs
	connections *quota.Connections // TCP connections of all ports but that of programs
	programs    *quota.Connections // those of that port

	certificate *certificate  // nil: not out of files
	shared      *sharedCache  // of certificates, with other servers; nil: there are none
	stopping    atomic.Bool   // no new participants
	done        chan struct{} // ends the upkeep
	upkeep      sync.WaitGroup

	addresses   []netip.Addr // public-address, as resolved
	media       []netip.AddrPort
	overTCP     *icetcp.Server // the half of the TCP port for media that is not relayed; nil: none
	tcpRelay    net.Listener   // the relay's half of it
	secureRelay net.Listener   // the relay's half of the web server's port; nil: no TLS

	client                     *web.Client
	web, metrics               *http.Server
	webListener, metricsListen net.Listener // metricsListen is nil without metrics
}

// newServer opens every port and puts the parts together. Nothing is served before serve is called.
func newServer(config Config, logger *zap.Logger) (_ *server, err error) {
	s := &server{config: config, logger: logger, done: make(chan struct{})}
	defer func() {
		if err != nil {
			s.closeMedia()
			s.closeListeners()
			s.practice.endStreams()
			s.practice.close()
			s.closeCluster()
			s.closeStore()
		}
	}()
	keys, err := makeSecrets(config)
	if err != nil {
		return nil, err
	}
	certificates, files, err := newTLS(config, s.certificateCache())
	if err != nil {
		return nil, err
	}
	s.certificate = files
	s.account = newAccount(config, logger)
	if s.connections, s.programs, err = newConnections(config, s.account, logger); err != nil {
		return nil, err
	}
	if err := s.listen(); err != nil {
		return nil, err
	}
	s.public = config.publicURL(boundAddress(config.Listen, s.webListener))
	if certificates != nil {
		s.webListener, s.secureRelay = split.TLS(s.webListener, certificates, logger.Named("tls"))
	}
	if s.invitations, err = newInvitations(keys, s.public); err != nil {
		return nil, err
	}
	relay, err := s.openMedia(keys)
	if err != nil {
		return nil, err
	}
	if s.client, err = web.New(config.House.pages(), config.Cluster.Doors...); err != nil {
		return nil, err
	}
	if config.Practice.Enabled {
		if s.practice, err =
			openPractice(config, keys, s.invitations, s.account, s.programs,
				config.Practice.Demo, logger); err != nil {
			return nil, err
		}
	}
	if err := s.openSignaling(keys, relay); err != nil {
		return nil, err
	}
	s.practice.start(s.signaling)
	return s, s.openWeb(certificates)
}

// listen opens the web server's port.
func (s *server) listen() error {
	listener, err := listenTCP("listen", s.config.Listen)
	if err != nil {
		return err
	}
	s.webListener = s.connections.Listen(listener)
	return nil
}

// openStore recalls the rooms of before.
func (s *server) openStore() (err error) {
	directory := s.config.StateDirectory
	if directory == "" {
		directory = filepath.Join(s.config.DataDirectory, "rooms")
	}
	s.store, err = store.Open(store.Config{Directory: directory, Log: s.logger.Named("store")})
	return err
}

// openSignaling finds the rooms of before and is ready to take them up again.
func (s *server) openSignaling(keys secrets, relay signaling.Relay) error {
	limits := rules.DefaultConfig()
	limits.MaxRoom = s.config.MaxParticipants
	rooms, carrier, err := s.openHomes(keys, limits)
	if err != nil {
		return err
	}
	s.signaling, err = signaling.New(signaling.Config{
		Media: bridge.Media(s.engine),
		Tokens: s.practice.tokens(
			token.Checker{Signer: s.invitations.signer, Revocations: revocations(s.config)}),
		Links:   s.invitations,
		Relay:   relay,
		Homes:   rooms,
		Carrier: carrier,
		Ended:   s.tellEnded(),
		Watcher: s.practice.watcher(),
		Quota:   s.account,
		Proxies: s.config.trustedProxies(),
		Origins: slices.Concat([]string{s.public.String()}, s.config.AllowedOrigins,
			s.config.Cluster.origins(s.public)),
		Version: version(),
		Page:    s.client.Build(),
		Rules:   limits,
		Log:     s.logger.Named("signaling"),
	})
	return err
}

// boundAddress is the configured address with the port that was really opened, which differs when 0
// was asked for.
func boundAddress(configured string, listener net.Listener) string {
	host, _ := splitListen(configured)
	_, port := splitListen(listener.Addr().String())
	return net.JoinHostPort(host, port)
}

func portOf(address net.Addr) uint16 {
	if tcp, ok := address.(*net.TCPAddr); ok {
		return uint16(tcp.Port)
	}
	return 0
}

// openWeb prepares the web server, and the one for metrics.
func (s *server) openWeb(certificates *tls.Config) error {
	if !s.client.Built() {
		s.logger.Warn("this binary holds no web client, only its server: build it with make build")
	}
	identity := identityHandler(certificates, s.public.Hostname())
	shown := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		serveAdmitted(w, r, s.admitFile, identity)
	})
	page := boundedPage{s.client, s.admitFile}
	s.web = newHTTPServer(newHandler(page, s.signaling, s.practice.handler(), shown, s.unready,
		s.public, s.config.Cluster.Doors, s.public.Scheme == "https"), s.logger.Named("http"))
	s.web.TLSConfig = certificates
	if s.config.Metrics.Listen == "" {
		return nil
	}
	var err error
	if s.metricsListen, err = listenTCP("metrics.listen", s.config.Metrics.Listen); err != nil {
		return err
	}
	s.metrics = newHTTPServer(newMetricsHandler(s), s.logger.Named("metrics"))
	return nil
}

// admitFile puts a file of the client down to the address that asks for it.
func (s *server) admitFile(r *http.Request) (done func(), ok bool) {
	client := quota.Payer{Address: quota.Proxies(s.config.trustedProxies()).Client(r)}
	now := time.Now()
	if !s.account.Spend(now, quota.Files, client) {
		return nil, false
	}
	return s.account.Hold(now, quota.Files, client)
}

// unready says why new participants are not welcome; empty: they are.
func (s *server) unready() string {
	if s.stopping.Load() {
		return "stopping"
	}
	if s.certificate != nil {
		if why := s.certificate.outOfDate(time.Now()); why != "" {
			return why
		}
	}
	if s.node == nil {
		return ""
	}
	return s.node.Unready()
}

// serve starts to answer. A part that fails is told on the channel.
func (s *server) serve() <-chan error {
	s.upkeep.Go(func() { newUpkeep(s).run(s.done) })
	s.upkeep.Go(func() {
		watchPublic(s.done, publicAgain, s.config.PublicAddress, publicWatch{
			told: s.addresses, adopt: s.adopt, logger: s.logger.Named("address")})
	})
	failed := make(chan error, 4)
	s.serveCluster(failed)
	serve := func(name string, start func() error) {
		go func() {
			if err := start(); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("the %s server stopped: %w", name, err)
			}
		}()
	}
	serve("web", func() error {
		return s.web.Serve(s.webListener) // which does TLS by itself, if there is any
	})
	if s.metrics != nil {
		serve("metrics", func() error { return s.metrics.Serve(s.metricsListen) })
	}
	return failed
}

// logStart says what is served where, and warns of what will not work.
func (s *server) logStart() {
	metrics := zap.Skip()
	if s.metricsListen != nil {
		metrics = zap.Stringer("metrics", s.metricsListen.Addr())
	}
	s.logger.Info("draille is running", zap.String("version", version()),
		zap.Stringer("url", s.public),
		zap.Stringer("listen", s.webListener.Addr()), zap.Stringer("udp", s.socket.LocalAddr()),
		metrics, zap.Bool("relay", s.relay != nil))
	if host, _ := splitListen(s.config.Listen); s.public.Scheme == "http" && !isLocal(host) {
		s.logger.Warn("browsers on other machines will refuse camera and microphone, because " +
			"there is no TLS: " +
			"set tls.mode to acme or files, or set public-url to the https:// address of a " +
			"proxy in front")
	}
}

// shutdown says goodbye and closes everything, in the order in which one part needs the other.
func (s *server) shutdown() {
	s.stopping.Store(true)
	close(s.done)
	s.upkeep.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), goodbyeTimeout)
	defer cancel()
	if err := s.signaling.Shutdown(ctx); err != nil {
		s.logger.Warn("some participants could not be told that the server stops", zap.Error(err))
	}
	s.practice.endStreams()
	ctx, cancel = context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	for _, server := range []*http.Server{s.web, s.metrics} {
		if server != nil && server.Shutdown(ctx) != nil {
			server.Close()
		}
	}
	s.closeCluster()
	s.practice.close()
	s.closeMedia()
	s.closeListeners()
	s.closeStore()
}

func (s *server) closeStore() {
	if s.store != nil {
		s.store.Close()
	}
}

func (s *server) closeListeners() {
	closeAll(s.webListener, s.secureRelay, s.tcpRelay, s.metricsListen)
}

// closeAll closes the listeners that there are; more than once is fine.
func closeAll(listeners ...net.Listener) {
	for _, listener := range listeners {
		if listener != nil {
			listener.Close()
		}
	}
}
