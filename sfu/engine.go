package sfu

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"

	"draille/sfu/connect"
	"draille/sfu/rtpx"
)

// Engine is the media plane of one server: one socket, any number of rooms.
type Engine struct {
	config    Config
	connector *connect.Connector
	counters  counters

	mu         sync.Mutex // no other is taken under it
	rooms      map[*Room]struct{}
	schedulers []*schedulers
	closed     bool

	sources atomic.Uint32 // last rtpx.SourceID given out
}

// New starts an engine. It fails when the configuration is incomplete.
func New(config Config) (*Engine, error) {
	if config.Socket == nil {
		return nil, errors.New(
			"sfu: expected Config.Socket, got none: give it Media() of a udp.Socket",
		)
	}
	if len(config.Addresses) == 0 {
		local := config.Socket.LocalAddr()
		if local.Addr().IsUnspecified() {
			return nil, fmt.Errorf(
				"sfu: expected Config.Addresses, since the socket listens on %v, which no "+
					"browser can send to: "+
					"name the addresses under which browsers reach it",
				config.Socket.LocalAddr(),
			)
		}
		config.Addresses = []netip.AddrPort{local}
	}
	config = config.withDefaults()
	connector, err := connect.New(connect.Config{
		Socket: config.Socket, Addresses: config.Addresses, TCPAddresses: config.TCPAddresses,
		DisconnectedTimeout: config.DisconnectedTimeout, FailedTimeout: config.FailedTimeout,
	})
	if err != nil {
		return nil, err
	}
	return &Engine{config: config, connector: connector, rooms: map[*Room]struct{}{}}, nil
}

// SetAddresses changes Config.Addresses and Config.TCPAddresses: new connections are told the new
// ones, and those that restart ICE.
func (e *Engine) SetAddresses(addresses, overTCP []netip.AddrPort) {
	e.connector.SetAddresses(addresses, overTCP)
}

// NewRoom opens a room. id is used in logs and statistics only.
func (e *Engine) NewRoom(id string) *Room {
	r := newRoom(id, roomParts{
		config: e.config, connector: e.connector, counters: &e.counters,
		source: func() rtpx.SourceID { return rtpx.SourceID(e.sources.Add(1)) },
		closed: e.forget, schedulers: e.schedulersForRoom(),
	})
	e.mu.Lock()
	closed := e.closed
	if !closed {
		e.rooms[r] = struct{}{}
	}
	e.mu.Unlock()
	if closed {
		r.Close()
		r.schedulers.stop() // they may be new ones
	}
	return r
}

// schedulersForRoom returns those of one more room, the fullest with a place: then fewest wake.
func (e *Engine) schedulersForRoom() *schedulers {
	e.mu.Lock()
	defer e.mu.Unlock()
	var fullest *schedulers
	for _, s := range e.schedulers {
		if s.rooms < roomsPerSchedulers && (fullest == nil || s.rooms > fullest.rooms) {
			fullest = s
		}
	}
	if fullest == nil {
		fullest = newSchedulers(e.config.Socket)
		if !e.closed {
			e.schedulers = append(e.schedulers, fullest)
		}
	}
	fullest.rooms++
	return fullest
}

// forget gives up a room that has closed. Its schedulers stay: the next room needs them.
func (e *Engine) forget(r *Room) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.rooms, r)
	r.schedulers.rooms--
}

// Close closes all rooms and the socket.
func (e *Engine) Close() error {
	e.mu.Lock()
	e.closed = true
	rooms := e.openRooms()
	e.mu.Unlock()
	var all sync.WaitGroup
	for _, r := range rooms {
		all.Go(r.Close)
	}
	all.Wait()
	e.mu.Lock()
	ending := e.schedulers
	e.schedulers = nil
	e.mu.Unlock()
	for _, s := range ending {
		s.stop()
	}
	return e.connector.Close()
}

// openRooms lists the rooms; e.mu is held.
func (e *Engine) openRooms() []*Room {
	rooms := make([]*Room, 0, len(e.rooms))
	for r := range e.rooms {
		rooms = append(rooms, r)
	}
	return rooms
}

// Stats is a snapshot of an engine. Counts are totals since its start.
type Stats struct {
	Rooms            int
	PacketsIn        uint64 // RTP
	BytesIn          uint64 // RTP, without IP, UDP and SRTP
	PacketsOut       uint64 // RTP, retransmissions and padding included
	BytesOut         uint64 // on the wire
	Forwarded        uint64 // media packets out
	Retransmitted    uint64
	KeyframeRequests uint64 // sent to publishers
	Probes           uint64 // bandwidth probes
	Dropped          map[string]uint64
	Participants     []ParticipantStats
}

// Stats returns a snapshot.
func (e *Engine) Stats() Stats {
	c := &e.counters
	s := Stats{
		PacketsIn: c.packetsIn.Load(), BytesIn: c.bytesIn.Load(), PacketsOut: c.packetsOut.Load(),
		BytesOut:  c.bytesOut.Load(),
		Forwarded: c.forwarded.Load(), Retransmitted: c.retransmitted.Load(),
		KeyframeRequests: c.keyframeRequests.Load(),
		Probes:           c.probes.Load(), Dropped: map[string]uint64{},
	}
	for reason, name := range dropNames {
		s.Dropped[name] = c.dropped[reason].Load()
	}
	e.mu.Lock()
	rooms := e.openRooms()
	e.mu.Unlock()
	s.Rooms = len(rooms)
	for _, r := range rooms {
		r.mu.Lock()
		everybody := r.everybody
		r.mu.Unlock()
		for _, p := range everybody {
			stats := p.stats()
			stats.Room = r.id
			s.Participants = append(s.Participants, stats)
		}
	}
	return s
}
