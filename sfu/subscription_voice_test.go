package sfu

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/assert"

	"draille/sfu/rtpx"
)

func TestTheFirstPacketsOfAVoiceWaitForEachOther(t *testing.T) {
	t.Parallel()
	var o prefill
	voice, other := &layer{}, &layer{}
	held := func(after time.Duration, l *layer, number uint16) bool {
		return o.holds(epoch.Add(after), l, number, 960*uint32(number))
	}
	assert.True(t, held(0, voice, 65535))
	assert.True(t, held(20*time.Millisecond, voice, 1))
	assert.True(t, held(30*time.Millisecond, voice, 65534), "it came late")
	assert.EqualValues(t, 65534, o.number)
	assert.False(t, held(65*time.Millisecond, voice, 2))
	o.since = time.Time{} // they have left
	assert.False(t, held(85*time.Millisecond, voice, 3))
	assert.False(t, held(900*time.Millisecond, voice, 4), "after a pause for breath")
	assert.True(t, held(2*time.Second, voice, 5), "after a silence it begins again")
	assert.True(t, held(2040*time.Millisecond, other, 700), "and for somebody else")
	assert.True(t, held(2080*time.Millisecond, other, 701), "from their first packet on")
	assert.False(t, held(2105*time.Millisecond, other, 702))
}

// Those that come at once are a reserve already.
func TestPacketsThatComeTogetherDoNotWait(t *testing.T) {
	t.Parallel()
	var o prefill
	l := &layer{}
	assert.True(t, o.holds(epoch, l, 1, 0))
	assert.True(t, o.holds(epoch, l, 2, 960))
	assert.False(t, o.holds(epoch, l, 4, 2880))
}

// A voice that has been there need not wait: its last packets are the reserve.
func TestAVoiceThatWasThereBeginsAtOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		came   []uint16 // of packets of 20 ms, the last of which came now
		enough bool
		first  uint16
	}{
		"it was there":        {[]uint16{90, 91, 92, 93, 94, 95}, true, 92},
		"a gap":               {[]uint16{90, 91, 92, 94, 95}, false, 94},
		"it has just begun":   {[]uint16{94, 95}, false, 94},
		"its very first":      {[]uint16{95}, false, 95},
		"after a pause of it": {[]uint16{90, 91, 92, 93}, false, 95},
	} {
		t.Run(name, func(t *testing.T) {
			h := rtpx.NewHistory(rtpx.AudioHistory)
			for _, n := range test.came {
				h.Put(
					&rtpx.Packet{
						SequenceNumber: n,
						Timestamp:      960 * uint32(n),
						Payload:        []byte("sound"),
					},
				)
			}
			var o prefill
			var buffer [2048]byte
			assert.True(t, o.holds(epoch, &layer{}, 95, 960*95))
			assert.Equal(t, test.enough, o.reach(h, 960*95, buffer[:]))
			assert.Equal(t, test.first, o.number)
		})
	}
}

// None of the packets that were held back is missing, and they come in order.
func TestAVoiceBeginsWhole(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	listener, talker := s.connected("listener", shape{audio: 1}), s.connected("talker", shape{})
	for _, c := range []*client{listener, talker} {
		c.participant.SetLive(Live{Microphone: true})
		c.participant.SetAdmitted(true)
	}
	sent := uint64(0)
	talker.microphone.mark = func(room []byte) { binary.BigEndian.PutUint64(room, sent); sent++ }
	talker.pump(talker.speak)
	var heard []*rtp.Packet
	eventually(t, "they are heard", func() bool {
		for _, packets := range listener.heardFrom(talker) {
			heard = packets
		}
		return len(heard) > 20
	})
	mark := func(p *rtp.Packet) uint64 {
		return binary.BigEndian.Uint64(p.Payload[len(p.Payload)-8:])
	}
	for i, p := range heard[1:] {
		assert.Equal(t, mark(heard[i])+1, mark(p))
		assert.Equal(t, heard[i].SequenceNumber+1, p.SequenceNumber)
	}
}
