package rtpx

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// arrival is one packet at the forwarder, in the order of arrival.
type arrival struct {
	source SourceID
	at     time.Time
	packet *Packet
}

// drawArrivals makes two sources of one codec that send frame by frame, and lets their packets be
// lost, be repaired later, come in another order and come twice. Without trouble, everything
// arrives once and in order.
func drawArrivals(t *rapid.T, codec Codec, frames int, trouble bool) []arrival {
	encoders := []*encoder{
		newEncoder(codec, rapid.Uint16().Draw(t, "first number"), easyPyramid),
		newEncoder(codec, rapid.Uint16().Draw(t, "other first number"), hardPyramid),
	}
	var arrivals []arrival
	for i := range frames {
		at := epoch.Add(time.Duration(i) * frameTime)
		for s, e := range encoders {
			keyframe := i == 0 || rapid.IntRange(0, 11).Draw(t, "keyframe") == 0
			for _, p := range e.encode(keyframe, rapid.IntRange(1, 4).Draw(t, "packets")) {
				arrivals = append(arrivals, arrival{SourceID(s + 1), at, p})
			}
		}
	}
	if !trouble {
		return arrivals
	}
	for range rapid.IntRange(0, len(arrivals)/4).Draw(t, "troubles") {
		i := rapid.IntRange(0, len(arrivals)-1).Draw(t, "which")
		moved := arrivals[i]
		switch rapid.IntRange(0, 2).Draw(t, "trouble") {
		case 0: // lost for good
			arrivals = append(arrivals[:i], arrivals[i+1:]...)
		case 1: // late
			j := min(i+rapid.IntRange(1, 40).Draw(t, "by"), len(arrivals)-1)
			copy(arrivals[i:j], arrivals[i+1:j+1])
			arrivals[j] = moved
		case 2: // twice
			j := min(i+rapid.IntRange(1, 40).Draw(t, "by"), len(arrivals)-1)
			arrivals = append(arrivals[:j+1], append([]arrival{moved}, arrivals[j+1:]...)...)
		}
	}
	return arrivals
}

// drawTarget changes the target now and then.
func drawTarget(t *rapid.T, r *Rewriter) {
	if rapid.IntRange(0, 14).Draw(t, "change") != 0 {
		return
	}
	r.SetTarget(Target{
		Source:   SourceID(rapid.IntRange(0, 2).Draw(t, "source")),
		Temporal: rapid.Uint8Range(0, 2).Draw(t, "temporal"),
		Cut:      rapid.Bool().Draw(t, "cut"),
	})
}

var properCodecs = []Codec{VP8, VP9, AV1, H264}

// TestRewriterGivesEachPacketItsOwnNumber: whatever is lost, late, doubled or switched, no outgoing
// number is used twice, within a source outgoing numbers keep the incoming order, and Sent finds
// back what left.
func TestRewriterGivesEachPacketItsOwnNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		codec := rapid.SampledFrom(properCodecs).Draw(t, "codec")
		r := NewRewriter(256, rapid.Uint16().Draw(t, "first"), 0)
		r.SetTarget(all(1))
		var unwrapOut Unwrapper[uint16]
		used := map[int64]bool{}
		type sentPacket struct{ in, out int64 }
		var stretch []sentPacket // since the last switch
		var unwrapIn Unwrapper[uint16]
		for _, a := range drawArrivals(t, codec, 30, true) {
			drawTarget(t, r)
			out := r.Rewrite(a.at, a.source, a.packet)
			if out.Verdict == Drop {
				continue
			}
			number := unwrapOut.Unwrap(out.SequenceNumber)
			require.False(t, used[number], "number %d is used twice", number)
			used[number] = true
			require.Equal(t, a.packet.SequenceNumber, out.InSequenceNumber)
			require.Equal(t, a.source, out.Source)
			sent, ok := r.Sent(out.SequenceNumber)
			require.Equal(t, out.Verdict == Forward, ok)
			if ok {
				sent.Switched = out.Switched
				require.Equal(t, out, sent)
			}
			if out.Switched {
				stretch, unwrapIn = nil, Unwrapper[uint16]{}
			}
			in := unwrapIn.Unwrap(a.packet.SequenceNumber)
			for _, before := range stretch {
				require.Equal(t, in < before.in, number < before.out, "order is kept")
			}
			stretch = append(stretch, sentPacket{in, number})
		}
	})
}

