package nack

import (
	"container/heap"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var epoch = time.Date(2030, 1, 1, 9, 0, 0, 0, time.UTC)

func at(milliseconds int) time.Time {
	return epoch.Add(time.Duration(milliseconds) * time.Millisecond)
}

const rtt = 60 * time.Millisecond

func due(g *Generator, now time.Time) []uint16 {
	asks, _ := g.Due(now, rtt, nil)
	return asks
}

func TestGeneratorAsksOnceARoundTrip(t *testing.T) {
	g := NewGenerator(Video())
	g.Arrived(at(0), 65534)
	_, ok := g.Next()
	require.False(t, ok, "nothing is missing")
	g.Arrived(at(10), 1)
	next, ok := g.Next()
	require.True(t, ok)
	require.Equal(t, at(20), next)
	require.Empty(t, due(g, at(19)), "it may be reordering")
	require.Equal(t, []uint16{65535, 0}, due(g, at(20)))
	require.Empty(t, due(g, at(20)))
	next, _ = g.Next()
	require.Equal(t, at(95), next, "1.25 round trips later")
	g.Arrived(at(80), 65535) // repaired by RTX
	require.Empty(t, due(g, at(94)))
	require.Equal(t, []uint16{0}, due(g, at(95)), "only what is still missing")
	g.Arrived(at(96), 0)
	_, ok = g.Next()
	require.False(t, ok)
}

func TestGeneratorBoundsTheRepetition(t *testing.T) {
	config := Video()
	config.MaxAge = time.Hour
	g := NewGenerator(config)
	g.Arrived(at(0), 1)
	g.Arrived(at(0), 3)
	asked := 0
	for ms := range 5000 {
		asks, _ := g.Due(at(ms), time.Millisecond, nil)
		asked += len(asks)
	}
	require.Equal(t, config.MaxAsks, asked)
	_, ok := g.Next()
	require.False(t, ok, "given up")

	g = NewGenerator(config)
	g.Arrived(at(0), 1)
	g.Arrived(at(0), 3)
	var times []int
	for ms := range 100 {
		if asks, _ := g.Due(at(ms), time.Millisecond, nil); len(asks) > 0 {
			times = append(times, ms)
		}
	}
	require.Equal(
		t, []int{10, 30, 50, 70, 90}, times,
		"however short the round trip, no more than every 20 ms",
	)
}

// TestVoiceIsAskedForTwice: each request has an echo, and there is time for two of them. What has
// come is not asked for again.
func TestVoiceIsAskedForTwice(t *testing.T) {
	g := NewGenerator(Audio())
	g.Arrived(at(0), 1)
	g.Arrived(at(0), 3)
	var times []int
	for ms := range 500 {
		if len(due(g, at(ms))) > 0 {
			times = append(times, ms)
		}
	}
	require.Equal(t, []int{10, 25, 100, 115}, times)
	_, ok := g.Next()
	require.False(t, ok, "given up")

	g.Arrived(at(600), 5)
	require.Equal(t, []uint16{4}, due(g, at(610)))
	g.Arrived(at(620), 4)
	require.Empty(t, due(g, at(625)))
}

// TestVoiceIsRepairedInTime: at 20 % loss both ways, with one answer for a request and its echo.
func TestVoiceIsRepairedInTime(t *testing.T) {
	once := Audio()
	once.Echo, once.MaxAsks = 0, once.MaxAsks/2
	missing := func(config GeneratorConfig) float64 {
		random := rand.New(rand.NewPCG(5, 6))
		arrives := func() bool { return random.Float64() >= 0.2 }
		const gaps = 5000
		missed := 0
		for i := range gaps {
			g, begin := NewGenerator(config), 10_000*i
			g.Arrived(at(begin), 1)
			g.Arrived(at(begin), 3)
			answered := false
			// in which the answer is sent that comes within two round trips
			for ms := range int(rtt/time.Millisecond) + 1 {
				if len(due(g, at(begin+ms))) > 0 && arrives() {
					answered = arrives()
					break // another one within the round trip is not answered
				}
			}
			if !answered {
				missed++
			}
		}
		return float64(missed) / gaps
	}
	require.InDelta(t, 0.36, missing(once), 0.02)
	require.InDelta(t, 0.23, missing(Audio()), 0.02)
}

func TestGeneratorAsksForNothingUseless(t *testing.T) {
	g := NewGenerator(Video())
	g.Arrived(at(0), 1)
	g.Arrived(at(0), 3)
	require.Empty(t, due(g, at(941)), "the answer would come after a second")
	_, ok := g.Next()
	require.False(t, ok)

	g = NewGenerator(Audio())
	g.Arrived(at(0), 1)
	g.Arrived(at(0), 3)
	asks, _ := g.Due(at(15), 121*time.Millisecond, nil)
	require.Empty(t, asks, "the round trip is too long for audio")
	_, ok = g.Next()
	require.False(t, ok, "and nobody is woken for it")
	g.Arrived(at(30), 5)
	asks, _ = g.Due(at(45), 119*time.Millisecond, nil)
	require.Equal(t, []uint16{4}, asks)
}

func TestGeneratorKeepsItsBudget(t *testing.T) {
	config := Video()
	config.MaxMissing, config.AsksPerSec = 1000, 100
	g := NewGenerator(config)
	g.Arrived(at(0), 0)
	g.Arrived(at(0), 900)
	require.Len(t, due(g, at(10)), 20, "a fifth of a second's budget may be saved")
	require.Empty(t, due(g, at(15)))
	next, ok := g.Next()
	require.True(t, ok)
	require.Equal(t, at(20), next, "when there is budget for one more")
	require.Equal(t, []uint16{21}, due(g, at(20)))
}

func TestGeneratorSaysWhenAKeyframeIsCheaper(t *testing.T) {
	g := NewGenerator(Video())
	g.Arrived(at(0), 0)
	g.Arrived(at(0), 102)
	next, ok := g.Next()
	require.True(t, ok)
	require.True(t, next.Before(at(0)), "at once")
	asks, keyframe := g.Due(at(20), rtt, nil)
	require.Empty(t, asks)
	require.True(t, keyframe)
	_, keyframe = g.Due(at(21), rtt, nil)
	require.False(t, keyframe, "once")

	audio := NewGenerator(Audio())
	audio.Arrived(at(0), 0)
	audio.Arrived(at(0), 20)
	asks, keyframe = audio.Due(at(20), rtt, nil)
	require.Empty(t, asks)
	require.False(t, keyframe, "audio has none")
}

func TestGeneratorFollowsAStreamThatStartsAnew(t *testing.T) {
	g := NewGenerator(Video())
	g.Arrived(at(0), 100)
	g.Arrived(at(0), 102)
	g.Arrived(at(1), 5000)
	asks, keyframe := g.Due(at(20), rtt, nil)
	require.Empty(t, asks)
	require.True(t, keyframe)

	g.Arrived(at(30), 1000) // a stray packet
	g.Arrived(at(31), 5001)
	g.Arrived(at(32), 1001)
	require.Empty(t, due(g, at(50)))
	g.Arrived(at(60), 1002) // two in sequence
	_, keyframe = g.Due(at(61), rtt, nil)
	require.True(t, keyframe)
	g.Arrived(at(62), 1004)
	require.Equal(t, []uint16{1003}, due(g, at(80)))
}

// TestReorderingNeverAsks: whatever order packets take, when none is displaced for as long as the
// tolerance, nothing is asked for.
func TestReorderingNeverAsks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := NewGenerator(Video())
		first := rapid.Uint16().Draw(t, "first")
		type packet struct {
			number uint16
			at     int
		}
		var packets []packet
		for i := range 300 {
			packets = append(
				packets, packet{first + uint16(i), 3*i + rapid.IntRange(0, 9).Draw(t, "delay")},
			)
		}
		for ms := range 1000 {
			for _, p := range packets {
				if p.at == ms {
					g.Arrived(at(ms), p.number)
				}
			}
			require.Empty(t, due(g, at(ms)))
		}
	})
}

