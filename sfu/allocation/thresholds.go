package allocation

import (
	"time"

	"draille/sfu/regime"
)

// DefaultConfig returns the defaults of every threshold that a Config holds.
//
// Measured: TestGetsWorseAtOnceAndBetterLater, TestVideoGoesOffAndComesBackByItself,
// TestVideoIsTriedOnALinkThatMayCarryIt, TestNoFlappingOnANoisyEstimate,
// TestStillAndMovingDoNotAlternate.
func DefaultConfig() Config {
	return Config{
		VideoOff:  regime.Frozen,
		VideoOn:   regime.Moving,
		VideoTry:  (3*regime.Frozen + regime.Moving) / 4,
		OffHold:   2 * time.Second,
		MostHold:  30 * time.Second,
		StillOff:  0.6 * regime.Voice,
		StillOn:   0.75 * regime.Voice,
		StillRare: 0.15 * regime.Voice,
		Hold:      time.Second,
		MaxHold:   8 * time.Second,
		Lasting:   6 * time.Second,
		Headroom:  0.05,
		DropSlack: 0.10,
	}
}

// Multiples of what a Config holds.
const (
	videoLasting = 3 // of Lasting: all video that came back has to last so long
	// of the time for which video stays off: VideoTry is enough (measured:
	// TestVideoIsTriedOnALinkThatMayCarryIt)
	tryHolds = 2
	// of what is wanted, or of VideoOn for all video: it becomes better after Hold, or comes back
	// after OffHold, however often it did not last
	plenty   = 2
	fastDrop = 3 // of DropSlack: a picture became worse a moment ago, and must again
)

const (
	// MotionFramerate is the frame rate (frames/s) needed to see a tremor of 1–7 Hz. Below it the
	// frame rate of a person comes before the size of the picture, above it the size comes first.
	MotionFramerate = 15
	// fit is how much of the displayed size a layer must have to be large enough: nobody sees the
	// last tenth.
	fit = 0.9
	// rateStep is the factor between one bit rate that Rates gives and the next.
	rateStep = 1.15
)
