package sfu

import (
	"io"
	"sync"

	"github.com/pion/transport/v4/packetio"
)

// sink stands where Pion would buffer the decrypted packets of one SSRC. It hands them to the transport on the spot, in
// the goroutine that decrypts, so that no packet is copied into a buffer, waits for another goroutine or passes an
// interceptor. Pion's own readers find it empty until it is closed.
type sink struct {
	receive func(packet []byte)
	done    chan struct{}
	once    sync.Once
}

// newSink is a buffer factory for Pion: one sink an SSRC and direction of meaning (RTP or RTCP).
func (t *transport) newSink(kind packetio.BufferPacketType, ssrc uint32) io.ReadWriteCloser {
	s := &sink{done: make(chan struct{})}
	t.sinksMu.Lock()
	defer t.sinksMu.Unlock()
	t.sinks = append(t.sinks, s)
	if kind == packetio.RTPBufferPacket {
		incoming := &incoming{ssrc: ssrc}
		s.receive = func(packet []byte) { t.up.receive(incoming, packet) }
	} else {
		s.receive = func(packet []byte) { t.receiveRTCP(ssrc, packet) }
	}
	return s
}

// closeSinks lets go of Pion's readers, so that none of its goroutines outlives the transport.
func (t *transport) closeSinks() {
	t.sinksMu.Lock()
	defer t.sinksMu.Unlock()
	for _, s := range t.sinks {
		_ = s.Close()
	}
}

func (s *sink) Write(packet []byte) (int, error) {
	select {
	case <-s.done:
		return 0, io.ErrClosedPipe
	default:
		s.receive(packet)
		return len(packet), nil
	}
}

func (s *sink) Read([]byte) (int, error) {
	<-s.done
	return 0, io.EOF
}

func (s *sink) Close() error {
	s.once.Do(func() { close(s.done) })
	return nil
}