// upstream simulates a publisher behind a link with loss, who answers requests by RTX, over the
// same loss.
type upstream struct {
	random   *rand.Rand
	lose     func(*rand.Rand) bool
	sends    int // packets, one every interval
	every    time.Duration
	first    uint16
	inFlight packetHeap

	lost, repaired, arrived int
}

type packetInFlight struct {
	at      time.Time
	number  uint16
	request bool // towards the publisher
}

type packetHeap []packetInFlight

func (f packetHeap) Len() int           { return len(f) }
func (f packetHeap) Less(i, j int) bool { return f[i].at.Before(f[j].at) }
func (f packetHeap) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *packetHeap) Push(x any)        { *f = append(*f, x.(packetInFlight)) }
func (f *packetHeap) Pop() any {
	last := (*f)[len(*f)-1]
	*f = (*f)[:len(*f)-1]
	return last
}

// run lets everything happen in virtual time; it returns how many retransmissions were sent and
// keyframes asked for.
func (u *upstream) run(g *Generator) (retransmissions, keyframes int) {
	oneWay := func() time.Duration {
		return rtt/2 + time.Duration(u.random.IntN(8_000))*time.Microsecond
	}
	seen := map[uint16]bool{}
	now := epoch
	for sent := 0; sent < u.sends || len(u.inFlight) > 0; now = now.Add(time.Millisecond) {
		for ; sent < u.sends && now.Sub(epoch) >= time.Duration(sent)*u.every; sent++ {
			if u.lose(u.random) && sent > 0 && sent < u.sends-1 {
				u.lost++
			} else {
				heap.Push(
					&u.inFlight, packetInFlight{now.Add(oneWay()), u.first + uint16(sent), false},
				)
			}
		}
		for len(u.inFlight) > 0 && !u.inFlight[0].at.After(now) {
			f := heap.Pop(&u.inFlight).(packetInFlight)
			switch {
			case f.request:
				retransmissions++
				if !u.lose(u.random) {
					heap.Push(&u.inFlight, packetInFlight{now.Add(oneWay()), f.number, false})
				}
			case !seen[f.number]:
				seen[f.number] = true
				u.arrived++
				g.Arrived(now, f.number)
			default:
				g.Arrived(now, f.number)
			}
		}
		asks, keyframe := g.Due(now, rtt, nil)
		if keyframe {
			keyframes++
		}
		for _, number := range asks {
			heap.Push(&u.inFlight, packetInFlight{now.Add(oneWay()), number, true})
		}
	}
	u.repaired = u.lost - (u.sends - u.arrived)
	return retransmissions, keyframes
}

