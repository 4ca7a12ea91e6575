package signal

import (
	"iter"
	"math"
	"time"
)

// Windowed keeps one value, such as an extreme, for each of the latest stretches of time.
type Windowed[T any] struct {
	Length time.Duration // of a stretch
	Count  int           // of the stretches that are kept
	// Aligned stretches begin at multiples of Length, others with the first value after the end of
	// the one before.
	Aligned bool

	stretches []stretch[T] // newest first
}

type stretch[T any] struct {
	began time.Duration
	value T
}

// At returns the value of the stretch that holds now, for the caller to change; where a stretch
// begins it is fresh.
func (w *Windowed[T]) At(now time.Duration, fresh T) *T {
	if len(w.stretches) == 0 || now-w.stretches[0].began >= w.Length {
		if len(w.stretches) < w.Count {
			w.stretches = append(w.stretches, stretch[T]{})
		}
		copy(w.stretches[1:], w.stretches)
		began := now
		if w.Aligned {
			began -= now % w.Length
		}
		w.stretches[0] = stretch[T]{began, fresh}
	}
	return &w.stretches[0].value
}

// Latest returns the value of the latest stretch; there must be one.
func (w *Windowed[T]) Latest() *T { return &w.stretches[0].value }

// All yields the values of all stretches that are kept, newest first.
func (w *Windowed[T]) All() iter.Seq[T] { return w.Since(math.MinInt64) }

// Earlier yields the values of all stretches but the latest, newest first.
func (w *Windowed[T]) Earlier() iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, s := range w.stretches[1:] {
			if !yield(s.value) {
				return
			}
		}
	}
}

// Since yields the values of the stretches that end after from, newest first.
func (w *Windowed[T]) Since(from time.Duration) iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, s := range w.stretches {
			if s.began+w.Length <= from || !yield(s.value) {
				return
			}
		}
	}
}

// Reset forgets everything.
func (w *Windowed[T]) Reset() { w.stretches = w.stretches[:0] }

// IsEmpty reports whether there is no value yet.
func (w *Windowed[T]) IsEmpty() bool { return len(w.stretches) == 0 }
