package demand

import (
	"time"

	"draille/sfu/rtpx"
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