func TestRetransmissionsAreAsManyAsLosses(t *testing.T) {
	for _, test := range []struct {
		name string
		loss float64
	}{{"2 % loss", 0.02}, {"10 % loss", 0.1}} {
		t.Run(test.name, func(t *testing.T) {
			for seed := range uint64(2) {
				u := upstream{
					random: rand.New(rand.NewPCG(seed, 1)),
					sends:  20_000,
					every:  10 * time.Millisecond,
					first:  60_000,
					lose:   func(r *rand.Rand) bool { return r.Float64() < test.loss },
				}
				retransmissions, keyframes := u.run(NewGenerator(Video()))
				ratio := float64(retransmissions) / float64(u.lost)
				t.Logf(
					"seed %d: %d lost, %d retransmissions (%.3f per loss), %d repaired", seed,
					u.lost, retransmissions, ratio, u.repaired,
				)
				require.LessOrEqual(t, ratio, 1.2)
				require.GreaterOrEqual(t, float64(u.repaired)/float64(u.lost), 0.99)
				require.Zero(t, keyframes)
			}
		})
	}
}

func TestBurstsAreRepaired(t *testing.T) {
	bad := false
	u := upstream{
		random: rand.New(rand.NewPCG(3, 4)),
		sends:  20_000,
		every:  10 * time.Millisecond,
		first:  65_000,
		lose: func(r *rand.Rand) bool { // Gilbert: 5 % in bursts of five
			if bad {
				bad = r.Float64() >= 0.2
			} else {
				bad = r.Float64() < 0.2*0.05/0.95
			}
			return bad
		},
	}
	retransmissions, keyframes := u.run(NewGenerator(Video()))
	t.Logf("%d lost, %d retransmissions, %d repaired", u.lost, retransmissions, u.repaired)
	require.GreaterOrEqual(t, float64(u.repaired)/float64(u.lost), 0.97)
	require.LessOrEqual(
		t, float64(retransmissions)/float64(u.lost), 1.9, "the repairs suffer bursts too",
	)
	require.Zero(t, keyframes)
}

