package sfu

import (
	"time"

	"draille/sfu/demand"
	"draille/sfu/voice"
)

// demand asks a publisher for what is watched of them.
func (r *Room) demand(now time.Time, p *Participant, t *transport, l look) {
	defer t.survive("a look at the room")
	camera, screen := p.publications[Camera], p.publications[Screen]
	microphone := p.publications[Microphone]
	voice := t.up.voiceBitrate(now, p.speaker.Told())
	left := p.transferUplink(t, voice)
	if p.admitted.Load() && !camera.live.Load() && !screen.live.Load() && !microphone.live.Load() {
		return // they send nothing
	}
	camera.near.Store(t.down.near())
	uplink := demand.Divide(left, voice, camera.subscribed(), screen.subscribed())
	if !p.admitted.Load() {
		encodings, news := camera.decider.Expect(now, camera.capture(), uplink[Camera])
		p.tellEncodings(Camera, encodings, news)
		r.demandVoice(now, p, t, l.speaking[p.id])
		return
	}
	for _, publication := range []*publication{camera, screen} {
		if publication.live.Load() {
			watchers, decoded := publication.watchers()
			capture := publication.capture()
			capture.Decoded = decoded && publication.source == Camera
			order, news := publication.decider.Decide(
				now, capture, watchers, uplink[publication.source],
			)
			publication.order.Store(order)
			p.tellEncodings(publication.source, order.Encodings, news)
		}
	}
	better := 0
	if microphone.live.Load() {
		better = p.speaker.Needs(microphone.listeners())
	}
	t.up.need(camera, screen.subscribed(), voice, better)
	r.demandVoice(now, p, t, l.speaking[p.id])
}

// demandVoice tells a publisher how to encode their voice.
func (r *Room) demandVoice(now time.Time, p *Participant, t *transport, talking bool) {
	microphone := p.publications[Microphone]
	listeners, state := microphone.listeners(), t.up.linkState()
	heard := microphone.live.Load() && len(listeners) > 0
	// Nobody hears them before they are admitted, but their first packets find the link as thin as
	// those that follow.
	expected := !p.admitted.Load() && state.Full
	if !heard && !expected {
		return
	}
	conditions := voice.Publishing{
		Loss: state.Loss, LossKnown: state.LossKnown, Talking: talking, Queue: state.Delay,
		RTT: t.down.roundTrip(), Listeners: listeners,
	}
	if state.Full {
		conditions.Uplink = state.Usual
	}
	if state.Congested {
		conditions.Queue = max(conditions.Queue, voice.QueueStands)
	}
	e, news := p.speaker.Decide(now, conditions)
	p.tellEncodings(Microphone, []Encoding{{
		Active: true, MaxBitrate: e.Bitrate, FrameLength: e.Frame, Redundant: e.Redundant,
	}}, news)
}
