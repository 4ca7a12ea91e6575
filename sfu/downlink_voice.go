package sfu

import (
	"time"

	"draille/sfu/voice"
)

// decideVoices decides how the participant is sent the voices of the room, the first to be heard
// first. It returns how many of them the link carries; voice.MaxVoices is as many as there are
// slots for.
func (d *downlink) decideVoices(now time.Time, flows []voice.Flow) (voices int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := &d.voices
	conditions := voice.Conditions{
		Bitrate: d.estimator.Estimate().Bitrate,
		Flows:   flows,
		Losses:  &v.losses,
	}
	for _, s := range d.subs {
		conditions.Pictures = conditions.Pictures || s.video && s.publication != nil
		conditions.Repairs = conditions.Repairs || !s.video && s.sender.nacks
	}
	conditions.Repairs = conditions.Repairs && d.rtt() <= voice.RepairWithin
	v.Delivery = v.listener.Decide(now, conditions)
	return v.Voices
}
