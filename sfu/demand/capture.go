package demand

import (
	"slices"

	"draille/sfu/allocation"
	"draille/sfu/media"
	"draille/sfu/rtpx"
)

// Watcher is one place on one page that shows a publication, as its publisher must know it.
type Watcher struct {
	Height   int  // device pixels of the picture's shorter side on the page; 0: not known
	Bitrate  int  // bit/s that their link has for this picture
	Selected int  // index of the encoding that they get now; -1: none
	Still    bool // their link carries none that moves: bitrate is for a still one
	Full     bool // their link was found to carry no more; otherwise it has only not been tried
	Far      bool // the way to them is not known to be short
	// Decodes is what their browser decodes; empty: not known.
	Decodes rtpx.Codecs
	Blind   bool // they get nothing, because they do not decode what comes
}

// Capture is what a publisher can encode.
type Capture struct {
	Source media.Source
	RIDs   []string // from the smallest picture to the largest; {""}: a single encoding
	// Height is that of the shorter side before any scaling, in pixels; half of that where Fine is
	// set. 0: not known.
	Height int
	// Fine says that the camera gives twice Height, and that the way from the publisher is short.
	Fine bool
	// Decoded says that everybody who watches decodes the codec that makes most of few bits, and
	// that it is of use here.
	Decoded bool
	// Sends are the codecs that the publisher's browser may send, as it prefers them; empty: not
	// known.
	Sends []rtpx.Codec
}

func (c Capture) pixels() int {
	if c.Height == 0 {
		return assumedHeight
	}
	return c.Height
}

// most returns the bit/s that the watcher with the best link would get of a publisher on the best
// uplink.
func (c Capture) most(watchers []Watcher) int {
	most := 0
	for _, w := range watchers {
		height := c.pixels()
		if w.Height > 0 {
			height = min(height, int(enlarged*float64(w.Height)))
		}
		most = max(most, min(w.Bitrate, NominalBitrate(c.Source, height)))
	}
	return most
}

// sizeScale returns by how much a picture may be scaled down to fill a place of that height; 0: not
// known.
func sizeScale(c Capture, height float64) int {
	scale := 1
	for height > 0 && scale < smallestScale && float64(c.pixels()/(2*scale))*enlarged >= height {
		scale *= 2
	}
	return scale
}

// leastBitrate is what a picture of that height needs, in bit/s, to be better than one half as
// high.
func leastBitrate(height int) int {
	return bitratesOf(height).least
}

// bitratesOf returns the bit rates of a picture of that height.
func bitratesOf(height int) cameraBitrate {
	i := slices.IndexFunc(cameraBitrates, func(b cameraBitrate) bool { return height <= b.height })
	return cameraBitrates[i]
}

// rateScale returns by how much a picture must be scaled down so that a bit rate makes a good one
// of it: size is given up before the frame rate.
func rateScale(c Capture, bitrate float64) int {
	scale := 1
	for scale < smallestScale && c.pixels()/(2*scale) >= lowestHeight &&
		bitrate < float64(leastBitrate(c.pixels()/scale)) {
		scale *= 2
	}
	return scale
}

// fine returns the same in full.
func (c Capture) fine() Capture {
	c.Height, c.Fine = 2*c.pixels(), false
	return c
}

// Wish returns the wish for a picture that is shown with that height on a page, in device pixels;
// 0: not known.
func (c Capture) Wish(shown int, priority allocation.Priority) Wish {
	if c.Fine && float64(shown) > fineFrom {
		c = c.fine()
	}
	height := c.pixels()
	if shown > 0 {
		height = min(height, int(enlarged*float64(shown)))
	}
	return Wish{Priority: priority, Most: NominalBitrate(c.Source, height)}
}
