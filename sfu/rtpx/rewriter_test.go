package rtpx

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// picture is one frame of a simulated encoder.
type picture struct {
	temporal uint8
	// VP8 Y: needs only the last picture of layer 0; otherwise the last of each layer up to its own
	sync bool
}

// Pyramids of three temporal layers: with many entry points, and with few.
var (
	easyPyramid = []picture{{0, false}, {2, true}, {1, true}, {2, false}}
	hardPyramid = []picture{
		{0, false},
		{2, true},
		{1, true},
		{2, false},
		{0, false},
		{2, false},
		{1, false},
		{2, false},
	}
)

// encoder makes the packets of one source.
type encoder struct {
	codec     Codec
	pyramid   []picture
	ticks     uint32 // of the clock a frame
	number    uint16
	timestamp uint32
	pictureID uint16
	tl0PicIdx uint8
	keyIdx    uint8
	frame     int // since the keyframe
}

func newEncoder(codec Codec, start uint16, pyramid []picture) *encoder {
	return &encoder{
		codec:     codec,
		pyramid:   pyramid,
		ticks:     4500,
		number:    start,
		timestamp: uint32(start) << 16,
		pictureID: start & 0x7fff,
		tl0PicIdx: uint8(start),
		keyIdx:    uint8(start & 31),
	}
}

// encode returns the packets of the next frame.
func (e *encoder) encode(keyframe bool, packets int) []*Packet {
	if keyframe {
		e.frame = 0
	}
	p := e.pyramid[e.frame%len(e.pyramid)]
	e.frame++
	e.timestamp += e.ticks
	e.pictureID = (e.pictureID + 1) & 0x7fff
	if p.temporal == 0 {
		e.tl0PicIdx++
		e.keyIdx = (e.keyIdx + 1) & 31
	}
	var out []*Packet
	for i := range packets {
		f := Frame{Start: i == 0, LayersKnown: true, TemporalID: p.temporal}
		switch e.codec {
		case VP8:
			f.LayerSync = p.sync
			f.Keyframe = keyframe && i == 0
			f.KeyIdx = Field{uint16(e.keyIdx), 5, 5}
		case VP9:
			f.End = i == packets-1
			f.Keyframe = keyframe
			f.SwitchUp = p.temporal == 0
		case AV1:
			f.Keyframe, f.LayerSync, f.LayersKnown = keyframe && i == 0, p.temporal > 0, i == 0
			if i > 0 {
				f.TemporalID, f.LayerSync = 0, false
			}
		}
		if e.codec == VP8 || e.codec == VP9 {
			f.PictureID, f.TL0PicIdx = Field{e.pictureID, 2, 15}, Field{uint16(e.tl0PicIdx), 4, 8}
		}
		out = append(
			out,
			&Packet{
				SequenceNumber: e.number,
				Timestamp:      e.timestamp,
				Marker:         i == packets-1,
				Codec:          e.codec,
				Frame:          f,
				Payload:        []byte{1},
			},
		)
		e.number++
	}
	return out
}

func all(source SourceID) Target {
	return Target{Source: source, Spatial: AllLayers, Temporal: AllLayers}
}

const frameTime = 50 * time.Millisecond // 4500 ticks

func TestRewriterStartsAtAKeyframe(t *testing.T) {
	r := NewRewriter(512, 1000, 70_000)
	e := newEncoder(VP8, 65530, easyPyramid)
	require.False(t, r.WantsKeyframe(), "nothing is wanted yet")
	require.Equal(t, Drop, r.Rewrite(epoch, 1, e.encode(true, 1)[0]).Verdict, "no target")
	r.SetTarget(all(1))
	require.True(t, r.WantsKeyframe())
	_, ok := r.TimestampOffset()
	require.False(t, ok)
	require.Equal(t, Drop, r.Rewrite(epoch, 1, e.encode(false, 1)[0]).Verdict)

	packets := e.encode(true, 3)
	out := r.Rewrite(epoch, 1, packets[0])
	require.Equal(
		t,
		Out{
			Verdict:          Forward,
			Switched:         true,
			InSequenceNumber: packets[0].SequenceNumber,
			SequenceNumber:   1000,
			Timestamp:        70_000,
			Source:           1,
			pictureID:        1,
			tl0PicIdx:        1,
			keyIdx:           1,
		},
		out,
	)
	require.False(t, r.WantsKeyframe())
	require.Equal(t, SourceID(1), r.Source())
	for i, p := range packets[1:] {
		out := r.Rewrite(epoch, 1, p)
		require.Equal(t, Forward, out.Verdict)
		require.False(t, out.Switched)
		require.EqualValues(t, 1001+i, out.SequenceNumber)
		require.Equal(t, p.Marker, out.Marker)
		require.EqualValues(t, 1, out.pictureID)
	}
	offset, ok := r.TimestampOffset()
	require.True(t, ok)
	require.EqualValues(t, 70_000, packets[0].Timestamp+offset)
}

