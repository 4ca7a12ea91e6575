package pacing

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const ms = time.Millisecond

// bench drives a Pacer in virtual time and notes what leaves.
type bench struct {
	pacer   *Pacer[int]
	now     time.Time
	left    []departure
	dropped []Item[int]
	broken  []uint32
}

type departure struct {
	value   int
	cluster int
	at      time.Duration
}

func newBench(config Config, bitsPerSecond int) *bench {
	b := &bench{now: start}
	b.pacer = New(config, func(item Item[int], broken bool) {
		b.dropped = append(b.dropped, item)
		if broken {
			b.broken = append(b.broken, item.Stream)
		}
	})
	b.pacer.SetRate(b.now, bitsPerSecond)
	return b
}

func (b *bench) push(items ...Item[int]) {
	for _, item := range items {
		b.pacer.Push(b.now, item)
		b.drain()
	}
}

func (b *bench) drain() {
	for {
		value, ok := b.pacer.Pop(b.now)
		if !ok {
			return
		}
		b.left = append(b.left, departure{value, b.pacer.Cluster(), b.now.Sub(start)})
	}
}

// run lets time pass, popping when Next says so.
func (b *bench) run(until time.Duration) {
	end := start.Add(until)
	for {
		next, ok := b.pacer.Next(b.now)
		if !ok || next.After(end) {
			break
		}
		b.now = next
		b.drain()
	}
	b.now = end
	b.drain()
}

func (b *bench) values() []int {
	values := []int{}
	for _, d := range b.left {
		values = append(values, d.value)
	}
	return values
}

func frame(class Class, stream uint32, number int64, kind Kind, packets int) []Item[int] {
	items := make([]Item[int], packets)
	for i := range items {
		items[i] = Item[int]{
			Value:  int(number)*100 + i,
			Class:  class,
			Size:   1000,
			Stream: stream,
			Frame:  number,
			Kind:   kind,
		}
	}
	return items
}

func TestClassesLeaveInStrictOrder(t *testing.T) {
	b := newBench(Config{}, 100_000)
	// fills the bucket, so that the rest has to wait
	b.push(Item[int]{Value: -1, Class: Other, Size: 1200})
	for class := classes - 1; ; class-- {
		b.pacer.Push(
			b.now,
			Item[int]{Value: int(class), Class: class, Size: 100, Stream: uint32(class), Frame: 1},
		)
		if class == Audio {
			break
		}
	}
	b.run(time.Second)
	assert.Equal(t, []int{-1, 0, 1, 2, 3, 4, 5, 6, 7}, b.values())
	assert.Zero(t, b.pacer.Queued())
}

// A keyframe in front of the voice costs it one packet's time on the link at most, however large it
// is.
func TestAudioNeverWaitsBehindAKeyframe(t *testing.T) {
	const (
		packet = 1200 // bytes, of video
		audio  = 110  // bytes
	)
	for _, c := range []struct {
		link     int // bit/s
		every    time.Duration
		pictures int // packets of the keyframe
	}{{60_000, 60 * ms, 17}, {150_000, 20 * ms, 25}, {150_000, 60 * ms, 25},
		{300_000, 20 * ms, 100}, {1_000_000, 20 * ms, 100}} {
		b := newBench(Config{MaxKeyframeAge: 10 * time.Second}, c.link)
		for i := range c.pictures {
			b.push(
				Item[int]{
					Value:  1000 + i,
					Class:  Speaker,
					Size:   packet,
					Stream: 1,
					Frame:  1,
					Kind:   Key,
				},
			)
		}
		pushed := map[int]time.Duration{}
		for i := range 150 {
			b.run(time.Duration(i+1) * c.every)
			pushed[i] = b.now.Sub(start)
			b.push(Item[int]{Value: i, Class: Audio, Size: audio})
		}
		b.run(20 * time.Second)
		serialization := time.Duration(packet * 8 * int(time.Second) / c.link)
		var free time.Duration // when the link has sent what it was given
		voices, pictures := 0, 0
		for _, d := range b.left {
			size := packet
			if d.value < 1000 {
				size = audio
			}
			free = max(free, d.at) + time.Duration(size*8*int(time.Second)/c.link)
			if d.value >= 1000 {
				pictures++
				continue
			}
			voices++
			own := time.Duration(audio * 8 * int(time.Second) / c.link)
			excess := 5 * ms
			if c.link > DefaultConfig().ThinBitrate {
				excess = DefaultConfig().MaxAhead + 5*ms
			}
			assert.LessOrEqual(
				t, free-own-pushed[d.value], serialization+excess, "audio packet %d at %d bit/s",
				d.value, c.link,
			)
		}
		assert.Equal(t, 150, voices)
		assert.Equal(t, c.pictures, pictures, "the keyframe arrives nevertheless")
	}
}

