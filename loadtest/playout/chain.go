package playout

import (
	"draille/loadtest/media"
	"draille/sfu/rtpx"
)

// chain follows which frames may refer to which.
type chain struct {
	begun  bool // by a keyframe
	source uint32
	end    int64 // number of the last packet of the last decoded frame

	// What the descriptors tell.
	tl0  uint16
	last rtpx.Frame

	// What the stamps tell: the last decoded frames of a stream, by number.
	stamped bool
	stream  uint8
	numbers [32]uint32 // plus one, 0: none; more than any Parent of the clips reaches back
}

// believes reports whether a browser would hand the frame to its decoder.
func (c *chain) believes(v *Video, f *videoFrame) bool {
	if f.keyframe {
		return true
	}
	if !c.begun || f.source != c.source {
		return false
	}
	h := &f.head
	if !h.TL0PicIdx.Present() {
		return c.follows(v, f)
	}
	if h.TemporalID == 0 {
		return h.TL0PicIdx.Value == (c.tl0+1)&0xff
	}
	if h.TL0PicIdx.Value != c.tl0 {
		return false
	}
	return h.LayerSync || c.last.SwitchUp || c.follows(v, f)
}

// follows tells that no packet is missing between the last decoded frame and this one.
func (c *chain) follows(v *Video, f *videoFrame) bool {
	before := f.from - 1
	for before > c.end && v.fills(before) {
		before--
	}
	return before == c.end
}

// sound reports whether the decoder really has what the frame refers to. Without a stamp nobody
// knows better than the descriptors.
func (c *chain) sound(f *videoFrame) bool {
	if !f.stamped || f.stamp.Parent == 0 {
		return true
	}
	parent := f.stamp.Number - uint32(f.stamp.Parent)
	return c.stamped && c.stream == f.stamp.Stream && c.numbers[parent%uint32(len(c.numbers))] ==
		parent+1
}

// take notes a frame that was handed to the decoder.
func (c *chain) take(v *Video, f *videoFrame) {
	sound := c.sound(f)
	c.begun, c.source, c.end, c.last = true, f.source, f.to, f.head
	if f.head.TL0PicIdx.Present() && f.head.TemporalID == 0 {
		c.tl0 = f.head.TL0PicIdx.Value
	}
	if !f.stamped {
		c.stamped = false
		return
	}
	if f.stamp.Parent == 0 {
		*c = chain{begun: c.begun, source: c.source, end: c.end, last: c.last, tl0: c.tl0,
			stamped: true, stream: f.stamp.Stream}
	}
	if sound {
		c.remember(f.stamp)
	}
}

func (c *chain) remember(s media.Stamp) {
	c.numbers[s.Number%uint32(len(c.numbers))] = s.Number + 1
}
