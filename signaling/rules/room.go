// Package rules decides what happens in one room: who waits, who comes in, who may do what, who is
// told what. It is a pure state machine: every method takes the time as an argument and returns
// effects for the server to carry out. It does no I/O, starts no goroutine, reads no clock and
// draws no random number.
//
// A participant goes through three places: the lobby (invisible, setting up), the waiting room
// (seen by hosts and clinicians), the room. Losing the websocket does not lose the place: it is
// held for Config.Hold.
package rules

import (
	"cmp"
	"slices"
	"time"

	"draille/signaling/protocol"
)

// Config bounds a room.
type Config struct {
	// Participants in the room. The last of these seats is kept for a host while none is in.
	MaxRoom     int
	MaxWaiting  int           // participants in lobby and waiting room together
	HostReserve int           // seats of the lobby beyond MaxWaiting that only hosts get
	Hold        time.Duration // how long the seat of a lost participant is held
	ChatHistory int           // lines of chat kept
	ChatBytes   int           // of their text

	// In a room with guests and nobody who may admit: when media stop, and when the call ends.
	UnattendedMedia time.Duration
	UnattendedCall  time.Duration
}

// DefaultConfig returns the protocol's limits.
func DefaultConfig() Config {
	return Config{
		MaxRoom:     protocol.MaxRoomParticipants,
		MaxWaiting:  protocol.MaxWaiting,
		HostReserve: 4,
		Hold:        protocol.HoldSeconds * time.Second,
		ChatHistory: protocol.MaxChatHistory,
		ChatBytes:   protocol.MaxChatBytes,

		UnattendedMedia: 2 * time.Minute,
		UnattendedCall:  10 * time.Minute,
	}
}

// Room is the state of one room. It is not safe for concurrent use.
type Room struct {
	config Config
	info   protocol.RoomInfo

	people    []*participant       // everybody, in the order in which they entered their place
	removed   map[string]time.Time // families whose bearer was put out, and when they expire
	blocked   map[string]time.Time // families that a host has withdrawn, and when they expire
	refused   map[string]refusals  // families of which a bearer was refused
	locked    bool
	locks     int    // State.Locks
	spotlight string // participant
	note      string
	delay     int // minutes that those who wait are told it takes longer
	chat      []protocol.ChatLine
	lines     int // of chat, ever
	chatBytes int // text of chat
	over      bool
	unsaved   bool // State has changed
	urgent    bool // and must not be lost

	unattended unattended

	photos []*photo // in the order in which they were announced
	taken  int      // photos, ever

	// What the event in progress has done; emptied by settle.
	effects []Effect
	changed map[*participant]bool // to be told to the room
	fresh   map[*participant]bool // to be given the full roster
	gone    []string              // have left the room
	common  bool                  // the lock changed
	staff   bool                  // the waiting list, the note or the delay changed
}

// New returns an empty room.
func New(id string, kind protocol.Kind, config Config) *Room {
	return &Room{
		config:  config,
		info:    protocol.RoomInfo{ID: id, Kind: kind},
		removed: map[string]time.Time{},
		blocked: map[string]time.Time{},
		refused: map[string]refusals{},
		changed: map[*participant]bool{},
		fresh:   map[*participant]bool{},
	}
}

// Arrival is somebody whose Join was found genuine.
type Arrival struct {
	Connection Connection
	Invitation string // id of the invitation
	Family     string // of invitations that replace each other; empty: there is no other
	Role       protocol.Role
	Name       string // proposed by the invitation
	Known      string // by which the page was known before, if it says
	Expires    time.Time
	Expired    bool // the invitation has expired: good to resume a place, not for a new one
	Device     string
	Resume     string
	Seats      int  // of the invitation; 0 counts as 1
	TakeOver   bool // the person wants to go on here, not where the invitation is in use
	// Nothing may be decided in the room now: good to take back a place, not for a new one.
	Undecided bool

	// Drawn at random by the caller, used if a new seat is made or an old one changes hands.
	NewParticipant string
	NewResume      string
}

// family is what a removal counts for: an invitation that replaces another does not undo it.
func (a Arrival) family() string { return cmp.Or(a.Family, a.Invitation) }