func TestRateIsKept(t *testing.T) {
	for _, rate := range []int{30_000, 100_000, 400_000, 2_000_000} {
		b := newBench(
			Config{MaxAge: time.Hour, MaxKeyframeAge: time.Hour, MaxDocumentAge: time.Hour}, rate,
		)
		random := rand.New(rand.NewPCG(1, uint64(rate)))
		sizes := map[int]int{}
		for i := range 3000 {
			sizes[i] = 100 + random.IntN(1100)
			b.push(
				Item[int]{
					Value:  i,
					Class:  Class(1 + random.IntN(4)),
					Size:   sizes[i],
					Stream: 1,
					Frame:  1,
					Kind:   Key,
				},
			)
		}
		const seconds = 4
		b.run(seconds * time.Second)
		bits := 0
		for _, d := range b.left {
			bits += 8 * sizes[d.value]
		}
		want := float64(rate) * (1 + b.pacer.steady.burst.Seconds()/seconds*b.pacer.width(rate))
		// to a packet
		assert.InDelta(t, want, float64(bits)/seconds, 0.01*want+8*1200/seconds, "rate %d", rate)
	}
}

func TestBurstsAreNoLargerThanTheLinkCanTake(t *testing.T) {
	for _, rate := range []int{60_000, 500_000, 5_000_000} {
		b := newBench(Config{}, rate)
		b.push(frame(Speaker, 1, 1, Key, 100)...)
		burst := b.pacer.bucket.rate * b.pacer.bucket.burst.Seconds()
		assert.LessOrEqual(t, float64(len(b.left)*1000), burst+1000, "rate %d", rate)
		assert.NotEmpty(t, b.left)
	}
}

func TestAnUnconstrainedReceiverIsNotPaced(t *testing.T) {
	b := newBench(Config{}, 5_000_000)
	for i := range int64(50) { // 25 frames/s of 5,000 bytes: 1 Mbit/s
		b.push(frame(Speaker, 1, i, Delta, 5)...)
		_, waits := b.pacer.Next(b.now)
		require.False(t, waits)
		b.run(time.Duration(i+1) * 40 * ms)
	}
	assert.Len(t, b.left, 250)
	unlimited := newBench(Config{}, 0)
	unlimited.push(frame(Speaker, 1, 1, Key, 1000)...)
	assert.Len(t, unlimited.left, 1000)
}

func TestAudioDebtIsBounded(t *testing.T) {
	b := newBench(Config{}, 20_000)
	for i := range 500 { // 10 s of 60 kbit/s audio
		b.push(Item[int]{Value: i, Class: Audio, Size: 150})
		b.run(time.Duration(i+1) * 20 * ms)
	}
	b.push(Item[int]{Value: -1, Class: Retransmission, Size: 100})
	next, ok := b.pacer.Next(b.now)
	require.True(t, ok)
	assert.LessOrEqual(t, next.Sub(b.now), time.Second)
	b.pacer.SetRate(b.now, 2_000_000)
	next, _ = b.pacer.Next(b.now)
	assert.LessOrEqual(
		t, next.Sub(b.now), 20*ms, "a better link forgives what the old one could not carry",
	)
}

