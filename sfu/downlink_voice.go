package sfu

import (
	"time"

	"draille/sfu/rtpx"
	"draille/sfu/voice"
)

// maxVoicePayload is the largest voice packet that is repeated or repeats another, in bytes; a browser's are a tenth of it.
const maxVoicePayload = 600

// hearing is what a downlink knows and decides of the voices that it carries. It is guarded by down.mu.
type hearing struct {
	losses   voice.Losses
	listener voice.Listener
	voice.Hearing

	frames  [voice.MaxFrames][maxVoicePayload]byte // reused by repeat
	blocks  [voice.MaxFrames]rtpx.REDBlock
	payload [(voice.MaxFrames + 2) * maxVoicePayload]byte
}

// hear decides what the participant gets of the voices of the room, the first to be heard first. It returns how many of
// them his link carries; voice.MaxVoices is as many as he has slots for.
func (d *downlink) hear(now time.Time, flows []voice.Flow) (voices int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := &d.hearing
	conditions := voice.Conditions{Bitrate: d.estimator.Estimate().Bitrate, Flows: flows, Losses: &h.losses}
	for _, s := range d.subs {
		conditions.Pictures = conditions.Pictures || s.video && s.publication != nil
		conditions.Repairs = conditions.Repairs || !s.video && s.sender.nacks
	}
	conditions.Repairs = conditions.Repairs && d.rtt() <= voice.RepairWithin
	h.Hearing = h.listener.Decide(now, conditions)
	return h.Voices
}
