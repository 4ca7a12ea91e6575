package receive

import (
	"time"

	"draille/sfu/congestion/signal"
)

// attempt allows what a moving picture needs although the link is believed to carry less. What is
// believed follows from what was sent, and what is sent from what is believed: without it a wrong
// belief would last for ever.
type attempt struct {
	need    float64 // bit/s of everything with a picture that moves; 0: it does, or nobody wants it
	goal    float64 // need when it began
	slow    bool    // that need is met late: see NeedVoice
	running bool
	wait    time.Duration // before the next
	since   time.Duration // of the one that runs
	failed  time.Duration // when the latest failed
	quick   int           // large packets in a row that came quickly
}

// gauge takes the lateness of a large packet.
func (a *attempt) gauge(size int, late time.Duration) {
	if a.need == 0 || size < dropSize {
		return
	}
	if float64(8*(size-signal.SmallPacket)) >= quickMargin*a.need*late.Seconds() {
		a.quick++
	} else {
		a.quick = 0
	}
}

// fail ends an attempt because a queue stands, or much is lost.
func (a *attempt) fail(now time.Duration) {
	if a.running {
		a.running, a.failed, a.quick = false, now, 0
		a.wait = min(max(2*a.wait, 2*attemptFirst), attemptMost)
	}
}
