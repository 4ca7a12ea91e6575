package demand

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"draille/sfu/congestion/receive"
	"draille/sfu/voice"
)

var voiceFigures = flag.Bool("voice.figures", false, "print what the tests of a voice alone see")

// aloneCall is a publisher of whom a voice alone is heard, on a good downlink of the listener.
type aloneCall struct {
	rate   func(at time.Duration) float64 // bit/s of their uplink
	trip   time.Duration                  // one way
	needs  bool                           // what the voice needs is tried
	length time.Duration
	random *rand.Rand
}

// aloneSeen is what was seen of it each 100 ms.
type aloneSeen struct {
	encoding voice.Encoding
	queue    time.Duration
	lost     int
	sent     int
}

// play runs the call in virtual time, in steps of 10 ms.
func (c aloneCall) play() []aloneSeen {
	const step = 10 * time.Millisecond
	epoch := time.Unix(1_790_000_000, 0)
	controller, speaker := receive.New(receive.Config{Start: 300_000}), &voice.Speaker{}
	asked := speaker.Told()
	var free, next time.Duration
	var inFlight []receive.Packet
	var seen []aloneSeen
	now, number, talks, until := aloneSeen{}, uint16(0), true, time.Duration(0)
	for at := time.Duration(0); at < c.length; at += step {
		for len(inFlight) > 0 && !inFlight[0].Arrival.After(epoch.Add(at)) {
			controller.Arrived(inFlight[0])
			inFlight = inFlight[1:]
		}
		if at >= until { // they speak for some seconds, and pause
			talks = !talks
			until = at + time.Duration((0.5+2.5*c.random.Float64())*float64(time.Second))
		}
		if at >= next {
			next = at + asked.Frame
			size := int(float64(asked.Bitrate)*asked.Frame.Seconds()/8) + voice.PacketOverhead
			if asked.Redundant {
				size += int(float64(asked.Bitrate) * asked.Frame.Seconds() / 8)
			}
			number++
			now.sent++
			free = max(free, at)
			if free-at > 300*time.Millisecond {
				now.lost++
				continue
			}
			free += time.Duration(float64(8*size) / c.rate(at) * float64(time.Second))
			inFlight = append(inFlight, receive.Packet{
				Arrival: epoch.Add(free + c.trip), Size: size, Number: number, Numbered: true,
				Stream: 1, Timestamp: uint32(at.Seconds() * 48_000), ClockRate: 48_000,
				Trust: receive.OfVoice,
			})
		}
		if at%(100*time.Millisecond) != 0 {
			continue
		}
		s := controller.State()
		p := voice.Publishing{
			Loss: s.Loss, LossKnown: s.LossKnown, Talking: talks, Queue: s.Delay,
			RTT: 2 * c.trip, Listeners: []int{2_000_000},
		}
		if s.Full {
			p.Uplink = s.Usual
		}
		if s.Congested {
			p.Queue = max(p.Queue, voice.QueueStands)
		}
		asked, _ = speaker.Decide(epoch.Add(at), p)
		if c.needs {
			controller.NeedVoice(speaker.Needs(p.Listeners))
		}
		now.encoding, now.queue = asked, max(0, free-at)
		seen = append(seen, now)
		now = aloneSeen{}
	}
	return seen
}

// After a spell on a thin link a voice is encoded as before it, though nothing but the voice is
// sent; what its publisher needs must be tried for that.
func TestAVoiceAloneHeals(t *testing.T) {
	const from, until = 10 * time.Second, 30 * time.Second
	for _, thin := range []float64{22e3, 30e3, 45e3, 80e3} {
		for _, needs := range []bool{false, true} {
			seen := aloneCall{
				rate: func(at time.Duration) float64 {
					if at >= from && at < until {
						return thin
					}
					return 1e6
				},
				trip: 25 * time.Millisecond, needs: needs, length: 2 * time.Minute,
				random: rand.New(rand.NewPCG(1, uint64(thin))),
			}.play()
			after, healed := seen[until/(100*time.Millisecond):], 0
			for i, s := range after {
				if s.encoding.Bitrate < 24_000 || s.encoding.Frame > 20*time.Millisecond {
					healed = i + 1
				}
			}
			if *voiceFigures {
				fmt.Printf("%3.0f kbit/s for 20 s, needs tried %5v: as before after %.1f s\n",
					thin/1000, needs, float64(healed)/10)
			}
			assert.Equal(t, needs || thin > 60e3, healed < 600, "%v, %v", thin, needs)
		}
	}
}

// What is tried costs a voice little on a link that stays thin, and finds what it carries.
func TestAVoiceAloneOnASteadyThinLink(t *testing.T) {
	for _, rate := range []float64{25e3, 30e3, 40e3, 60e3, 100e3} {
		var bitrates [2]int
		for i, needs := range []bool{false, true} {
			seen := aloneCall{
				rate: func(time.Duration) float64 { return rate },
				trip: 25 * time.Millisecond, needs: needs, length: 5 * time.Minute,
				random: rand.New(rand.NewPCG(2, uint64(rate))),
			}.play()[300:]
			queued, lost, sent := 0, 0, 0
			for _, s := range seen {
				if s.queue > 100*time.Millisecond {
					queued++
				}
				lost, sent = lost+s.lost, sent+s.sent
				bitrates[i] += s.encoding.Bitrate
			}
			waited := float64(queued) / float64(len(seen))
			missing := float64(lost) / float64(sent)
			if *voiceFigures {
				fmt.Printf("%3.0f kbit/s, needs tried %5v: %.1f %% waits over 100 ms, "+
					"%.2f %% lost, %.1f kbit/s of Opus\n", rate/1000, needs, 100*waited,
					100*missing, float64(bitrates[i]/len(seen))/1000)
			}
			assert.Less(t, waited, 0.08, "%v, %v", rate, needs)
			assert.Less(t, missing, 0.002, "%v, %v", rate, needs)
		}
		assert.GreaterOrEqual(t, bitrates[1], bitrates[0], "%v", rate)
	}
}