// TestRewriterStreamIsContinuous: when nothing is lost, the receiver sees a stream without any gap,
// over all switches and dropped layers: numbers one by one, VP8 picture ids one by one a frame,
// timestamps that grow with each frame, TL0PICIDX one by one.
func TestRewriterStreamIsContinuous(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		codec := rapid.SampledFrom(properCodecs).Draw(t, "codec")
		r := NewRewriter(
			256, rapid.Uint16().Draw(t, "first"), rapid.Uint32().Draw(t, "first timestamp"),
		)
		r.SetTarget(all(1))
		var last Out
		any := false
		for _, a := range drawArrivals(t, codec, 60, false) {
			drawTarget(t, r)
			out := r.Rewrite(a.at, a.source, a.packet)
			require.NotEqual(t, Fill, out.Verdict)
			if out.Verdict == Drop {
				continue
			}
			if any {
				require.Equal(t, last.SequenceNumber+1, out.SequenceNumber)
				newFrame := a.packet.Frame.Start ||
					(codec == H264 && out.Timestamp != last.Timestamp)
				if newFrame {
					require.True(t, TimestampNewer(out.Timestamp, last.Timestamp))
				} else {
					require.Equal(t, last.Timestamp, out.Timestamp)
				}
				switch {
				case codec != VP8 && codec != VP9:
				case !newFrame:
					require.Equal(t, last.pictureID, out.pictureID)
				case codec == VP8:
					require.Equal(t, (last.pictureID+1)&0x7fff, out.pictureID&0x7fff)
				case out.Switched:
					require.Equal(t, (last.pictureID+1)&0x7fff, out.pictureID&0x7fff)
				}
				if codec == VP8 && newFrame {
					step := uint8(0)
					if a.packet.Frame.TemporalID == 0 {
						step = 1
					}
					require.Equal(t, last.tl0PicIdx+step, out.tl0PicIdx)
					require.Equal(t, (last.keyIdx+step)&31, out.keyIdx&31)
				}
			}
			last, any = out, true
		}
	})
}

// TestRewriterRepairsLeaveNoHole: when every lost packet comes in the end, every outgoing number
// was sent or filled.
func TestRewriterRepairsLeaveNoHole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		codec := rapid.SampledFrom(properCodecs).Draw(t, "codec")
		e := newEncoder(codec, rapid.Uint16().Draw(t, "first"), easyPyramid)
		r := NewRewriter(512, 0, 0)
		r.SetTarget(Target{Source: 1, Temporal: 1})
		var unwrap Unwrapper[uint16]
		var newest int64
		used := map[int64]bool{}
		give := func(p *Packet) {
			if out := r.Rewrite(epoch, 1, p); out.Verdict != Drop {
				number := unwrap.Unwrap(out.SequenceNumber)
				require.False(t, used[number])
				used[number], newest = true, max(newest, number)
			}
		}
		var lost []*Packet
		for i := range 60 {
			for _, p := range e.encode(i == 0, 2) {
				if i > 0 && i < 59 && rapid.IntRange(0, 4).Draw(t, "lost") == 0 {
					lost = append(lost, p)
				} else {
					give(p)
				}
			}
			r.SetTarget(Target{Source: 1, Temporal: rapid.Uint8Range(0, 2).Draw(t, "temporal")})
		}
		for len(lost) > 0 {
			i := rapid.IntRange(0, len(lost)-1).Draw(t, "repaired")
			give(lost[i])
			lost = append(lost[:i], lost[i+1:]...)
		}
		for number := range newest {
			require.True(t, used[number], "number %d is a hole for ever", number)
		}
	})
}

// TestRewriterReplayAfterALateKeyframe: the packet that starts a keyframe is lost and repaired;
// what came after it is in the History, and the whole frame goes out.
func TestRewriterReplayAfterALateKeyframe(t *testing.T) {
	r, h := NewRewriter(64, 0, 0), NewHistory(VideoHistory)
	e := newEncoder(VP8, 65534, easyPyramid)
	r.SetTarget(all(1))
	packets := append(e.encode(true, 3), e.encode(false, 1)...)
	for _, p := range append(packets[1:], packets[0]) {
		require.Equal(t, Stored, h.Put(p))
		if p != packets[0] {
			require.Equal(t, Drop, r.Rewrite(epoch, 1, p).Verdict)
		}
	}
	out := r.Rewrite(epoch, 1, packets[0])
	require.True(t, out.Switched)
	newest, _ := h.Newest()
	buffer := make([]byte, 1500)
	for number := out.InSequenceNumber + 1; !SequenceNewer(number, newest); number++ {
		p, ok := h.Get(number, buffer)
		require.True(t, ok)
		replayed := r.Rewrite(epoch, 1, &p)
		require.Equal(t, Forward, replayed.Verdict)
		require.Equal(t, out.SequenceNumber+1, replayed.SequenceNumber)
		out = replayed
	}
	require.EqualValues(t, 3, out.SequenceNumber)
}