func TestRewriterSwitchesSources(t *testing.T) {
	r := NewRewriter(512, 0, 0)
	low, high := newEncoder(VP8, 100, easyPyramid), newEncoder(VP9, 30_000, easyPyramid)
	r.SetTarget(all(1))
	now := epoch
	first := r.Rewrite(now, 1, low.encode(true, 1)[0])

	r.SetTarget(all(2))
	now = now.Add(frameTime)
	require.Equal(
		t, Forward, r.Rewrite(now, 1, low.encode(false, 1)[0]).Verdict,
		"the present source goes on",
	)
	require.Equal(t, Drop, r.Rewrite(now, 2, high.encode(false, 1)[0]).Verdict)
	require.Equal(t, Drop, r.Rewrite(now, 3, high.encode(true, 1)[0]).Verdict, "a stranger")
	require.True(t, r.WantsKeyframe())

	now = now.Add(2 * frameTime)
	out := r.Rewrite(now, 2, high.encode(true, 1)[0])
	require.True(t, out.Switched)
	require.EqualValues(t, 2, out.SequenceNumber)
	require.EqualValues(t, 3*4500, out.Timestamp-first.Timestamp, "the time that has passed")
	require.EqualValues(t, 3, out.pictureID)
	require.Equal(t, Drop, r.Rewrite(now, 1, low.encode(false, 1)[0]).Verdict)

	r.SetTarget(all(1))
	out = r.Rewrite(now, 1, low.encode(true, 1)[0])
	require.EqualValues(
		t, 3000, out.Timestamp-first.Timestamp-3*4500,
		"a frame at least, although no time has passed",
	)

	r.SetTarget(Target{Source: 2, Cut: true})
	require.Equal(t, Drop, r.Rewrite(now, 1, low.encode(false, 1)[0]).Verdict, "cut at once")
	require.Zero(t, r.Source())
}

func TestRewriterPausesAndResumes(t *testing.T) {
	r := NewRewriter(512, 0, 0)
	e := newEncoder(VP8, 100, easyPyramid)
	r.SetTarget(all(1))
	now := epoch
	first := r.Rewrite(now, 1, e.encode(true, 1)[0])
	offset, _ := r.TimestampOffset()
	r.SetTarget(Target{})
	require.Zero(t, r.Source())
	require.Equal(t, Target{}, r.Target())
	for range 20 {
		now = now.Add(frameTime)
		require.Equal(t, Drop, r.Rewrite(now, 1, e.encode(false, 2)[0]).Verdict)
	}
	r.SetTarget(all(1))
	require.True(t, r.WantsKeyframe())
	now = now.Add(frameTime + 7*time.Millisecond) // jitter
	out := r.Rewrite(now, 1, e.encode(true, 1)[0])
	require.EqualValues(t, first.SequenceNumber+1, out.SequenceNumber)
	require.EqualValues(t, first.pictureID+1, out.pictureID)
	again, ok := r.TimestampOffset()
	require.True(t, ok)
	require.Equal(t, offset, again, "the same source keeps its exact offset")

	r.SetTarget(Target{})
	r.SetTarget(all(1))
	e.timestamp += 900_000 // the publisher's clock leapt
	now = now.Add(frameTime)
	leapt := r.Rewrite(now, 1, e.encode(true, 1)[0])
	require.EqualValues(t, 4500, leapt.Timestamp-out.Timestamp)

	r.SetTarget(Target{})
	r.SetTarget(all(2))
	now = now.Add(100 * time.Hour)
	out = r.Rewrite(now, 2, newEncoder(VP8, 9, easyPyramid).encode(true, 1)[0])
	require.True(t, TimestampNewer(out.Timestamp, leapt.Timestamp), "however long it was")
}

