package desk

import (
	"context"
	"errors"
	"net/http"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/people"
	"draille/signaling/practice/store"
)

// other is with whom a person may speak about a request now: whoever asked with the expert who has
// taken it, as long as each has the right to their side.
func (opinions) other(signed people.Signed, o practice.Opinion) (person string, ok bool) {
	if o.EndedAt != 0 || o.TakenBy == "" || o.AskedBy == o.TakenBy {
		return "", false
	}
	asks, answers := viewerOf(signed).sides(o)
	switch {
	case asks && o.AskedBy == signed.Person.ID:
		return o.TakenBy, true
	case answers && o.TakenBy == signed.Person.ID:
		return o.AskedBy, true
	}
	return "", false
}

// talk lets the caller into the call about a request: into the one that is open, or into one that
// opens now and calls the other one of the two.
func (s opinions) talk(c *call) error {
	var join Join
	err := c.write(func(tx *store.Tx) error {
		o, err := s.found(c, tx, "")
		if err != nil {
			return err
		}
		if err := mayTalk(o); err != nil {
			return err
		}
		if _, ok := s.other(c.caller, o); !ok {
			return refuse(CodeForbidden, "expected whoever has asked or the expert who has taken "+
				"the request, got somebody else; let one of the two call")
		}
		talk, err := s.agenda.Talk(tx, o, c.caller.Person.ID)
		if err != nil {
			return err
		}
		join.Address, err = s.agenda.EnterTalk(tx, talk, c.caller.Person.ID)
		if err != nil {
			return err
		}
		return c.audit(tx, practice.AuditEntry{Establishment: talk.Establishment,
			Action: "call.begin", Appointment: talk.ID, Object: o.ID})
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, join)
}

// mayTalk says why nobody can speak about a request, whoever they are.
func mayTalk(o practice.Opinion) error {
	switch {
	case o.State == practice.OpinionAnswered:
		return refuse(CodeOpinionOver, "expected a request that goes on, got one that was "+
			"answered; ask a new question")
	case o.EndedAt != 0:
		return refuse(CodeOpinionOver, "expected a request that goes on, got one that was "+
			"withdrawn; ask a new question")
	case o.TakenBy == "":
		return refuse(CodeNoExpert, "expected a request that an expert has taken, got one in "+
			"the queue; call once it is taken")
	case o.TakenBy == o.AskedBy:
		return refuse(CodeNoExpert, "expected a request of somebody else, got one of your own")
	}
	return nil
}

// talkOf is the call about a request, if one is open, and whether the caller may speak there.
func (s opinions) talkOf(c *call, tx *store.Tx, o practice.Opinion) (*OpinionTalk, bool, error) {
	other, may := s.other(c.caller, o)
	if !may {
		return nil, false, nil
	}
	talk, calling, err := s.calling(tx, o, c.caller.Person.ID, other)
	if errors.Is(err, store.ErrNotFound) {
		return nil, true, nil
	}
	return &OpinionTalk{Appointment: talk.ID, OpenedAt: talk.CreatedAt, Calling: calling}, true, err
}

// calling is the call about a request, and the name of the other one if they call a person.
func (s opinions) calling(tx *store.Tx, o practice.Opinion, person, other string) (
	talk agenda.Talk, name string, err error) {
	if talk, err = s.agenda.TalkOf(tx, o); err != nil {
		return talk, "", err
	}
	if calls, err := s.agenda.Calls(tx, talk, person, other); err != nil || !calls {
		return talk, "", err
	}
	name, err = nameOf(tx, other)
	return talk, name, err
}

// callingNow is the name of whoever calls somebody who listens, about a request.
func (s opinions) callingNow(ctx context.Context, from *store.Store, listener people.Signed,
	o practice.Opinion) (name string, err error) {
	other, may := s.other(listener, o)
	if !may {
		return "", nil
	}
	err = from.Read(ctx, func(tx *store.Tx) error {
		_, name, err = s.calling(tx, o, listener.Person.ID, other)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return name, err
}

// calls are the requests about which the caller is called now, for a page that has just come.
func (s opinions) calls(c *call) error {
	calls := []OpinionTold{}
	err := c.read(func(tx *store.Tx) error {
		found, err := store.Find[practice.Opinion](
			tx.Across("the two of a request may be of two establishments"),
			`WHERE ended_at = 0 AND id IN (SELECT opinion FROM appointments WHERE opinion <> ''
			AND status = 'booked' AND id IN (SELECT appointment FROM participants
				WHERE person = $1)) ORDER BY id`, c.caller.Person.ID)
		for _, o := range found {
			talk, may, err := s.talkOf(c, tx, o)
			if err != nil {
				return err
			}
			if may && talk != nil && talk.Calling != "" {
				calls = append(calls, OpinionTold{o.ID, o.State, talk.Calling})
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, map[string]any{"items": calls})
}
