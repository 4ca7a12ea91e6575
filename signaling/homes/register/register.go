// Package register is what several nodes ask of the engine that keeps what they must agree on:
// which nodes live, and which of them a room lives on. Whoever decides decides by compare-and-set:
// what a watch tells may be late, and there is no way to read.
package register

import (
	"context"
	"errors"
)

var (
	// ErrConflict says that the key has changed since it was at the revision that was asked for,
	// and so that this call has changed nothing and never will.
	ErrConflict = errors.New("register: the key is at another revision")
	// ErrUnknown says that it cannot be known whether the change took effect: it may have, or may
	// still do so at any later time. Whoever repeats the very same call learns it, unless somebody
	// else has changed the key since. A register that is asked for a revision that the key never
	// had, or had before a removal that it remembers no more, may say so, too.
	ErrUnknown = errors.New("register: whether the change took effect is not known")
	// ErrFull comes with ErrUnknown where a register says that it has no room for a change.
	ErrFull = errors.New("register: it is full")
)

// Register keeps small values under keys. It is safe for concurrent use.
//
// A key is one or more names of A–Z, a–z, 0–9, - and _, separated by dots. Each change of any key
// has a revision, larger than that of every change before it, and never 0. No two Puts have one
// value, unless one repeats the other: each value holds a nonce, by which a repeated Put
// recognises what an earlier call did.
type Register interface {
	// Put sets a key that is at a revision, or with revision 0 one that does not exist. It returns
	// the key's new revision. If it finds this very value under the key, an earlier call has done
	// it: Put returns the revision of then. This says that the change took effect at some time
	// since the first call, not that it still held when the last one was made: a lease runs from
	// the first. With revision 0 a repeated Put may take effect twice, if somebody has removed the
	// key in between.
	//
	// Put fails with ErrConflict when the key is at a later revision, and with ErrUnknown when the
	// outcome cannot be known, or not before ctx ends. Any other error says that nothing was asked
	// of the register, and so that nothing was changed.
	Put(ctx context.Context, key string, value []byte, revision uint64) (uint64, error)

	// Delete removes a key that is at a revision, which is not 0. It succeeds, too, if it finds
	// that the key was removed from this revision, by an earlier call or by somebody else. How a
	// key was removed the register may forget an hour later, and not sooner. Its errors are those
	// of Put.
	Delete(ctx context.Context, key string, revision uint64) error

	// Watch tells of the keys that begin with a prefix (whole names: "room" is room.7 and not
	// rooms.7; "" is every key): first what is there, as Set, then Live, then what changes, in the
	// order of the revisions. A change that another one of the same key follows soon may be left
	// out. After a break it tells Gap, and begins again: what is there, Live, changes. A key that
	// was there before the Gap and is not between it and Live is gone. After a Gap revisions may be
	// smaller than before it: the register's history went backwards.
	//
	// The channel is closed when ctx ends, and only then. Whoever does not read it holds up nobody
	// else; they may be told Gap.
	Watch(ctx context.Context, prefix string) (<-chan Change, error)
}

// Kind tells what a Change says.
type Kind uint8

const (
	// Set: the key has this value at this revision.
	Set Kind = iota + 1
	// Deleted: the key is gone since this revision.
	Deleted
	// Live: all that was there has been told; what follows happens now. It has no key.
	Live
	// Gap: changes may have been missed; what is there follows, and Live. It has no key.
	Gap
)

func (k Kind) String() string {
	switch k {
	case Set:
		return "set"
	case Deleted:
		return "deleted"
	case Live:
		return "live"
	case Gap:
		return "gap"
	}
	return "unknown"
}

// Change is what a watch tells.
type Change struct {
	Kind     Kind
	Key      string
	Value    []byte
	Revision uint64
}
