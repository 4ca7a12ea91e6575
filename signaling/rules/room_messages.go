package rules

import (
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"draille/signaling/protocol"
)

// Receive handles a valid message of somebody who has joined. What concerns the media plane alone
// (offers, candidates, views) is not for the rules. A message from a websocket that speaks for
// nobody (any more) is ignored.
func (r *Room) Receive(now time.Time, from Connection, message protocol.ClientMessage) []Effect {
	p := r.byConnection(from)
	if p == nil {
		return nil
	}
	if problem := r.receive(now, p, message); problem != nil {
		problem.Of = protocol.TypeOf(message)
		r.send(p, *problem)
	}
	return r.settle(now)
}

// Long: a table of messages.
func (r *Room) receive(
	now time.Time,
	p *participant,
	message protocol.ClientMessage,
) *protocol.Error {
	switch m := message.(type) {
	case protocol.Enter:
		return r.enter(now, p, m)
	case protocol.Media:
		r.setLive(p, protocol.Live{Microphone: m.Microphone, Camera: m.Camera, Screen: m.Screen})
		return nil
	case protocol.Mode:
		return r.setMode(p, m)
	case protocol.Leave:
		r.close(p.connection, protocol.ByeLeft)
		r.drop(p)
		return nil
	}
	if p.place != protocol.PlaceRoom {
		return outOfPlace(p)
	}
	switch m := message.(type) {
	case protocol.Say:
		return r.say(now, p, m.Text)
	case protocol.Hand:
		return r.hand(now, p, m)
	case protocol.Admit:
		return r.admit(now, p, m)
	case protocol.Refuse:
		return r.refuse(now, p, m.Participant)
	case protocol.Note:
		return r.setNote(p, m.Text)
	case protocol.Mute:
		return r.mute(p, m)
	case protocol.Remove:
		return r.remove(p, m.Participant)
	case protocol.Block:
		return r.block(p, m.Participant)
	case protocol.Lock:
		return r.lock(p, m.Locked)
	case protocol.End:
		return r.end(p)
	case protocol.Typing:
		return r.typing(p, m)
	case protocol.Spotlight:
		return r.show(p, m.Participant)
	case protocol.Handover:
		return r.handOver(p, m.Participant)
	case protocol.Invite:
		return r.invite(now, p, m)
	case protocol.PhotoAsk:
		return r.askPhoto(p, m.Participant)
	case protocol.Photo:
		return r.addPhoto(p, m)
	case protocol.PhotoShow:
		return r.showPhoto(p, m)
	case protocol.PhotoDrop:
		return r.dropPhoto(p, m.Photo)
	case protocol.PhotoLook:
		return r.lookAtPhoto(p, m)
	case protocol.PhotoMark:
		return r.markPhoto(p, m)
	case protocol.PhotoUnmark:
		return r.unmarkPhoto(p, m)
	case protocol.PhotoPoint:
		return r.pointAtPhoto(p, m)
	}
	return refusal(protocol.ErrorOutOfPlace,
		"expected a message for the room; \"join\" comes once, first")
}

func (r *Room) enter(now time.Time, p *participant, m protocol.Enter) *protocol.Error {
	if p.place != protocol.PlaceLobby {
		return refusal(protocol.ErrorOutOfPlace,
			"expected somebody in the lobby, got from the %s; enter once", p.place)
	}
	if r.locked && p.role != protocol.RoleHost {
		r.close(p.connection, protocol.ByeLocked)
		r.drop(p)
		return nil
	}
	if now.Before(r.refused[p.family].until) { // another was refused while they were here
		r.close(p.connection, protocol.ByeRefused)
		r.drop(p)
		return nil
	}
	p.removedOnce = r.wasRemoved(p.family)
	if p.role == protocol.RoleGuest || p.removedOnce {
		r.move(now, p, protocol.PlaceWaiting)
		r.giveName(p, m.Name)
		r.staff = true
		return nil
	}
	if !r.roomFor(p.role) {
		r.close(p.connection, protocol.ByeFull)
		r.drop(p)
		return nil
	}
	r.letIn(now, p)
	r.giveName(p, m.Name)
	return nil
}

// letIn gives p a place in the room. The gate opens first: what is said comes after what is seen
// and heard.
func (r *Room) letIn(now time.Time, p *participant) {
	r.move(now, p, protocol.PlaceRoom)
	p.from = r.lines + 1
	r.open(p)
	r.besideSameLink(p)
}

// open lets media through to and from somebody in the room, and tells them and the others.
func (r *Room) open(p *participant) {
	r.do(Gate{p.id})
	r.send(p, protocol.Admitted{})
	r.sendHistory(p)
	r.photosAnew(p)
	r.changed[p] = true
	r.fresh[p] = true
}

