// Package slot gives a fixed number of slots to a changing number of claims. It is pure.
package slot

import (
	"cmp"
	"slices"
)

// Claim is somebody's wish for a slot.
type Claim[K comparable] struct {
	Key      K
	Priority int // higher is served first
}

// Assigner gives a fixed number of slots to more or fewer claims. It is sticky: who holds a slot
// keeps that very slot while their claim is among those served. A slot that became free is used
// again as late as possible, so that a name and a frame still on their way to the page are unlikely
// to meet a new holder. It is pure; the zero value has no slots.
type Assigner[K comparable] struct {
	slots []assigned[K]
	frees uint64 // how many times a slot became free

	settled  bool // the claims below have been served
	among    int  // slots there were
	claims   []Claim[K]
	unserved []K
}

type assigned[K comparable] struct {
	key   K
	held  bool
	freed uint64 // when it became free, in frees; 0: never held
}

// Grow makes sure that there are n slots.
func (a *Assigner[K]) Grow(n int) {
	for len(a.slots) < n {
		a.slots = append(a.slots, assigned[K]{})
	}
}

// Assign gives the slots to the claims of highest priority; among equals to who holds one already,
// then to the first. Every key may be claimed once. It returns the claims that were not served.
func (a *Assigner[K]) Assign(claims []Claim[K]) (unserved []K) {
	if a.settled && len(a.slots) == a.among && slices.Equal(claims, a.claims) {
		return a.unserved // nobody wants anything else than the last time
	}
	holder := make(map[K]bool, len(a.slots))
	for _, s := range a.slots {
		if s.held {
			holder[s.key] = true
		}
	}
	ordered := slices.Clone(claims)
	slices.SortStableFunc(ordered, func(x, y Claim[K]) int {
		if by := cmp.Compare(y.Priority, x.Priority); by != 0 {
			return by
		}
		switch {
		case holder[x.Key] == holder[y.Key]:
			return 0
		case holder[x.Key]:
			return -1
		default:
			return 1
		}
	})
	served := make(map[K]bool, len(a.slots))
	for i, c := range ordered {
		if i < len(a.slots) {
			served[c.Key] = true
		} else {
			unserved = append(unserved, c.Key)
		}
	}
	for i := range a.slots {
		if s := &a.slots[i]; s.held && !served[s.key] {
			a.frees++
			*s = assigned[K]{freed: a.frees}
		}
	}
	for _, c := range ordered[:min(len(ordered), len(a.slots))] {
		if !holder[c.Key] {
			a.slots[a.longestFree()] = assigned[K]{key: c.Key, held: true}
		}
	}
	a.settled, a.among, a.claims, a.unserved = true, len(
		a.slots,
	), append(
		a.claims[:0],
		claims...), unserved
	return unserved
}

// longestFree returns the free slot that has been free for longest; there is one.
func (a *Assigner[K]) longestFree() int {
	best := -1
	for i, s := range a.slots {
		if !s.held && (best < 0 || s.freed < a.slots[best].freed) {
			best = i
		}
	}
	return best
}

// At returns who holds slot i; ok is false when nobody does.
func (a *Assigner[K]) At(i int) (key K, ok bool) {
	if i >= len(a.slots) {
		return key, false
	}
	return a.slots[i].key, a.slots[i].held
}
