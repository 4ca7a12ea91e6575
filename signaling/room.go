package signaling

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"draille/signaling/homes"
	"draille/signaling/photo"
	"draille/signaling/protocol"
	"draille/signaling/quota"
	"draille/signaling/rules"
)

var places = []protocol.Place{protocol.PlaceLobby, protocol.PlaceWaiting, protocol.PlaceRoom}

// event is something for a room to do. If the room ends first, orphan is called with the server's
// lock held.
type event struct {
	do     func()
	orphan func()
	// Whose event it is, told apart by their websocket: if doing it panics, they are dropped and
	// nobody else. Nil: nobody's.
	from func() *connection
}

// room carries out the rules of one room. Everything but inbox and counts belongs to its goroutine.
type room struct {
	id     string
	server *Server
	tenure homes.Tenure
	log    *zap.Logger
	inbox  *mailbox[event]
	counts map[protocol.Place]*atomic.Int64

	rules       *rules.Room
	media       MediaRoom
	seats       map[string]*seat
	working     sync.WaitGroup // goroutines of seats, also of those who left
	connections map[rules.Connection]*connection
	ended       []string
	present     []rules.Presence // as the watcher was told
	links       []Link           // the same
	toldLeft    bool             // the watcher was told that the room is left
	kept        rules.State      // as it was kept last
	leaving     bool             // the call goes on after a restart, or on another server
	moving      bool             // to another server: forwards until all have changed
	parted      []*seat          // of those who have been sent there
	changed     chan struct{}    // somebody's transport has
	over        bool

	album     *photo.Album
	photoKeys map[int]string // by photo, of what its sender's browser keeps
	photosDue time.Time      // when photos go on; zero: there is nothing to send
}

func newRoom(s *Server, id string, kind protocol.Kind, tenure homes.Tenure) *room {
	r := &room{
		id: id, server: s, tenure: tenure,
		log:         s.config.Log.With(zap.String("room", id)),
		inbox:       newMailbox[event](),
		counts:      map[protocol.Place]*atomic.Int64{},
		rules:       rules.New(id, kind, s.config.Rules),
		seats:       map[string]*seat{},
		connections: map[rules.Connection]*connection{},
		changed:     make(chan struct{}, 1),
		album:       photo.NewAlbum(), photoKeys: map[int]string{},
	}
	for _, place := range places {
		r.counts[place] = new(atomic.Int64)
	}
	return r
}

// run lives as long as the room.
func (r *room) run() {
	defer r.server.running.Done()
	r.log.Info("room opened")
	r.media = r.server.config.Media.NewRoom(r.id)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for !r.over {
		if next, ok := r.next(); ok {
			timer.Reset(next.Sub(r.server.config.Now()))
		} else {
			timer.Stop()
		}
		select {
		case <-r.inbox.wake:
			r.work()
		case <-timer.C:
			r.guarded(event{do: r.tick})
		}
	}
	r.server.forget(r, r.ended)
	r.releasePhotos(r.album.Bytes())
	r.linger()
	r.working.Wait()
	r.media.Close()
	r.log.Info("room closed")
}

// work does what is in the mailbox. When the room ends in the middle, the rest goes back: forget
// leads it on.
func (r *room) work() {
	items := r.inbox.take()
	for i, e := range items {
		r.guarded(e)
		if r.over {
			r.inbox.putBack(items[i+1:])
			return
		}
	}
}

// guarded does what an event asks for. A fault in it ends the stay of whoever caused it, not the
// call of everybody.
func (r *room) guarded(e event) {
	defer func() {
		problem := recover()
		if problem == nil {
			return
		}
		r.server.counters.faults.Add(1)
		r.log.Error("a fault in the server: whoever caused it is dropped, the call goes on",
			zap.Any("fault", problem), zap.Stack("stack"))
		if e.from == nil {
			return
		}
		if c := e.from(); c != nil {
			r.guarded(event{do: func() { r.evict(c, protocol.ByeProtocol) }})
			c.bye(protocol.NewBye(protocol.ByeProtocol)) // if even that failed, or they had no seat
		}
	}()
	e.do()
}

func (r *room) join(c *connection, arrival rules.Arrival) {
	r.connections[c.id] = c
	arrival.Undecided = !r.tenure.MayDecide()
	r.apply(r.rules.Join(r.server.config.Now(), arrival))
}

func (r *room) lost(c *connection) {
	_, _, seated := r.rules.Participant(c.id)
	delete(r.connections, c.id)
	r.apply(r.rules.Lost(r.server.config.Now(), c.id))
	if seated && !r.over {
		r.tenure.SeatLost()
	}
}

