package connect

import (
	"io"

	"github.com/pion/transport/v4/packetio"
)

// sink stands where Pion would buffer the packets of one SSRC. It never sees any, since media does
// not pass Pion, and says so at once: Pion's readers, one for each thing that a page sends, need
// not wait for the end of the call.
type sink struct{}

// newSink is a buffer factory for Pion.
func newSink(packetio.BufferPacketType, uint32) io.ReadWriteCloser { return sink{} }

func (sink) Write(packet []byte) (int, error) { return len(packet), nil }
func (sink) Read([]byte) (int, error)         { return 0, io.EOF }
func (sink) Close() error                     { return nil }
