// Package icetcp is ICE over TCP (RFC 6544) for those whose network lets no UDP through: the
// browser opens a connection to the media port, and every packet on it has a length of two bytes
// before it (RFC 4571). The media plane knows nothing of it: each connection is a peer that lives
// in memory, like a relayed address of TURN, whose packets come and go on the one UDP socket. What
// waits too long for a slow connection is dropped by that peer's queue, not here.
package icetcp

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"go.uber.org/zap"

	"draille/turn/sendbuffer"
)

const (
	maxFrame = 2048
	// firstFrameTimeout is how long a new connection may take for its first check.
	firstFrameTimeout = 10 * time.Second
	// idleTimeout ends a connection over which nothing comes: Chromium checks a spare path every 25
	// s.
	idleTimeout = time.Minute
	// writeTimeout ends connections whose client stopped reading.
	writeTimeout = 10 * time.Second
	acceptPause  = 50 * time.Millisecond
	// names is the number of peers that one client address may have at once: their ports are names
	// below 1024, which no browser and no address translator sends UDP from, so that a peer is
	// never taken for another.
	names = 1023
)

var (
	errFrameSize = fmt.Errorf("icetcp: frame of 0 or more than %d bytes", maxFrame)
	errNames     = errors.New("icetcp: every name tried for a peer is taken")
)

// Peers is what connections need from the media plane: a way in that is not a socket.
type Peers interface {
	// Attach makes a remote peer whose address is addr. What is written to it arrives at the media
	// plane as coming from addr; what the media plane sends to addr is read from it. Writing must
	// not block. It fails when addr is taken.
	Attach(addr netip.AddrPort) (net.PacketConn, error)
}

// Config says what a Server serves.
type Config struct {
	Listener net.Listener
	Peers    Peers
	// Called with a connection to which the media plane has answered; nil: nobody is told.
	Authenticated func(net.Conn)
	Logger        *zap.Logger // nil: nothing is logged
}

// Server is running ICE over TCP.
type Server struct {
	config  Config
	running sync.WaitGroup

	mu     sync.Mutex
	closed bool
	open   map[net.Conn]struct{}
}

// New starts to serve. The server closes the listener.
func New(config Config) *Server {
	if config.Authenticated == nil {
		config.Authenticated = func(net.Conn) {}
	}
	if config.Logger == nil {
		config.Logger = zap.NewNop()
	}
	s := &Server{config: config, open: map[net.Conn]struct{}{}}
	s.running.Go(s.accept)
	return s
}

// Connections returns how many are open.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// Close ends every connection and waits until they are gone.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	for conn := range s.open {
		conn.Close()
	}
	s.mu.Unlock()
	err := s.config.Listener.Close()
	s.running.Wait()
	return err
}

func (s *Server) accept() {
	for {
		conn, err := s.config.Listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.config.Logger.Warn("accepting a connection for media failed, trying again",
				zap.Error(err))
			time.Sleep(acceptPause)
			continue
		}
		client, ok := s.admit(conn)
		if !ok {
			conn.Close()
			continue
		}
		s.running.Go(func() {
			err := s.guarded(conn, client)
			s.forget(conn)
			s.config.Logger.Debug("connection for media closed", zap.Error(withoutAddress(err)))
		})
	}
}

// guarded serves a connection. A fault of the program ends this connection alone.
func (s *Server) guarded(conn net.Conn, client netip.Addr) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			s.config.Logger.Error("a fault of the program: a connection is closed, the calls go on",
				zap.Any("fault", fault), zap.Stack("stack"))
			err = fmt.Errorf("a fault of the program: %v", fault)
		}
	}()
	return s.serve(conn, client)
}

// withoutAddress takes the client's address out of an error of the network: the log holds none.
func withoutAddress(err error) error {
	var network *net.OpError
	if errors.As(err, &network) {
		return fmt.Errorf("%s: %w", network.Op, network.Err)
	}
	return err
}

func (s *Server) admit(conn net.Conn) (netip.Addr, bool) {
	tcp, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Addr{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.open[conn] = struct{}{}
	}
	return tcp.AddrPort().Addr().Unmap().WithZone(""), !s.closed
}

// forget ends a connection. Its place is free before its client hears of it, and may come back.
func (s *Server) forget(conn net.Conn) {
	s.mu.Lock()
	delete(s.open, conn)
	s.mu.Unlock()
	conn.Close()
}

// serve carries packets both ways until either side ends.
func (s *Server) serve(conn net.Conn, client netip.Addr) error {
	sendbuffer.Bound(conn)
	in := bufio.NewReaderSize(conn, maxFrame)
	var frame [maxFrame]byte
	timeout := firstFrameTimeout
	var peer net.PacketConn
	for {
		if err := conn.SetReadDeadline(time.Now().Add(timeout)); err != nil {
			return err
		}
		n, err := readFrame(in, frame[:])
		if err != nil {
			return err
		}
		if peer == nil { // whoever says nothing costs no peer
			if peer, err = s.attach(client); err != nil {
				return err
			}
			defer peer.Close()
			s.running.Go(func() { s.send(conn, peer) })
			timeout = idleTimeout
		}
		if _, err := peer.WriteTo(frame[:n], nil); err != nil {
			return err
		}
	}
}

// attach finds a free name for a client.
func (s *Server) attach(client netip.Addr) (net.PacketConn, error) {
	const attempts = 16
	var last error
	for range attempts {
		peer, err := s.config.Peers.Attach(netip.AddrPortFrom(client, uint16(1+rand.IntN(names))))
		if err == nil {
			return peer, nil
		}
		last = err
	}
	return nil, fmt.Errorf("%w: %w", errNames, last)
}

// send writes what the media plane has for the client. A client that does not read is given up. The
// media plane answers nobody but those who know a participant's ICE password (RFC 8445 §7.3).
func (s *Server) send(conn net.Conn, peer net.PacketConn) {
	defer s.forget(conn) // wakes the reader, which closes the peer
	var frame [2 + maxFrame]byte
	answered := false
	for {
		n, _, err := peer.ReadFrom(frame[2:])
		if err != nil {
			return
		}
		if !answered {
			s.config.Authenticated(conn)
			answered = true
		}
		binary.BigEndian.PutUint16(frame[:], uint16(n))
		if err := conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
			return
		}
		if _, err := conn.Write(frame[:2+n]); err != nil {
			return
		}
	}
}

// readFrame reads one packet (RFC 4571 §2) into frame and returns its size.
func readFrame(r io.Reader, frame []byte) (int, error) {
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return 0, err
	}
	size := int(binary.BigEndian.Uint16(length[:]))
	if size == 0 || size > len(frame) {
		return 0, fmt.Errorf("%w: %d", errFrameSize, size)
	}
	if _, err := io.ReadFull(r, frame[:size]); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return 0, err
	}
	return size, nil
}