func (r *room) evict(c *connection, reason protocol.ByeReason) {
	r.apply(r.rules.Evict(r.server.config.Now(), c.id, reason))
}

// revoke puts out those whose invitation has been withdrawn.
func (r *room) revoke(invitations []string) {
	for _, used := range r.rules.Invitations() {
		if !r.over && slices.Contains(invitations, used) {
			r.apply(r.rules.Revoke(r.server.config.Now(), used))
		}
	}
}

func (r *room) announce(minutes int) {
	if !r.over {
		r.apply(r.rules.Announce(r.server.config.Now(), minutes))
	}
}

// shutdown ends the room, but not what is remembered of it.
func (r *room) shutdown() {
	r.leaving = true
	r.apply(r.rules.Shutdown(r.server.config.Now()))
}

// receive gives what concerns media alone to the seat and the rest to the rules.
func (r *room) receive(c *connection, message protocol.ClientMessage) {
	id, _, ok := r.rules.Participant(c.id)
	if !ok {
		return
	}
	if !r.spend(c, message) || !r.mayDecide(c, message) {
		return
	}
	s := r.seats[id]
	switch m := message.(type) {
	case protocol.Offer:
		s.offer(m)
	case protocol.Candidate:
		s.candidate(m)
	case protocol.Capture:
		s.media.SetCapture(m.Lines)
	case protocol.Estimate:
		s.media.SetInitialEstimate(m.Bitrate)
	case protocol.Subscribe:
		s.look(m.Subscriptions)
	case protocol.Photo:
		r.addPhoto(c, m)
	case protocol.Transfer:
		r.hearTransfer(s, m)
	default:
		r.apply(r.rules.Receive(r.server.config.Now(), c.id, message))
	}
}

// costs are what messages cost; the others are bounded by the rate of the websocket alone.
var costs = map[string]quota.Cost{
	protocol.TypeOf(protocol.Offer{}):       quota.Offers,
	protocol.TypeOf(protocol.Say{}):         quota.Chat,
	protocol.TypeOf(protocol.Subscribe{}):   quota.Messages,
	protocol.TypeOf(protocol.Candidate{}):   quota.Messages,
	protocol.TypeOf(protocol.Mode{}):        quota.Changes,
	protocol.TypeOf(protocol.Media{}):       quota.Changes,
	protocol.TypeOf(protocol.Capture{}):     quota.Changes,
	protocol.TypeOf(protocol.Hand{}):        quota.Changes,
	protocol.TypeOf(protocol.Note{}):        quota.Changes,
	protocol.TypeOf(protocol.Lock{}):        quota.Changes,
	protocol.TypeOf(protocol.Typing{}):      quota.Typing,
	protocol.TypeOf(protocol.Spotlight{}):   quota.Changes,
	protocol.TypeOf(protocol.Handover{}):    quota.Changes,
	protocol.TypeOf(protocol.Invite{}):      quota.Changes,
	protocol.TypeOf(protocol.PhotoAsk{}):    quota.Changes,
	protocol.TypeOf(protocol.Photo{}):       quota.Changes,
	protocol.TypeOf(protocol.PhotoShow{}):   quota.Changes,
	protocol.TypeOf(protocol.PhotoDrop{}):   quota.Changes,
	protocol.TypeOf(protocol.PhotoLook{}):   quota.Messages,
	protocol.TypeOf(protocol.PhotoMark{}):   quota.Changes,
	protocol.TypeOf(protocol.PhotoUnmark{}): quota.Changes,
	protocol.TypeOf(protocol.PhotoPoint{}):  quota.Messages,
	protocol.TypeOf(protocol.Transfer{}):    quota.Messages,
}

// spend puts a message down to its sender, or answers that there were too many of its kind.
func (r *room) spend(c *connection, message protocol.ClientMessage) bool {
	of := protocol.TypeOf(message)
	cost, ok := costs[of]
	if !ok || r.server.config.Quota.Spend(r.server.config.Now(), cost, c.payer) {
		return true
	}
	c.fail(protocol.ErrorTooFast, of,
		"expected fewer of these messages in so short a time; wait, and send it again")
	return false
}

