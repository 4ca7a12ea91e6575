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
	// Beside is the number of the slot that suits it best, from 1 on; 0: there is none.
	Beside int
	// Moves says that it may leave its slot for one that suits it better.
	Moves bool
}

// Assigner gives a fixed number of slots to more or fewer claims. It is sticky: who holds a slot
// keeps that very slot while their claim is among those served, unless it moves. A claim that is
// new gets the slot that suits it best. Among equals a slot that became free is used again as late
// as possible, so that a name and a frame still on their way to the page are unlikely to meet a new
// holder. It is pure; the zero value has no slots.
type Assigner[K comparable] struct {
	slots []assigned[K]
	frees uint64 // how many times a slot became free

	settled  bool // the claims below have been served
	among    int  // slots there were
	claims   []Claim[K]
	shunned  []bool
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
// then to the first. Every key may be claimed once. shunned slots are those that suit nobody but
// whose claim is for beside them; it may be shorter than there are slots. It returns the claims
// that were not served.
func (a *Assigner[K]) Assign(claims []Claim[K], shunned []bool) (unserved []K) {
	if a.settled && len(a.slots) == a.among && slices.Equal(claims, a.claims) &&
		slices.Equal(shunned, a.shunned) {
		return a.unserved // nobody wants anything else than the last time
	}
	a.shunned = append(a.shunned[:0], shunned...)
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
	moved := a.place(ordered[:min(len(ordered), len(a.slots))], holder)
	// a slot that somebody has left may suit somebody else
	a.settled, a.among, a.unserved = !moved, len(a.slots), unserved
	a.claims = append(a.claims[:0], claims...)
	return unserved
}

// place gives slots to the claims that hold none yet, and better ones to those that move. It
// reports whether any moved.
func (a *Assigner[K]) place(claims []Claim[K], holder map[K]bool) (moved bool) {
	for _, c := range claims {
		if !holder[c.Key] {
			a.slots[a.bestFree(c)] = assigned[K]{key: c.Key, held: true}
		}
	}
	for _, c := range claims {
		if !c.Moves || !holder[c.Key] {
			continue
		}
		from := slices.IndexFunc(a.slots, func(s assigned[K]) bool {
			return s.held && s.key == c.Key
		})
		if to := a.bestFree(c); to >= 0 && a.suits(c, to) > a.suits(c, from) {
			a.frees++
			a.slots[from] = assigned[K]{freed: a.frees}
			a.slots[to] = assigned[K]{key: c.Key, held: true}
			moved = true
		}
	}
	return moved
}

// bestFree returns the free slot that suits a claim best, of equals the one that has been free for
// longest; −1: none is free.
func (a *Assigner[K]) bestFree(c Claim[K]) int {
	best := -1
	for i, s := range a.slots {
		if s.held {
			continue
		}
		if best < 0 || cmp.Or(cmp.Compare(a.suits(c, i), a.suits(c, best)),
			cmp.Compare(a.slots[best].freed, s.freed)) > 0 {
			best = i
		}
	}
	return best
}

// suits says how well a slot suits a claim: the more the better.
func (a *Assigner[K]) suits(c Claim[K], i int) int {
	switch {
	case i+1 == c.Beside:
		return 2
	case i < len(a.shunned) && a.shunned[i]:
		return 0
	default:
		return 1
	}
}

// Of returns the number of the slot that a key holds, from 1 on; 0: none.
func (a *Assigner[K]) Of(key K) int {
	return 1 + slices.IndexFunc(a.slots, func(s assigned[K]) bool { return s.held && s.key == key })
}

// Held says which slots are held.
func (a *Assigner[K]) Held() []bool {
	held := make([]bool, len(a.slots))
	for i, s := range a.slots {
		held[i] = s.held
	}
	return held
}

// At returns who holds slot i; ok is false when nobody does.
func (a *Assigner[K]) At(i int) (key K, ok bool) {
	if i >= len(a.slots) {
		return key, false
	}
	return a.slots[i].key, a.slots[i].held
}
