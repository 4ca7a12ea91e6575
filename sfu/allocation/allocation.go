// Package allocation shares one receiver's downlink among what the receiver wants to hear and see:
// one budget in bit/s goes in, one choice of layer a picture comes out, with a reason that a person
// can be told.
//
// Audio is served first and never refused here. What is left goes to pictures so that, when it
// shrinks, they are given up in this order: thumbnails, then pictures of a grid, then the size of
// the picture looked at, then its frame rate, then the frame rate of a shared document (never its
// sharpness), then an interpreter whom somebody has pinned, then all that moves. What is left then
// goes into still pictures of the one who matters most, as long as it makes any.
//
// Distribute is that rule alone, without memory. An Allocator adds the memory that keeps pictures
// from flapping.
package allocation

import (
	"cmp"
	"time"

	"draille/sfu/media"
)

// Priority ranks pictures; a higher one is served first.
type Priority int

// Priorities of pictures.
const (
	Thumbnail   Priority = iota
	Grid                 // one of several equal pictures
	LookedAt             // the person looked at
	Document             // a shared screen
	Interpreter          // whose signs are a person's voice: pinned above all others
)

// Reasons why a picture is missing or smaller than its place on the page.
const (
	NoReason = media.NoReason
	Downlink = media.ReasonDownlink // the receiver's link does not carry more
)

// Layer is one quality in which a picture can be forwarded.
type Layer struct {
	Spatial, Temporal int     // indices, 0 the lowest
	Width, Height     int     // pixels
	Framerate         float64 // frames/s
	// bit/s on the wire of this layer with all that it depends on, headers included
	Bitrate int
}

// Video is one picture that the receiver wants.
type Video struct {
	ID            string // stable for one source on one receiver
	Priority      Priority
	Width, Height int     // device pixels on the page; 0: not known, any layer may be chosen
	Layers        []Layer // what flows from the publisher now, in any order
	Stills        bool    // a still picture of it now and then is better than none
}

// Request is what there is to share, and among whom.
type Request struct {
	Budget int     // bit/s, all traffic included
	Audio  []int   // bit/s of each audio stream, headers and redundancy included
	Videos []Video // among equal priorities the first is served first
}

// Choice is what becomes of one picture.
type Choice struct {
	ID     string
	Paused bool         // nothing moves; Layer is the zero Layer
	Layer  Layer        // the layer to forward
	Still  int          // bit/s that a paused picture has for still ones; 0: none
	Reason media.Reason // why it is paused or less than what the page could show
}

// Result is the outcome of an allocation.
type Result struct {
	Choices []Choice // one a Video, in the order of the request
	Audio   int      // bit/s that the audio streams take
	Video   int      // bit/s that the chosen layers take
	// bit/s at which nothing would be refused: what a bandwidth probe should aim at
	Wanted int
	Frozen bool // the budget carries nothing that moves, whatever flows
}

// Config holds the thresholds of an Allocator. The zero value of a field means its default
// (DefaultConfig).
type Config struct {
	VideoOff int // bit/s of budget below which all video is paused
	VideoOn  int // bit/s of budget from which video comes back
	// VideoTry is the bit/s of budget from which it comes back after tryHolds times as long as it
	// stays off: who is sent less than a link carries does not learn what it carries.
	VideoTry int
	OffHold  time.Duration // video that was switched off altogether stays off for so long at least
	// OffHold doubles up to this when video that came back did not last, unless there is plenty now
	MostHold time.Duration
	// bit/s left beside the audio below which there are no still pictures either
	StillOff int
	StillOn  int // bit/s left beside the audio from which there are some
	// StillRare is the bit/s left beside the audio from which there is one now and then: what is
	// not sent for a while adds up.
	StillRare int
	Hold      time.Duration // a picture that changed is not made better for so long
	MaxHold   time.Duration // Hold doubles up to this for a picture whose improvements do not last
	// an improvement that is taken back sooner did not last; all video has to last three times as
	// long
	Lasting time.Duration
	// share of what the pictures have that must stay free after a picture became better, 0…1
	Headroom float64
	// the same after a picture became worse, so that the next small fall costs nothing
	DropSlack float64
}

func (c Config) withDefaults() Config {
	d := DefaultConfig()
	c.VideoOff = cmp.Or(c.VideoOff, d.VideoOff)
	c.VideoOn = max(cmp.Or(c.VideoOn, d.VideoOn), c.VideoOff)
	c.VideoTry = min(max(cmp.Or(c.VideoTry, d.VideoTry), c.VideoOff), c.VideoOn)
	c.OffHold = cmp.Or(c.OffHold, d.OffHold)
	c.MostHold = max(cmp.Or(c.MostHold, d.MostHold), c.OffHold)
	c.StillOff = cmp.Or(c.StillOff, d.StillOff)
	c.StillOn = max(cmp.Or(c.StillOn, d.StillOn), c.StillOff)
	c.StillRare = min(cmp.Or(c.StillRare, d.StillRare), c.StillOff)
	c.Hold = cmp.Or(c.Hold, d.Hold)
	c.MaxHold = max(cmp.Or(c.MaxHold, d.MaxHold), c.Hold)
	c.Lasting = cmp.Or(c.Lasting, d.Lasting)
	c.Headroom = cmp.Or(c.Headroom, d.Headroom)
	c.DropSlack = cmp.Or(c.DropSlack, d.DropSlack)
	return c
}
