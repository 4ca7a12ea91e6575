package node

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/zap"

	"draille/signaling/homes/register"
	"draille/signaling/homes/register/jetstream"
	"draille/signaling/peers/identity"
)

const (
	// Keepers is how many processes keep the register: of three one may die.
	Keepers = 3
	// bucket is the register's name in NATS, clusterName that of the keepers together.
	bucket, clusterName = "draille", "draille"
	// openLate is after how long it is said that the register does not answer.
	openLate = 10 * time.Second
	// fullAt is from how many bytes on no new room is opened. The 64 MB above are for what is
	// there: a lease is written over, and takes a few hundred bytes more for a moment.
	fullAt = jetstream.MaxStore / 16 * 15
	// measureEvery is how often it is looked how many there are: 64 MB are 6 MB a second.
	measureEvery = 10 * time.Second
	// stopWithin bounds how long a keeper takes to write what it has.
	stopWithin = 5 * time.Second
)

// RegisterConfig says who keeps the register: Keepers, or an External cluster of NATS.
type RegisterConfig struct {
	Keepers  []Keeper
	Folder   string // in which this process keeps it, if it is one of them
	External *External
}

// Keeper is a process that keeps the register. Others of them reach it at Address, nodes that keep
// nothing at the port after that.
type Keeper struct{ ID, Address string }

// ValidID reports whether a text may be the id of a node.
func ValidID(id string) bool { return identity.ValidID(id) }

// ParseKeepers reads a list of keepers, each as in n1=192.0.2.1:7422.
func ParseKeepers(list []string) ([]Keeper, error) {
	var keepers []Keeper
	seen := map[string]bool{}
	for _, one := range list {
		id, address, found := strings.Cut(one, "=")
		_, _, err := clientAddress(address)
		if !found || err != nil || !identity.ValidID(id) {
			return nil, fmt.Errorf("expected keepers such as n1=192.0.2.1:7422, each with the id "+
				"of its node, got %q", one)
		}
		if seen[id] || seen[address] {
			return nil, fmt.Errorf("expected each keeper once, got %q twice", one)
		}
		seen[id], seen[address] = true, true
		keepers = append(keepers, Keeper{ID: id, Address: address})
	}
	if err := apart(keepers); err != nil {
		return nil, err
	}
	switch len(keepers) {
	case 0, Keepers:
		return keepers, nil
	case 2:
		return nil, errors.New("two nodes alone cannot tell the death of the other from a cut " +
			"cable: run draille keeper on any third machine (64 MB of memory are enough), and " +
			"name it as the third keeper")
	}
	return nil, fmt.Errorf("expected %d keepers, got %d: of three one may die; more nodes than "+
		"those keep nothing, and name the same three", Keepers, len(keepers))
}

// apart says which keepers of one machine are in each other's way.
func apart(keepers []Keeper) error {
	for _, one := range keepers {
		_, next, err := clientAddress(one.Address)
		if err != nil {
			return err
		}
		for _, other := range keepers {
			if other.Address == next {
				return fmt.Errorf("expected the ports of keepers %s and %s on one machine to be "+
					"two apart, since each uses the one after its own, too: got %s and %s", one.ID,
					other.ID, one.Address, other.Address)
			}
		}
	}
	return nil
}

// clientAddress is where a keeper is reached by those who keep nothing.
func clientAddress(address string) (host, reached string, err error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", "", err
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 || number == 1<<16-1 || host == "" {
		return "", "", fmt.Errorf("%s has no port that another follows", address)
	}
	return host, net.JoinHostPort(host, strconv.FormatUint(number+1, 10)), nil
}

// engine is this process's way to the register, which may take a while to open.
type engine struct {
	log      *zap.Logger
	external *External         // nil: there are keepers
	server   *jetstream.Server // nil: it keeps nothing
	conn     *nats.Conn
	// why it is not connected; whom it refuses, and what it was refused, which say more
	last, refused, denied atomic.Pointer[error]
	unopened              atomic.Pointer[error] // why the register was not opened, once connected
	opened                atomic.Pointer[jetstream.Register]
	nearlyFull            atomic.Bool // what the keepers hold
	ready                 chan struct{}

	stop    context.CancelFunc
	working sync.WaitGroup
}

var _ register.Register = (*engine)(nil)

// openEngine starts a server of the register if this process is to keep it, and connects to it.
func openEngine(id string, who *identity.Identity, config RegisterConfig, log *zap.Logger) (
	*engine, error,
) {
	e := &engine{log: log, external: config.External, ready: make(chan struct{})}
	var err error
	if e.server, err = startServer(id, who, config, log, e.refuses); err != nil {
		return nil, err
	}
	if e.conn, err = e.connect(who, config); err != nil {
		e.close()
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	e.stop = stop
	e.working.Go(func() { e.open(ctx) })
	return e, nil
}

// startServer runs a server of the register; nil if this process is none of its keepers. Note hears
// why another process is refused.
func startServer(id string, who *identity.Identity, config RegisterConfig, log *zap.Logger,
	note func(error)) (*jetstream.Server, error) {
	var own *Keeper
	var all, names []string
	for _, keeper := range config.Keepers {
		all, names = append(all, keeper.Address), append(names, keeper.ID)
		if keeper.ID == id {
			own = &keeper
		}
	}
	if own == nil {
		return nil, nil
	}
	_, clients, err := clientAddress(own.Address)
	if err != nil {
		return nil, err
	}
	return jetstream.Start(jetstream.ServerOptions{
		Name: id, Folder: config.Folder, Clients: clients, TLS: member(who, log, note),
		Cluster: &jetstream.ClusterOptions{Name: clusterName, Address: own.Address, Servers: all,
			Names: names},
		Log: log.Named("register"),
	})
}

func (e *engine) connect(who *identity.Identity, config RegisterConfig) (*nats.Conn, error) {
	if e.server != nil {
		return e.server.Connect()
	}
	if config.External != nil {
		return config.External.connect(append(e.hear(), nats.SetCustomDialer(dialer{e}))...)
	}
	var servers []string
	for _, keeper := range config.Keepers {
		_, clients, err := clientAddress(keeper.Address)
		if err != nil {
			return nil, err
		}
		servers = append(servers, clients)
	}
	return jetstream.Dial(servers, member(who, e.log, e.refuses), e.hear()...)
}

// hear remembers why there is no connection, and what is denied over it.
func (e *engine) hear() []nats.Option {
	return []nats.Option{
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { e.last.Store(&err) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			switch {
			case refused(err):
				e.last.Store(&err)
			case errors.Is(err, nats.ErrPermissionViolation):
				e.denied.Store(&err)
			}
		}),
	}
}

