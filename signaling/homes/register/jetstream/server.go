package jetstream

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"go.uber.org/zap"
)

const (
	// pingEvery and pingsOut notice within six seconds that a connection leads nowhere, sooner
	// than the longest election (nine seconds, nats-server's raft.go): TCP alone goes on for
	// minutes, and after a partition it would wait as long again before it sends anything.
	pingEvery = 2 * time.Second
	pingsOut  = 2
	// maxMemory is for the watches of all nodes: JetStream would take three quarters of what the
	// machine has.
	maxMemory = 64 << 20
	// MaxStore is fifty times what ten thousand rooms need.
	MaxStore = 1 << 30
	// startWithin is how long a server may take to listen, which takes it 20 ms.
	startWithin = 10 * time.Second
)

// ServerOptions say how a server runs in this process.
type ServerOptions struct {
	Name   string // of this server: no other in the cluster has it
	Folder string // that it keeps everything in

	// Cluster is what the servers have in common, nil for one that is alone.
	Cluster *ClusterOptions
	// Clients is the address that processes elsewhere connect to: "" for none.
	Clients string
	// TLS is for both kinds of connections, which are neither encrypted nor authenticated
	// without it.
	TLS *tls.Config
	Log *zap.Logger

	restartEvery time.Duration // 0: as usual
	maxStore     int64         // bytes, 0: MaxStore
}

// ClusterOptions say how servers find each other.
type ClusterOptions struct {
	Name    string
	Address string   // that the other servers connect to
	Servers []string // the addresses of all, this one among them
	Names   []string // the names of all, which are said when one goes or comes
}

// Server is a NATS server in this process, with JetStream.
type Server struct {
	server         *server.Server
	user, password string // of clients in this process, "" if none is asked
	others         []string
	stop           context.CancelFunc
	watching       sync.WaitGroup
}

// Start runs a server. It does not wait until the cluster has a leader.
func Start(o ServerOptions) (*Server, error) {
	options, err := o.translate()
	if err != nil {
		return nil, err
	}
	s, err := server.NewServer(options)
	if err != nil {
		return nil, fmt.Errorf("jetstream: %w", err)
	}
	if o.Log != nil {
		s.SetLogger(newLogger(o.Log, time.Now), false, false)
	}
	s.Start()
	if !s.ReadyForConnections(startWithin) {
		s.Shutdown()
		s.WaitForShutdown()
		return nil, fmt.Errorf("jetstream: the server is not ready after %v: its log says why",
			startWithin)
	}
	started := &Server{server: s, user: options.Username, password: options.Password}
	if o.Cluster != nil {
		started.others = slices.DeleteFunc(slices.Clone(o.Cluster.Names),
			func(name string) bool { return name == o.Name })
	}
	started.watch(o)
	return started, nil
}

// watch says which of the other servers go and come, and begins again where the disk was full.
func (s *Server) watch(o ServerOptions) {
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	if config := s.server.JetStreamConfig(); config != nil {
		config.StoreDir = o.Folder
		r := &restarter{server: s.server, config: *config, log: cmp.Or(o.Log, zap.NewNop()),
			every: cmp.Or(o.restartEvery, restartEvery)}
		s.watching.Go(func() { r.watch(ctx) })
	}
	if o.Log != nil && o.Cluster != nil {
		n := newNeighbours(o.Log, o.Name, o.Cluster.Names)
		s.watching.Go(func() { n.watch(ctx, s.connected) })
	}
}

// connected returns the names of the servers that this one has a connection to.
func (s *Server) connected() (names []string) {
	routes, err := s.server.Routez(nil)
	if err != nil {
		return nil
	}
	for _, route := range routes.Routes {
		names = append(names, route.RemoteName)
	}
	return names
}

// Missed returns the names of the other servers that this one has no connection to.
func (s *Server) Missed() (names []string) {
	here := s.connected()
	for _, name := range s.others {
		if !slices.Contains(here, name) {
			names = append(names, name)
		}
	}
	return names
}

