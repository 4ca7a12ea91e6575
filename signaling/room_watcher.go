package signaling

import (
	"slices"

	"draille/signaling/protocol"
	"draille/signaling/rules"
)

// Watcher hears who is in which room, and how their links are. It is called by the room's
// goroutine and must not wait.
type Watcher interface {
	// RoomChanged tells who waits in front of a room and who is inside; nobody when it is over.
	RoomChanged(room string, present []rules.Presence)
	// RoomLeft tells that this server has a room no more though it is not over: it goes on on
	// another server, or after a restart.
	RoomLeft(room string)
	// LinksChanged tells how the links of those inside a room are; none when it is over.
	LinksChanged(room string, links []Link)
}

// Link is how the link of one participant who is inside a room is, as the server measures it.
type Link struct {
	Invitation string
	Away       bool // their page has lost its websocket; its place is held
	// Cut: the media transport is disconnected or has failed, and has not come back yet.
	Cut      bool
	Down, Up Carried // what it carries of pictures, to them and from them
}

// Carried is what a link carries of the pictures that are wanted.
type Carried int

// What a link carries. Less is more severe.
const (
	CarriesPictures Carried = iota // or none is wanted
	CarriesStills                  // a picture every few seconds
	CarriesVoice                   // the voice alone
)

// tellWatcher tells the watcher what has changed, and of a room that is left no more than that:
// whoever was in it takes their seat again.
func (r *room) tellWatcher() {
	watcher := r.server.config.Watcher
	switch {
	case watcher == nil:
		return
	case r.leaving:
		if !r.toldLeft {
			watcher.RoomLeft(r.id)
		}
		r.toldLeft = true
		return
	}
	var present []rules.Presence
	if !r.over {
		present = slices.DeleteFunc(r.rules.Presence(), func(p rules.Presence) bool {
			return p.Place == protocol.PlaceLobby
		})
	}
	if !slices.Equal(present, r.present) {
		r.present = present
		watcher.RoomChanged(r.id, slices.Clone(present))
	}
	if links := r.linksNow(); !slices.Equal(links, r.links) {
		r.links = links
		watcher.LinksChanged(r.id, slices.Clone(links))
	}
}

// linksNow are the links of those who are inside, in the order in which they took their seats.
func (r *room) linksNow() []Link {
	if r.over {
		return nil
	}
	up := map[string]Carried{} // by participant
	for _, s := range r.seats {
		for participant, carried := range carriedUp(s.slots) {
			up[participant] = max(up[participant], carried)
		}
	}
	var links []Link
	for _, p := range r.rules.Presence() {
		s := r.seats[p.Participant]
		if s == nil || p.Place != protocol.PlaceRoom {
			continue
		}
		away := s.connection == nil || r.connections[s.connection.id] == nil
		links = append(links, Link{Invitation: p.Invitation, Away: away, Cut: s.cut,
			Down: carriedDown(s.slots), Up: up[p.Participant]})
	}
	return links
}

// carriedDown is what a subscriber's own link carries, by their slots: of several pictures the best
// one counts, for a page that shows ten may miss one.
func carriedDown(slots *protocol.Slots) Carried {
	if slots == nil {
		return CarriesPictures
	}
	worst := CarriesPictures
	for _, slot := range slots.Slots {
		carried := carriedBy(slot)
		if carried == CarriesPictures && !slot.Paused {
			return CarriesPictures
		}
		if slot.Reason == protocol.ReasonDownlink && carried != CarriesPictures &&
			(worst == CarriesPictures || carried < worst) {
			worst = carried
		}
	}
	return worst
}

// carriedUp is what the links of publishers carry, by what one subscriber's slots say of them.
func carriedUp(slots *protocol.Slots) map[string]Carried {
	up := map[string]Carried{}
	if slots == nil {
		return up
	}
	for _, slot := range slots.Slots {
		if slot.Source == protocol.SourceCamera && slot.Reason == protocol.ReasonUplink {
			up[slot.Participant] = carriedBy(slot)
		}
	}
	return up
}

func carriedBy(slot protocol.Slot) Carried {
	switch {
	case slot.Still:
		return CarriesStills
	case slot.Paused:
		return CarriesVoice
	}
	return CarriesPictures
}
