package rmcat

import (
	"math/rand/v2"
	"time"

	"draille/loadtest/link"
)

const (
	segmentBytes    = 1500
	ackBytes        = 40
	initialWindow   = 10 // segments, RFC 6928
	minRTO          = 200 * time.Millisecond
	reorderSegments = 3 // later segments acknowledged before one counts as lost
)

// tcp is a bulk sender with Reno's window (RFC 5681): slow start, congestion avoidance, halved
// once per round trip with losses, begun anew after a timeout. Each segment is acknowledged on its
// own, which stands for selective acknowledgement (RFC 6675).
type tcp struct {
	sim    *simulation
	config TCPFlow
	draw   *rand.Rand
	there  *link.Direction
	back   *link.Direction

	idle       bool // between transfers
	toSend     int  // segments of the transfer not yet sent once; negative: without end
	window     float64
	threshold  float64
	next       int64 // number of the next transmission
	inFlight   []transmission
	recoverTo  int64 // losses of transmissions before this one have been answered
	srtt, rttv time.Duration
	lastAck    time.Duration
	timer      bool

	delivered []int // bytes out of the bottleneck, by bin
}

type transmission struct {
	number int64
	at     time.Duration
}

func (t *tcp) start() {
	t.idle, t.toSend = false, -1
	if t.config.MaxBytes > 0 {
		size := t.config.MinBytes + t.draw.IntN(t.config.MaxBytes-t.config.MinBytes+1)
		t.toSend = max(1, size/segmentBytes)
	}
	t.window, t.threshold = initialWindow, 1e9
	t.lastAck = t.sim.loop.Now()
	t.recoverTo = t.next
	t.fill()
	t.arm()
}

// fill sends what the window lets pass.
func (t *tcp) fill() {
	for !t.idle && t.toSend != 0 && float64(len(t.inFlight)) < t.window {
		if t.toSend > 0 {
			t.toSend--
		}
		t.transmit()
	}
}

func (t *tcp) transmit() {
	now := t.sim.loop.Now()
	sent := transmission{t.next, now}
	t.next++
	t.inFlight = append(t.inFlight, sent)
	dep := t.there.Send(now, segmentBytes)
	if dep.Fate != link.Delivered {
		return
	}
	count(&t.delivered, dep.Left, segmentBytes)
	t.sim.loop.At(dep.At+t.config.Delay, func() {
		ack := t.back.Send(t.sim.loop.Now(), ackBytes)
		if ack.Fate == link.Delivered {
			t.sim.loop.At(ack.At+t.config.Delay, func() { t.acknowledged(sent) })
		}
	})
}

func (t *tcp) acknowledged(sent transmission) {
	now := t.sim.loop.Now()
	t.lastAck = now
	t.measure(now - sent.at)
	lost := 0
	kept := t.inFlight[:0]
	for _, s := range t.inFlight {
		switch {
		case s.number == sent.number:
			t.grow()
		case s.number+reorderSegments <= sent.number:
			lost++
			if s.number >= t.recoverTo {
				t.threshold = max(t.window/2, 2)
				t.window = t.threshold
				t.recoverTo = t.next
			}
		default:
			kept = append(kept, s)
		}
	}
	t.inFlight = kept
	if t.toSend >= 0 {
		t.toSend += lost
	}
	t.fill()
	t.rest()
}

func (t *tcp) grow() {
	if t.window < t.threshold {
		t.window++
	} else {
		t.window += 1 / t.window
	}
}

// measure keeps the round-trip time and its variation (RFC 6298).
func (t *tcp) measure(rtt time.Duration) {
	if t.srtt == 0 {
		t.srtt, t.rttv = rtt, rtt/2
		return
	}
	t.rttv += ((t.srtt - rtt).Abs() - t.rttv) / 4
	t.srtt += (rtt - t.srtt) / 8
}

func (t *tcp) timeout() time.Duration {
	if t.srtt == 0 {
		return time.Second
	}
	return max(minRTO, t.srtt+4*t.rttv)
}

// arm watches for silence: after a timeout everything in flight counts as lost.
func (t *tcp) arm() {
	if t.timer {
		return
	}
	t.timer = true
	t.sim.loop.At(max(t.lastAck, t.sim.loop.Now())+t.timeout(), func() {
		t.timer = false
		if len(t.inFlight) == 0 {
			return
		}
		if t.sim.loop.Now()-t.lastAck >= t.timeout() {
			t.threshold = max(float64(len(t.inFlight))/2, 2)
			t.window = 1
			t.recoverTo = t.next
			if t.toSend >= 0 {
				t.toSend += len(t.inFlight)
			}
			t.inFlight = t.inFlight[:0]
			t.lastAck = t.sim.loop.Now()
			t.fill()
		}
		t.arm()
	})
}

// rest ends a finished transfer and plans the next.
func (t *tcp) rest() {
	if t.idle || t.toSend != 0 || len(t.inFlight) > 0 {
		return
	}
	t.idle = true
	pause := time.Duration(t.draw.ExpFloat64() * float64(t.config.Pause))
	t.sim.loop.After(pause, t.start)
}
