package sfu

import (
	"slices"
	"time"

	"draille/sfu/slot"
	"draille/sfu/voice"
)

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

func (r *Room) look(now time.Time, everybody []*Participant) look {
	l := look{voices: r.rankVoices(now, everybody)}
	l.speaking, l.flows = r.speakers.Speaking(now, l.voices), r.flows(now, l.voices)
	l.pausing = r.speakers.Pausing(now, l.voices)
	for _, p := range everybody {
		if p.admitted.Load() && p.publications[Camera].live.Load() {
			l.cameras = append(l.cameras, p.id)
		}
		if p.admitted.Load() && p.speaker.Lossy() {
			l.lossy = append(l.lossy, p.id)
		}
		if t := p.transport.Load(); t != nil && p.admitted.Load() && t.down.far() {
			l.far = append(l.far, p.id)
		}
	}
	return l
}

// rankVoices orders the live microphones and announces who speaks.
func (r *Room) rankVoices(now time.Time, everybody []*Participant) []string {
	var ids []string
	places := 0
	for _, p := range everybody {
		if p.admitted.Load() && p.publications[Microphone].live.Load() {
			ids = append(ids, p.id)
		}
		if t := p.transport.Load(); t != nil {
			places = max(places, len(t.audio))
		}
	}
	order := r.speakers.Rank(now, ids, min(places, voice.MaxVoices))
	if speaking, changed := r.speakers.Announce(now, order); changed {
		for _, p := range everybody {
			if p.admitted.Load() {
				p.notifier.tell("speakers", func(l Listener) { l.Speakers(slices.Clone(speaking)) })
			}
		}
	}
	return order
}

// assignAudio maps the loudest voices onto a participant's audio slots, never their own. A voice
// goes beside its face, with which browsers then play it in step (slotTrack.StreamID), and never
// beside what is not: it would wait for that. So it does not stay beside a still picture, whose
// packets come whenever the link has room for them. Who is being heard keeps their slot until they
// pause.
func (r *Room) assignAudio(now time.Time, p *Participant, t *transport, l look) {
	var claims []slot.Claim[string]
	if p.admitted.Load() {
		still := t.down.still(t.video)
		for i, id := range p.voices(now, t, l) {
			face := p.videoSlots.Of(pictureKey{id, Camera})
			if face > 0 && still[face-1] {
				face = 0
			}
			claims = append(claims, slot.Claim[string]{
				Key: id, Priority: -i, Beside: face, Moves: l.pausing[id],
			})
		}
	}
	p.audioSlots.Grow(len(t.audio))
	p.audioSlots.Assign(claims, p.videoSlots.Held())
	t.down.assign(now, t.audio, func(i int) (*publication, Want) {
		if id, ok := p.audioSlots.At(i); ok {
			return r.participants[id].publications[Microphone], Want{}
		}
		return nil, Want{}
	})
}

// assignVideo maps the pictures of a participant's page onto their video slots. It returns those
// that found none.
func (r *Room) assignVideo(
	now time.Time, p *Participant, t *transport, l look,
) (unserved []Slot) {
	view := p.view
	if view == nil {
		view = p.firstView(l.cameras, len(t.video))
	}
	wants := make(map[pictureKey]Want, len(view))
	var claims []slot.Claim[pictureKey]
	for _, want := range view {
		key := pictureKey{want.Participant, want.Source}
		other := r.participants[want.Participant]
		_, twice := wants[key]
		if twice || !p.admitted.Load() || other == nil || other == p || !other.admitted.Load() ||
			(want.Source != Camera && want.Source != Screen) {
			continue
		}
		wants[key] = want
		claim := slot.Claim[pictureKey]{Key: key, Priority: int(want.Priority)}
		if want.Source == Camera {
			claim.Beside = p.audioSlots.Of(want.Participant)
		}
		claims = append(claims, claim)
	}
	p.videoSlots.Grow(len(t.video))
	for _, key := range p.videoSlots.Assign(claims, p.audioSlots.Held()) {
		number := r.participants[key.participant].publications[key.source].number
		unserved = append(unserved, Slot{
			Participant: key.participant, Source: key.source, Number: number,
			Paused: true, Reason: ReasonSlots,
		})
	}
	changed := t.down.assign(now, t.video, func(i int) (*publication, Want) {
		if key, ok := p.videoSlots.At(i); ok {
			return r.participants[key.participant].publications[key.source], wants[key]
		}
		return nil, Want{}
	})
	if changed {
		t.down.reallocate(now)
	}
	return unserved
}
