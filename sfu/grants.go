package sfu

import (
	"time"

	"draille/sfu/allocation"
)

const (
	// grantShare is the part of an estimate that is granted to encoders: keyframes and retransmissions need the rest.
	grantShare = 0.85
	// grantStep is the factor between one possible grant and the next.
	grantStep = 1.15
)

// wish is a picture that a page shows, whether or not it flows yet.
type wish struct {
	priority allocation.Priority
	most     int // bit/s that a picture of that size can use
}

// grants shares an estimate among pictures by what their publishers could send if they were asked, in bit/s. It is pure.
// What flows at the moment does not matter here: an encoding that nobody has asked for yet does not flow.
func grants(estimate int, audio []int, wishes []wish) []int {
	if granted, ok := grantAll(int(grantShare*float64(estimate)), audio, wishes); ok {
		return granted
	}
	request := allocation.Request{Budget: int(grantShare * float64(estimate)), Audio: audio}
	for _, w := range wishes {
		video := allocation.Video{Priority: w.priority}
		for bitrate, i := float64(demandFloor), 0; ; i++ {
			// An encoder can be given any bit rate: to the rule they are like the temporal layers of one picture.
			last := bitrate >= float64(w.most)
			video.Layers = append(video.Layers, allocation.Layer{
				Width: 16, Height: 9, Framerate: allocation.MotionFramerate, Temporal: i, Bitrate: int(min(bitrate, float64(max(w.most, demandFloor)))),
			})
			if last {
				break
			}
			bitrate *= grantStep
		}
		request.Videos = append(request.Videos, video)
	}
	result := allocation.Distribute(request)
	granted := make([]int, len(wishes))
	for i, choice := range result.Choices {
		granted[i] = choice.Layer.Bitrate
	}
	return granted
}

// grantAll grants everything where the budget affords it, which is what the rule would come to.
func grantAll(budget int, audio []int, wishes []wish) (granted []int, ok bool) {
	for _, bitrate := range audio {
		budget -= bitrate
	}
	for _, w := range wishes {
		budget -= max(w.most, demandFloor)
	}
	if budget < 0 {
		return nil, false
	}
	granted = make([]int, len(wishes))
	for i, w := range wishes {
		granted[i] = max(w.most, demandFloor)
	}
	return granted, true
}

// nominalBitrate is what a camera of a browser is given for a picture of that height, and a screen for any, in bit/s. More makes a
// person at 360 lines hardly more like (0.935 instead of 0.929 with VP8 at 800 kbit/s: make codecs BITRATES=500,800), and when a
// line falls, all that is under way by the time that anybody knows waits before the voice.
func nominalBitrate(source Source, height int) int {
	switch {
	case source == Screen:
		return 1_500_000
	case height <= 180:
		return 250_000
	case height <= 360:
		return 500_000
	case height <= 540:
		return 1_300_000
	default:
		return 2_000_000
	}
}

// Moving pictures are kept apart where the way is long (DSL, a mobile network, a satellite): should it fall, the less is under way by
// the time that anybody knows, and a voice waits there anyway.
const (
	longTrip     = 30 * time.Millisecond
	smoothFactor = 1.5     // times what all pictures are granted: a large one may take longer than until the next
	smoothLeast  = 600_000 // bit/s: below that the estimate does it
)

// smoothBitrate returns at which bit/s moving pictures leave that are granted so much together; 0: as fast as the link allows. The
// round trip is 0 while it is not known.
func smoothBitrate(roundTrip time.Duration, granted int) int {
	if roundTrip < longTrip {
		return 0
	}
	return max(int(smoothFactor*float64(granted)), smoothLeast)
}

// capture returns what the publisher can encode.
func (p *publication) capture() capture {
	return capture{source: p.source, rids: p.owner.encodings(p.source), height: int(p.height.Load())}
}

// shown returns the shorter side that a publication has on a page, in device pixels; 0: not known.
func (p *publication) shown(want Want) int {
	for _, l := range p.flowing() {
		l.mu.Lock()
		width, height := l.width, l.height
		l.mu.Unlock()
		if width > 0 && want.Width > 0 {
			return int(float64(min(width, height)) * min(float64(want.Width)/float64(width), float64(want.Height)/float64(height)))
		}
	}
	return min(want.Width, want.Height)
}

// watcher returns what the publisher must know of the place of a slot; the downlink's lock is held.
func (s *subscription) watcher(rids []string) watcher {
	w := watcher{height: s.publication.shown(s.want), bitrate: s.granted, selected: s.selected(rids)}
	if s.down.thin && s.publication.source == Camera {
		w.still, w.bitrate = true, s.stills.bitrate
	}
	return w
}

// wish returns the wish of a slot for its publication.
func (s *subscription) wish() wish {
	c := s.publication.capture()
	height := c.pixels()
	if shown := s.publication.shown(s.want); shown > 0 {
		height = min(height, int(enlarged*float64(shown)))
	}
	return wish{priority: priorityOf(s.want), most: nominalBitrate(c.source, height)}
}

func priorityOf(want Want) allocation.Priority {
	return allocation.Priority(min(max(want.Priority, 0), int(allocation.Document)))
}

// selected returns the index of the encoding that goes out now; -1: none.
func (s *subscription) selected(rids []string) int {
	if s.rewriter.Target().Source == 0 {
		return -1
	}
	l := s.layerOf(s.rewriter.Source())
	if l == nil || l.publication != s.publication {
		return -1
	}
	for i, rid := range rids {
		if rid == l.rid {
			return i
		}
	}
	return -1
}