func TestRewriterAudio(t *testing.T) {
	r := NewRewriter(128, 5, 1000)
	audio := func(number uint16, timestamp uint32, codec Codec) *Packet {
		f, err := Inspect(codec, []byte{1})
		require.NoError(t, err)
		return &Packet{
			SequenceNumber: number,
			Timestamp:      timestamp,
			Codec:          codec,
			Frame:          f,
			Payload:        []byte{1},
		}
	}
	r.SetTarget(all(1))
	out := r.Rewrite(epoch, 1, audio(7, 960, Opus))
	require.True(t, out.Switched)
	require.EqualValues(t, 1000, out.Timestamp)
	out = r.Rewrite(epoch.Add(20*time.Millisecond), 1, audio(8, 1920, RED))
	require.False(t, out.Switched, "RED around Opus is the same stream")
	require.EqualValues(t, 1960, out.Timestamp)
	r.SetTarget(all(2))
	out = r.Rewrite(epoch.Add(25*time.Millisecond), 2, audio(40_000, 77, Opus))
	require.True(t, out.Switched, "another voice takes over at once")
	require.EqualValues(t, 7, out.SequenceNumber)
	require.EqualValues(t, 1960+960, out.Timestamp)
	out = r.Rewrite(epoch.Add(time.Second), 2, audio(50_000, 48_077, Opus))
	require.True(t, out.Switched, "a leap of the source is a new beginning")
	require.EqualValues(t, 8, out.SequenceNumber)
}

func TestRewriterLossReorderingAndRepair(t *testing.T) {
	r := NewRewriter(64, 0, 0)
	e := newEncoder(VP8, 65533, easyPyramid)
	r.SetTarget(all(1))
	var packets []*Packet
	for i := range 6 {
		packets = append(packets, e.encode(i == 0, 1)...)
	}
	at := func(i int) Out { return r.Rewrite(epoch, 1, packets[i]) }
	at(0)
	out := at(3)
	require.EqualValues(t, 3, out.SequenceNumber, "two are missing, and the receiver shall see it")
	require.EqualValues(t, 4, out.pictureID&0x7fff)
	_, ok := r.Sent(2)
	require.False(t, ok, "never sent")
	out = at(2)
	require.EqualValues(t, 2, out.SequenceNumber)
	require.EqualValues(t, 3, out.pictureID&0x7fff)
	require.Equal(t, Drop, at(2).Verdict, "twice")
	require.Equal(t, Drop, at(3).Verdict, "twice")
	sent, ok := r.Sent(2)
	require.True(t, ok)
	require.Equal(t, out, sent)
	require.Equal(t, packets[2].SequenceNumber, sent.InSequenceNumber)
	_, ok = r.Sent(4)
	require.False(t, ok, "not yet")

	before := *packets[0]
	before.SequenceNumber--
	require.Equal(t, Drop, r.Rewrite(epoch, 1, &before).Verdict, "from before the source took over")
}

