package demand

import (
	"time"

	"draille/sfu/media"
)

// Encoding is the demand for one encoding of a published source.
type Encoding struct {
	RID          string // empty: the only one
	Active       bool
	MaxBitrate   int     // bit/s; 0: no cap
	MaxFramerate float64 // frames/s; 0: no cap
	// Scale is scaleResolutionDownBy. Of a camera that is fine it is relative to half of what it
	// gives: 0.5 is all of it. 0: as it is.
	Scale       float64
	FrameLength time.Duration // of the microphone's packets; 0: as it is
	// Codec is the one that pictures should be in, as named in SDP; empty: whichever the page likes
	// best.
	Codec string
	// Unseen says that somebody who watches decodes nothing of what the page sends.
	Unseen    bool
	Redundant bool // each of the microphone's packets repeats the one before (RFC 2198)
	// Reason is what keeps it below what is watched: ReasonDownlink or ReasonUplink; NoReason:
	// nothing.
	Reason media.Reason
}