func (o ServerOptions) translate() (*server.Options, error) {
	options := &server.Options{
		ServerName:             o.Name,
		DontListen:             true,
		NoSigs:                 true,
		DisableJetStreamBanner: true,
		PingInterval:           pingEvery,
		MaxPingsOut:            pingsOut,
		JetStream:              true,
		JetStreamMaxMemory:     maxMemory,
		JetStreamMaxStore:      cmp.Or(o.maxStore, MaxStore),
		StoreDir:               o.Folder,
		// What was acknowledged must be there after the power has failed everywhere at once.
		SyncAlways: true,
	}
	if err := o.listen(options); err != nil || o.Cluster == nil {
		return options, err
	}
	host, port, err := split(o.Cluster.Address)
	if err != nil {
		return nil, err
	}
	options.Cluster = server.ClusterOpts{
		Name: o.Cluster.Name, Host: host, Port: port, TLSConfig: o.TLS, NoAdvertise: true,
		PingInterval: pingEvery, MaxPingsOut: pingsOut,
	}
	for _, address := range o.Cluster.Servers {
		options.Routes = append(options.Routes, &url.URL{Scheme: "nats", Host: address})
	}
	return options, nil
}

// listen says where clients connect to. nats-server 2.15.2 opens no routes until it listens for
// clients (StartRouting waits for AcceptLoop): one that wants none from elsewhere listens on the
// loopback interface, for whoever knows a password that never leaves this process.
func (o ServerOptions) listen(options *server.Options) error {
	switch {
	case o.Clients != "":
		host, port, err := split(o.Clients)
		if err != nil {
			return err
		}
		options.DontListen, options.Host, options.Port = false, host, port
		options.TLSConfig, options.TLSVerify = o.TLS, o.TLS != nil
	case o.Cluster != nil:
		options.DontListen, options.Host, options.Port = false, "127.0.0.1", server.RANDOM_PORT
		options.Username, options.Password = "local", rand.Text()
	}
	return nil
}

// Connect is a client inside this process.
func (s *Server) Connect() (*nats.Conn, error) {
	conn, err := nats.Connect("", append(clientOptions(), nats.InProcessServer(s.server),
		nats.UserInfo(s.user, s.password))...)
	if err != nil {
		return nil, fmt.Errorf("jetstream: %w", err)
	}
	return conn, nil
}

// Stop ends the server, or returns when ctx ends.
func (s *Server) Stop(ctx context.Context) error {
	s.stop()
	s.watching.Wait()
	s.server.Shutdown()
	done := make(chan struct{})
	go func() {
		s.server.WaitForShutdown()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return errors.New("jetstream: the server has not ended in time")
	}
}

// Dial connects to servers elsewhere, to any of those named. More may say as whom.
func Dial(addresses []string, secure *tls.Config, more ...nats.Option) (*nats.Conn, error) {
	options := append(clientOptions(), more...)
	if secure != nil {
		options = append(options, nats.Secure(secure))
	}
	options = append(options, func(o *nats.Options) error {
		for _, address := range addresses {
			o.Servers = append(o.Servers, "nats://"+address)
		}
		return nil
	})
	conn, err := nats.Connect("", options...)
	if err != nil {
		return nil, fmt.Errorf("jetstream: %w", err)
	}
	return conn, nil
}

// clientOptions keep trying for ever, and never keep a change back to send it later: whoever asked
// for it has been told that it is not known, and may have decided otherwise since.
func clientOptions() []nats.Option {
	return []nats.Option{
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1),
		// Credentials that were refused twice may be put right, and are read again at each try.
		nats.IgnoreAuthErrorAbort(),
		nats.ReconnectWait(250 * time.Millisecond), nats.ReconnectBufSize(-1),
		nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(pingsOut),
		// The library would print it; what fails shows in the answers and in the watches.
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
	}
}

func split(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err == nil {
		port, err = strconv.Atoi(text)
	}
	if err != nil {
		return "", 0, fmt.Errorf("jetstream: %q is no address: host:port is expected", address)
	}
	return host, port, nil
}