func TestRewriterFillsTheNumbersOfUnwantedLatePackets(t *testing.T) {
	r := NewRewriter(64, 0, 0)
	e := newEncoder(VP8, 10, easyPyramid)
	r.SetTarget(Target{Source: 1})
	var packets []*Packet
	for i := range 5 {
		packets = append(packets, e.encode(i == 0, 1)...)
	}
	r.Rewrite(epoch, 1, packets[0])
	out := r.Rewrite(epoch, 1, packets[4])
	require.EqualValues(t, 4, out.SequenceNumber, "what the lost ones are is not known yet")
	fill := r.Rewrite(epoch, 1, packets[2])
	require.Equal(t, Fill, fill.Verdict)
	require.EqualValues(t, 2, fill.SequenceNumber)
	require.Equal(t, Drop, r.Rewrite(epoch, 1, packets[2]).Verdict, "filled once")
	padding := &Packet{SequenceNumber: packets[3].SequenceNumber, Timestamp: packets[3].Timestamp}
	require.Equal(t, Fill, r.Rewrite(epoch, 1, padding).Verdict)
	_, ok := r.Sent(2)
	require.False(t, ok)

	padding = &Packet{SequenceNumber: packets[4].SequenceNumber + 1}
	require.Equal(t, Drop, r.Rewrite(epoch, 1, padding).Verdict)
	e.number++
	require.EqualValues(
		t, 5, r.Rewrite(epoch, 1, e.encode(true, 1)[0]).SequenceNumber,
		"the gap of padding is closed",
	)
}

func TestRewriterWaitsForAKeyframeWhenTooMuchIsLost(t *testing.T) {
	r := NewRewriter(64, 0, 0)
	e := newEncoder(VP8, 10, easyPyramid)
	r.SetTarget(all(1))
	r.Rewrite(epoch, 1, e.encode(true, 1)[0])
	e.number += 33
	require.Equal(t, Drop, r.Rewrite(epoch, 1, e.encode(false, 1)[0]).Verdict)
	require.True(t, r.WantsKeyframe())
	require.Equal(t, Drop, r.Rewrite(epoch, 1, e.encode(false, 1)[0]).Verdict)
	out := r.Rewrite(epoch.Add(time.Second), 1, e.encode(true, 1)[0])
	require.True(t, out.Switched)
	require.EqualValues(t, 1, out.SequenceNumber)
	e.number -= 10_000
	out = r.Rewrite(epoch.Add(2*time.Second), 1, e.encode(true, 1)[0])
	require.True(t, out.Switched, "numbers that fall far back are a new beginning too")
	require.EqualValues(t, 2, out.SequenceNumber)
}

func TestRewriterFollowsACodecChangeOfTheSource(t *testing.T) {
	r := NewRewriter(64, 0, 0)
	e := newEncoder(VP8, 10, easyPyramid)
	r.SetTarget(all(1))
	first := r.Rewrite(epoch, 1, e.encode(true, 1)[0])
	e.codec = AV1
	require.Equal(t, Drop, r.Rewrite(epoch, 1, e.encode(false, 1)[0]).Verdict)
	require.True(t, r.WantsKeyframe())
	out := r.Rewrite(epoch, 1, e.encode(true, 1)[0])
	require.True(t, out.Switched)
	require.EqualValues(t, first.SequenceNumber+1, out.SequenceNumber)
	e.codec = VP8
	out = r.Rewrite(epoch, 1, e.encode(true, 1)[0])
	require.EqualValues(
		t, first.pictureID+1, out.pictureID, "picture ids go on over a codec that has none",
	)
}

// TestRewriterTemporalLayers raises and lowers the target at every frame of the pyramid: no picture
// is forwarded without those it needs, and each layer is reached within two rounds.
func TestRewriterTemporalLayers(t *testing.T) {
	for _, codec := range []Codec{VP8, VP9, AV1} {
		for _, pyramid := range [][]picture{easyPyramid, hardPyramid} {
			if codec != VP8 && len(pyramid) == len(hardPyramid) {
				continue // entry points of VP9 and AV1 are others, see encoder
			}
			rapid.Check(t, func(t *rapid.T) {
				r := NewRewriter(512, 0, 0)
				e := newEncoder(codec, 65500, pyramid)
				var last [3]bool // whether the last picture of each layer was forwarded
				target := uint8(2)
				since := 0 // frames since the target last changed
				for i := range 200 {
					if i > 0 && rapid.IntRange(0, 9).Draw(t, "change") == 0 {
						if next := rapid.Uint8Range(0, 2).Draw(t, "target"); next != target {
							target, since = next, 0
						}
					}
					r.SetTarget(Target{Source: 1, Temporal: target})
					shape := pyramid[i%len(pyramid)]
					forwarded := 0
					packets := e.encode(i == 0, 3)
					for _, p := range packets {
						if r.Rewrite(
							epoch.Add(time.Duration(i)*frameTime), 1, p,
						).Verdict == Forward {
							forwarded++
						}
					}
					require.Contains(t, []int{0, len(packets)}, forwarded, "whole frames or none")
					if forwarded > 0 {
						require.LessOrEqual(t, shape.temporal, target)
						needed := last[:shape.temporal+1]
						if shape.sync {
							needed = last[:1]
						} else if i == 0 || (codec != VP8 && shape.temporal == 2) {
							needed = nil // checked by what the pyramid's own layer 1 needs
						}
						for layer, there := range needed {
							require.True(
								t, there, "frame %d of layer %d needs layer %d", i, shape.temporal,
								layer,
							)
						}
					} else if since > 2*len(pyramid) {
						require.Greater(t, shape.temporal, target,
							"frame %d was dropped although it fits", i)
					}
					last[shape.temporal] = forwarded > 0
					since++
				}
			})
		}
	}
}

