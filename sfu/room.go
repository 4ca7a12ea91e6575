package sfu

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"draille/sfu/allocation"
	"draille/sfu/voice"
)

// roomInterval is how often a room looks at who speaks, what is watched and what the pages must be told.
const roomInterval = 100 * time.Millisecond

// Room is a set of participants who may see and hear each other. It is self-contained: nothing is shared between rooms
// but the socket.
type Room struct {
	engine   *Engine
	id       string
	log      *zap.Logger
	speakers *speakers
	clock    *clockwork
	kicked   chan struct{}
	done     chan struct{}
	ended    sync.WaitGroup
	once     sync.Once

	mu           sync.Mutex // never held while a packet is forwarded
	closed       bool
	participants map[string]*Participant
	lastNumber   uint32
}

func newRoom(e *Engine, id string) *Room {
	r := &Room{
		engine: e, id: id, log: e.log.With(zap.String("room", id)), speakers: newSpeakers(),
		kicked: make(chan struct{}, 1), done: make(chan struct{}), participants: map[string]*Participant{},
	}
	r.clock = newClockwork(e.mux.socket)
	r.ended.Go(r.run)
	return r
}

// Join makes a place for a participant. He is not admitted yet. It fails when the id is taken or the room is closed.
func (r *Room) Join(id string, l Listener) (*Participant, error) {
	if id == "" || l == nil {
		return nil, errors.New("sfu: expected a participant's id and a listener, got none")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, errors.New("sfu: the room is closed: open another")
	}
	if _, taken := r.participants[id]; taken {
		return nil, fmt.Errorf("sfu: participant %q is in the room already: close him first", id)
	}
	numbers := map[Source]uint32{}
	for _, source := range sectionOrder {
		r.lastNumber++
		numbers[source] = r.lastNumber
	}
	p := newParticipant(r, id, l, numbers)
	r.participants[id] = p
	return p, nil
}

// Close puts everybody out.
func (r *Room) Close() {
	r.mu.Lock()
	r.closed = true
	participants := r.everybody()
	r.mu.Unlock()
	var all sync.WaitGroup
	for _, p := range participants {
		all.Go(p.Close)
	}
	all.Wait()
	r.once.Do(func() { close(r.done) })
	r.ended.Wait()
	r.clock.stop()
	r.engine.forget(r)
}

// everybody lists the participants by id; r.mu is held.
func (r *Room) everybody() []*Participant {
	all := make([]*Participant, 0, len(r.participants))
	for _, p := range r.participants {
		all = append(all, p)
	}
	slices.SortFunc(all, func(x, y *Participant) int { return cmp.Compare(x.id, y.id) })
	return all
}

// kick makes the room look at its participants now.
func (r *Room) kick() {
	select {
	case r.kicked <- struct{}{}:
	default:
	}
}

func (r *Room) run() {
	ticker := time.NewTicker(roomInterval)
	defer ticker.Stop()
	for {
		select {
		case <-r.done:
			return
		case <-ticker.C:
		case <-r.kicked:
		}
		r.update(time.Now())
	}
}

func (r *Room) leave(p *Participant) {
	now := time.Now()
	r.mu.Lock()
	delete(r.participants, p.id)
	if t := p.transport.Load(); t != nil {
		t.empty(now)
	}
	r.mu.Unlock()
	r.speakers.remove(p.id)
	r.update(now)
}

// empty takes everything out of the slots of a transport that is gone; the room's lock is held.
func (t *transport) empty(now time.Time) {
	for _, s := range slices.Concat(t.audio, t.video) {
		s.attach(nil, Want{}, now)
	}
}

func (r *Room) setView(p *Participant, view []Want) {
	r.mu.Lock()
	p.view = view
	r.mu.Unlock()
	r.update(time.Now())
}

// addSlot makes a negotiated slot known.
func (r *Room) addSlot(t *transport, s *subscription) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t.down.mu.Lock()
	defer t.down.mu.Unlock()
	t.down.subs = append(t.down.subs, s)
	if s.video {
		t.video = append(t.video, s)
	} else {
		t.audio = append(t.audio, s)
	}
}

// replaceTransport makes a transport the participant's own; false when he has left meanwhile.
func (r *Room) replaceTransport(p *Participant, t *transport) bool {
	r.mu.Lock()
	if p.isClosed() {
		r.mu.Unlock()
		return false
	}
	before := p.transport.Swap(t)
	p.videoSlots, p.audioSlots = assigner[pictureKey]{}, assigner[string]{}
	p.speaker, p.heard = voice.Speaker{}, nil
	for _, publication := range p.publications {
		publication.demand = demand{} // the new page's encoders know nothing of it
	}
	if before != nil {
		before.empty(time.Now())
	}
	r.mu.Unlock()
	r.update(time.Now())
	return true
}

// update brings everything in line with who is there, what is live, who speaks and what the pages show, and tells those whom
// it concerns.
func (r *Room) update(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	everybody := r.everybody()
	voices := r.rankVoices(now, everybody)
	flows := r.flows(now, voices)
	for _, p := range everybody {
		t := p.transport.Load()
		if t == nil {
			continue
		}
		unserved := r.assignVideo(now, p, t)
		r.assignAudio(now, p, t, voices, flows)
		p.tellSlots(now, t, unserved)
	}
	for _, p := range everybody {
		r.demand(now, p)
	}
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
	order := r.speakers.rank(now, ids, places)
	if speaking, changed := r.speakers.announce(now, order); changed {
		for _, p := range everybody {
			if p.admitted.Load() {
				p.notifier.tell("speakers", func(l Listener) { l.Speakers(slices.Clone(speaking)) })
			}
		}
	}
	return order
}

