package receive

import (
	"math/rand/v2"
	"time"

	"draille/sfu/congestion/ablation"
)

const ms = time.Millisecond

var epoch = time.Unix(1_790_000_000, 0)

// path is a drop-tail queue before a link, and what happens to packets on it.
type path struct {
	rate   func(at time.Duration) float64 // bit/s
	queue  time.Duration                  // as much as the queue holds at the rate
	delay  func(at time.Duration) time.Duration
	jitter time.Duration
	loss   float64
}

// sender is a publisher: a voice, and a picture that is given what the limit leaves, lag later.
type sender struct {
	voice    int           // bytes of a packet on the wire; 0: silent
	frame    time.Duration // of the voice
	appetite float64       // bit/s of the picture at most
	// bit/s of the picture at least: what a browser sends whatever it is told
	least     float64
	lag       time.Duration
	framerate float64
	deaf      bool                                 // ignores the limit
	glitch    func(at time.Duration) time.Duration // by which its sound is behind
	dark      float64                              // bit/s of the picture below which there is none
	modest    float64                              // part of what it may send that it does; 0: all
	stamped   bool                                 // its packets tell when they left
}

// moment is what was seen at some time.
type moment struct {
	at       time.Duration
	state    State
	wait     time.Duration // in the true queue
	arrived  float64       // bit/s of the last 100 ms
	lost     int           // voice packets of the last 100 ms
	voices   int
	capacity float64
}

type simulation struct {
	path       path
	sender     sender
	controller *Controller
	random     *rand.Rand
	length     time.Duration
	drift      float64 // of the sender's clock
	dtx        func(at time.Duration) bool
	// ten times as often as moments; nil: nobody does
	watch func(at time.Duration, c *Controller)
}

type flying struct {
	arrival time.Time
	packet  Packet
}

// run plays the call and returns what was seen ten times a second.
func (s *simulation) run() []moment {
	if s.controller == nil {
		s.controller = New(Config{Without: ablation.Without(Rules())})
	}
	var moments []moment
	var inFlight []flying
	var free, lastArrival, left time.Duration // when the link is free
	number := uint16(65_000)
	told := []float64{float64(s.controller.State().Limit)}
	lagSteps := int(s.sender.lag / (10 * ms))
	now := moment{}
	bits := 0
	debt := 0.0
	stamp := func(at time.Duration, rate float64) uint32 {
		return uint32(int64(at.Seconds() * (1 + s.drift) * rate))
	}
	send := func(at time.Duration, size int, p Packet) {
		number++
		rate := s.path.rate(at)
		free = max(free, at)
		if p.Trust == OfVoice {
			now.voices++
		}
		if free-at > s.path.queue || s.random.Float64() < s.path.loss {
			if p.Trust == OfVoice {
				now.lost++
			}
			return
		}
		free += time.Duration(float64(8*size) / rate * float64(time.Second))
		arrival := free + s.path.delay(at) +
			time.Duration(s.random.Float64()*float64(s.path.jitter))
		arrival = max(arrival, lastArrival)
		lastArrival = arrival
		if s.sender.stamped {
			// one after the other, even those of one frame
			left = max(left+100*time.Microsecond, at)
			p.Stream, p.Timestamp, p.ClockRate, p.Trust = 0, stamp(left, 1<<26), 1<<26, OfDeparture
		}
		p.Arrival, p.Size, p.Number, p.Numbered = epoch.Add(arrival), size, number, true
		inFlight = append(inFlight, flying{p.Arrival, p})
	}
	nextFrame := time.Duration(0)
	for at := time.Duration(0); at < s.length; at += 10 * ms {
		allowed := told[max(0, len(told)-1-lagSteps)]
		if s.sender.voice > 0 && at%s.sender.frame == 0 &&
			(s.dtx == nil || !s.dtx(at) || at%(400*ms) == 0) {
			spoken := at
			if s.sender.glitch != nil {
				spoken -= s.sender.glitch(at)
			}
			send(at, s.sender.voice,
				Packet{Stream: 1, Timestamp: stamp(spoken, 48_000), ClockRate: 48_000,
					Trust: OfVoice})
		}
		if at >= nextFrame && s.sender.framerate > 0 {
			interval := time.Duration(float64(time.Second) / s.sender.framerate)
			nextFrame = at + interval
			video := s.sender.appetite
			if !s.sender.deaf {
				voice := float64(8*s.sender.voice) / max(s.sender.frame, 1).Seconds()
				video = max(min(video, allowed-voice), s.sender.least)
				if video < s.sender.dark {
					video = 0
				}
				if s.sender.modest > 0 && video < s.sender.appetite {
					video *= s.sender.modest
				}
			}
			size := int(video*interval.Seconds()/8*(0.7+0.6*s.random.Float64()) - debt)
			debt = 0
			for first := true; size > 0; first = false {
				part := min(size, 1200)
				p := Packet{Stream: 2}
				if first {
					p.Timestamp, p.ClockRate = stamp(at, 90_000), 90_000
				}
				send(at, max(part, 100), p)
				size -= part
			}
		}
		for len(inFlight) > 0 && inFlight[0].arrival.Before(epoch.Add(at+10*ms)) {
			s.controller.Arrived(inFlight[0].packet)
			bits += 8 * inFlight[0].packet.Size
			inFlight = inFlight[1:]
		}
		s.controller.Tick(epoch.Add(at + 10*ms))
		if s.watch != nil {
			s.watch(at+10*ms, s.controller)
		}
		limit := float64(s.controller.State().Limit)
		if limit == 0 {
			limit = 1e9
		}
		told = append(told, limit)
		if at%(100*ms) == 90*ms {
			now.at, now.state, now.wait = at+10*ms, s.controller.State(), max(0, free-at)
			now.arrived, now.capacity = float64(bits)*10, s.path.rate(at)
			moments = append(moments, now)
			now, bits = moment{}, 0
		}
	}
	return moments
}

func constant(rate float64) func(time.Duration) float64 {
	return func(time.Duration) float64 { return rate }
}

func still(d time.Duration) func(time.Duration) time.Duration {
	return func(time.Duration) time.Duration { return d }
}

func talker() sender {
	return sender{voice: 128, frame: 20 * ms, appetite: 850_000, least: 0, lag: 200 * ms,
		framerate: 20}
}

func random() *rand.Rand { return rand.New(rand.NewPCG(7, 11)) }
