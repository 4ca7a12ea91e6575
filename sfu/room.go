package sfu

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"draille/sfu/connect"
	"draille/sfu/demand"
	"draille/sfu/media"
	"draille/sfu/rtpx"
	"draille/sfu/sched"
	"draille/sfu/slot"
	"draille/sfu/speaker"
	"draille/sfu/udp"
	"draille/sfu/voice"
)

const (
	// roomInterval is how often a room looks at who speaks, what is watched and what the pages must
	// be told.
	roomInterval = 100 * time.Millisecond
	// lookAfter is how long after the moments of transports (tickInterval) all rooms look: what
	// their estimators have just found out is acted upon. Those of the 128 of 64 consultations
	// (roomsPerSchedulers) take 8 ms at most: 80 who did nothing cost 5 % of a core in all while
	// they were looked after ten times a second (make forwarding CASE=40x2-idle).
	lookAfter = 10 * time.Millisecond
	// roomPause is how long it rests after it has looked, in multiples of the time that this took.
	// Whatever somebody does may concern everybody: where many do something at once, as hundreds
	// who join, it is looked at once for all of them.
	roomPause = 4
	// faultTellInterval is how often a fault is logged that comes back with every look.
	faultTellInterval = time.Minute
	// roomHaste is what need not be rested after.
	roomHaste = 250 * time.Microsecond
)

// Room is a set of participants who may see and hear each other. It is self-contained: nothing is
// shared between rooms but the socket and the schedulers.
type Room struct {
	parts      roomParts
	id         string
	log        *zap.Logger
	speakers   *speaker.Ranking
	schedulers *schedulers
	entry      atomic.Pointer[sched.Entry] // of the looks, with the schedulers
	rested     time.Time                   // not to be looked at before; of Run alone
	once       sync.Once

	// mu is never held while a packet is forwarded. It is taken under Participant.answering, and
	// before the locks of the speakers and of a downlink.
	mu           sync.Mutex
	closed       bool
	participants map[string]*Participant
	everybody    []*Participant // the same by id; replaced when somebody comes or goes
	lastNumber   uint32
	faultTold    time.Time // when a fault was last logged
}

// roomParts are what a room needs of its engine.
type roomParts struct {
	config     Config
	connector  *connect.Connector
	counters   *counters
	source     func() rtpx.SourceID // names another layer, uniquely on this server
	closed     func(*Room)          // is told when the room has closed
	schedulers *schedulers
}

func newRoom(id string, parts roomParts) *Room {
	r := &Room{
		parts: parts, id: id, log: parts.config.Logger.With(zap.String("room", id)),
		speakers: speaker.New(), schedulers: parts.schedulers,
		participants: map[string]*Participant{},
	}
	now := time.Now()
	r.entry.Store(r.schedulers.looks.Add(r, now.Add(untilLook(now, roomInterval))))
	return r
}

// Join makes a place for a participant. They are not admitted yet. It fails when the id is taken or
// the room is closed.
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
		return nil, fmt.Errorf("sfu: participant %q is in the room already: close them first", id)
	}
	numbers := map[Source]uint32{}
	for _, source := range media.Sources {
		r.lastNumber++
		numbers[source] = r.lastNumber
	}
	p := newParticipant(r, id, l, numbers)
	r.participants[id] = p
	place, _ := r.find(id)
	r.everybody = slices.Insert(slices.Clone(r.everybody), place, p)
	return p, nil
}

// Close puts everybody out.
func (r *Room) Close() {
	r.mu.Lock()
	r.closed = true
	participants := r.everybody
	r.mu.Unlock()
	var all sync.WaitGroup
	for _, p := range participants {
		all.Go(p.Close)
	}
	all.Wait()
	r.schedulers.looks.Remove(r.entry.Load())
	r.once.Do(func() { r.parts.closed(r) })
}

// find returns the place of a participant in everybody; r.mu is held.
func (r *Room) find(id string) (place int, found bool) {
	return slices.BinarySearchFunc(
		r.everybody, id, func(p *Participant, id string) int { return cmp.Compare(p.id, id) },
	)
}

// kick makes the room look at its participants soon: at once, unless it has just done so and that
// took long.
func (r *Room) kick() {
	if entry := r.entry.Load(); entry != nil {
		r.schedulers.looks.RunBy(entry, time.Now())
	}
}

