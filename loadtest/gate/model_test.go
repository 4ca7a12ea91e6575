package gate

import (
	"fmt"
	"math"
	"path/filepath"
	"time"

	"github.com/anishathalye/porcupine"
)

// checkWithin is how long porcupine may think about one key.
const checkWithin = 3 * time.Minute

// state is what one key is.
type state struct {
	revision    uint64 // 0: it is not there
	removedFrom uint64 // the revision that the last removal took away
}

// matches reports whether an operation finds what it expects.
func (s state) matches(op operation) bool {
	return s.revision == op.expected && (op.action == put || s.revision != 0)
}

// after is what an operation leaves.
func (s state) after(op operation, revision uint64) state {
	if op.action == remove {
		return state{removedFrom: s.revision}
	}
	return state{revision: revision, removedFrom: s.removedFrom}
}

// model is one key of a register. Strictly, a conflict proves that the key is at another revision;
// else it proves only that nothing was changed, which is all that register.ErrConflict says.
func model(strict bool) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return state{} },
		Step: func(before, input, _ any) (bool, any) {
			s, op := before.(state), input.(operation)
			finds := s.matches(op)
			switch op.outcome {
			case done:
				if op.action == remove && s.revision == 0 && s.removedFrom == op.expected {
					return true, s // somebody else did it, or an earlier call
				}
				return finds, s.after(op, op.revision)
			case conflict:
				return !finds || !strict, s
			}
			// Not known: if it never took effect, it may be thought of after everything else.
			if finds {
				return true, s.after(op, op.revision)
			}
			return true, s
		},
		DescribeOperation: func(input, _ any) string { return input.(operation).String() },
	}
}

func (op operation) String() string {
	what, ends := "put "+op.nonce, "?"
	if op.action == remove {
		what = "remove"
	}
	switch op.outcome {
	case done:
		ends = fmt.Sprint(op.revision)
	case conflict:
		ends = "conflict"
	}
	return fmt.Sprintf("%s %s if %d: %s", op.key, what, op.expected, ends)
}

// verdict is what is said of a history.
type verdict struct {
	strict  porcupine.CheckResult
	lenient porcupine.CheckResult // the same as strict unless that fails
	faults  []string
	largest int // operations of one key
}

// linearizable reports whether nothing is wrong, but for conflicts that prove no more than they
// say.
func (v verdict) linearizable() bool { return v.lenient == porcupine.Ok && len(v.faults) == 0 }

// check gives the verdict. It draws what is wrong into folder, unless that is "". If every key was
// settled, it leaves out what cannot have taken effect.
func (h *history) check(folder string, settled bool) verdict {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.taken = map[string]map[uint64]bool{}
	for _, op := range h.operations {
		if op.action == put && op.expected != 0 && (op.outcome == done || h.seen(op)) {
			if h.taken[op.key] == nil {
				h.taken[op.key] = map[uint64]bool{}
			}
			h.taken[op.key][op.expected] = true
		}
	}
	v := verdict{strict: porcupine.Ok, lenient: porcupine.Ok}
	v.faults = append(v.faults, h.faults...)
	v.faults = append(v.faults, h.backwards()...)
	byKey := map[string][]porcupine.Operation{}
	for i, op := range h.operations {
		if s, seen := h.sights[op.nonce]; seen && op.outcome == conflict {
			v.faults = append(v.faults, fmt.Sprintf("%v was seen at %d", op, s.revision))
		}
		if !settled || !h.without(op) {
			byKey[op.key] = append(byKey[op.key], h.translate(i, op))
		}
	}
	for key, operations := range byKey {
		v.largest = max(v.largest, len(operations))
		result, info := porcupine.CheckOperationsVerbose(model(true), operations, checkWithin)
		if result == porcupine.Ok {
			continue
		}
		v.strict = worse(v.strict, result)
		lenient, weak := porcupine.CheckOperationsVerbose(model(false), operations, checkWithin)
		v.lenient = worse(v.lenient, lenient)
		if lenient == porcupine.Illegal {
			info = weak
			v.faults = append(v.faults, key+" is not linearizable")
		}
		if folder != "" {
			_ = porcupine.VisualizePath(model(true), info, filepath.Join(folder, key+".html"))
		}
	}
	return v
}

// without reports whether an operation whose outcome is not known has taken no effect. A put has
// none if nobody saw its value: what follows a value expects its revision, and the last value of
// each key was seen. A removal has none if a put took the revision's place. (porcupine would find
// the same, by trying in vain to fit each of them in everywhere.)
func (h *history) without(op operation) bool {
	if op.outcome != unknown {
		return false
	}
	return op.action == put && !h.seen(op) || op.action == remove && h.taken[op.key][op.expected]
}

func (h *history) seen(op operation) bool {
	_, seen := h.sights[op.nonce]
	return seen
}

func worse(a, b porcupine.CheckResult) porcupine.CheckResult {
	if a == porcupine.Illegal || b == porcupine.Ok {
		return a
	}
	return b
}

// translate gives porcupine an operation. One whose outcome is not known ends never; but whatever
// was seen took effect before that.
func (h *history) translate(i int, op operation) porcupine.Operation {
	answer := int64(op.answer)
	if op.outcome == unknown {
		answer = math.MaxInt64
		op.revision = math.MaxUint64 - uint64(i) // which nobody can have expected
	}
	if s, seen := h.sights[op.nonce]; seen && op.outcome != conflict {
		op.outcome, op.revision, answer = done, s.revision, min(answer, int64(s.first))
	}
	return porcupine.Operation{ClientId: op.client, Input: op, Call: int64(op.call), Return: answer}
}
