package playout

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"draille/loadtest/media"
	"draille/sfu/rtpx"
)

// film is a camera whose packets a test can tamper with.
type film struct {
	clip       *media.Clip
	packetizer media.Packetizer
	frame      int // in the clip
	number     uint16
	stamp      uint32
	captured   time.Time
	bare       bool // without stamps
}

func newFilm(t testing.TB, codec rtpx.Codec) *film {
	library, err := media.Load()
	require.NoError(t, err)
	clips := library.Clips(codec, 180)
	return &film{clip: clips[len(clips)-1], packetizer: media.Packetizer{Codec: codec},
		number: 65_500, captured: epoch}
}

// next returns the packets of the next frame; keyframe restarts the clip.
func (f *film) next(keyframe bool) (packets []VideoPacket, frame media.Frame) {
	if keyframe || f.frame == len(f.clip.Frames) {
		f.frame = 0
	}
	frame = f.clip.Frames[f.frame]
	stamped := frame
	if !f.bare {
		stamped = media.Stamp{Number: f.stamp, Parent: uint8(frame.Parent), Captured: f.captured,
			Width: f.clip.Width, Height: f.clip.Height}.Apply(f.clip.Codec, frame)
	}
	payloads := f.packetizer.Packetize(stamped, f.clip.Width, f.clip.Height)
	for i, payload := range payloads {
		packets = append(packets,
			VideoPacket{Number: f.number, Timestamp: 4500 * f.stamp, Source: 9,
				Marker: i == len(payloads)-1, Codec: f.clip.Codec, Payload: payload})
		f.number++
	}
	f.frame++
	f.stamp++
	f.captured = f.captured.Add(50 * time.Millisecond)
	return packets, frame
}

func watching() *Video {
	v := &Video{}
	v.Expect(epoch, true, false)
	return v
}

var codecs = []rtpx.Codec{rtpx.VP8, rtpx.VP9, rtpx.AV1}

func TestEveryFrameOfAPerfectPath(t *testing.T) {
	for _, codec := range codecs {
		for _, bare := range []bool{false, true} {
			f, v := newFilm(t, codec), watching()
			f.bare = bare
			for range 300 {
				at := f.captured.Add(40 * millisecond)
				packets, _ := f.next(false)
				for i, p := range packets {
					require.Equal(t, i == len(packets)-1, v.Arrived(at, p))
				}
			}
			now := epoch.Add(15 * time.Second)
			v.Advance(now)
			got := v.Figures(now)
			assert.Equal(t, 300, got.Frames)
			assert.InDelta(t, 20, got.Framerate(), 0.2)
			assert.Zero(t, got.Freezes+got.Incomplete+got.Undecodable+got.Corrupt)
			if !bare {
				assert.Equal(t, 180, got.Height)
				assert.Equal(t, 300, got.Delay.Count)
				assert.InDelta(t, 40, got.Delay.P95, 5)
			} else if codec != rtpx.AV1 {
				assert.Equal(t, 180, got.Height, "by the descriptors")
			}
			assert.Equal(t, epoch.Add(40*millisecond), v.Began())
			assert.False(t, v.KeyframeWanted(now, false))
		}
	}
}

// Losing one frame costs exactly those that refer to it, until the next keyframe.
func TestALostFrameCostsItsChildren(t *testing.T) {
	for _, c := range []struct {
		codec rtpx.Codec
		lost  int
		count int // decoded of 80, a keyframe comes at 40
	}{
		{rtpx.VP8, 5, 79}, {rtpx.VP8, 7, 79}, // the top layer: nothing refers to it
		{rtpx.VP8, 6, 78},      // the middle: one frame of the top does
		{rtpx.VP8, 8, 80 - 32}, // the base
		{rtpx.VP9, 5, 79}, {rtpx.VP9, 8, 80 - 32},
		{rtpx.AV1, 5, 80 - 35},
	} {
		f, v := newFilm(t, c.codec), watching()
		for n := range 80 {
			packets, _ := f.next(n == 40)
			for _, p := range packets {
				if n != c.lost {
					v.Arrived(f.captured, p)
				}
			}
		}
		assert.Equal(t, c.count, v.Figures(f.captured).Frames, "%s without frame %d", c.codec,
			c.lost)
	}
}

