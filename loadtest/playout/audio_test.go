package playout

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"draille/loadtest/figures"
	"draille/loadtest/media"
	"draille/sfu/rtpx"
)

const millisecond = time.Millisecond

var epoch = time.UnixMilli(1_790_000_000_000)

// call sends a voice to an Audio over a path of the test's making, in virtual time.
type call struct {
	length time.Duration
	fec    bool
	red    int // old frames in each packet
	// lose and delay decide the fate of the nth packet.
	lose  func(n int) bool
	delay func(n int) time.Duration
	// talk says whether the nth frame is speech; nil: always. Silence is coded with DTX.
	talk func(n int) bool
	wait time.Duration // asked for
}

// packet is one on its way.
type packet struct {
	at time.Time
	p  AudioPacket
}

// frame is an Opus packet of that length, SILK, whose flags say whether it repeats the one before.
func frame(length time.Duration, fec bool) []byte {
	n := int(length / (20 * millisecond))
	flags := byte(0x80)
	if fec {
		flags |= 0x80 >> n
	}
	return []byte{byte(8+n) << 3, flags, 1, 2, 3}
}

// play runs the call for a number of frames and returns what was heard.
func (c call) play(t testing.TB, frames int) (figures.Audio, *Audio) {
	var audio Audio
	audio.Wait(c.wait)
	if c.delay == nil {
		c.delay = func(int) time.Duration { return 30 * millisecond }
	}
	var arriving []packet
	var sent [][]byte
	paused := false
	for n, number := 0, 0; n < frames; n++ {
		payload, marker := frame(c.length, c.fec), false
		if c.talk != nil && !c.talk(n) {
			if paused {
				sent = append(sent, nil)
				continue
			}
			paused, payload = true, payload[:1]
		} else {
			marker, paused = paused, false
		}
		sent = append(sent, payload)
		p := AudioPacket{Number: uint16(number + 65530),
			Timestamp: uint32(int64(n)*int64(c.length*48/millisecond) + 1<<32 - 9600), Source: 7,
			Marker: marker, Payload: payload}
		if c.red > 0 {
			var old []rtpx.REDBlock
			for back := min(c.red, n); back > 0; back-- {
				if len(sent[n-back]) > 1 {
					old = append(old,
						rtpx.REDBlock{PayloadType: 111,
							TimestampOffset: uint16(int(c.length*48/millisecond) * back),
							Data:            sent[n-back]})
				}
			}
			var err error
			p.RED = true
			p.Payload, err = rtpx.AppendRED(nil, 111, payload, old)
			require.NoError(t, err)
		}
		if c.lose == nil || !c.lose(number) {
			arriving = append(arriving,
				packet{epoch.Add(time.Duration(n)*c.length + c.delay(number)), p})
		}
		number++
	}
	for i := range arriving { // by time of arrival: packets may overtake one another
		for j := i; j > 0 && arriving[j].at.Before(arriving[j-1].at); j-- {
			arriving[j], arriving[j-1] = arriving[j-1], arriving[j]
		}
	}
	for _, a := range arriving {
		audio.Arrived(a.at, a.p)
	}
	audio.Advance(epoch.Add(time.Duration(frames) * c.length))
	return audio.Figures(), &audio
}

func lengths(t *testing.T, test func(t *testing.T, length time.Duration, each int)) {
	for _, length := range []time.Duration{20 * millisecond, 40 * millisecond, 60 * millisecond} {
		t.Run(length.String(), func(t *testing.T) { test(t, length, int(length/tick)) })
	}
}

func TestNothingIsConcealedOnAPerfectPath(t *testing.T) {
	lengths(t, func(t *testing.T, length time.Duration, _ int) {
		f, _ := call{length: length}.play(t, 3000)
		assert.LessOrEqual(t, f.Concealed, 60.0, "the first stretch at most")
		assert.InDelta(t, float64(3000*length/millisecond), f.Total, 200)
		assert.InDelta(t, f.Total, f.Speech, 100)
		assert.Zero(t, f.Skipped)
		assert.Zero(t, f.Late)
		assert.Equal(t, 3000, f.Packets)
	})
}