// setMode sets one's own mode in any place, or by a host that of somebody in the room.
func (r *Room) setMode(p *participant, m protocol.Mode) *protocol.Error {
	target, by := p, ""
	if m.Participant != "" && m.Participant != p.id {
		if p.place != protocol.PlaceRoom {
			return outOfPlace(p)
		}
		if problem := needHost(p); problem != nil {
			return problem
		}
		var problem *protocol.Error
		if target, problem = r.target(m.Participant, protocol.PlaceRoom); problem != nil {
			return problem
		}
		by = p.name
	}
	r.mark(target) // in any case: whoever chose waits until they hear it
	voice := m.Mode == protocol.ModeVoice
	if voice != (target.mode == protocol.ModeVoice) {
		r.do(SetPictures{target.id, !voice})
	}
	target.mode, target.modeBy = m.Mode, by
	r.unsaved = true
	r.setLive(target, target.said)
	return nil
}

// setLive takes what a participant says of their sources. In voice mode none of their pictures is
// live; what they said holds again after it. Nothing is live once the media of an unattended room
// have stopped.
func (r *Room) setLive(p *participant, live protocol.Live) {
	if r.unattended.stopped && p.place == protocol.PlaceRoom {
		p.warned = p.warned && live == protocol.Live{} // the page has to switch off again
		live = protocol.Live{}
	}
	p.said = live
	if p.mode == protocol.ModeVoice {
		live.Camera, live.Screen = false, false
	}
	if p.live == live {
		return
	}
	p.live = live
	r.do(SetLive{p.id, live})
	r.mark(p)
}

func (r *Room) say(now time.Time, p *participant, text string) *protocol.Error {
	if problem := tooLong(text, protocol.MaxChatCharacters); problem != nil || text == "" {
		return problem
	}
	r.lines++
	line := protocol.ChatLine{N: r.lines, Participant: p.id, Name: p.name, Role: p.role,
		InvitedAs: p.otherName(), Text: text, At: now.UnixMilli()}
	r.chat = append(r.chat, line)
	r.chatBytes += len(text)
	r.trimChat()
	for _, other := range r.people {
		if other.place == protocol.PlaceRoom {
			r.send(other, protocol.Chat{Line: line})
		}
	}
	return nil
}

// trimChat lets the oldest lines go.
func (r *Room) trimChat() {
	for len(r.chat) > r.config.ChatHistory || r.chatBytes > r.config.ChatBytes {
		r.chatBytes -= len(r.chat[0].Text)
		r.chat = slices.Delete(r.chat, 0, 1)
	}
}

// tooLong refuses a text beyond its limit; the page keeps what was typed.
func tooLong(text string, most int) *protocol.Error {
	if n := utf8.RuneCountInString(text); n > most {
		return refusal(protocol.ErrorTooLarge,
			"text: expected at most %d characters, got %d; shorten it",
			most, n)
	}
	return nil
}

// historyBytes bounds the text in one message of the history: a link of 30 kbit/s carries it in a
// second.
const historyBytes = 4 << 10

// sendHistory gives p the lines of before that are theirs to read: a guest those since they were
// admitted, in pieces.
func (r *Room) sendHistory(p *participant) {
	var piece []protocol.ChatLine
	size := 0
	for _, line := range r.chat {
		if p.role == protocol.RoleGuest && line.N < p.from {
			continue
		}
		if size += len(line.Text); len(piece) > 0 && size > historyBytes {
			r.send(p, protocol.History{Lines: piece})
			piece, size = nil, len(line.Text)
		}
		piece = append(piece, line)
	}
	if len(piece) > 0 {
		r.send(p, protocol.History{Lines: piece})
	}
}

func (r *Room) hand(now time.Time, p *participant, m protocol.Hand) *protocol.Error {
	target := p
	if m.Participant != "" && m.Participant != p.id {
		if problem := needHost(p); problem != nil {
			return problem
		}
		var problem *protocol.Error
		if target, problem = r.target(m.Participant, protocol.PlaceRoom); problem != nil {
			return problem
		}
	}
	if m.Raised == !target.handRaised.IsZero() {
		return nil
	}
	target.handRaised = time.Time{}
	if m.Raised {
		target.handRaised = now
	}
	r.mark(target)
	return nil
}

