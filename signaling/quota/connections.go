package quota

import (
	"cmp"
	"container/heap"
	"container/list"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// ConnectionLimits bound the TCP connections of listeners together. A browser in a call holds two
// or three.
type ConnectionLimits struct {
	Begun   Cost // that each of them is put down to when it begins; empty: Connects
	Address int  // of one address, but for Exempt
	All     int
	// Reserve is the part of All that only addresses with a seat may take, SeatReserve for each
	// seat.
	Reserve, SeatReserve int
	Exempt               []netip.Prefix // reverse proxies, behind which many stand
	// Crowded hears when there are more than Crowd, and when there are less than half of that
	// again; nil: nobody does. It is called while a lock is held and must not block.
	Crowded func(bool)
	Crowd   int
}

// DefaultSeatReserve holds a browser that comes back on another network before its old connections
// are seen to be dead: websocket, page, and TURN and ICE over TCP, twice over.
const DefaultSeatReserve = 8

// Connections counts the TCP connections of listeners. Where there are too many, those that
// have not shown who they are go first: the oldest such connection of the address that has the most
// of them makes room. An address with a seat gets in out of a reserve, and keeps what it got there.
// Nobody waits for somebody who was refused.
type Connections struct {
	limits  ConnectionLimits
	account *Account
	now     func() time.Time
	pause   func(time.Duration)

	mu       sync.Mutex
	open     int
	reserved int // of the open ones: admitted out of the reserve
	from     map[netip.Addr]*origin
	queue    origins
	began    uint64 // connections, ever
	crowded  bool   // as Crowded was told
}

// origin is one address that has connections.
type origin struct {
	address netip.Addr
	open    int
	unknown *list.List // of *connection that are not authenticated, the oldest first
	index   int        // in the queue; -1: has no unknown ones
	reads   *rate.Limiter
}

// NewConnections returns a count of none.
func NewConnections(limits ConnectionLimits, account *Account) *Connections {
	limits.Begun = cmp.Or(limits.Begun, Connects)
	return &Connections{limits: limits, account: account, now: time.Now, pause: time.Sleep,
		from: map[netip.Addr]*origin{}}
}

// Listen returns the listener with its connections counted. Those that are too many are closed.
func (c *Connections) Listen(l net.Listener) net.Listener { return &listener{l, c} }

// listener hands out connections that are counted.
type listener struct {
	net.Listener
	connections *Connections
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if counted := l.connections.enter(conn, AddressOf(conn.RemoteAddr())); counted != nil {
			return counted, nil
		}
		conn.Close()
	}
}

// Open is the number of connections of now.
func (c *Connections) Open() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open
}

// enter counts a connection, or returns nil when there is no room for it.
func (c *Connections) enter(conn net.Conn, address netip.Addr) *connection {
	if !Contains(c.limits.Exempt, address) &&
		!c.account.Spend(c.now(), c.limits.Begun, Payer{Address: address}) {
		return nil
	}
	seats := c.account.seatsAt(address)
	counted, victim, reason := c.admit(conn, address, seats)
	if victim != nil {
		victim.Conn.Close()
	}
	if victim != nil || counted == nil {
		c.account.mu.Lock()
		c.account.refuse(c.now(), reason)
		c.account.mu.Unlock()
	}
	return counted
}

// admit decides. The victim, if any, has been taken off the count and is closed by the caller.
func (c *Connections) admit(conn net.Conn, address netip.Addr, seats int) (
	counted, victim *connection, reason Reason,
) {
	k := key(address)
	c.mu.Lock()
	defer c.mu.Unlock()
	reserved := false
	mine := c.from[k]
	if mine == nil {
		mine = &origin{address: k, unknown: list.New(), index: -1,
			reads: rate.NewLimiter(readRate, readBurst)}
	}
	switch {
	case mine.open >= c.limits.Address && !Contains(c.limits.Exempt, address):
		reason = Reason{TCP, ByAddress}
		if victim = mine.oldest(); victim == nil {
			return nil, nil, reason
		}
	case c.open-c.reserved < c.limits.All-c.limits.Reserve:
	case c.reserved < c.limits.Reserve && mine.open < seats*c.limits.SeatReserve:
		reserved = true
	default:
		reason = Reason{TCP, ByAll}
		// Whoever has the most unknown connections gives one up, but not to somebody who has as
		// many.
		if len(c.queue) == 0 || c.queue[0].unknown.Len() <= mine.unknown.Len() && seats == 0 {
			return nil, nil, reason
		}
		victim = c.queue[0].oldest()
	}
	if victim != nil {
		c.forget(victim)
	}
	c.from[k] = mine
	c.open++
	c.tellCrowd()
	mine.open++
	c.began++
	counted = &connection{
		Conn: conn, connections: c, origin: mine, began: c.began, reserved: reserved,
	}
	if reserved {
		c.reserved++
	} else {
		counted.element = mine.unknown.PushBack(counted)
		c.order(mine)
	}
	counted.reads.Store(mine.reads)
	if reserved || Contains(c.limits.Exempt, address) {
		counted.reads.Store(rate.NewLimiter(readRate, readBurst))
	}
	return counted, victim, reason
}

// tellCrowd tells whether there are many. c.mu is held.
func (c *Connections) tellCrowd() {
	crowded := c.open > c.limits.Crowd || c.crowded && 2*c.open >= c.limits.Crowd
	if crowded != c.crowded && c.limits.Crowded != nil {
		c.limits.Crowded(crowded)
	}
	c.crowded = crowded
}

// oldest is the unknown connection that has been open longest.
func (o *origin) oldest() *connection {
	if front := o.unknown.Front(); front != nil {
		return front.Value.(*connection)
	}
	return nil
}

// forget takes a connection off the count. c.mu is held.
func (c *Connections) forget(one *connection) {
	if one.gone {
		return
	}
	one.gone = true
	c.known(one)
	c.open--
	c.tellCrowd()
	if one.reserved {
		c.reserved--
	}
	if one.origin.open--; one.origin.open == 0 {
		delete(c.from, one.origin.address)
	}
}

// known takes a connection off the list of those that may have to make room. c.mu is held.
func (c *Connections) known(one *connection) {
	if one.element == nil {
		return
	}
	one.origin.unknown.Remove(one.element)
	one.element = nil
	one.reads.Store(rate.NewLimiter(readRate, readBurst))
	c.order(one.origin)
}

// order keeps the queue in order after the unknown connections of an address have changed.
func (c *Connections) order(o *origin) {
	switch {
	case o.unknown.Len() == 0 && o.index >= 0:
		heap.Remove(&c.queue, o.index)
	case o.unknown.Len() > 0 && o.index < 0:
		heap.Push(&c.queue, o)
	case o.index >= 0:
		heap.Fix(&c.queue, o.index)
	}
}