func TestNothingButAudioLeavesWhileHeld(t *testing.T) {
	b := newBench(Config{}, 2_000_000)
	until := start.Add(80 * ms)
	b.pacer.Hold(until)
	picture := Packet{Class: Speaker, Size: 1000, Stream: 1, Frame: 1}
	require.False(t, b.pacer.Pass(b.now, picture))
	b.push(
		Item[int]{Value: 1, Class: Speaker, Size: 1000, Stream: 1, Frame: 1},
		Item[int]{Value: 2, Class: Audio, Size: 100},
	)
	require.Equal(t, []departure{{2, 0, 0}}, b.left)
	at, waits := b.pacer.Next(b.now)
	require.True(t, waits)
	require.Equal(t, until, at)
	b.now = until
	b.drain()
	require.Equal(t, []departure{{2, 0, 0}, {1, 0, 80 * ms}}, b.left)
	require.Empty(t, b.dropped)
	picture.Frame++
	require.True(t, b.pacer.Pass(b.now, picture))
}

func TestSmoothKeepsMovingPicturesApart(t *testing.T) {
	b := newBench(Config{}, 10_000_000)
	b.pacer.Smooth(start, 800_000) // 1,000 bytes in 10 ms
	frame := func(number int64, kind Kind, class Class) {
		for range 4 {
			b.push(
				Item[int]{
					Value:  int(number),
					Class:  class,
					Size:   1000,
					Stream: uint32(class),
					Frame:  number,
					Kind:   kind,
				},
			)
		}
	}
	last := func() time.Duration {
		for {
			at, waits := b.pacer.Next(b.now)
			if !waits {
				return b.left[len(b.left)-1].at
			}
			b.now = at
			b.drain()
		}
	}
	frame(1, Key, Speaker)
	require.Zero(t, last(), "somebody waits for a keyframe")
	frame(2, Delta, Speaker)
	require.InDelta(t, 30*ms, last(), float64(6*ms))
	require.False(
		t, b.pacer.Pass(b.now, Packet{Class: Other, Size: 1000, Stream: uint32(Other), Frame: 1}),
		"all pictures together",
	)
	began := b.now.Sub(start)
	frame(1, Delta, Document)
	require.Equal(t, began, last(), "a page is read, not watched")
	b.pacer.Smooth(b.now, 0)
	frame(3, Delta, Speaker)
	require.Equal(t, began, last(), "as fast as the link allows")
	require.Empty(t, b.dropped)
}

func TestNextIsWhenThePacketLeaves(t *testing.T) {
	b := newBench(Config{}, 80_000) // 10 bytes/ms
	b.push(frame(Speaker, 1, 1, Key, 2)...)
	require.Len(t, b.left, 1)
	next, ok := b.pacer.Next(b.now)
	require.True(t, ok)
	// 1,000 bytes, 5 ms of which may be a burst
	assert.InDelta(t, 95, next.Sub(b.now).Milliseconds(), 1)
	b.now = next.Add(-ms)
	b.drain()
	assert.Len(t, b.left, 1)
	b.now = next
	b.drain()
	assert.Len(t, b.left, 2)
	_, ok = b.pacer.Next(b.now)
	assert.False(t, ok)
	b.pacer.Push(b.now, Item[int]{Class: Audio, Size: 100})
	next, ok = b.pacer.Next(b.now)
	assert.True(t, ok)
	assert.Equal(t, b.now, next)
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	b := New[*int](Config{}, nil)
	now, value := start, 1
	b.SetRate(now, 500_000)
	step := func() {
		now = now.Add(20 * ms)
		b.Push(now, Item[*int]{Value: &value, Class: Audio, Size: 100})
		b.Push(now, Item[*int]{Value: &value, Class: Speaker, Size: 900, Stream: 1})
		for _, ok := b.Pop(now); ok; _, ok = b.Pop(now) {
		}
		b.Next(now)
	}
	for range 100 {
		step()
	}
	assert.Zero(t, testing.AllocsPerRun(1000, step))
}

