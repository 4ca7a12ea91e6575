package sfu

import (
	"io"
	"sync"

	"github.com/pion/transport/v4/packetio"
)

// sink stands where Pion would buffer the packets of one SSRC. It never sees any, since media does not pass Pion; Pion's
// readers wait at it for the end.
type sink struct {
	done chan struct{}
	once sync.Once
}

// newSink is a buffer factory for Pion.
func (t *transport) newSink(packetio.BufferPacketType, uint32) io.ReadWriteCloser {
	s := &sink{done: make(chan struct{})}
	t.sinksMu.Lock()
	defer t.sinksMu.Unlock()
	t.sinks = append(t.sinks, s)
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

func (s *sink) Write(packet []byte) (int, error) { return len(packet), nil }

func (s *sink) Read([]byte) (int, error) {
	<-s.done
	return 0, io.EOF
}

func (s *sink) Close() error {
	s.once.Do(func() { close(s.done) })
	return nil
}
