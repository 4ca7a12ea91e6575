package demand

import (
	"time"

	"draille/sfu/voice"
)

// VoiceUse remembers what a microphone takes of an uplink while its owner speaks, on the wire. It
// is pure; the zero value has heard nothing.
type VoiceUse struct {
	bitrate int // bit/s
	at      time.Time
	asked   voice.Encoding
	changed time.Time // when that was asked
}

// Observe takes what is measured now and how the voice is to be encoded, and returns the most that
// it took lately; just after a change, what it will take.
func (v *VoiceUse) Observe(now time.Time, asked voice.Encoding, measured int) (bitrate int) {
	if asked != v.asked {
		if v.bitrate > 0 {
			v.bitrate, v.at, v.changed = asked.Cost(), now, now
		}
		v.asked = asked
	}
	if now.Sub(v.changed) >= voiceObeys && (measured >= v.bitrate || now.Sub(v.at) > voiceMemory) {
		v.bitrate, v.at = measured, now
	}
	return v.bitrate
}
