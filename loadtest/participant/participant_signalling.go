package participant

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/pion/webrtc/v4"

	"draille/loadtest/figures"
	"draille/signaling/protocol"
)

// read takes messages until its websocket ends, then connects again.
func (p *Participant) read(s *socket) {
	for {
		message, err := s.receive()
		if err != nil {
			_ = s.conn.Close()
			p.lost(s, err)
			return
		}
		p.mu.Lock()
		p.doors.heard(time.Now())
		if _, welcome := message.(protocol.Welcome); welcome {
			p.doors.attempt, s.joined = 0, true
		}
		p.mu.Unlock()
		p.handle(message)
	}
}

// lost connects again, unless the call is over.
func (p *Participant) lost(s *socket, cause error) {
	p.mu.Lock()
	over := p.leaving || p.state.bye != nil && !p.state.bye.Retry || p.resume == ""
	if !over {
		p.moved = p.moved || p.state.bye != nil && p.state.bye.Reason == protocol.ByeMoved
		p.state.bye = nil // it asked to come back
	}
	several := p.doors.several()
	if several && (s.gone || !s.joined || p.moved) {
		p.doors.next()
	}
	p.mu.Unlock()
	if over {
		p.finish("", cause)
		return
	}
	deadline := time.Now().Add(reconnectWithin)
	for wait := reconnectBegin; time.Now().Before(deadline); wait = min(2*wait, reconnectMost) {
		if several && !p.rest() {
			return
		}
		if p.connect(context.Background()) == nil {
			return
		}
		if several {
			continue
		}
		select {
		case <-p.stop:
			return
		case <-time.After(wait):
		}
	}
	p.note("the server cannot be reached any more")
	p.finish("", cause)
}

// rest waits before the next door is tried. It reports whether the call is not over meanwhile.
func (p *Participant) rest() bool {
	p.mu.Lock()
	pause := p.doors.pause()
	p.mu.Unlock()
	select {
	case <-p.stop:
		return false
	case <-time.After(pause):
		return true
	}
}

// finish tells that the call is over.
func (p *Participant) finish(reason protocol.ByeReason, cause error) {
	p.ending.Do(func() {
		p.mu.Lock()
		if p.state.bye == nil {
			p.state.err = cause
		}
		p.notify()
		p.mu.Unlock()
		close(p.ended)
		p.emit(Event{Kind: Ended, Bye: reason})
	})
}

// handle takes one message of the server, from the websocket or the data channel.
func (p *Participant) handle(message protocol.ServerMessage) {
	switch m := message.(type) {
	case protocol.Answer:
		p.onAnswer(m)
	case protocol.Admitted:
		p.mark(func(j *figures.Join) *float64 { return &j.Admitted })
		p.update(func(s *signalling) { s.admitted, s.waiting = true, false })
		p.emit(Event{Kind: Admitted})
	case protocol.Roster:
		p.onRoster(m)
	case protocol.Error:
		p.note("refused " + m.Of + ": " + string(m.Code) + ": " + m.Message)
	case protocol.Welcome:
		p.onWelcome(m)
	case protocol.Bye:
		p.mu.Lock()
		p.state.bye = &m
		leaving := p.leaving
		p.notify()
		p.mu.Unlock()
		if !leaving {
			p.note("goodbye: " + string(m.Reason))
		}
		if !m.Retry {
			p.finish(m.Reason, nil)
		}
	default:
		p.learn(message)
	}
	p.look()
}

// onWelcome is the beginning of every websocket.
func (p *Participant) onWelcome(m protocol.Welcome) {
	p.mu.Lock()
	// the server was restarted, or is another one: it knows nothing of the connection
	lost := p.peer != nil && (!m.Resumed || p.moved)
	live, opened := protocol.Media{}, p.opened
	if lost {
		live = p.out.live
	}
	p.mu.Unlock()
	p.update(func(s *signalling) {
		s.welcome, p.resume, s.viewed = m, m.Resume, false
		if lost {
			s.admitted, s.waiting, s.people, s.guests = false, false, map[string]protocol.Person{},
				nil
		}
	})
	switch {
	case lost:
		random := rand.New(rand.NewPCG(p.options.Seed, uint64(opened)))
		if err := errors.Join(p.openPeer(random), p.enter(m.Place), p.setMedia(live)); err != nil &&
			!errors.Is(err, errLeft) {
			p.note("the call cannot be taken up after a restart: " + err.Error())
			return
		}
		p.emit(Event{Kind: Returned})
	case m.Resumed:
		p.repeatOffer()
		p.emit(Event{Kind: Resumed})
	}
}