// A packet that comes by retransmission completes its frame, and those that wait for it.
func TestRepairedFrame(t *testing.T) {
	for _, codec := range codecs {
		f, v := newFilm(t, codec), watching()
		var missing VideoPacket
		for n := range 12 {
			packets, _ := f.next(false)
			for i, p := range packets {
				if n == 8 && i == 0 {
					missing = p
					continue
				}
				v.Arrived(f.captured, p)
			}
		}
		before := v.Figures(f.captured).Frames
		assert.Equal(t, 8, before)
		assert.True(t, v.Arrived(f.captured.Add(10*millisecond), missing))
		assert.False(t, v.Arrived(f.captured.Add(10*millisecond), missing), "twice")
		assert.Equal(t, 12, v.Figures(f.captured).Frames)
	}
}

// A forwarder that closes a gap it must not close makes broken pictures: they do not count.
func TestBrokenPictures(t *testing.T) {
	f, v := newFilm(t, rtpx.AV1), watching()
	skipped := uint16(0)
	for n := range 40 {
		packets, _ := f.next(false)
		for _, p := range packets {
			if n == 20 {
				skipped++
				continue
			}
			p.Number -= skipped
			v.Arrived(f.captured, p)
		}
	}
	got := v.Figures(f.captured)
	assert.Equal(t, 20, got.Frames)
	assert.Equal(t, 19, got.Corrupt)
	assert.InDelta(t, 1000, got.Frozen, 60, "the picture that stands is the last whole one")
}

func TestFreezesByTheDefinition(t *testing.T) {
	for gap, want := range map[time.Duration]int{180 * millisecond: 0, 205 * millisecond: 1,
		time.Second: 1} {
		f, v := newFilm(t, rtpx.VP8), watching()
		at := epoch
		for n := range 61 {
			packets, _ := f.next(false)
			step := 50 * millisecond
			if n == 40 {
				step = gap
			}
			at = at.Add(step)
			for _, p := range packets {
				v.Arrived(at, p)
			}
		}
		got := v.Figures(at)
		assert.Equal(t, want, got.Freezes, gap)
		assert.InDelta(t, float64(want)*float64(gap/millisecond), got.Frozen, 1)
	}
}

// A freeze that goes on counts, a pause that the server has told does not, and neither does a
// picture nobody wants.
func TestPausesAreNoFreezes(t *testing.T) {
	f, v := newFilm(t, rtpx.VP8), watching()
	for range 40 {
		packets, _ := f.next(false)
		for _, p := range packets {
			v.Arrived(f.captured, p)
		}
	}
	now := f.captured.Add(2 * time.Second)
	v.Advance(now)
	assert.Equal(t, 1, v.Figures(now).Freezes)
	assert.InDelta(t, 2000, v.Figures(now).Frozen, 60)
	v.Expect(now, false, true)
	now = now.Add(10 * time.Second)
	v.Expect(now, false, false)
	now = now.Add(10 * time.Second)
	v.Expect(now, true, false)
	got := v.Figures(now)
	assert.Equal(t, 1, got.Freezes)
	assert.InDelta(t, 2000, got.Frozen, 60)
	assert.Equal(t, 10_000.0, got.Paused)
	assert.Less(t, got.Watched, 5000.0)
}

func TestKeyframesAreAskedFor(t *testing.T) {
	f, v := newFilm(t, rtpx.VP8), watching()
	feed := func(lost bool) {
		packets, _ := f.next(false)
		for _, p := range packets {
			if !lost {
				v.Arrived(f.captured, p)
			}
		}
	}
	feed(true) // the keyframe
	assert.False(t, v.KeyframeWanted(f.captured, false), "nothing has come yet")
	feed(false)
	assert.True(t, v.KeyframeWanted(f.captured, false), "nothing can be decoded without one")
	assert.False(t, v.KeyframeWanted(f.captured.Add(100*millisecond), false))
	assert.True(t, v.KeyframeWanted(f.captured.Add(250*millisecond), false), "again")
	f.frame = 0
	feed(false)
	for range 7 {
		feed(false)
	}
	feed(true) // one of the base layer
	feed(false)
	start := f.captured
	assert.False(t, v.KeyframeWanted(start, false), "it may be sent again")
	assert.False(t, v.KeyframeWanted(start.Add(2*time.Second), false))
	assert.True(t, v.KeyframeWanted(start.Add(3*time.Second), false))
	assert.True(t, v.KeyframeWanted(start.Add(4*time.Second), true), "nothing will be sent again")
}