// Join handles a new websocket: it takes back the place that the arrival held, or opens one in the
// lobby, or is refused.
func (r *Room) Join(now time.Time, a Arrival) []Effect {
	r.expire(now) // a place whose time is over must not be taken back because the tick is late
	if r.isBlocked(a.family()) {
		r.close(a.Connection, protocol.ByeBlocked)
		return r.settle(now)
	}
	if p := r.find(func(p *participant) bool { return p.resumes(a) }); p != nil {
		if p.remembered != nil {
			r.comeBack(p, a)
		} else {
			r.takeBack(p, a.Connection)
		}
		return r.settle(now)
	}
	if a.Expired {
		r.close(a.Connection, protocol.ByeExpired)
		return r.settle(now)
	}
	if p := r.find(func(p *participant) bool { return p.sameDevice(a) }); p != nil {
		if p.remembered != nil {
			r.comeBack(p, a)
			return r.settle(now)
		}
		p.resume = a.NewResume // the tab of before must not be able to take the place back
		r.unsaved = true
		r.takeBack(p, a.Connection)
		return r.settle(now)
	}
	if a.Undecided {
		r.close(a.Connection, protocol.ByeMoved)
		return r.settle(now)
	}
	if now.Before(r.refused[a.family()].until) {
		r.close(a.Connection, protocol.ByeRefused)
		return r.settle(now)
	}
	if !r.makeSeat(a) {
		r.close(a.Connection, protocol.ByeElsewhere)
		return r.settle(now)
	}
	if reason, ok := r.turnedAway(a.Role); ok {
		r.close(a.Connection, reason)
		return r.settle(now)
	}
	r.openPlace(now, a)
	return r.settle(now)
}

// openPlace gives a newcomer a place in the lobby.
func (r *Room) openPlace(now time.Time, a Arrival) {
	p := &participant{
		id:          a.NewParticipant,
		resume:      a.NewResume,
		invitation:  a.Invitation,
		family:      a.family(),
		expires:     a.Expires,
		device:      a.Device,
		role:        a.Role,
		name:        a.Name,
		invitedAs:   a.Name,
		seats:       a.Seats,
		place:       protocol.PlaceLobby,
		connection:  a.Connection,
		since:       now,
		removedOnce: r.wasRemoved(a.family()),
	}
	r.people = append(r.people, p)
	r.do(Seat{p.id}, Attach{p.id, p.connection})
	r.welcome(p, false)
}

// turnedAway reports whether a newcomer to the lobby is refused, and why.
func (r *Room) turnedAway(role protocol.Role) (protocol.ByeReason, bool) {
	if r.locked && role != protocol.RoleHost {
		return protocol.ByeLocked, true
	}
	if !r.roomFor(role) {
		return protocol.ByeFull, true
	}
	limit := r.config.MaxWaiting
	if role == protocol.RoleHost {
		limit += r.config.HostReserve
	}
	if r.outside() < limit {
		return "", false
	}
	// Somebody present goes before somebody who is held in the lobby and may never come back.
	stale := r.find(
		func(p *participant) bool { return p.place == protocol.PlaceLobby && p.connection == 0 })
	if stale == nil {
		return protocol.ByeFull, true
	}
	r.drop(stale)
	return "", false
}

// takeBack gives a seat to another websocket. If the one before looks alive it is another tab, or
// does not know yet that it is dead: it is told not to come back, or two tabs would throw each
// other out for ever.
func (r *Room) takeBack(p *participant, connection Connection) {
	if p.connection != 0 {
		r.close(p.connection, protocol.ByeReplaced)
	} else {
		r.mark(p)
	}
	p.connection = connection
	p.told, p.warned = nil, false
	r.do(Attach{p.id, connection})
	r.welcome(p, true)
	if p.place == protocol.PlaceRoom {
		r.fresh[p] = true
		r.send(p, protocol.Admitted{})
		r.sendHistory(p)
	}
	r.tellMissed(p)
	if p.untoldLink {
		r.tellSameLink(p, true)
	}
}

// tellMissed tells somebody who is back what they must know of.
func (r *Room) tellMissed(p *participant) {
	for _, muted := range p.missed {
		r.send(p, muted)
	}
	p.missed = nil
	if p.photoAsked != "" {
		r.send(p, protocol.PhotoAsked{By: p.photoAsked})
	}
	r.photosAnew(p)
}

func (r *Room) welcome(p *participant, resumed bool) {
	r.send(p, r.welcomeTo(p, resumed, false))
}

func (r *Room) welcomeTo(p *participant, resumed, kept bool) protocol.Welcome {
	return protocol.Welcome{
		Participant: p.id,
		Resume:      p.resume,
		Resumed:     resumed,
		Kept:        kept,
		Place:       p.place,
		Role:        p.role,
		Name:        p.name,
		Room:        r.info,
	}
}