// learn takes the messages that need no answer.
func (p *Participant) learn(message protocol.ServerMessage) {
	now := time.Now()
	p.update(func(s *signalling) {
		switch m := message.(type) {
		case protocol.Waiting:
			s.waiting = true
		case protocol.Speakers:
			s.heard(m.Participants)
		case protocol.UplinkLoss:
			if p.in != nil {
				other := func(id string) bool { return id != s.welcome.Participant }
				p.in.repaired = slices.ContainsFunc(m.Participants, other)
				p.in.far = slices.ContainsFunc(m.Far, other)
			}
		case protocol.Slots:
			if p.in != nil {
				p.in.told = m.Slots
				p.in.look(now, s.looked, s.people)
			}
		case protocol.Encode:
			if p.out != nil {
				p.out.setDemand(m)
			}
		case protocol.Muted:
			if p.out != nil {
				live := p.out.live
				switch m.Source {
				case protocol.SourceMicrophone:
					live.Microphone = false
				case protocol.SourceCamera:
					live.Camera = false
				case protocol.SourceScreen:
					live.Screen = false
				}
				p.out.setLive(live)
			}
		}
	})
}

func (p *Participant) update(change func(*signalling)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.state)
	p.notify()
}

func (p *Participant) onAnswer(m protocol.Answer) {
	slots, err := readAnswer(m.SDP)
	if err == nil {
		p.mu.Lock()
		peer := p.peer
		if m.Connection != peer.id || peer.answered {
			p.mu.Unlock()
			return // of a connection that was given up, or to an offer that was said twice
		}
		peer.answered = true
		p.in.slots = slots
		p.mu.Unlock()
		err = peer.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer,
			SDP: m.SDP})
	}
	if err != nil {
		p.note("the answer cannot be used: " + err.Error())
	}
}

func (p *Participant) onRoster(m protocol.Roster) {
	now := time.Now()
	var arrived []protocol.Person
	p.update(func(s *signalling) {
		if m.Full {
			clear(s.people)
		}
		for _, person := range m.Present {
			s.people[person.ID] = person
		}
		for _, id := range m.Left {
			delete(s.people, id)
		}
		for _, guest := range m.Waiting {
			if !slices.ContainsFunc(s.guests, func(g protocol.Person) bool {
				return g.ID == guest.ID
			}) {
				arrived = append(arrived, guest)
			}
		}
		s.guests, s.locked = m.Waiting, m.Locked
		audible := slices.ContainsFunc(s.others(), func(o protocol.Person) bool {
			return o.Media.Microphone
		})
		if p.in != nil && !audible {
			p.in.alone(now)
		}
	})
	for _, guest := range arrived {
		p.emit(Event{Kind: Arrived, Person: guest})
		if p.options.AutoAdmit {
			if err := p.Admit(guest.ID); err != nil {
				p.note(err.Error())
			}
		}
	}
}

// look tells the server what the page shows, if that has changed.
func (p *Participant) look() {
	p.mu.Lock()
	s := &p.state
	if !s.admitted || p.in == nil {
		p.mu.Unlock()
		return
	}
	wants := p.options.View(s.others(), s.spoke)
	same := s.viewed && slices.Equal(wants, s.looked)
	if !same {
		s.looked, s.viewed = wants, true
	}
	p.in.look(time.Now(), wants, s.people)
	p.mu.Unlock()
	if same {
		return
	}
	if err := p.send(protocol.Subscribe{Subscriptions: wants}); err != nil {
		p.mu.Lock()
		p.state.viewed = false // told again after the resumption
		p.mu.Unlock()
	}
}
