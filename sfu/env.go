package sfu

import (
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"draille/sfu/rtpx"
	"draille/sfu/udp"
)

// env is what the parts of one transport need of the engine, of the room and of the participant, in
// place of a way up to them.
type env struct {
	counters *counters
	traffic  *traffic
	socket   *udp.Conn
	log      *zap.Logger // with the room's and the participant's id
	// the participant is: until then nothing is forwarded to or from them
	admitted *atomic.Bool
	wake     func(at time.Time)   // calls the transport's Run at that time, at the latest
	kick     func()               // makes the room look at its participants soon
	source   func() rtpx.SourceID // names another layer, uniquely on this server
}

// traffic counts the RTP packets of one participant.
type traffic struct {
	in, out atomic.Uint64
	// came from the participant and were not forwarded, because they are not admitted
	blocked atomic.Uint64
}
