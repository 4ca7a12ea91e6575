package demand

import (
	"time"

	"draille/sfu/rtpx"
)

const (
	// frameHeaders is what the headers of a picture's frames take on the wire, in bit/s: twenty
	// frames a second.
	frameHeaders = 20 * 8 * rtpx.PacketOverhead
	// repairShare is the part of an uplink that is left for retransmissions and for the feedback on
	// what the publisher receives.
	repairShare = 0.05
	// leastVoice is left for the microphone even while its owner is silent, in bit/s.
	leastVoice = 25_000
	// DocumentShare is the part of the uplink that a shared screen gets beside a camera.
	DocumentShare = 0.65

	// A camera moves from motionFloor on, in bit/s of encoded picture; below, it takes a still
	// picture every second or so, and below stillFloor none. It comes back when its share is larger
	// by comeback, for comebackAfter; that is longer each time that it did not last.
	motionFloor, stillFloor = 36_000, 12_000
	comeback                = 1.25
	comebackAfter           = 2 * time.Second
	// A picture that moves has so little for stillPatience before it is a still one: just after a
	// fall the share is that of the voice as it was before, and a change costs a keyframe.
	stillPatience = 1200 * time.Millisecond
	// Where the share is plentyFor times what moves, it comes back after comebackSoon, however
	// often it did not last.
	plentyFor     = 2
	comebackSoon  = 300 * time.Millisecond
	comebackMost  = 30 * time.Second
	comebackLasts = 20 * time.Second
	// StillFramerate is that of a still picture, in frames/s: libwebrtc rounds what is below one to
	// none.
	StillFramerate = 1
	stillCeiling   = 35_000 // bit/s
	// stillBurst is the part of a second for which a still picture may fill the link: the voice
	// waits behind it.
	stillBurst = 0.3
	// drainFloor is what a picture may fall to while a queue drains, in bit/s.
	drainFloor = 20_000

	// singleBelow is the share, in bit/s of encoded picture, below which a publisher is never asked
	// for two encodings.
	singleBelow = 350_000
	// A picture is limited by the uplink when it gets less than limitedBelow of what is watched,
	// until it gets limitedUntil.
	limitedBelow, limitedUntil = 0.6, 0.8
	// voiceMemory is how long the bit rate of a microphone counts that has fallen silent.
	voiceMemory = 5 * time.Second
	// voiceObeys is how long after a microphone was told to be encoded otherwise what is measured
	// may still be what came before.
	voiceObeys = 1500 * time.Millisecond
)

// Mode is how a source is sent.
type Mode int

// Modes, the best first.
const (
	Moving Mode = iota
	Still       // a picture a second
	Off         // nothing: the uplink carries the voice alone
)

// upstream remembers how a source was sent over its uplink. It is pure; the zero value sends it as
// if the uplink were good.
type upstream struct {
	mode    Mode
	begun   bool          // it has been decided before
	since   time.Time     // of the mode
	worse   time.Time     // since when it would not do any more; zero: it does
	better  time.Time     // since when the next better one would do; zero: it would not
	wait    time.Duration // for which it has to
	limited bool          // the uplink is why the picture is worse than watched
	// unproven says that it is worse because the uplink has not been tried with more: nothing says
	// that it is thin.
	unproven bool
}

// decide returns the mode for a share.
func (u *upstream) decide(now time.Time, s Share) Mode {
	fit := func(encoded int) Mode {
		// In a still picture headers are spared that the share has set aside.
		switch {
		case !s.known || encoded >= motionFloor:
			return Moving
		case encoded+frameHeaders-StillFramerate*8*rtpx.PacketOverhead >= stillFloor:
			return Still
		default:
			return Off
		}
	}
	worst := fit(s.usual)
	if worst <= u.mode {
		u.worse = time.Time{}
	} else if u.worse.IsZero() {
		u.worse = now
	}
	switch best := fit(int(float64(s.usual) / comeback)); {
	case u.begun && u.mode == Moving && worst == Still && now.Sub(u.worse) < stillPatience:
	case worst > u.mode:
		if u.wait == 0 || now.Sub(u.since) > comebackLasts {
			u.wait = comebackAfter
		} else {
			u.wait = min(2*u.wait, comebackMost)
		}
		u.mode, u.since, u.better = worst, now, time.Time{}
	case best >= u.mode:
		u.better = time.Time{}
	case best == Moving && s.tried:
		u.mode, u.since, u.better = Moving, now, time.Time{}
	case u.better.IsZero():
		u.better = now
	case s.plenty() && now.Sub(u.better) >= comebackSoon:
		u.mode, u.since, u.better = best, now, time.Time{}
	case now.Sub(u.better) >= u.wait,
		u.mode == Off && !s.found && now.Sub(u.better) >= comebackSoon:
		// One step at a time: a still picture shows whether the link has more than the voice.
		u.mode, u.since, u.better = u.mode-1, now, time.Time{}
	}
	u.begun = true
	return u.mode
}

// Needs returns what a publisher must be allowed to send for a camera that stands still to move
// again, in bit/s on the wire; 0: it moves. voice is what the microphone takes, part the camera's
// part of what it leaves.
func (u *upstream) Needs(voice int, part float64) int {
	if u.mode == Moving {
		return 0
	}
	return int(
		((comeback*motionFloor+frameHeaders)/part + float64(max(voice, leastVoice))) /
			(1 - repairShare),
	)
}

// judge notes whether the uplink is why somebody gets less than they watch.
func (u *upstream) judge(s Share, watched int) {
	part := limitedBelow
	if u.limited {
		part = limitedUntil
	}
	less := s.known && float64(s.usual) < part*float64(watched)
	u.limited = s.known && u.mode != Moving || less && s.found
	u.unproven = less && !u.limited
}
