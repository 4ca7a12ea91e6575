// Package memory is a register in the memory of one process: for tests, and for simulations of many
// nodes in one process.
package memory

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"draille/signaling/homes/register"
)

// Register is a register in memory. It never answers with ErrUnknown, and its watches have no Gap.
type Register struct {
	mu       sync.Mutex
	revision uint64
	keys     map[string]entry
	watches  map[*watch]struct{}
}

// entry is what is known of a key, also of one that was removed.
type entry struct {
	value    []byte
	revision uint64
	removed  bool
	follows  uint64 // the revision that it took the place of
}

var _ register.Register = (*Register)(nil)

// New makes an empty register.
func New() *Register {
	return &Register{keys: map[string]entry{}, watches: map[*watch]struct{}{}}
}

// Put implements register.Register.
func (r *Register) Put(ctx context.Context, key string, value []byte, revision uint64) (uint64,
	error) {
	if err := check(ctx, key); err != nil {
		return 0, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.keys[key]
	switch {
	case now.revision == revision && !now.removed, revision == 0 && now.removed:
		return r.set(key, entry{value: bytes.Clone(value), follows: revision}), nil
	case !now.removed && now.revision != 0 && bytes.Equal(now.value, value):
		return now.revision, nil
	}
	return 0, register.ErrConflict
}

// Delete implements register.Register.
func (r *Register) Delete(ctx context.Context, key string, revision uint64) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	if revision == 0 {
		return fmt.Errorf("register: removing %s: a revision is expected, and 0 is none", key)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.keys[key]
	switch {
	case now.revision == revision && !now.removed:
		r.set(key, entry{removed: true, follows: revision})
		return nil
	case now.removed && now.follows == revision:
		return nil
	}
	return register.ErrConflict
}

// Watch implements register.Register.
func (r *Register) Watch(ctx context.Context, prefix string) (<-chan register.Change, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if prefix != "" {
		if err := register.CheckKey(prefix); err != nil {
			return nil, err
		}
	}
	w := &watch{prefix: prefix, wake: make(chan struct{}, 1), changes: make(chan register.Change)}
	r.mu.Lock()
	for _, key := range slices.SortedFunc(maps.Keys(r.keys), r.older) {
		if e := r.keys[key]; !e.removed {
			w.add(key, e)
		}
	}
	w.waiting = append(w.waiting, register.Change{Kind: register.Live})
	r.watches[w] = struct{}{}
	r.mu.Unlock()
	go func() {
		defer r.forget(w)
		w.run(ctx)
	}()
	return w.changes, nil
}

// Sweep forgets how keys were removed, as a register may.
func (r *Register) Sweep(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.keys, func(_ string, e entry) bool { return e.removed })
	return nil
}

// set writes an entry and tells it. The register is locked.
func (r *Register) set(key string, e entry) uint64 {
	r.revision++
	e.revision = r.revision
	r.keys[key] = e
	for w := range r.watches {
		w.add(key, e)
	}
	return e.revision
}

func (r *Register) older(a, b string) int {
	return int(r.keys[a].revision) - int(r.keys[b].revision)
}

func (r *Register) forget(w *watch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.watches, w)
}

// watch is what one reader has not read yet.
type watch struct {
	prefix  string
	wake    chan struct{}
	changes chan register.Change

	mu      sync.Mutex // taken after the register's
	waiting []register.Change
}

// add keeps a change for the reader.
func (w *watch) add(key string, e entry) {
	if w.prefix != "" && key != w.prefix && !strings.HasPrefix(key, w.prefix+".") {
		return
	}
	change := register.Change{Kind: register.Set, Key: key, Value: bytes.Clone(e.value),
		Revision: e.revision}
	if e.removed {
		change.Kind, change.Value = register.Deleted, nil
	}
	w.mu.Lock()
	w.waiting = append(w.waiting, change)
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// run gives the reader what waits for them, until ctx ends.
func (w *watch) run(ctx context.Context) {
	defer close(w.changes)
	for {
		w.mu.Lock()
		batch := w.waiting
		w.waiting = nil
		w.mu.Unlock()
		for _, change := range batch {
			select {
			case w.changes <- change:
			case <-ctx.Done():
				return
			}
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-w.wake:
		case <-ctx.Done():
			return
		}
	}
}

func check(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return register.CheckKey(key)
}