// member is how keepers and nodes speak to each other. Whom this process refuses is said, for the
// operator to mend: once, since they try again and again.
func member(who *identity.Identity, log *zap.Logger, note func(error)) *tls.Config {
	config := who.Member()
	verify := config.VerifyConnection
	var said sync.Once
	config.VerifyConnection = func(state tls.ConnectionState) error {
		err := verify(state)
		if err != nil {
			note(err)
			said.Do(func() {
				log.Error("another process of the register is refused", zap.Error(err))
			})
		}
		return err
	}
	return config
}

func (e *engine) refuses(err error) { e.refused.Store(&err) }

// why is why the register does not answer, as far as it is known.
func (e *engine) why() error {
	reasons := []*atomic.Pointer[error]{&e.refused, &e.last}
	if e.conn.IsConnected() {
		reasons = []*atomic.Pointer[error]{&e.refused, &e.denied, &e.unopened}
	}
	for _, of := range reasons {
		if err := of.Load(); err != nil && !errors.Is(*err, nats.ErrNoServers) {
			return *err
		}
	}
	return cmp.Or(e.conn.LastError(), errNotOpen)
}

// trouble says in words why the register does not answer, and what is expected.
func (e *engine) trouble() error {
	if e.external != nil {
		return e.external.words(e.why())
	}
	return fmt.Errorf("expected two of its three keepers to run (all three at the very first "+
		"start), to reach each other and to have this secret, got: %w", e.why())
}

// open opens the register as soon as there is a majority of its servers.
func (e *engine) open(ctx context.Context) {
	began := time.Now()
	late := time.AfterFunc(openLate, func() {
		e.log.Warn("the register does not answer yet; until then no room can be opened",
			zap.Error(e.trouble()))
	})
	defer late.Stop()
	opened, err := jetstream.OpenTold(ctx, e.conn, bucket, Keepers,
		func(err error) { e.unopened.Store(&err) })
	if err != nil {
		if ctx.Err() == nil {
			e.log.Error("the register cannot be opened: no room can be", zap.Error(err))
		}
		return
	}
	e.opened.Store(opened)
	close(e.ready)
	e.log.Info("the register answers", zap.Duration("after", time.Since(began)))
	late.Stop()
	e.working.Go(func() { e.measure(ctx, opened) })
	jetstream.NewSweeper(opened).Run(ctx, e.swept)
}

// measure looks now and again how full the register is. What an account of NATS elsewhere may hold
// is not known here.
func (e *engine) measure(ctx context.Context, opened *jetstream.Register) {
	if e.external != nil {
		return
	}
	ticker := time.NewTicker(measureEvery)
	defer ticker.Stop()
	for {
		if held, err := opened.Bytes(ctx); err == nil {
			e.nearlyFull.Store(held > fullAt)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// untold says why a register that is open does not tell what is there.
func (e *engine) untold() error {
	if e.nearlyFull.Load() {
		return fmt.Errorf("the register is full: expected less than %d MB, got more; calls go on, "+
			"but no room can be opened; it goes on by itself once what removed rooms left behind "+
			"is taken away, within two hours", fullAt>>20)
	}
	return errors.New("the register did not tell everything")
}

// swept writes down what came of looking for what removed keys left behind. What failed is tried
// again at the next look.
func (e *engine) swept(count int, err error) {
	if err != nil {
		e.log.Warn("what removed keys left in the register was not swept", zap.Error(err))
		return
	}
	e.log.Debug("swept what removed keys left in the register", zap.Int("keys", count))
}

func (e *engine) close() {
	if e.stop != nil {
		e.stop()
	}
	e.working.Wait()
	if e.conn != nil {
		e.conn.Close()
	}
	if e.server == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	if err := e.server.Stop(ctx); err != nil {
		e.log.Warn("the register's server did not end in order", zap.Error(err))
	}
}

var errNotOpen = errors.New("the register is not open yet")

// Put implements register.Register.
func (e *engine) Put(ctx context.Context, key string, value []byte, revision uint64) (uint64,
	error) {
	if r := e.opened.Load(); r != nil {
		return r.Put(ctx, key, value, revision)
	}
	return 0, errNotOpen
}

// Delete implements register.Register.
func (e *engine) Delete(ctx context.Context, key string, revision uint64) error {
	if r := e.opened.Load(); r != nil {
		return r.Delete(ctx, key, revision)
	}
	return errNotOpen
}

// Watch implements register.Register. It waits until there is something to be watched.
func (e *engine) Watch(ctx context.Context, prefix string) (<-chan register.Change, error) {
	select {
	case <-e.ready:
		return e.opened.Load().Watch(ctx, prefix)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