// Lost packets are concealed for as long as they lasted, played or skipped.
func TestLossIsConcealed(t *testing.T) {
	lengths(t, func(t *testing.T, length time.Duration, _ int) {
		f, _ := call{length: length, lose: func(n int) bool { return n%10 == 5 }}.play(t, 3000)
		lost := 300 * float64(length/millisecond)
		assert.InDelta(t, lost, f.Audible+f.Skipped, 0.1*lost)
		assert.Greater(t, f.Audible, 0.8*lost)
		assert.Equal(t, f.Concealed, f.Audible)
	})
}

// Redundancy repairs exactly what it covers, and only if its bytes arrive.
func TestRedundancy(t *testing.T) {
	single := func(n int) bool { return n%10 == 5 }
	double := func(n int) bool { return n%10 == 5 || n%10 == 6 }
	lengths(t, func(t *testing.T, length time.Duration, _ int) {
		for _, c := range []struct {
			name     string
			call     call
			red, fec int
			repaired bool
		}{
			{"FEC, single losses", call{fec: true, lose: single}, 0, 100, true},
			{"RED, single losses", call{red: 1, lose: single}, 100, 0, true},
			{"RED before FEC", call{red: 1, fec: true, lose: single}, 100, 0, true},
			{"RED of two, double losses", call{red: 2, lose: double}, 200, 0, true},
			{"RED of one, double losses", call{red: 1, lose: double}, 100, 0, false},
			{"FEC, double losses", call{fec: true, lose: double}, 0, 100, false},
		} {
			c.call.length = length
			f, _ := c.call.play(t, 1000)
			assert.InDelta(t, c.red, f.FromRED, 5, c.name)
			assert.InDelta(t, c.fec, f.FromFEC, 5, c.name)
			missing := 100 * float64(length/millisecond)
			if c.repaired {
				assert.Less(t, f.Audible+f.Skipped, 0.05*missing, c.name)
			} else {
				assert.InDelta(t, missing, f.Audible+f.Skipped, 0.15*missing, c.name)
			}
		}
	})
}

// Pauses of DTX are silence: neither speech nor concealed.
func TestPausesAreSilence(t *testing.T) {
	lengths(t, func(t *testing.T, length time.Duration, each int) {
		// a second of speech, a second of pause
		talk := func(n int) bool { return n*each/50%2 == 0 }
		frames := 3040 / each // ends in speech
		f, _ := call{length: length, talk: talk}.play(t, frames)
		assert.LessOrEqual(t, f.Concealed, 60.0)
		assert.InDelta(t, f.Total/2, f.Speech, 0.1*f.Total)
		assert.Zero(t, f.Skipped)

		// Where the packet that announces the pause is lost too, only what was missing is audible.
		last := map[int]bool{}
		for n, number := 0, 0; n < frames; n++ {
			if talk(n) || n > 0 && talk(n-1) {
				if !talk(n) {
					last[number] = true
				}
				number++
			}
		}
		f, _ = call{length: length, talk: talk, lose: func(n int) bool { return last[n] }}.play(t,
			frames)
		assert.LessOrEqual(t, f.Audible, float64(len(last)+2)*float64(length/millisecond))
		assert.Equal(t, f.Concealed, f.Audible)

		// Where it comes in the end, after the first packet of what follows, no more was missed
		// than that.
		late := func(n int) time.Duration {
			if last[n] {
				return 1080 * millisecond
			}
			return 30 * millisecond
		}
		f, _ = call{length: length, talk: talk, delay: late}.play(t, frames)
		assert.LessOrEqual(t, f.Audible, float64(len(last)+2)*float64(length/millisecond))
	})
}