// SetCSRCs records the numbers that the media plane gave to the sources of a participant, right
// after their Seat.
func (r *Room) SetCSRCs(id string, numbers map[protocol.Source]uint32) {
	if p := r.byID(id); p != nil {
		p.csrcs = numbers
	}
}

// Lost handles a websocket that is gone without a goodbye: the place is held.
func (r *Room) Lost(now time.Time, connection Connection) []Effect {
	if p := r.byConnection(connection); p != nil {
		p.connection = 0
		p.lostAt = now
		p.told = nil
		r.mark(p)
		r.do(Attach{p.id, 0})
	}
	return r.settle(now)
}

// Tick ends what has lasted for too long: places that are held, and the media and the calls of
// guests without staff.
func (r *Room) Tick(now time.Time) []Effect {
	r.expire(now)
	return r.settle(now)
}

func (r *Room) expire(now time.Time) {
	for _, p := range slices.Clone(r.people) {
		if p.connection == 0 && !now.Before(p.lostAt.Add(r.config.Hold)) {
			r.drop(p)
		}
	}
	r.attend(now)
	r.expireUnattended(now)
}

// Next returns when Tick has something to do, if ever.
func (r *Room) Next() (next time.Time, ok bool) {
	next, ok = r.nextUnattended()
	for _, p := range r.people {
		if until := p.lostAt.Add(r.config.Hold); p.connection == 0 && (!ok || until.Before(next)) {
			next, ok = until, true
		}
	}
	return next, ok
}

// Evict ends the place of whoever is behind a websocket, for a reason outside the rules.
func (r *Room) Evict(now time.Time, connection Connection, reason protocol.ByeReason) []Effect {
	if p := r.byConnection(connection); p != nil {
		r.close(connection, reason)
		r.drop(p)
	}
	return r.settle(now)
}

// Shutdown says goodbye to everybody because the server stops.
func (r *Room) Shutdown(now time.Time) []Effect {
	r.dismiss(protocol.ByeShutdown)
	return r.settle(now)
}

// Moved says goodbye to everybody because the room goes on on another server.
func (r *Room) Moved(now time.Time) []Effect {
	r.dismiss(protocol.ByeMoved)
	return r.settle(now)
}

// Announce sets how many minutes those who wait are told that it takes longer; 0: none.
func (r *Room) Announce(now time.Time, minutes int) []Effect {
	if r.delay == minutes {
		return nil
	}
	r.delay, r.staff = minutes, true
	return r.settle(now)
}

// Participant returns the id and the place of the participant behind a websocket.
func (r *Room) Participant(connection Connection) (id string, place protocol.Place, ok bool) {
	if p := r.byConnection(connection); p != nil {
		return p.id, p.place, true
	}
	return "", "", false
}

// Place returns where a participant is.
func (r *Room) Place(id string) (protocol.Place, bool) {
	if p := r.byID(id); p != nil {
		return p.place, true
	}
	return "", false
}

// Kind returns the kind of the room.
func (r *Room) Kind() protocol.Kind { return r.info.Kind }

// Count returns how many are in a place.
func (r *Room) Count(place protocol.Place) int {
	n := 0
	for _, p := range r.people {
		if p.place == place {
			n++
		}
	}
	return n
}

func (r *Room) find(match func(*participant) bool) *participant {
	if i := slices.IndexFunc(r.people, match); i >= 0 {
		return r.people[i]
	}
	return nil
}

// byID finds whoever is there, or away for a moment.
func (r *Room) byID(id string) *participant {
	return r.find(func(p *participant) bool { return p.id == id && p.remembered == nil })
}

func (r *Room) byConnection(c Connection) *participant {
	return r.find(func(p *participant) bool { return c != 0 && p.connection == c })
}

func (r *Room) wasRemoved(family string) bool {
	_, removed := r.removed[family]
	return removed
}

// outside counts lobby and waiting room.
func (r *Room) outside() int { return len(r.people) - r.Count(protocol.PlaceRoom) }

// roomFor reports whether one more of that role fits in the room. The last place is kept for a host
// while none is in.
func (r *Room) roomFor(role protocol.Role) bool {
	limit := r.config.MaxRoom
	if role != protocol.RoleHost && r.find(func(p *participant) bool {
		return p.place == protocol.PlaceRoom && p.role == protocol.RoleHost
	}) == nil {
		limit--
	}
	return r.Count(protocol.PlaceRoom) < limit
}
