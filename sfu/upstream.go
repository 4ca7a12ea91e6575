package sfu

import (
	"time"

	"draille/sfu/ingress"
	"draille/sfu/voice"
)

const (
	// frameHeaders is what the headers of a picture's frames take on the wire, in bit/s: twenty frames a second.
	frameHeaders = 20 * 8 * packetOverhead
	// repairShare is the part of an uplink that is left for retransmissions and for the feedback on what the publisher
	// receives.
	repairShare = 0.05
	// leastVoice is left for the microphone even while its owner is silent, in bit/s.
	leastVoice = 25_000
	// documentShare is the part of the uplink that a shared screen gets beside a camera.
	documentShare = 0.65

	// A camera moves from motionFloor on, in bit/s of encoded picture; below, it takes a still picture every second or so,
	// and below stillFloor none. It comes back when its share is larger by comeback, for comebackAfter; that is longer each time
	// that it did not last.
	motionFloor, stillFloor = 36_000, 12_000
	comeback                = 1.25
	comebackAfter           = 2 * time.Second
	// Where the share is plentyFor times what moves, it comes back after comebackSoon, however often it did not last.
	plentyFor     = 2
	comebackSoon  = 300 * time.Millisecond
	comebackMost  = 30 * time.Second
	comebackLasts = 20 * time.Second
	// stillFramerate is that of a still picture, in frames/s: libwebrtc rounds what is below one to none.
	stillFramerate = 1
	stillCeiling   = 35_000 // bit/s
	// stillBurst is the part of a second for which a still picture may fill the link: the voice waits behind it.
	stillBurst = 0.3
	// brakeFloor is what a picture may fall to while a queue drains, in bit/s.
	brakeFloor = 20_000

	// singleBelow is the share, in bit/s of encoded picture, below which a publisher is never asked for two encodings.
	singleBelow = 350_000
	// A picture is limited by the uplink when it gets less than limitedBelow of what is watched, until it gets
	// limitedUntil.
	limitedBelow, limitedUntil = 0.6, 0.8
	// voiceMemory is how long the bit rate of a microphone counts that has fallen silent.
	voiceMemory = 5 * time.Second
	// voiceObeys is how long after a microphone was told to be encoded otherwise what is measured may still be what came before.
	voiceObeys = 1500 * time.Millisecond
)

// share is what an uplink has for one source, in bit/s of encoded picture.
type share struct {
	known bool
	full  bool // the uplink has been found full: it carries that; else it is what was tried
	found bool // it was, and nothing has refuted it
	tried bool // it is more than the uplink is believed to carry, for a picture that moves
	link  int  // what the uplink carries in all
	now   int
	usual int // once a queue that stands now has drained
}

// divideUplink divides an uplink among the sources that are watched. voice is what the microphone takes on the wire.
func divideUplink(s ingress.State, voice int, camera, screen bool) map[Source]share {
	if s.Limit == 0 {
		return nil
	}
	left := func(limit int) float64 { return (1-repairShare)*float64(limit) - float64(max(voice, leastVoice)) }
	part := func(part float64) share {
		encoded := func(limit int) int { return max(int(part*left(limit))-frameHeaders, 0) }
		return share{known: true, full: s.Full, found: s.Found, tried: s.Attempt, link: max(s.Limit, s.Usual), now: encoded(s.Limit), usual: max(encoded(s.Limit), encoded(s.Usual))}
	}
	if camera && screen {
		return map[Source]share{Screen: part(documentShare), Camera: part(1 - documentShare)}
	}
	return map[Source]share{Camera: part(1), Screen: part(1)}
}

// manner is how a source is sent.
type manner int

const (
	moving manner = iota
	still         // a picture a second
	dark          // nothing: the uplink carries the voice alone
)

// upstream remembers how a source was sent over its uplink. It is pure; the zero value sends it as if the uplink were
// good.
type upstream struct {
	manner  manner
	since   time.Time     // of the manner
	better  time.Time     // since when the next better one would do; zero: it would not
	wait    time.Duration // for which it has to
	limited bool          // the uplink is why the picture is worse than watched
}

// decide returns the manner for a share.
func (u *upstream) decide(now time.Time, s share) manner {
	fit := func(encoded int) manner {
		// In a still picture headers are spared that the share has set aside.
		switch {
		case !s.known || encoded >= motionFloor:
			return moving
		case encoded+frameHeaders-stillFramerate*8*packetOverhead >= stillFloor:
			return still
		default:
			return dark
		}
	}
	worst := fit(s.usual)
	switch best := fit(int(float64(s.usual) / comeback)); {
	case worst > u.manner:
		if u.wait == 0 || now.Sub(u.since) > comebackLasts {
			u.wait = comebackAfter
		} else {
			u.wait = min(2*u.wait, comebackMost)
		}
		u.manner, u.since, u.better = worst, now, time.Time{}
	case best >= u.manner:
		u.better = time.Time{}
	case best == moving && s.tried:
		u.manner, u.since, u.better = moving, now, time.Time{}
	case u.better.IsZero():
		u.better = now
	case s.plenty() && now.Sub(u.better) >= comebackSoon:
		u.manner, u.since, u.better = best, now, time.Time{}
	case now.Sub(u.better) >= u.wait, u.manner == dark && !s.found && now.Sub(u.better) >= comebackSoon:
		// One step at a time: a still picture shows whether the link has more than the voice.
		u.manner, u.since, u.better = u.manner-1, now, time.Time{}
	}
	return u.manner
}

// plenty reports whether a picture that moves is far from the least that does.
func (s share) plenty() bool { return !s.known || s.usual >= plentyFor*motionFloor }

// needs returns what a publisher must be allowed to send for a camera that stands still to move again, in bit/s on the wire; 0: it
// moves. voice is what the microphone takes, part the camera's part of what it leaves.
func (u *upstream) needs(voice int, part float64) int {
	if u.manner == moving {
		return 0
	}
	return int(((comeback*motionFloor+frameHeaders)/part + float64(max(voice, leastVoice))) / (1 - repairShare))
}

// judge notes whether the uplink is why somebody gets less than he watches.
func (u *upstream) judge(s share, watched int) {
	part := limitedBelow
	if u.limited {
		part = limitedUntil
	}
	u.limited = s.known && (u.manner != moving || float64(s.usual) < part*float64(watched))
}

// cap returns the most that a moving picture may take now; 0: there is no limit.
func (s share) cap() int {
	if !s.known {
		return 0
	}
	return max(s.now, brakeFloor)
}

// stillBitrate is what a still picture may take.
func (s share) stillBitrate() int {
	if !s.known {
		return stillCeiling
	}
	left := s.usual + frameHeaders - stillFramerate*8*packetOverhead
	return max(min(left, int(stillBurst*float64(s.link)), stillCeiling), stillFloor)
}

// voiceUse remembers what a microphone takes of an uplink while its owner speaks, on the wire. It is pure; the zero value has heard
// nothing.
type voiceUse struct {
	bitrate int // bit/s
	at      time.Time
	told    voice.Encoding
	changed time.Time // when that was told
}

// observe takes what is measured now and how the voice is to be encoded, and returns the most that it took lately; just after
// a change, what it will take.
func (v *voiceUse) observe(now time.Time, told voice.Encoding, measured int) (bitrate int) {
	if told != v.told {
		if v.bitrate > 0 {
			v.bitrate, v.at, v.changed = told.Cost(), now, now
		}
		v.told = told
	}
	if now.Sub(v.changed) >= voiceObeys && (measured >= v.bitrate || now.Sub(v.at) > voiceMemory) {
		v.bitrate, v.at = measured, now
	}
	return v.bitrate
}
