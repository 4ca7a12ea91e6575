package sfu

import (
	"time"

	"draille/sfu/voice"
)

// demandVoice tells a publisher how to encode their voice.
func (r *Room) demandVoice(now time.Time, p *Participant, t *transport, talking bool) {
	microphone := p.publications[Microphone]
	listeners, state := microphone.listeners(), t.up.ingressState()
	heard := microphone.live.Load() && len(listeners) > 0
	// Nobody hears them before they are admitted, but their first packets find the link as thin as
	// those that follow.
	expected := !p.admitted.Load() && state.Full
	if !heard && !expected {
		return
	}
	conditions := voice.Publishing{
		Loss:      state.Loss,
		LossKnown: state.LossKnown,
		Talking:   talking,
		Queue:     state.Delay,
		RTT:       t.down.roundTrip(),
		Listeners: listeners,
	}
	if state.Full {
		conditions.Uplink = state.Usual
	}
	if state.Congested {
		conditions.Queue = max(conditions.Queue, voice.QueueStands)
	}
	e, news := p.speaker.Decide(now, conditions)
	p.tellEncodings(
		Microphone,
		[]Encoding{
			{Active: true, MaxBitrate: e.Bitrate, FrameLength: e.Frame, Redundant: e.Redundant},
		},
		news,
	)
}
