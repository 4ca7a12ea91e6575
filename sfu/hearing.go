package sfu

import (
	"slices"
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

// flow measures a voice.
func (l *layer) flow(now time.Time) voice.Flow {
	l.mu.Lock()
	defer l.mu.Unlock()
	bitrate, packets := l.meters.bitrate(now, 0, 0)
	return voice.Flow{Bitrate: max(bitrate-int(8*packets*packetOverhead), 0), Packets: packets}
}

// repeat wraps a voice packet together with earlier ones (RFC 2198), as far as the receiver's line asks for it. It returns the
// payload and its type; the payload is good until the next call.
func (s *subscription) repeat(p *rtpx.Packet, out rtpx.Out) (payload []byte, payloadType uint8) {
	h := &s.down.hearing
	if out.Switched {
		s.carried = 0
	}
	carried := s.carried
	s.carried = min(carried+1, maxCarried)
	l := s.layerOf(out.Source)
	if h.Redundancy == voice.Plain || s.sender.red == 0 || l == nil || !speech(p.Payload) {
		return p.Payload, s.outgoing.payload
	}
	blocks := h.blocks[:0]
	for _, distance := range h.Redundancy.Distances() {
		if distance > carried {
			continue // somebody else's voice
		}
		old, ok := l.history.Get(p.SequenceNumber-uint16(distance), h.frames[len(blocks)][:])
		offset := p.Timestamp - old.Timestamp
		if !ok || !speech(old.Payload) || !rtpx.FitsRED(offset, len(old.Payload)) {
			continue
		}
		blocks = append(blocks, rtpx.REDBlock{PayloadType: s.outgoing.payload, TimestampOffset: uint16(offset), Data: old.Payload})
	}
	if len(blocks) == 0 {
		return p.Payload, s.outgoing.payload
	}
	payload, err := rtpx.AppendRED(h.payload[:0], s.outgoing.payload, p.Payload, blocks)
	if err != nil { // cannot be: all blocks fit
		return p.Payload, s.outgoing.payload
	}
	return payload, s.sender.red
}

// maxCarried is how many packets since a switch are counted: more than any redundancy reaches back.
const maxCarried = 16

// speech tells that a packet is worth repeating: what says only that silence begins (DTX) is not, nor what no voice is.
func speech(payload []byte) bool { return len(payload) > 2 && len(payload) <= maxVoicePayload }

// redundantSize is about how much longer a voice packet leaves than it came.
func (s *subscription) redundantSize(payload []byte) int {
	if s.video || s.sender.red == 0 || !speech(payload) {
		return 0
	}
	return s.down.hearing.Redundancy.Frames() * len(payload)
}

// voiceBitrate is what a voice takes in this slot, in bit/s on the wire.
func (s *subscription) voiceBitrate(now time.Time, l *layer) int {
	if s.sender.red == 0 {
		return l.flow(now).Cost(0)
	}
	return l.flow(now).Cost(s.down.hearing.Redundancy.Frames())
}

// flows measures the voices of a ranking that anybody could be sent; the room's lock is held.
func (r *Room) flows(now time.Time, ranked []string) map[string]voice.Flow {
	flows := make(map[string]voice.Flow, voice.MaxVoices+1)
	for _, id := range ranked[:min(len(ranked), voice.MaxVoices+1)] {
		p := r.participants[id]
		for _, l := range p.publications[Microphone].flowing() {
			f := l.flow(now)
			f.Frame = p.speaker.Told().Frame
			flows[id] = f
		}
	}
	return flows
}

// voiceHold is how long somebody who is heard goes on being heard at least, while he speaks.
const voiceHold = 1200 * time.Millisecond

// voices says which voices a participant is sent, the first to be heard first: the loudest as far as his link carries them,
// never his own.
func (p *Participant) voices(now time.Time, t *transport, l look) []string {
	var others []string
	for _, id := range l.voices {
		if id != p.id {
			others = append(others, id)
		}
	}
	// Two who speak at once must not cut each other's syllables: who has just begun to be heard comes before who is
	// louder.
	slices.SortStableFunc(others, func(x, y string) int {
		return btoi(l.speaking[y] && now.Sub(p.heard[y]) < voiceHold) - btoi(l.speaking[x] && now.Sub(p.heard[x]) < voiceHold)
	})
	candidates := make([]voice.Flow, 0, voice.MaxVoices)
	for _, id := range others[:min(len(others), voice.MaxVoices)] {
		candidates = append(candidates, l.flows[id])
	}
	sent := others
	if most := t.down.hear(now, candidates); most < voice.MaxVoices {
		sent = others[:min(len(others), most)]
	}
	heard := make(map[string]time.Time, len(sent))
	for _, id := range sent {
		if heard[id] = now; !p.heard[id].IsZero() {
			heard[id] = p.heard[id]
		}
	}
	p.heard = heard
	return sent
}

// listeners returns the bit/s of the links of those who are sent a publication.
func (p *publication) listeners() []int {
	var bitrates []int
	for _, s := range *p.subs.Load() {
		s.down.mu.Lock()
		if s.publication == p && s.down.transport.connected.Load() {
			bitrates = append(bitrates, s.down.estimator.Estimate().Bitrate)
		}
		s.down.mu.Unlock()
	}
	return bitrates
}

// demandVoice tells a publisher how to encode his voice.
func (r *Room) demandVoice(now time.Time, p *Participant, t *transport, talking bool) {
	microphone := p.publications[Microphone]
	listeners, state := microphone.listeners(), t.up.ingressState()
	heard := microphone.live.Load() && len(listeners) > 0
	// Nobody hears him before he is admitted, but his first packets find the link as thin as those that follow.
	expected := !p.admitted.Load() && state.Full
	if !heard && !expected {
		return
	}
	conditions := voice.Publishing{Loss: state.Loss, LossKnown: state.LossKnown, Talking: talking, Queue: state.Delay, RTT: t.down.roundTrip(), Listeners: listeners}
	if state.Full {
		conditions.Uplink = state.Usual
	}
	if state.Congested {
		conditions.Queue = max(conditions.Queue, voice.QueueStands)
	}
	e, news := p.speaker.Decide(now, conditions)
	p.tellEncodings(Microphone, []Encoding{{Active: true, MaxBitrate: e.Bitrate, FrameLength: e.Frame, Redundant: e.Redundant}}, news)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