// Whatever is pushed leaves or is dropped, once; never later than its patience; within a stream in
// order; and after a dropped frame that others need nothing of its stream leaves before the next
// keyframe.
func TestEveryItemLeavesOnceOrIsDroppedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBench(Config{}, rapid.IntRange(20_000, 1_000_000).Draw(t, "rate"))
		items, pushed := []Item[int]{}, []time.Duration{}
		frames := [3]int64{}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			stream := rapid.Uint32Range(0, 2).Draw(t, "stream")
			kind := rapid.SampledFrom([]Kind{Delta, Delta, Delta, Discardable, Key}).Draw(t, "kind")
			class := rapid.SampledFrom([]Class{Audio, Retransmission, Document, Speaker, Other,
				Padding}).
				Draw(t, "class")
			frames[stream]++
			size := rapid.IntRange(50, 1200).Draw(t, "size")
			for range rapid.IntRange(1, 8).Draw(t, "packets") {
				items = append(items, Item[int]{
					Value: len(items), Class: class, Size: size,
					Stream: stream, Frame: frames[stream], Kind: kind,
				})
				pushed = append(pushed, b.now.Sub(start))
				b.push(items[len(items)-1])
			}
			switch rapid.IntRange(0, 9).Draw(t, "event") {
			case 0:
				b.pacer.SetRate(b.now, rapid.IntRange(20_000, 1_000_000).Draw(t, "new rate"))
			case 1:
				b.pacer.Probe(b.now, 1, 200_000, 2000)
			}
			b.run(b.now.Sub(start) + time.Duration(rapid.IntRange(0, 200).Draw(t, "pause"))*ms)
		}
		b.run(b.now.Sub(start) + time.Minute)
		require.Zero(t, b.pacer.Queued())
		seen := make([]int, len(items))
		lastFrame, needKey := [3]int64{}, [3]bool{}
		dropped := map[[2]int64]bool{}
		for _, item := range b.dropped {
			seen[item.Value]++
			if item.Class.video() && item.Kind != Discardable {
				dropped[[2]int64{int64(item.Stream), item.Frame}] = true
			}
		}
		for _, d := range b.left {
			item := items[d.value]
			seen[d.value]++
			waited := d.at - pushed[d.value]
			most := 1500 * ms
			// its stream may be a document's, or have been refused keyframes
			if item.Class.video() {
				most = 4500 * ms
			}
			if waited > most || item.Class == Audio && waited != 0 {
				t.Fatalf("item %d of class %d waited %v", d.value, item.Class, waited)
			}
			if !item.Class.video() {
				continue
			}
			stream := item.Stream
			for f := lastFrame[stream] + 1; f < item.Frame; f++ {
				needKey[stream] = needKey[stream] || dropped[[2]int64{int64(stream), f}]
			}
			if item.Kind == Key && item.Frame > lastFrame[stream] {
				needKey[stream] = false
			}
			if item.Frame < lastFrame[stream] || needKey[stream] {
				t.Fatalf(
					"frame %d of stream %d leaves after frame %d and cannot be decoded", item.Frame,
					stream, lastFrame[stream],
				)
			}
			lastFrame[stream] = item.Frame
		}
		for value, times := range seen {
			if times != 1 {
				t.Fatalf("item %d left or was dropped %d times", value, times)
			}
		}
	})
}

// TestPassIsPushAndPop lets two pacers go through the same: one is asked first whether a packet
// passes.
func TestPassIsPushAndPop(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.SampledFrom([]int{0, 60_000, 400_000, 3_000_000}).Draw(t, "rate")
		plain, passing := newBench(Config{}, rate), newBench(Config{}, rate)
		frames := map[uint32]int64{}
		passed := 0
		for i := range rapid.IntRange(1, 300).Draw(t, "steps") {
			switch rapid.IntRange(0, 20).Draw(t, "what") {
			case 0:
				rate := rapid.IntRange(20_000, 5_000_000).Draw(t, "new rate")
				plain.pacer.SetRate(plain.now, rate)
				passing.pacer.SetRate(passing.now, rate)
			case 1:
				stream := uint32(rapid.IntRange(0, 2).Draw(t, "removed"))
				plain.pacer.Remove(stream)
				passing.pacer.Remove(stream)
			case 2:
				plain.pacer.Probe(plain.now, i+1, 600_000, 3000)
				passing.pacer.Probe(passing.now, i+1, 600_000, 3000)
			case 3, 4, 5, 6:
				until := plain.now.Sub(
					start,
				) + time.Duration(
					rapid.IntRange(1, 300).Draw(t, "ms"),
				)*ms
				plain.run(until)
				passing.run(until)
			default:
				stream := uint32(rapid.IntRange(0, 2).Draw(t, "stream"))
				if rapid.Bool().Draw(t, "new frame") {
					frames[stream]++
				}
				item := Item[int]{
					Value:  i,
					Stream: stream,
					Frame:  frames[stream],
					Size:   rapid.IntRange(50, 1200).Draw(t, "size"),
					Class: Class(
						rapid.IntRange(0, int(classes)-1).Draw(t, "class"),
					),
					Kind: Kind(frames[stream] % 3),
				}
				plain.push(item)
				if passing.pacer.Pass(
					passing.now, Packet{item.Class, item.Size, item.Stream, item.Frame, item.Kind},
				) {
					passed++
					passing.left = append(
						passing.left, departure{i, passing.pacer.Cluster(), passing.now.Sub(start)},
					)
				} else {
					passing.push(item)
				}
			}
			if !assert.Equal(t, plain.left, passing.left) ||
				!assert.Equal(t, plain.dropped, passing.dropped) ||
				!assert.Equal(t, plain.broken, passing.broken) ||
				!assert.Equal(t, plain.pacer.streams, passing.pacer.streams) ||
				!assert.InDelta(t, plain.pacer.bucket.level, passing.pacer.bucket.level, 1e-6) ||
				!assert.InDelta(t, plain.pacer.steady.level, passing.pacer.steady.level, 1e-6) {
				t.FailNow()
			}
		}
	})
}

