package peers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"go.uber.org/zap"

	"draille/signaling/peers/identity"
	"draille/signaling/peers/wire"
)

const (
	// maxPeers is from how many nodes on those are forgotten that nobody asks for any more.
	maxPeers = 64
	// maxSending is how many messages are on their way at once: a node hands over ten rooms at a
	// time, and asks for those that somebody waits for.
	maxSending = 1000
)

// Client calls other nodes. Its methods may be called concurrently. Locks: mu before peer.mu.
type Client struct {
	config Config
	life   context.Context
	end    context.CancelFunc

	mu     sync.Mutex
	peers  map[Target]*peer
	closed bool
	// messages on their way of which nobody waits
	sending int
	pipes   int            // websockets that are carried
	piping  sync.WaitGroup // and websockets
}

// NewClient returns a client that has called nobody yet.
func NewClient(config Config) (*Client, error) {
	if config.Identity == nil {
		return nil, errors.New("expected Config.Identity, got nil; make one with identity.New")
	}
	config.setDefaults()
	life, end := context.WithCancel(context.Background())
	return &Client{config: config, life: life, end: end, peers: map[Target]*peer{}}, nil
}

// Close ends everything that goes on with other nodes: websockets that are carried are closed in a
// way that makes their pages connect again.
func (c *Client) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.end()
	c.piping.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.peers {
		p.wait()
		p.close()
	}
}

// Pipes returns how many websockets are carried to other nodes.
func (c *Client) Pipes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pipes
}

func (c *Client) count(pipes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pipes += pipes
}

// peer returns the node, as one process: one that was restarted is another.
func (c *Client) peer(target Target) (*peer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errClosed
	}
	p := c.peers[target]
	if p == nil {
		if len(c.peers) >= maxPeers {
			for key, old := range c.peers {
				if old.idle(c.config.Now()) {
					delete(c.peers, key)
				}
			}
		}
		p = &peer{config: &c.config, target: target, life: c.life, used: c.config.Now()}
		c.peers[target] = p
	}
	return p, nil
}

// acquire returns a connection to a node with a place for one stream reserved on it.
func (c *Client) acquire(ctx context.Context, target Target) (*link, error) {
	p, err := c.peer(target)
	if err != nil {
		return nil, err
	}
	return p.acquire(ctx)
}

// newRequest returns a request to a node, with this machine's time.
func newRequest(ctx context.Context, config *Config, path string, body io.Reader) (
	*http.Request, error,
) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://node"+path, body)
	if err != nil {
		return nil, fmt.Errorf("a request to another node could not be made: %w", err)
	}
	request.Header.Set(clockHeader, strconv.FormatInt(config.Now().UnixMilli(), 10))
	request.Header["User-Agent"] = nil
	return request, nil
}

// sighting is what a hello has shown of a node.
type sighting struct {
	peer   identity.Peer
	clock  time.Time     // the node's, when this machine's half of the round trip was over
	trip   time.Duration // there and back
	offset time.Duration // the node's clock less this machine's
}

// greet asks a node who it is. The connection has proven it.
func greet(ctx context.Context, config *Config, conn *http.ClientConn, target Target) (
	wire.Hello, sighting, error,
) {
	var hello wire.Hello
	request, err := newRequest(ctx, config, helloPath, http.NoBody)
	if err != nil {
		return hello, sighting{}, err
	}
	began := config.Now()
	response, err := conn.RoundTrip(request)
	if err != nil {
		return hello, sighting{}, identity.Explain(err, target.Node, target.Address)
	}
	ended := config.Now()
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return hello, sighting{}, readRefusal(response, target.Node)
	}
	if err := readMessage(response.Body, wire.MaxMessageBytes, config.Formats,
		&hello); err != nil {
		return hello, sighting{}, fmt.Errorf("the hello of node %q is not understood: %w",
			target.Node, err)
	}
	who, err := identity.PeerOf(response.TLS)
	if err != nil {
		return hello, sighting{}, err
	}
	hello.Node, hello.Instance = who.Node, who.Instance // as proven, not as said
	trip := ended.Sub(began)
	theirs := time.UnixMilli(hello.Clock).Add(trip / 2)
	return hello, sighting{who, theirs, trip, theirs.Sub(ended.Round(0))}, nil
}