// TestAnOutageCostsAKeyframe: after two seconds without any packet, one keyframe and no storm of
// requests.
func TestAnOutageCostsAKeyframe(t *testing.T) {
	g := NewGenerator(Video())
	asked, keyframes := 0, 0
	for i := range 600 {
		if i < 200 || i >= 400 {
			g.Arrived(at(10*i), uint16(i))
		}
		asks, keyframe := g.Due(at(10*i), rtt, nil)
		asked += len(asks)
		if keyframe {
			keyframes++
		}
	}
	require.Zero(t, asked)
	require.Equal(t, 1, keyframes)
}

// TestGeneratorNeverAsksForWhatCame: for any pattern of arrivals.
func TestGeneratorNeverAsksForWhatCame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := NewGenerator(Video())
		number := rapid.Int64Range(0, 65535).Draw(t, "first")
		came := map[uint16]bool{}
		now := epoch
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "ms")) * time.Millisecond)
			number += rapid.Int64Range(-20, 30).Draw(t, "step")
			came[uint16(number)] = true
			g.Arrived(now, uint16(number))
			asks, _ := g.Due(now, rtt, nil)
			for i, ask := range asks {
				require.False(t, came[ask], "%d has come", ask)
				require.NotContains(t, asks[:i], ask)
			}
			if next, ok := g.Next(); ok && len(asks) > 0 {
				require.True(t, next.After(now) || next.Equal(now))
			}
		}
	})
}

func TestGeneratorAllocatesNothing(t *testing.T) {
	g := NewGenerator(Video())
	number, now, asks := uint16(0), epoch, make([]uint16, 0, 200)
	require.Zero(t, testing.AllocsPerRun(2000, func() {
		number++
		now = now.Add(10 * time.Millisecond)
		if number%7 != 0 {
			g.Arrived(now, number)
		}
		asks, _ = g.Due(now, rtt, asks[:0])
		g.Next()
	}))
}

func BenchmarkArrived(b *testing.B) {
	g := NewGenerator(Video())
	number, asks := uint16(0), make([]uint16, 0, 200)
	b.ReportAllocs()
	for b.Loop() {
		number++
		g.Arrived(epoch, number)
		asks, _ = g.Due(epoch, rtt, asks[:0])
	}
}

func TestGeneratorAbandonsWhatALinkCannotPay(t *testing.T) {
	g := NewGenerator(Video())
	g.Arrived(at(0), 1)
	g.Arrived(at(0), 4)
	require.Equal(t, []uint16{2, 3}, due(g, at(10)))
	g.Arrived(at(20), 7)
	g.Abandon()
	asks, keyframe := g.Due(at(100), rtt, nil)
	require.Empty(t, asks)
	require.True(t, keyframe)
	g.Arrived(at(110), 10)
	require.Empty(t, due(g, at(150)), "useless until there is a keyframe")
	g.Begin()
	g.Abandon()
	g.Arrived(at(160), 12)
	require.Equal(t, []uint16{11}, due(g, at(170)))

	audio := NewGenerator(Audio())
	audio.Arrived(at(0), 1)
	audio.Arrived(at(0), 4)
	audio.Abandon()
	require.Len(t, due(audio, at(10)), 2, "a voice has no keyframes")
}
