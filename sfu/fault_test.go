package sfu

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// faults lets the transport's log be read.
func faults(t *transport) *observer.ObservedLogs {
	core, logs := observer.New(zapcore.ErrorLevel)
	t.env.log = zap.New(core)
	return logs
}

func TestAFaultDropsOneParticipantAlone(t *testing.T) {
	for during, provoke := range map[string]func(p *wholePath){
		"a datagram": func(p *wholePath) {
			p.from.up.offered.Store(&uplinkFormat{}) // as no negotiation leaves it
			clear(p.from.incoming.streams)
			p.step()
		},
		"what is due": func(p *wholePath) {
			p.from.down.mu.Lock()
			p.from.down.pacer = nil
			p.from.down.mu.Unlock()
			p.from.Run(p.now, p.out)
		},
		"a look at the room": func(p *wholePath) {
			p.room.mu.Lock()
			delete(participantOf(p.from).publications, Screen)
			p.room.mu.Unlock()
			p.room.update(p.now)
		},
	} {
		t.Run(during, func(t *testing.T) {
			p := newWholePath(t, 1, nil)
			// What is changed below is read by what is due: that is played by the test.
			p.from.scheduler.Remove(p.from.entry.Load())
			p.to[0].scheduler.Remove(p.to[0].entry.Load())
			logs := faults(p.from)
			provoke(p)
			<-p.from.done // it has been closed
			require.NotZero(t, p.engine.counters.dropped[dropFault].Load())
			told := logs.All()
			require.Len(t, told, 1)
			fields := told[0].ContextMap()
			require.Equal(t, during, fields["during"])
			require.Contains(t, fields["stack"], "draille/sfu.")
			p.room.update(p.now)
			require.False(t, p.to[0].faulty.Load(), "the others go on")
		})
	}
}