// readMessage reads a message to its end.
func readMessage(r io.Reader, most int64, formats wire.Formats, message wire.Message) error {
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	switch {
	case err != nil:
		return err
	case int64(len(data)) > most:
		return &wire.Malformed{Words: fmt.Sprintf("expected at most %d bytes, got more; update "+
			"both nodes to one version", most)}
	}
	return wire.Decode(data, formats, message)
}

// Tell tells a node something of a room, in the newest format that both sides have, and returns
// when the node has taken it. Progress, unless nil, hears how much has been sent, and must not
// block. What makes no progress for a second is given up. What the node answers comes as a message
// of its own.
func (c *Client) Tell(ctx context.Context, target Target, told wire.Told,
	progress func(sent, all int)) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	l, err := c.acquire(ctx, target)
	if err != nil {
		return err
	}
	data, err := c.encode(l, target, told)
	if err != nil {
		l.conn.Release()
		return err
	}
	moving, stop := newProgress(ctx, data, progress)
	defer stop()
	request, err := newRequest(moving.ctx, &c.config, pathOf(told), moving)
	if err != nil {
		l.conn.Release()
		return err
	}
	request.ContentLength = int64(len(data))
	response, err := l.conn.RoundTrip(request)
	if err != nil {
		return failed(moving.ctx, target, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusNoContent {
		return readRefusal(response, target.Node)
	}
	return nil
}

// encode writes a message in the newest format that a node reads, too.
func (c *Client) encode(l *link, target Target, told wire.Told) ([]byte, error) {
	format, err := c.config.Formats.Common(l.hello.Formats, target.Node)
	if err != nil {
		return nil, err
	}
	return wire.Encode(told.In(format), wire.Most(told))
}

// Send tells a node something of a room and does not wait. What cannot be told is lost: package
// tenure asks again. Of what is on its way at once there is a bound.
func (c *Client) Send(target Target, told wire.Told) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.sending >= maxSending {
		return
	}
	c.sending++
	c.piping.Go(func() {
		err := c.Tell(c.life, target, told, nil)
		c.mu.Lock()
		c.sending--
		c.mu.Unlock()
		if err != nil {
			c.config.Log.Info("another node was not told", zap.String("node", target.Node),
				zap.Error(err))
		}
	})
}

// Format returns the newest format that a node reads and this one writes.
func (c *Client) Format(ctx context.Context, target Target) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	l, err := c.acquire(ctx, target)
	if err != nil {
		return 0, err
	}
	defer l.conn.Release()
	return c.config.Formats.Common(l.hello.Formats, target.Node)
}

// failed says why a request came to nothing.
func failed(ctx context.Context, target Target, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return fmt.Errorf("node %q did not answer: %w; it is asked again", target.Node, err)
}

// errStalled is why a request is given up of which nothing more is taken.
var errStalled = errors.New("it took nothing more of the message for a second")

// progress is the body of a request that notices when nothing is taken of it any more.
type progress struct {
	*bytes.Reader
	ctx   context.Context
	all   int
	timer *time.Timer
	tell  func(sent, all int)
}

func newProgress(ctx context.Context, data []byte, tell func(sent, all int)) (
	*progress, func(),
) {
	ctx, cancel := context.WithCancelCause(ctx)
	p := &progress{Reader: bytes.NewReader(data), ctx: ctx, all: len(data), tell: tell}
	p.timer = time.AfterFunc(stallTimeout, func() { cancel(errStalled) })
	return p, func() {
		p.timer.Stop()
		cancel(nil)
	}
}

// Read implements io.Reader. Once all is taken, the answer has as long as the caller gives it.
func (p *progress) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if p.Reader.Len() == 0 {
		p.timer.Stop()
	} else {
		p.timer.Reset(stallTimeout)
	}
	if p.tell != nil && n > 0 {
		p.tell(p.all-p.Reader.Len(), p.all)
	}
	return n, err
}
