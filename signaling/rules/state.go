package rules

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"draille/signaling/protocol"
)

// State is what a room must remember over a restart of the server, and nothing else: no name, no
// line of chat, no note. Whoever reads it learns neither a resume token nor a device: only their
// digests are in it.
type State struct {
	Kind   protocol.Kind `json:"kind"`
	Locked bool          `json:"locked,omitempty"`
	// Locks is how often a host has locked the room, or opened it again: what a history says that
	// knows less of it is over.
	Locks int `json:"locks,omitempty"`
	// Of the waiting room and the room, in the order of arrival.
	Seats []SeatState `json:"seats,omitempty"`
	// Families of invitations of which a bearer was removed, and when they expire.
	Removed map[string]time.Time `json:"removed,omitempty"`
	// Families of invitations that a host has withdrawn, and when they expire.
	Blocked map[string]time.Time `json:"blocked,omitempty"`
}

// Empty reports whether there is nothing to remember.
func (s State) Empty() bool {
	return len(s.Seats) == 0 && len(s.Removed) == 0 && len(s.Blocked) == 0
}

// Unexpired returns the state without the removals and withdrawals that need not be remembered any
// more.
func (s State) Unexpired(now time.Time) State {
	s.Removed, s.Blocked = unexpired(now, s.Removed), unexpired(now, s.Blocked)
	return s
}

// Merge returns the state with what another history of the room says that must not be forgotten:
// removals, withdrawals and the lock. Places are those of the state, without those that the other
// took away. Merged again, the same adds nothing.
func (s State) Merge(other State) State {
	merged := s
	if merged.Kind == "" {
		merged.Kind = other.Kind
	}
	if s.lockedLater(other) && len(s.Seats) > 0 {
		merged.Locked, merged.Locks = other.Locked, other.Locks
	}
	merged.Removed = union(s.Removed, other.Removed)
	merged.Blocked = union(s.Blocked, other.Blocked)
	merged.Seats = nil
	for _, seat := range s.Seats {
		family := cmp.Or(seat.Family, seat.Invitation)
		if _, blocked := added(s.Blocked, other.Blocked, family); blocked {
			continue
		}
		if _, removed := added(s.Removed, other.Removed, family); removed {
			if seat.Place == protocol.PlaceRoom {
				continue
			}
			seat.RemovedOnce = true
		}
		merged.Seats = append(merged.Seats, seat)
	}
	return merged
}

// lockedLater reports whether another history says what came later of the lock, or is locked where
// both know of as much. A server of before does not count: what it has locked stays so.
func (s State) lockedLater(other State) bool {
	uncounted := s.Locked && s.Locks == 0 && !other.Locked
	return other.Locks > s.Locks && !uncounted ||
		other.Locks == s.Locks && other.Locked && !s.Locked
}

// union holds what is in either, until the later of two ends.
func union(a, b map[string]time.Time) map[string]time.Time {
	if len(b) == 0 {
		return a
	}
	all := make(map[string]time.Time, len(a)+len(b))
	maps.Copy(all, a)
	for family, expires := range b {
		if known, ok := all[family]; !ok || expires.After(known) {
			all[family] = expires
		}
	}
	return all
}

// added returns what only the second of two holds of a family.
func added(a, b map[string]time.Time, family string) (expires time.Time, ok bool) {
	if _, known := a[family]; known {
		return time.Time{}, false
	}
	expires, ok = b[family]
	return expires, ok
}

// SamePlaces reports whether everybody is where they are in the other state: what differs is only
// how they take part.
func (s State) SamePlaces(other State) bool {
	return s.Locked == other.Locked && s.Locks == other.Locks &&
		slices.EqualFunc(s.Seats, other.Seats, func(a, b SeatState) bool {
			return a.Participant == b.Participant && a.Place == b.Place && a.Role == b.Role
		})
}

// SeatState is one seat that is held.
type SeatState struct {
	Participant string         `json:"participant"`
	Invitation  string         `json:"invitation"`
	Family      string         `json:"family,omitempty"`
	Expires     time.Time      `json:"expires"` // of the invitation
	Device      string         `json:"device"`  // digest
	Resume      string         `json:"resume"`  // digest
	Name        string         `json:"name"`    // digest
	Role        protocol.Role  `json:"role"`
	Place       protocol.Place `json:"place"`
	Since       time.Time      `json:"since"`
	RemovedOnce bool           `json:"removedOnce,omitempty"`
	// Mode is kept because pictures may cost somebody's money: they must not begin because the
	// server was restarted.
	Mode protocol.CallMode `json:"mode,omitempty"`
}
