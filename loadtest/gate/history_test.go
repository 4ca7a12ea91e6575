package gate

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"draille/signaling/homes/register"
)

// action is what an operation asks for.
type action int

const (
	put action = iota
	remove
)

// outcome is what its client learnt.
type outcome int

const (
	unknown outcome = iota // it may have taken effect, or may do so at any later time
	done
	conflict // it changed nothing
)

// operation is one change that a client asked for, once or repeatedly.
type operation struct {
	client   int
	action   action
	key      string
	expected uint64 // revision
	nonce    string // of a put
	fault    string // what went wrong when it was called
	call     time.Duration
	answer   time.Duration
	outcome  outcome
	revision uint64 // after a put that is done
	repeated int
}

// observation is a value that a watch told, or an operation.
type observation struct {
	key      string
	revision uint64
	first    time.Duration
}

// history is what all clients did and saw.
type history struct {
	began  time.Time
	within time.Duration // that the checker may take over one key: then its verdict is unknown

	mu           sync.Mutex
	operations   []operation
	observations map[string]observation // by nonce
	holders      map[uint64]string      // of revisions: a nonce, or the removal of a key
	told         int                    // changes, by all watches
	gaps         int
	faults       []string                   // what no register may ever show
	taken        map[string]map[uint64]bool // revisions of each key that a put took the place of
}

func newHistory() *history {
	return &history{
		began: time.Now(), within: checkWithin, observations: map[string]observation{},
		holders: map[uint64]string{},
	}
}

func (h *history) now() time.Duration { return time.Since(h.began) }

// add keeps an operation that has ended.
func (h *history) add(op operation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.operations = append(h.operations, op)
	if op.outcome == done && op.action == put {
		h.see(op.key, op.nonce, op.revision, op.answer)
	}
}

// tell keeps what a watch told. last is the revision before it, 0 after a break.
func (h *history) tell(change register.Change, last uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told++
	switch change.Kind {
	case register.Gap:
		h.gaps++
	case register.Set:
		nonce, _, _ := strings.Cut(string(change.Value), " ")
		h.see(change.Key, nonce, change.Revision, h.now())
	case register.Deleted:
		h.hold(change.Revision, "the removal of "+change.Key)
	case register.Live:
	}
	if change.Revision != 0 && change.Revision <= last {
		h.faults = append(h.faults, fmt.Sprintf("a watch told revision %d after %d without a gap",
			change.Revision, last))
	}
}

// see checks that a value has one revision and one key, and keeps when it was first seen.
func (h *history) see(key, nonce string, revision uint64, at time.Duration) {
	before, seen := h.observations[nonce]
	if seen && (before.revision != revision || before.key != key) {
		h.faults = append(h.faults, fmt.Sprintf("%s is %s at %d and %s at %d", nonce, before.key,
			before.revision, key, revision))
	}
	if !seen || at < before.first {
		h.observations[nonce] = observation{key, revision, at}
	}
	h.hold(revision, nonce)
}

// hold checks that a revision is of one change.
func (h *history) hold(revision uint64, what string) {
	if before, held := h.holders[revision]; held && before != what {
		h.faults = append(h.faults, fmt.Sprintf("revision %d is of %s and of %s", revision, before,
			what))
	}
	h.holders[revision] = what
}

// backwards finds puts whose revision is not above that of a put that had ended before they began.
func (h *history) backwards() []string {
	var puts []operation
	for _, op := range h.operations {
		if op.outcome == done && op.action == put {
			puts = append(puts, op)
		}
	}
	byCall := slices.SortedFunc(slices.Values(puts), func(a, b operation) int {
		return int(a.call - b.call)
	})
	byAnswer := slices.SortedFunc(slices.Values(puts), func(a, b operation) int {
		return int(a.answer - b.answer)
	})
	var found []string
	var highest operation
	ended := 0
	for _, op := range byCall {
		for ; ended < len(byAnswer) && byAnswer[ended].answer < op.call; ended++ {
			if byAnswer[ended].revision > highest.revision {
				highest = byAnswer[ended]
			}
		}
		if highest.revision >= op.revision {
			found = append(found, fmt.Sprintf("%s got revision %d after %s had got %d", op.nonce,
				op.revision, highest.nonce, highest.revision))
		}
	}
	return found
}

// forks finds revisions that two puts took the place of: porcupine finds them, too, but says less.
func (h *history) forks() []string {
	type place struct {
		key      string
		expected uint64
	}
	taken := map[place]operation{}
	var found []string
	for _, op := range h.operations {
		if op.action != put || op.expected == 0 || op.outcome != done && !h.seen(op) {
			continue
		}
		at := place{op.key, op.expected}
		if before, twice := taken[at]; twice {
			found = append(found, fmt.Sprintf("%s at %d was replaced twice: [%v] (%s, %v–%v) and "+
				"[%v] (%s, %v–%v)", op.key, op.expected, before, before.fault, before.call,
				before.answer, op, op.fault, op.call, op.answer))
		}
		taken[at] = op
	}
	return found
}

// save writes the operations as text, in the order of their calls.
func (h *history) save(file string) {
	var b strings.Builder
	for _, op := range slices.SortedFunc(slices.Values(h.operations), func(a, b operation) int {
		return int(a.call - b.call)
	}) {
		fmt.Fprintf(&b, "%v\t%v\tclient %d\t%v\trepeated %d\tseen %v\t%s\n", op.call, op.answer,
			op.client, op, op.repeated, h.observations[op.nonce], op.fault)
	}
	_ = os.WriteFile(file, []byte(b.String()), 0o600)
}

// keys are all that an operation named.
func (h *history) keys() []string {
	named := map[string]bool{}
	for _, op := range h.operations {
		named[op.key] = true
	}
	return slices.Sorted(maps.Keys(named))
}

// tally is how operations ended.
type tally struct{ all, done, conflict, unknown, resolved, repeated int }

func (t *tally) add(op operation, seen bool) {
	t.all++
	switch op.outcome {
	case done:
		t.done++
	case conflict:
		t.conflict++
	case unknown:
		t.unknown++
		if seen {
			t.resolved++
		}
	}
	if op.repeated > 0 {
		t.repeated++
	}
}

// table is how operations ended under each fault.
func (h *history) table() string {
	rows := map[string]*tally{}
	var sum tally
	for _, op := range h.operations {
		if rows[op.fault] == nil {
			rows[op.fault] = &tally{}
		}
		rows[op.fault].add(op, h.seen(op))
		sum.add(op, h.seen(op))
	}
	var b strings.Builder
	b.WriteString("| called during | operations | done | conflict | unknown | of which a watch " +
		"showed | repeated |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	row := func(name string, t *tally) {
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d (%.1f %%) | %d | %d |\n", name, t.all, t.done,
			t.conflict, t.unknown, 100*float64(t.unknown)/float64(t.all), t.resolved, t.repeated)
	}
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		row(name, rows[name])
	}
	row("all", &sum)
	return b.String()
}