// apply carries out effects in their order.
func (r *room) apply(effects []rules.Effect) {
	r.keepUrgent()
	for _, place := range places { // before anybody hears of their place
		r.counts[place].Store(int64(r.rules.Count(place)))
	}
	var attached, failed []*connection
	for _, e := range effects {
		switch e := e.(type) {
		case rules.Send:
			r.send(e)
		case rules.Close:
			r.close(e)
		case rules.Seat:
			r.seat(e.Participant)
		case rules.Attach:
			c := r.connections[e.Connection]
			if s := r.seats[e.Participant]; s != nil {
				s.connection = c
				r.resumePhotos(s)
				attached = append(attached, c)
				r.seatTaken(e.Participant, c)
			} else {
				failed = append(failed, c)
			}
		case rules.Gate:
			r.log.Info("admitted", zap.String("participant", e.Participant))
			r.seats[e.Participant].media.SetAdmitted(true)
		case rules.SetLive:
			r.seats[e.Participant].media.SetLive(e.Live)
		case rules.SetPictures:
			r.seats[e.Participant].setPictures(e.On)
		case rules.Invite:
			r.invite(e)
		case rules.KeepPhoto, rules.SendPhoto, rules.HidePhoto, rules.ForgetPhoto:
			r.applyPhoto(e)
		case rules.Unseat:
			r.unseat(e.Participant)
		case rules.Dissolve:
			r.over, r.ended = true, e.Ended
		}
	}
	r.tellWatcher()
	r.keep()
	r.replay(attached)
	for _, c := range failed {
		c.fail(protocol.ErrorServer, "join", "the media plane could not be prepared; connect again")
		r.evict(c, protocol.ByeShutdown)
	}
}

// keepUrgent writes down what must not be lost, before anybody hears of it: somebody who was
// removed would come in again, unmarked, after a crash.
func (r *room) keepUrgent() {
	if !r.rules.Urgent() || r.leaving {
		return
	}
	saved := make(chan struct{})
	r.tenure.KeepNow(r.rules.State(r.server.config.Now()), func() { close(saved) })
	select {
	case <-saved:
	case <-time.After(r.server.config.DiskTimeout):
		r.log.Warn("a removal is not on the disk yet: after a crash now it would be forgotten")
	}
}

// keep writes down what must be remembered, if that has changed.
func (r *room) keep() {
	if !r.rules.Changed() || r.leaving {
		return
	}
	state := r.rules.State(r.server.config.Now())
	same := state.SamePlaces(r.kept)
	r.kept = state
	if state.Empty() || same {
		r.tenure.Keep(state)
	} else { // whoever has just been let in is not to wait again after a crash
		r.tenure.KeepNow(state, func() {})
	}
}

func (r *room) send(e rules.Send) {
	c := r.connections[e.To]
	switch m := e.Message.(type) {
	case protocol.Welcome:
		m.Server, m.Page = r.server.config.Version, r.server.config.Page
		m.Now = r.server.config.Now().UnixMilli()
		m.ICEServers = r.credentials(c, m.Participant)
		c.welcomed = true
		c.log.Store(
			r.log.With(zap.String("participant", m.Participant),
				zap.Uint64("connection", uint64(c.id))),
		)
		c.log.Load().Info("joined", zap.String("role", string(m.Role)),
			zap.String("place", string(m.Place)), zap.Bool("resumed", m.Resumed))
		c.send(m)
	case protocol.Error:
		c.fail(m.Code, m.Of, m.Message)
	case protocol.History:
		c.sendLater(m)
	default:
		c.send(m)
	}
}

func (r *room) close(e rules.Close) {
	c := r.connections[e.To]
	delete(r.connections, e.To)
	if !c.welcomed {
		r.server.turnAway(c, e.Bye.Reason)
		return
	}
	c.bye(e.Bye)
}

func (r *room) seat(id string) {
	s, err := newSeat(r, id)
	if err != nil {
		r.log.Error("no media plane for a participant", zap.String("participant", id),
			zap.Error(err))
		return
	}
	r.seats[id] = s
	r.rules.SetCSRCs(id, s.media.CSRCs())
}

// seatTaken puts what a websocket costs down to the participant for whom it speaks.
func (r *room) seatTaken(participant string, c *connection) {
	if c == nil {
		return
	}
	c.payer.Participant = participant
	r.server.config.Quota.Seat(c.payer)
	c.authenticated()
}

func (r *room) unseat(id string) {
	r.server.config.Quota.Unseat(id)
	r.album.Leave(id)
	if s := r.seats[id]; s != nil {
		delete(r.seats, id)
		if r.moving {
			s.connection = nil
			r.parted = append(r.parted, s)
			return
		}
		s.leave()
	}
}

// replay tells resumed websockets what the media plane said while they were away.
func (r *room) replay(attached []*connection) {
	for _, c := range attached {
		if c == nil {
			continue
		}
		if id, _, ok := r.rules.Participant(c.id); ok {
			r.seats[id].replay()
		}
	}
}
