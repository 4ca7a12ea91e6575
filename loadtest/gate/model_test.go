package gate

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
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

// model is one key of a register.
func model() porcupine.Model {
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
				return !finds, s
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
	// strict says whether it is linearizable. successes is the same where a conflict counts for as
	// little as no answer: the change may have taken effect.
	strict, successes porcupine.CheckResult
	refused           int // how many puts took effect that were answered with a conflict
	faults            []string
	largest           int // operations of one key
}

// safe reports whether all is well for whoever trusts only successes and what watches tell.
func (v verdict) safe() bool { return v.successes == porcupine.Ok && len(v.faults) == 0 }

// check gives the verdict. It draws what is wrong into folder, unless that is "". If every key was
// settled, it leaves out what cannot have taken effect.
func (h *history) check(folder string, settled bool) verdict {
	h.mu.Lock()
	defer h.mu.Unlock()
	v := verdict{strict: porcupine.Ok, successes: porcupine.Ok}
	v.faults = append(append(append(v.faults, h.faults...), h.backwards()...), h.forks()...)
	h.findTaken()
	byKey := map[string][]operation{}
	for _, op := range h.operations {
		if op.outcome == conflict && h.seen(op) {
			v.refused++
		}
		byKey[op.key] = append(byKey[op.key], op)
	}
	for key, operations := range byKey {
		v.largest = max(v.largest, len(operations))
		result, _ := h.judge(operations, true, settled)
		if v.strict = worse(v.strict, result); result == porcupine.Ok {
			continue
		}
		result, info := h.judge(operations, false, settled)
		if v.successes = worse(v.successes, result); result == porcupine.Ok {
			continue
		}
		v.faults = append(v.faults, fmt.Sprintf("%s is not linearizable: %v", key, result))
		if folder != "" {
			_ = porcupine.VisualizePath(model(), info, filepath.Join(folder, key+".html"))
		}
	}
	return v
}

// judge lets porcupine look at one key.
func (h *history) judge(operations []operation, strict, settled bool) (porcupine.CheckResult,
	porcupine.LinearizationInfo) {
	var translated []porcupine.Operation
	for i, op := range operations {
		if op.outcome == conflict && (!strict || h.seen(op)) {
			op.outcome = unknown
		}
		if !settled || !h.without(op) {
			translated = append(translated, h.translate(i, op))
		}
	}
	result, info := porcupine.CheckOperationsVerbose(model(), translated, h.within)
	if strict && slices.ContainsFunc(operations, func(op operation) bool {
		return op.outcome == conflict && h.seen(op)
	}) {
		result = porcupine.Illegal
	}
	return result, info
}

// findTaken finds the revisions that a change took the place of.
func (h *history) findTaken() {
	h.taken = map[string]map[uint64]bool{}
	for _, op := range h.operations {
		if op.expected == 0 || op.outcome != done && !h.seen(op) {
			continue
		}
		if h.taken[op.key] == nil {
			h.taken[op.key] = map[uint64]bool{}
		}
		h.taken[op.key][op.expected] = true
	}
}

// without reports whether an operation whose outcome is not known has taken no effect. A put has
// none if nobody saw its value: what follows a value expects its revision, and the last value of
// each key was seen. A removal has none if another change took the revision's place. (porcupine
// would find the same, by trying in vain to fit each of them in everywhere.)
func (h *history) without(op operation) bool {
	if op.outcome != unknown {
		return false
	}
	return op.action == put && !h.seen(op) || op.action == remove && h.taken[op.key][op.expected]
}

func (h *history) seen(op operation) bool {
	_, seen := h.observations[op.nonce]
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
	if s, seen := h.observations[op.nonce]; seen {
		op.outcome, op.revision, answer = done, s.revision, min(answer, int64(s.first))
	}
	return porcupine.Operation{ClientId: op.client, Input: op, Call: int64(op.call), Return: answer}
}