// Another source, or another slot, begins with a keyframe.
func TestPictureMoves(t *testing.T) {
	f, v := newFilm(t, rtpx.VP8), watching()
	send := func(key bool, source uint32) {
		packets, _ := f.next(key)
		for _, p := range packets {
			p.Source = source
			v.Arrived(f.captured, p)
		}
	}
	for range 10 {
		send(false, 9)
	}
	send(false, 8)
	assert.Equal(t, 10, v.Figures(f.captured).Frames, "a frame of another source does not fit")
	send(true, 8)
	assert.Equal(t, 11, v.Figures(f.captured).Frames)
	v.Moved()
	f.number += 30_000
	send(false, 8)
	assert.Equal(t, 11, v.Figures(f.captured).Frames)
	send(true, 8)
	assert.Equal(t, 12, v.Figures(f.captured).Frames)
}

// Packets without payload fill gaps between frames.
func TestFilledGaps(t *testing.T) {
	f, v := newFilm(t, rtpx.AV1), watching()
	for n := range 10 {
		packets, _ := f.next(false)
		for _, p := range packets {
			v.Arrived(f.captured, p)
		}
		v.Arrived(f.captured, VideoPacket{Number: f.number, Timestamp: 4500 * uint32(n),
			Codec: rtpx.AV1})
		f.number++
	}
	assert.Equal(t, 10, v.Figures(f.captured).Frames)
	assert.False(t,
		v.Arrived(f.captured, VideoPacket{Number: f.number, Codec: rtpx.VP9, Payload: []byte{1}}),
		"garbage")
}

// Whatever happens to packets: no frame is decoded twice, none without what it refers to, and all
// if nothing is lost.
func TestVideoProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		codec := rapid.SampledFrom(codecs).Draw(t, "codec")
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		loss := rapid.IntRange(0, 20).Draw(t, "loss")
		shuffle := rapid.IntRange(0, 6).Draw(t, "shuffle")
		f, v := newFilm(nilTB{}, codec), watching()
		var all []VideoPacket
		sent := 0
		for range 60 {
			packets, _ := f.next(random.IntN(50) == 0)
			sent++
			for _, p := range packets {
				if random.IntN(100) >= loss {
					all = append(all, p)
				}
			}
		}
		for i := range all {
			j := min(i+random.IntN(shuffle+1), len(all)-1)
			all[i], all[j] = all[j], all[i]
		}
		now := epoch
		for _, p := range all {
			now = now.Add(10 * millisecond)
			v.Arrived(now, p)
		}
		got := v.Figures(now)
		if got.Corrupt > 0 && codec != rtpx.VP9 { // VP9's descriptors tell less than its references
			t.Fatalf("%d broken pictures that the descriptors could have told", got.Corrupt)
		}
		if got.Frames+got.Corrupt > sent || got.Frozen > got.Watched+1 {
			t.Fatalf("books do not balance: %+v of %d", got, sent)
		}
		if loss == 0 && shuffle == 0 && got.Frames != sent {
			t.Fatalf("expected all %d frames, got %d", sent, got.Frames)
		}
	})
}

func TestDelays(t *testing.T) {
	var d, other Delays
	assert.Zero(t, d.Figures())
	for i := range 100 {
		d.Add(time.Duration(i) * millisecond)
	}
	d.Add(-time.Second)
	other.Add(time.Minute)
	d.Merge(&other)
	f := d.Figures()
	assert.Equal(t, 102, f.Count)
	assert.InDelta(t, 50, f.P50, 5)
	assert.InDelta(t, 95, f.P95, 6)
	assert.Equal(t, 60_000.0, f.Max)
	count, sum := d.Sum()
	assert.Equal(t, 102, count)
	assert.Equal(t, time.Minute+4950*millisecond, sum)
}

func TestReception(t *testing.T) {
	var r Reception
	_, ok := r.Block(epoch, 5)
	assert.False(t, ok)
	assert.Zero(t, r.Lost())
	for n := range 100 {
		if n%10 != 5 {
			r.Arrived(epoch.Add(time.Duration(n)*tick), uint16(65_500+n), uint32(960*n), 48_000)
		}
	}
	r.Report(epoch, 0x0001_2345_6789_0000)
	b, ok := r.Block(epoch.Add(time.Second), 5)
	require.True(t, ok)
	assert.EqualValues(t, 10, b.TotalLost)
	assert.Equal(t, 10, r.Lost())
	assert.EqualValues(t, 25, b.FractionLost)
	assert.EqualValues(t, 65_599, b.LastSequenceNumber)
	assert.EqualValues(t, 0x2345_6789, b.LastSenderReport)
	assert.EqualValues(t, 65_536, b.Delay)
	assert.Zero(t, b.Jitter)
	b, _ = r.Block(epoch.Add(time.Second), 5)
	assert.Zero(t, b.FractionLost)
}
