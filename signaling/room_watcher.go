package signaling

import (
	"slices"

	"draille/signaling/protocol"
	"draille/signaling/rules"
)

// Watcher hears who is in which room.
type Watcher interface {
	// RoomChanged tells who waits in front of a room and who is inside; nobody when it is over. It
	// is called by the room's goroutine and must not wait.
	RoomChanged(room string, present []rules.Presence)
}

// tellWatcher tells the watcher who is present, if that has changed. A server that stops tells
// nothing: whoever was in the room takes their seat again.
func (r *room) tellWatcher() {
	watcher := r.server.config.Watcher
	if watcher == nil || r.leaving {
		return
	}
	var present []rules.Presence
	if !r.over {
		present = slices.DeleteFunc(r.rules.Presence(), func(p rules.Presence) bool {
			return p.Place == protocol.PlaceLobby
		})
	}
	if slices.Equal(present, r.present) {
		return
	}
	r.present = present
	watcher.RoomChanged(r.id, slices.Clone(present))
}
