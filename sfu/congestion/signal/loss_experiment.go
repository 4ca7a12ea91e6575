package signal

import (
	"math"
	"time"
)

// Loss is a share of packets.
type Loss struct {
	Share   float64 // that was lost, 0…1
	Packets int     // that it is of
}

// LossRule says when loss counts as congestion.
type LossRule struct {
	Left       float64 // less than this share of the loss is left when less is sent,
	Deviations float64 // and the difference is more than so many standard deviations; 0: any is
}

// LossExperiment finds out whether loss comes of sending too much, by sending less for a moment: if
// the loss goes, it was congestion, if it stays, it is the line's own. A policer, or a router with
// a very short buffer, shows no queue that would tell.
type LossExperiment struct {
	Running bool
	Before  Loss    // what was lost before less was sent
	Rate    float64 // bit/s before
	// Inherent is the loss that the latest experiment found to be the line's own.
	Inherent float64

	ends    time.Duration // at the latest
	trusted time.Duration // Inherent is believed until then,
	trust   time.Duration // for so long
	after   int           // packets since less is sent,
	lost    int           // and those of them that were lost
}

// Begin begins an experiment that takes until ends at most.
func (e *LossExperiment) Begin(ends time.Duration, before Loss, rate float64) {
	e.Running, e.Before, e.Rate, e.ends, e.after, e.lost = true, before, rate, ends, 0, 0
}

// Count takes what became of a packet that left at the lower rate.
func (e *LossExperiment) Count(lost bool) {
	e.after++
	if lost {
		e.lost++
	}
}

// Counted returns what was counted.
func (e *LossExperiment) Counted() Loss {
	return Loss{float64(e.lost) / float64(max(e.after, 1)), e.after}
}

// IsOver reports whether the time of a running experiment has passed.
func (e *LossExperiment) IsOver(now time.Duration) bool { return e.Running && now >= e.ends }

// Stop ends the experiment without a result.
func (e *LossExperiment) Stop() { e.Running = false }

// Conclude ends the experiment and reports whether the loss was congestion.
func (e *LossExperiment) Conclude(after Loss, rule LossRule) (congestion bool) {
	e.Running = false
	if after.Share >= rule.Left*e.Before.Share {
		return false
	}
	if rule.Deviations == 0 {
		return true
	}
	// Of few packets chance takes a fifth now and a tenth then.
	before, now := float64(e.Before.Packets), float64(after.Packets)
	pooled := (before*e.Before.Share + now*after.Share) / (before + now)
	deviation := math.Sqrt(pooled * (1 - pooled) * (1/before + 1/now))
	return e.Before.Share-after.Share > rule.Deviations*deviation
}

// Believe takes a share of loss for the line's own: for least, doubled up to most when it is
// believed again after an experiment.
func (e *LossExperiment) Believe(now time.Duration, inherent float64, least, most time.Duration) {
	e.trust = min(most, max(least, 2*e.trust))
	e.Inherent, e.trusted = inherent, now+e.trust
}

// Distrust lets what is believed next be believed for the least time again.
func (e *LossExperiment) Distrust() { e.trust = 0 }

// Excuses reports whether a loss is known to be the line's own; margin is above what was found.
func (e *LossExperiment) Excuses(now time.Duration, share, margin float64) bool {
	return now < e.trusted && share < excuseFactor*e.Inherent+margin
}