func BenchmarkPass(b *testing.B) {
	p := New[[256]byte](Config{}, nil)
	now := start
	p.SetRate(now, 10_000_000)
	p.Push(now, Item[[256]byte]{Class: Speaker, Stream: 1, Kind: Key, Size: 1200})
	p.Pop(now)
	b.ReportAllocs()
	for i := range b.N {
		now = now.Add(10 * ms)
		if !p.Pass(now, Packet{Class: Speaker, Stream: 1, Frame: int64(i), Size: 1200}) {
			b.Fatal("it waits")
		}
	}
}

func BenchmarkPushPop(b *testing.B) {
	p := New[*int](Config{}, nil)
	now, value := start, 1
	p.SetRate(now, 2_000_000)
	b.ReportAllocs()
	for range b.N {
		now = now.Add(4 * ms)
		p.Push(now, Item[*int]{Value: &value, Class: Speaker, Size: 900, Stream: 1})
		for _, ok := p.Pop(now); ok; _, ok = p.Pop(now) {
		}
		p.Next(now)
	}
}

// What waits leaves at the rate of the estimate on a thin link, and the faster the wider the link
// is, up to a quarter above it.
func TestTheRateRisesAboveTheEstimateWithTheWidth(t *testing.T) {
	for _, c := range []struct {
		link   int // bit/s
		factor float64
	}{{100_000, 1}, {150_000, 1}, {400_000, 1.13}, {1_000_000, 1.25}, {3_000_000, 1.25}} {
		b := newBench(Config{MaxAhead: time.Second, MaxKeyframeAge: time.Hour}, c.link)
		b.push(frame(Speaker, 1, 1, Key, 30)...)
		next := func() time.Duration {
			at, waits := b.pacer.Next(b.now)
			require.True(t, waits)
			b.now = at
			b.drain()
			return at.Sub(start)
		}
		first := next()
		between := next() - first // two packets of 1,000 bytes
		assert.InDelta(t, c.factor, 8000/float64(c.link)/between.Seconds(), 0.01, "%d", c.link)
	}
}

// A frame on a wide link leaves whole, but not a keyframe of any size.
func TestAFrameOfAWideLinkLeavesWhole(t *testing.T) {
	b := newBench(Config{}, 2_000_000)
	b.push(frame(Speaker, 1, 1, Key, 100)...)
	assert.Len(t, b.left, 5)
}

func TestStillPicturesWaitForSeconds(t *testing.T) {
	b := newBench(Config{}, 8_000) // 1,000 bytes a second
	b.push(frame(Still, 1, 1, Key, 9)...)
	b.run(9 * time.Second)
	require.Len(t, b.left, 9)
	require.Empty(t, b.dropped)
	b.push(frame(Still, 1, 2, Key, 15)...)
	require.NotEmpty(t, b.dropped, "not for ever")
}