// A late burst is played late: the delay grows to cover it, and shrinks again.
func TestJitterIsLearnt(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	jitter := func(n int) time.Duration {
		if n < 1500 {
			return 30*millisecond + time.Duration(random.IntN(120))*millisecond
		}
		return 30 * millisecond
	}
	f, audio := call{length: 20 * millisecond, delay: jitter}.play(t, 1500)
	learnt := audio.target.delay
	assert.Greater(t, learnt, 80*millisecond)
	assert.Less(t, learnt, 160*millisecond)
	early := f.Concealed
	assert.Less(t, early, 0.02*f.Total)
	assert.Positive(t, f.Stretched)

	random = rand.New(rand.NewPCG(1, 2))
	f, audio = call{length: 20 * millisecond, delay: jitter}.play(t, 9000)
	assert.Less(t, audio.target.delay, learnt, "it forgets")
	assert.Less(t, f.Concealed-early, 200.0)
	assert.Positive(t, f.Shrunk)
	assert.Less(t, audio.buffered(), 100*millisecond)
}

// What comes late now and then is heard by who has asked to wait.
func TestWaiting(t *testing.T) {
	late := func(n int) time.Duration {
		if n > 100 && n%50 == 25 {
			return 130 * millisecond
		}
		return 30 * millisecond
	}
	hasty, _ := call{length: 20 * millisecond, delay: late}.play(t, 300)
	patient, audio := call{length: 20 * millisecond, delay: late, wait: 200 * millisecond}.play(t,
		300)
	assert.Greater(t, hasty.Concealed, 90.0)
	calm, _ := call{length: 20 * millisecond}.play(t, 300)
	assert.Equal(t, calm.Concealed, patient.Concealed,
		"nothing is lost but what the end of the call cuts off")
	assert.GreaterOrEqual(t, audio.target.delay, 200*millisecond)
	audio.Wait(0)
	audio.Arrived(epoch.Add(6100*millisecond),
		AudioPacket{Number: 294, Timestamp: 300*960 - 9600, Source: 7,
			Payload: frame(20*millisecond, false)})
	assert.Less(t, audio.target.delay, 200*millisecond)
}

// An outage is concealed once, and the voice goes on in time afterwards.
func TestOutage(t *testing.T) {
	f, audio := call{length: 20 * millisecond, lose: func(n int) bool {
		return n >= 500 && n < 550
	}}.play(t, 1000)
	assert.InDelta(t, 1000, f.Audible+f.Skipped, 120)
	assert.Greater(t, f.Audible, 800.0)
	assert.Less(t, audio.buffered(), 200*millisecond)
}

// While nobody knows what will come, a voice that breaks off counts as audibly concealed for a
// second.
func TestBrokenOffVoice(t *testing.T) {
	_, audio := call{length: 20 * millisecond}.play(t, 100)
	end := epoch.Add(2 * time.Second)
	before := audio.Figures()
	audio.Advance(end.Add(500 * millisecond))
	assert.InDelta(t, 440, audio.Figures().Audible-before.Audible, 80)
	audio.Advance(end.Add(5 * time.Second))
	assert.InDelta(t, 1000.0, audio.Figures().Audible, 30)

	// It turns out that the voice had been switched off.
	audio.Ended(end.Add(6 * time.Second))
	assert.Less(t, audio.Figures().Audible, 60.0)
	audio.Advance(end.Add(9 * time.Second))
	assert.Less(t, audio.Figures().Concealed, 60.0)
}

// Another voice in the slot is no reason to count the time between as concealed.
func TestAnotherSource(t *testing.T) {
	var audio Audio
	for n := range 200 {
		p := AudioPacket{Number: uint16(n), Timestamp: uint32(960 * n), Source: 1,
			Payload: frame(20*millisecond, false)}
		at := epoch.Add(time.Duration(n) * tick)
		if n >= 100 {
			p.Source, p.Timestamp, at = 2, p.Timestamp+960*50, at.Add(50*tick)
		}
		audio.Arrived(at, p)
	}
	f := audio.Figures()
	assert.LessOrEqual(t, f.Audible, 60.0)
	// Timestamps that leap start over.
	audio.Arrived(epoch.Add(300*tick),
		AudioPacket{Number: 200, Timestamp: 1 << 31, Source: 2,
			Payload: frame(20*millisecond, false)})
	audio.Advance(epoch.Add(301 * tick))
	assert.InDelta(t, 1<<31, audio.play, 2*960)
}

