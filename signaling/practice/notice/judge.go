package notice

import (
	"errors"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/opinion"
	"draille/signaling/practice/people"
	"draille/signaling/practice/rights"
	"draille/signaling/practice/store"
	"draille/signaling/practice/thread"
)

// Judge decides whether notices are sent. It implements courier.Judge.
type Judge struct{}

// recipient is what is asked of whomever a notice is for.
type recipient struct {
	there bool // may sign in, and has an address
	wants bool
	may   bool // has the right to what it is about
}

// dropped says why somebody is not told, whatever it is about; empty: they are.
func (r recipient) dropped() practice.Reason {
	switch {
	case !r.there:
		return practice.ReasonGone
	case !r.may:
		return practice.ReasonRight
	case !r.wants:
		return practice.ReasonOff
	}
	return ""
}

// Judge implements courier.Judge.
func (Judge) Judge(tx *store.Tx, m practice.Message, now time.Time) (courier.Verdict, error) {
	who, to, grants, err := recipientOf(tx, m.Person, now)
	if err != nil {
		return courier.Verdict{}, err
	}
	var v courier.Verdict
	if m.Purpose == courier.PurposeThread {
		v, err = judgeThread(tx, m, who, grants, now)
	} else {
		v, err = judgeOpinion(tx, m, who, grants)
	}
	if errors.Is(err, store.ErrNotFound) {
		return courier.Verdict{Drop: practice.ReasonGone}, nil
	}
	v.To, v.Language = to.Email, to.Language
	return v, err
}

// recipientOf reads whom a notice is for, as they are now.
func recipientOf(tx *store.Tx, person string, now time.Time) (who recipient, to practice.Person,
	grants []practice.Grant, err error) {
	to, err = store.Get[practice.Person](tx, "WHERE id = $1 AND disabled_at = 0", person)
	if errors.Is(err, store.ErrNotFound) {
		return who, to, nil, nil
	}
	if err != nil {
		return who, to, nil, err
	}
	who.there = to.Email != ""
	if who.wants, err = people.WantsNotices(tx, person); err != nil {
		return who, to, nil, err
	}
	grants, err = people.GrantsOf(tx, person, now)
	return who, to, grants, err
}

// sides says of each purpose in which state a request has to be, and whose notice it is.
var sides = map[string]struct {
	state practice.OpinionState
	asker bool // of whoever asked; otherwise of an expert
}{
	courier.PurposeOpinionUrgent: {state: practice.OpinionWaiting},
	courier.PurposeOpinionQueue:  {state: practice.OpinionWaiting},
	courier.PurposeOpinionReply:  {state: practice.OpinionTaken},
	courier.PurposeOpinionBack:   {state: practice.OpinionAskedBack, asker: true},
	courier.PurposeOpinionAnswer: {state: practice.OpinionAnswered, asker: true},
}

func judgeOpinion(tx *store.Tx, m practice.Message, who recipient, grants []practice.Grant) (
	courier.Verdict, error) {
	o, err := store.Get[practice.Opinion](
		tx.Across("the request is of whoever asks, the notice may be of who is asked"),
		"WHERE id = $1", m.Subject)
	if err != nil {
		return courier.Verdict{}, err
	}
	who.may = answers(grants, o)
	if sides[m.Purpose].asker {
		who.may = rights.May(grants, practice.ActionOpinionAsk, o.Establishment, "")
	}
	seen, err := opinion.SeenBy(tx, o, m.Person)
	if err != nil {
		return courier.Verdict{}, err
	}
	v := ofOpinion(m, o, who, seen)
	v.Gathers = v.Drop == "" && m.Purpose == courier.PurposeOpinionQueue
	return v, nil
}

// ofOpinion is the verdict over a notice of a request, up to a version of which the recipient has
// seen it.
func ofOpinion(m practice.Message, o practice.Opinion, who recipient, seen int) courier.Verdict {
	v := courier.Verdict{Sequence: m.Sequence, Drop: who.dropped()}
	switch {
	case v.Drop != "":
	case o.State != sides[m.Purpose].state || o.Version != m.Sequence:
		v.Drop = practice.ReasonOutdated
	case seen >= m.Sequence:
		v.Drop = practice.ReasonRead
	}
	return v
}

func judgeThread(tx *store.Tx, m practice.Message, who recipient, grants []practice.Grant,
	now time.Time) (courier.Verdict, error) {
	t, err := store.Get[practice.Thread](tx, "WHERE establishment = $1 AND id = $2",
		m.Establishment, m.Subject)
	if err != nil {
		return courier.Verdict{}, err
	}
	audience, err := thread.AudienceOf(tx, t)
	if err != nil {
		return courier.Verdict{}, err
	}
	who.may = audience.Has(m.Person, grants)
	first, err := thread.FirstUnread(tx, t, m.Person)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return courier.Verdict{}, err
	}
	return ofThread(m, who, first, practice.InstantOf(now)), nil
}

// ofThread is the verdict over a notice of a thread, given the first message that the recipient has
// not read, if there is one. Who has read meanwhile and was written to again has the whole time to
// read that, too: once for each, whatever a clock said when it was written.
func ofThread(m practice.Message, who recipient, first practice.ThreadMessage,
	now practice.Instant) courier.Verdict {
	v := courier.Verdict{Sequence: int(first.Number), Drop: who.dropped()}
	switch {
	case v.Drop != "":
	case first.Number == 0:
		v.Drop = practice.ReasonRead
	case v.Sequence > m.Sequence && first.At.Add(Wait) > now:
		v.Later = min(first.At, now).Add(Wait)
	}
	return v
}
