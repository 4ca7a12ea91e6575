package rules

import (
	"maps"
	"slices"
	"time"
)

// Learn takes in what another history of the room says that must not be forgotten: who was removed
// or withdrawn there is so here, and so is the lock, if it was changed later there.
func (r *Room) Learn(now time.Time, other State) []Effect {
	blocked, removed := unexpired(now, other.Blocked), unexpired(now, other.Removed)
	for _, family := range slices.Sorted(maps.Keys(blocked)) {
		if !r.isBlocked(family) {
			r.blockFamily(family, blocked[family])
		}
	}
	for _, family := range slices.Sorted(maps.Keys(removed)) {
		if !r.wasRemoved(family) {
			r.removeFamily(family, removed[family])
		}
	}
	if (State{Locked: r.locked, Locks: r.locks}).lockedLater(other) {
		r.locked, r.locks, r.common, r.unsaved = other.Locked, other.Locks, true, true
	}
	return r.settle(now)
}
