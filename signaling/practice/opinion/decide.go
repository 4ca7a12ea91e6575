package opinion

import (
	"fmt"
	"slices"
	"time"

	"draille/signaling/practice"
)

// Deed is what somebody does with a request.
type Deed string

// Deeds. The first four are the service's, the others of whoever asked.
const (
	Take     Deed = "take"
	Release  Deed = "release" // gives it back to the queue
	AskBack  Deed = "ask-back"
	Answer   Deed = "answer"
	Reply    Deed = "reply"
	Withdraw Deed = "withdraw"
)

// Times within which an opinion is wanted. They are this project's: French law names none for
// télé-expertise. Urgent is within half a day of consultations, soon within two days, the rest
// within a week.
var within = map[practice.Urgency]time.Duration{practice.UrgencyUrgent: 4 * time.Hour,
	practice.UrgencySoon: 48 * time.Hour, practice.UrgencyRoutine: 7 * 24 * time.Hour}

// StateError says that a request is not in a state in which a deed makes sense.
type StateError struct {
	Deed  Deed
	State practice.OpinionState
	Mine  bool // it is in the right state, and somebody else's
}

func (e *StateError) Error() string {
	if e.Mine {
		return fmt.Sprintf("expected a request that you have taken, to %s it, got one that "+
			"somebody else has; let them give it back first", e.Deed)
	}
	return fmt.Sprintf("expected a request in another state, to %s it, got one that is %s; read "+
		"it again", e.Deed, e.State)
}

// rule is one row of the table of deeds.
type rule struct {
	from []practice.OpinionState
	to   practice.OpinionState
	own  bool // only by whoever has taken it
	text bool // needs words
}

var rules = map[Deed]rule{
	Take: {from: []practice.OpinionState{practice.OpinionWaiting}, to: practice.OpinionTaken},
	Release: {from: []practice.OpinionState{practice.OpinionTaken, practice.OpinionAskedBack},
		to: practice.OpinionWaiting, own: true},
	AskBack: {from: []practice.OpinionState{practice.OpinionTaken}, own: true, text: true,
		to: practice.OpinionAskedBack},
	Answer: {from: []practice.OpinionState{practice.OpinionTaken, practice.OpinionAskedBack},
		to: practice.OpinionAnswered, own: true, text: true},
	Reply: {from: []practice.OpinionState{practice.OpinionAskedBack}, to: practice.OpinionTaken,
		text: true},
	Withdraw: {from: []practice.OpinionState{practice.OpinionWaiting, practice.OpinionTaken,
		practice.OpinionAskedBack}, to: practice.OpinionWithdrawn},
}

// next is the request after a deed of a person.
func next(o practice.Opinion, deed Deed, by string,
	now practice.Instant) (practice.Opinion, error) {
	r, known := rules[deed]
	if !known || !slices.Contains(r.from, o.State) {
		return o, &StateError{Deed: deed, State: o.State}
	}
	if r.own && o.TakenBy != by {
		return o, &StateError{Deed: deed, State: o.State, Mine: true}
	}
	o.State = r.to
	switch deed {
	case Take:
		o.TakenBy, o.TakenAt = by, now
	case Release:
		o.TakenBy, o.TakenAt = "", 0
	case Answer, Withdraw:
		o.EndedAt = now
	}
	return o, nil
}