func TestRewriterSpatialLayers(t *testing.T) {
	r := NewRewriter(64, 0, 0)
	r.SetTarget(Target{Source: 1, Spatial: 1, Temporal: AllLayers})
	number, timestamp, id := uint16(0), uint32(0), uint16(0)
	// send gives one picture of three spatial layers, of one packet each, and returns which were
	// forwarded with a marker.
	send := func(keyframe bool) (forwarded []uint8, markers []bool) {
		timestamp, id = timestamp+4500, id+1
		for s := range uint8(3) {
			p := &Packet{
				SequenceNumber: number,
				Timestamp:      timestamp,
				Marker:         s == 2,
				Codec:          VP9,
				Payload:        []byte{1},
				Frame: Frame{
					Start:       true,
					End:         true,
					LayersKnown: true,
					Keyframe:    keyframe && s == 0,
					SpatialID:   s,
					PictureID:   Field{id, 1, 15},
				},
			}
			number++
			if out := r.Rewrite(epoch, 1, p); out.Verdict == Forward {
				forwarded, markers = append(forwarded, s), append(markers, out.Marker)
			}
		}
		return forwarded, markers
	}
	forwarded, markers := send(true)
	require.Equal(t, []uint8{0, 1}, forwarded)
	require.Equal(
		t, []bool{false, true}, markers, "the picture ends with the last layer that is forwarded",
	)
	r.SetTarget(Target{Source: 1, Spatial: 0})
	forwarded, markers = send(false)
	require.Equal(t, []uint8{0}, forwarded)
	require.Equal(t, []bool{true}, markers)
	r.SetTarget(Target{Source: 1, Spatial: 2})
	require.True(t, r.WantsKeyframe(), "a spatial layer is entered with a keyframe")
	forwarded, _ = send(false)
	require.Equal(t, []uint8{0}, forwarded)
	forwarded, markers = send(true)
	require.Equal(t, []uint8{0, 1, 2}, forwarded)
	require.Equal(t, []bool{false, false, true}, markers)
	spatial, _ := r.Layers()
	require.EqualValues(t, 2, spatial)
}

// TestRewriterVP9PictureIDsKeepTheirDistances: pictures refer to others by the distance of their
// ids.
func TestRewriterVP9PictureIDsKeepTheirDistances(t *testing.T) {
	r := NewRewriter(64, 0, 0)
	e := newEncoder(VP9, 0x7ffd, easyPyramid)
	r.SetTarget(Target{Source: 1})
	var first, seen uint16
	for i := range 16 {
		p := e.encode(i == 0, 1)[0]
		out := r.Rewrite(epoch, 1, p)
		require.Equal(t, i%4 == 0, out.Verdict == Forward)
		if i == 0 {
			first = out.pictureID
		}
		if out.Verdict == Forward {
			require.EqualValues(t, i, out.pictureID&0x7fff-first)
			require.EqualValues(t, seen, out.SequenceNumber, "sequence numbers close up")
			seen++
		}
	}
}