func (r *Room) admit(now time.Time, p *participant, m protocol.Admit) *protocol.Error {
	target, problem := r.visitor(p, m.Participant)
	if problem != nil {
		return problem
	}
	if target.removedOnce {
		if problem := needHost(p); problem != nil {
			return problem
		}
		if target.family == p.family {
			return refusal(
				protocol.ErrorForbidden,
				"expected a host with another invitation, since "+
					"a bearer of this one was removed; ask another host",
			)
		}
	}
	if !r.roomFor(target.role) {
		return refusal(
			protocol.ErrorFull,
			"expected fewer than %d in the room, one place being kept for a host, got one "+
				"more; remove somebody first",
			r.config.MaxRoom,
		)
	}
	if other := r.unnamed(target, m.Beside); other != nil {
		return refusal(protocol.ErrorOccupied,
			"expected the ids of all other guests in the room in \"beside\", got none for %s; "+
				"ask whether the two may meet, or see the other one off first", other.id)
	}
	r.letIn(now, target)
	r.staff = true
	return nil
}

// unnamed finds a guest in a consultation whom target would meet without anybody having said so.
// Those who share an invitation came together.
func (r *Room) unnamed(target *participant, beside []string) *participant {
	if r.info.Kind != protocol.KindConsultation || target.role != protocol.RoleGuest {
		return nil
	}
	return r.find(func(p *participant) bool {
		return p.place == protocol.PlaceRoom && p.role == protocol.RoleGuest &&
			p.invitation != target.invitation && p.remembered == nil &&
			!slices.Contains(beside, p.id)
	})
}

func (r *Room) refuse(now time.Time, p *participant, id string) *protocol.Error {
	target, problem := r.visitor(p, id)
	if problem != nil {
		return problem
	}
	r.notAgain(now, target.family)
	r.close(target.connection, protocol.ByeRefused)
	r.drop(target)
	return nil
}

func (r *Room) setNote(p *participant, note string) *protocol.Error {
	if !mayAdmit(p) {
		return forbidden("a host or a clinician", p)
	}
	if problem := tooLong(note, protocol.MaxNoteCharacters); problem != nil {
		return problem
	}
	r.note = note
	r.staff = true
	return nil
}

func (r *Room) mute(p *participant, m protocol.Mute) *protocol.Error {
	if problem := needHost(p); problem != nil {
		return problem
	}
	target, problem := r.target(m.Participant, protocol.PlaceRoom)
	if problem != nil {
		return problem
	}
	live := target.said
	switch m.Source {
	case protocol.SourceMicrophone:
		live.Microphone = false
	case protocol.SourceCamera:
		live.Camera = false
	case protocol.SourceScreen:
		live.Screen = false
	}
	if live == target.said {
		return nil
	}
	r.setLive(target, live)
	muted := protocol.Muted{Source: m.Source, By: p.name}
	if target.connection == 0 {
		target.missed = append(target.missed, muted)
	} else {
		r.send(target, muted)
	}
	return nil
}

func (r *Room) lock(p *participant, locked bool) *protocol.Error {
	if problem := needHost(p); problem != nil {
		return problem
	}
	if r.locked != locked {
		r.locked, r.common, r.unsaved = locked, true, true
		r.locks++
	}
	return nil
}

func (r *Room) end(p *participant) *protocol.Error {
	if problem := needHost(p); problem != nil {
		return problem
	}
	r.dismiss(protocol.ByeEnded)
	return nil
}

// visitor finds somebody in the waiting room on behalf of p.
func (r *Room) visitor(p *participant, id string) (*participant, *protocol.Error) {
	if !mayAdmit(p) {
		return nil, forbidden("a host or a clinician", p)
	}
	return r.target(id, protocol.PlaceWaiting)
}

func (r *Room) target(id string, place protocol.Place) (*participant, *protocol.Error) {
	target := r.byID(id)
	if target == nil || target.place != place {
		return nil, notThere(place)
	}
	return target, nil
}

func notThere(place protocol.Place) *protocol.Error {
	return refusal(protocol.ErrorNotFound,
		"expected the id of somebody in the %s, got one of nobody "+
			"there; they may have left, see the last roster", place)
}

// mayAdmit reports whether p decides about the waiting room. A host or clinician who was put out
// and waits decides nothing.
func mayAdmit(p *participant) bool {
	return p.place == protocol.PlaceRoom &&
		(p.role == protocol.RoleHost || p.role == protocol.RoleClinician)
}

func outOfPlace(p *participant) *protocol.Error {
	return refusal(protocol.ErrorOutOfPlace,
		"expected somebody in the room, got from the %s; wait for \"admitted\"", p.place)
}

func needHost(p *participant) *protocol.Error {
	if p.role == protocol.RoleHost {
		return nil
	}
	return forbidden("a host", p)
}

func forbidden(expected string, p *participant) *protocol.Error {
	return refusal(protocol.ErrorForbidden, "expected %s, got a %s; ask the host", expected,
		p.role)
}

func refusal(code protocol.ErrorCode, format string, arguments ...any) *protocol.Error {
	return &protocol.Error{Code: code, Message: fmt.Sprintf(format, arguments...)}
}