func TestDuplicatesLateAndGarbage(t *testing.T) {
	var audio Audio
	at := func(n int) time.Time { return epoch.Add(time.Duration(n) * tick) }
	send := func(n, stamp int) {
		audio.Arrived(at(n), AudioPacket{Number: uint16(stamp), Timestamp: uint32(960 * stamp),
			Payload: frame(20*millisecond, false)})
	}
	for n := range 20 {
		send(n, n)
		if n%5 == 0 {
			send(n, n)
		}
	}
	assert.Equal(t, 4, audio.Figures().Duplicates)
	send(20, 3)
	assert.Equal(t, 1, audio.Figures().Late)
	before := audio.Figures()
	audio.Arrived(at(20),
		AudioPacket{Number: 21, Timestamp: 960 * 21, RED: true, Payload: []byte{0x80}})
	audio.Arrived(at(20), AudioPacket{Number: 21, Timestamp: 960 * 21, Payload: nil})
	before.Packets += 2
	assert.Equal(t, before, audio.Figures())
	for n := range bufferFrames + 20 {
		send(20, 22+n)
	}
	assert.LessOrEqual(t, len(audio.frames), bufferFrames, "a flood empties the buffer")
}

func TestMouthToEar(t *testing.T) {
	var audio Audio
	for n := range 500 {
		captured := epoch.Add(time.Duration(n) * tick)
		audio.Arrived(captured.Add(70*millisecond),
			AudioPacket{Number: uint16(n), Timestamp: uint32(960 * n),
				Payload: media.StampVoice(frame(20*millisecond, false), captured)})
	}
	f := audio.Figures()
	require.Greater(t, f.Delay.Count, 450)
	assert.GreaterOrEqual(t, f.Delay.P50, 70.0)
	assert.Less(t, f.Delay.P99, 200.0)
	assert.False(t, audio.Began().IsZero())
	assert.Equal(t, f.Delay.Count, audio.Delays().count)
}

// Whatever happens to packets: time is played without gap, and no more is concealed than that.
func TestAudioBooksBalance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		length := rapid.SampledFrom([]time.Duration{20, 40, 60}).Draw(t, "length") * millisecond
		loss := rapid.IntRange(0, 60).Draw(t, "loss")
		jitter := rapid.IntRange(1, 300).Draw(t, "jitter")
		c := call{length: length, fec: rapid.Bool().Draw(t, "fec"),
			red: rapid.IntRange(0, 2).Draw(t, "red")}
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		c.lose = func(int) bool { return random.IntN(100) < loss }
		c.delay = func(int) time.Duration {
			return time.Duration(random.IntN(jitter)) * millisecond
		}
		if rapid.Bool().Draw(t, "pauses") {
			c.talk = func(n int) bool { return n/40%2 == 0 }
		}
		frames := 150
		f, audio := c.play(nilTB{}, frames)
		if audio.first.IsZero() {
			return
		}
		end := epoch.Add(time.Duration(frames) * length)
		played := float64(max(end.Sub(audio.first), 0)/tick) * 20
		if f.Total < played || f.Total > played+float64(jitter)+40 {
			t.Fatalf("played %v ms of %v", f.Total, played)
		}
		if f.Audible > f.Concealed || f.Concealed > f.Total || f.Speech > f.Total+1000 ||
			f.Audible < 0 {
			t.Fatalf("books do not balance: %+v", f)
		}
		if f.Late+f.Duplicates > f.Packets {
			t.Fatalf("more packets useless than came: %+v", f)
		}
	})
}

type nilTB struct{ testing.TB }

func (nilTB) Helper() {}

func (nilTB) Errorf(format string, arguments ...any) { panic(format) }

func (nilTB) FailNow() { panic("failed") }