// Run looks at the room; it implements sched.Task.
func (r *Room) Run(time.Time, *udp.Batch) (next time.Time) {
	began := time.Now() // others have been looked at since the round began
	if began.Before(r.rested) {
		return r.rested
	}
	r.update(began)
	now := time.Now()
	if took := now.Sub(began); took > roomHaste {
		r.rested = now.Add(roomPause * took)
	}
	if r.silent() {
		return now.Add(untilLook(now, restInterval))
	}
	return now.Add(untilLook(now, roomInterval))
}

// silent reports whether nobody sends anything: whatever is to be found out then begins with
// somebody who does something, and is looked at at once.
func (r *Room) silent() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.everybody {
		for _, publication := range p.publications {
			if publication.live.Load() {
				return false
			}
		}
	}
	return true
}

// untilLook returns how long it is until rooms look again. All do so at the same moments: one
// wake-up of the processor serves them all (make forwarding CASE=40x2-slow).
func untilLook(now time.Time, interval time.Duration) time.Duration {
	return now.Add(-lookAfter).Truncate(interval).Add(interval + lookAfter).Sub(now)
}

// shut takes everything from a participant who is not admitted any more, now.
func (r *Room) shut(p *Participant) {
	r.mu.Lock()
	if t := p.transport.Load(); t != nil {
		t.empty(time.Now())
	}
	r.mu.Unlock()
	r.kick()
}

func (r *Room) leave(p *Participant) {
	now := time.Now()
	r.mu.Lock()
	delete(r.participants, p.id)
	if place, found := r.find(p.id); found {
		r.everybody = slices.Delete(slices.Clone(r.everybody), place, place+1)
	}
	if t := p.transport.Load(); t != nil {
		t.empty(now)
	}
	r.mu.Unlock()
	r.speakers.Remove(p.id)
	r.kick()
}

func (r *Room) setView(p *Participant, view []Want) {
	r.mu.Lock()
	news := p.view == nil || !slices.Equal(p.view, view)
	p.view = view
	r.mu.Unlock()
	if news {
		r.kick()
	}
}

// addSlot makes a negotiated slot known.
func (r *Room) addSlot(t *transport, s *subscription) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t.down.add(s)
	if s.video {
		t.video = append(t.video, s)
	} else {
		t.audio = append(t.audio, s)
	}
}

// replaceTransport makes a transport the participant's own; false when they have left meanwhile.
func (r *Room) replaceTransport(p *Participant, t *transport) bool {
	r.mu.Lock()
	if p.isClosed() {
		r.mu.Unlock()
		return false
	}
	before := p.transport.Swap(t)
	p.adoptEncodings(t)
	p.videoSlots, p.audioSlots = slot.Assigner[pictureKey]{}, slot.Assigner[string]{}
	p.speaker, p.heard = voice.Speaker{}, nil
	for _, publication := range p.publications {
		publication.decider = demand.Decider{} // the new page's encoders know nothing of it
	}
	if before != nil {
		before.empty(time.Now())
	}
	r.mu.Unlock()
	r.kick()
	return true
}

// update brings everything in line with who is there, what is live, who speaks and what the pages
// show, and tells those whom it concerns.
func (r *Room) update(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	everybody := r.everybody
	defer r.survive(now)
	l := r.look(now, everybody)
	for _, p := range everybody {
		if t := p.transport.Load(); t != nil {
			r.serve(now, p, t, l)
		}
	}
	for _, p := range everybody {
		if t := p.transport.Load(); t != nil {
			r.demand(now, p, t, l)
		}
	}
}

// serve gives a participant what they are to see and hear.
func (r *Room) serve(now time.Time, p *Participant, t *transport, l look) {
	defer t.survive("a look at the room")
	unserved := r.assignVideo(now, p, t, l)
	r.assignAudio(now, p, t, l)
	p.tellSlots(now, t, unserved)
	p.tellUplinkLoss(l)
}

// survive keeps a fault that concerns no participant alone from ending the calls of other rooms: it
// is deferred, takes a panic, and this look at the room is left out.
func (r *Room) survive(now time.Time) {
	fault := recover()
	if fault == nil {
		return
	}
	r.parts.counters.drop(dropFault)
	if now.Sub(r.faultTold) < faultTellInterval {
		return
	}
	r.faultTold = now
	r.log.Error("a fault of the program: the room was not looked at",
		zap.Any("fault", fault), zap.Stack("stack"))
}