// assignAudio maps the loudest voices onto a participant's audio slots, never his own.
func (r *Room) assignAudio(now time.Time, p *Participant, t *transport, ranked []string, flows map[string]voice.Flow) {
	var claims []claim[string]
	if p.admitted.Load() {
		for i, id := range r.voices(now, p, t, ranked, flows) {
			claims = append(claims, claim[string]{key: id, priority: -i})
		}
	}
	p.audioSlots.grow(len(t.audio))
	p.audioSlots.assign(claims)
	for i, s := range t.audio {
		var publication *publication
		if id, ok := p.audioSlots.at(i); ok {
			publication = r.participants[id].publications[Microphone]
		}
		s.attach(publication, Want{}, now)
	}
}

// assignVideo maps the pictures of a participant's page onto his video slots. It returns those that found none.
func (r *Room) assignVideo(now time.Time, p *Participant, t *transport) (unserved []pictureKey) {
	view := p.view
	if view == nil {
		view = r.firstView(p, len(t.video))
	}
	wants := map[pictureKey]Want{}
	var claims []claim[pictureKey]
	for _, want := range view {
		key := pictureKey{want.Participant, want.Source}
		other := r.participants[want.Participant]
		_, twice := wants[key]
		if twice || !p.admitted.Load() || other == nil || other == p || !other.admitted.Load() || (want.Source != Camera && want.Source != Screen) {
			continue
		}
		wants[key] = want
		claims = append(claims, claim[pictureKey]{key: key, priority: want.Priority})
	}
	p.videoSlots.grow(len(t.video))
	unserved = p.videoSlots.assign(claims)
	changed := false
	for i, s := range t.video {
		key, ok := p.videoSlots.at(i)
		if !ok {
			changed = s.attach(nil, Want{}, now) || changed
			continue
		}
		changed = s.attach(r.participants[key.participant].publications[key.source], wants[key], now) || changed
	}
	if changed {
		t.down.reallocate(now)
	}
	return unserved
}

// firstView is what a page most probably shows before it says so: a picture that is on its way by then comes a round trip
// earlier.
func (r *Room) firstView(p *Participant, slots int) []Want {
	var view []Want
	for _, other := range r.everybody() {
		if other != p && other.admitted.Load() && other.publications[Camera].live.Load() && len(view) < slots {
			view = append(view, Want{Participant: other.id, Source: Camera, Priority: int(allocation.Grid)})
		}
	}
	if len(view) == 1 {
		view[0].Priority = int(allocation.LookedAt)
	}
	return view
}

// tellSlots tells the page what its slots carry, when that changed. A picture that found no slot is told without one.
func (p *Participant) tellSlots(now time.Time, t *transport, unserved []pictureKey) {
	slots := []Slot{}
	t.down.mu.Lock()
	for _, s := range t.video {
		if s.publication != nil {
			slots = append(slots, s.told())
		}
	}
	t.down.mu.Unlock()
	for _, key := range unserved {
		number := p.room.participants[key.participant].publications[key.source].number
		slots = append(slots, Slot{Participant: key.participant, Source: key.source, Number: number, Paused: true, Reason: ReasonSlots})
	}
	if !slotNews(slots, p.slots, now.Sub(p.slotsTold)) {
		return
	}
	p.slots, p.slotsTold = slots, now
	p.notifier.tell("slots", func(l Listener) { l.Slots(slices.Clone(slots)) })
}

// reasonHold is how long a page keeps a reason at least: words that change faster are not read, and a thin link pays for each.
const reasonHold = 2 * time.Second

// slotNews tells whether slots are worth a message, an age after others were told.
func slotNews(slots, told []Slot, age time.Duration) bool {
	alike := func(x, y Slot) bool {
		if age < reasonHold {
			x.Reason = y.Reason
		}
		return x == y
	}
	return !slices.EqualFunc(slots, told, alike)
}

// demand tells a publisher what is watched of him.
func (r *Room) demand(now time.Time, p *Participant) {
	t := p.transport.Load()
	if t == nil {
		return
	}
	camera, screen := p.publications[Camera], p.publications[Screen]
	uplink := divideUplink(t.up.ingressState(), t.up.voiceBitrate(now), camera.wanted(), screen.wanted())
	if !p.admitted.Load() {
		encodings, news := camera.demand.expect(now, camera.capture(), uplink[Camera])
		p.tellEncodings(Camera, encodings, news)
		return
	}
	for _, publication := range []*publication{camera, screen} {
		if publication.live.Load() {
			encodings, news := publication.demand.decide(now, publication.capture(), publication.watchers(), uplink[publication.source])
			publication.note(&publication.demand)
			p.tellEncodings(publication.source, encodings, news)
		}
	}
	r.demandVoice(now, p, t)
}

func (p *Participant) tellEncodings(source Source, encodings []Encoding, news bool) {
	if news {
		p.notifier.tell("encode "+string(source), func(l Listener) { l.Encode(source, encodings) })
	}
}
