package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/notice"
	"draille/signaling/practice/people"
	"draille/signaling/practice/store"
	"draille/signaling/practice/thread"
)

// threads is what people write to each other beside calls and after them.
type threads struct {
	clean   func(text string) string
	notices notice.Notices
}

func (s threads) routes() []route {
	return []route{
		{"GET /api/threads", signedIn, s.list},
		{"GET /api/threads/{id}", signedIn, s.show},
		{"POST /api/threads/{id}/messages", signedIn, s.post},
		{"DELETE /api/threads/{id}/messages/{message}", signedIn, s.remove},
		{"POST /api/threads/{id}/read", signedIn, s.read},
		{"POST /api/appointments/{id}/thread", signedIn, s.open},
		{"POST /api/calls/{room}/thread", signedIn, s.open},
	}
}

func byOf(c *call) thread.By {
	return thread.By{Person: c.caller.Person.ID, Grants: c.caller.Grants, At: c.now}
}

// found is the thread that the address names. Who may what with it is asked where it is used.
func found(c *call, tx *store.Tx) (practice.Thread, error) {
	t, err := store.Get[practice.Thread](tx.Across("whose it is is asked below"),
		"WHERE id = $1", c.path("id"))
	if errors.Is(err, store.ErrNotFound) {
		err = thread.ErrNone
	}
	return t, err
}

func (threads) list(c *call) error {
	items := []ThreadLine{}
	err := c.read(func(tx *store.Tx) error {
		mine, err := thread.Mine(tx, byOf(c))
		if err != nil {
			return err
		}
		for _, t := range mine {
			line, err := threadLine(tx, t, byOf(c))
			if err != nil {
				return err
			}
			items = append(items, line)
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(items, func(x, y ThreadLine) int {
		return cmp.Compare(y.LastAt, x.LastAt)
	})
	return c.reply(http.StatusOK, map[string]any{"items": items})
}

// threadLine is a thread as somebody sees it in a list; they read it.
func threadLine(tx *store.Tx, t practice.Thread, by thread.By) (ThreadLine, error) {
	line := ThreadLine{Thread: t, Name: t.Name}
	access, err := thread.AccessOf(tx, t, by)
	if err != nil {
		return line, err
	}
	line.MayWrite = access.Write
	if t.Kind == practice.ThreadTelestaff {
		meeting, err := thread.MeetingOf(tx, t, practice.InstantOf(by.At))
		if err != nil {
			return line, err
		}
		line.Name, line.Appointment = meeting.Title, meeting.ID
	}
	read, err := thread.ReadBy(tx, t, by.Person)
	if err != nil {
		return line, err
	}
	err = tx.Scan(`SELECT COALESCE(MAX(number), 0), COALESCE(MAX(at), 0), COALESCE(SUM(
		CASE WHEN number > $1 AND author <> $2 AND deleted_at = 0 THEN 1 ELSE 0 END), 0)
		FROM thread_messages WHERE establishment = $3 AND thread = $4`,
		[]any{read, by.Person, t.Establishment, t.ID}, &line.Last, &line.LastAt, &line.Unread)
	return line, err
}

// open is the thread of a staff meeting, which is made if nobody has asked for it yet.
func (threads) open(c *call) error {
	where, id := "WHERE id = $1", c.path("id")
	if room := c.path("room"); room != "" {
		where, id = "WHERE room = $1", room
	}
	var line ThreadLine
	err := c.write(func(tx *store.Tx) error {
		a, err := c.appointment(tx, where, id, "", false)
		if err != nil {
			return err
		}
		t, err := thread.OfMeeting(tx, a, byOf(c))
		if err != nil {
			return err
		}
		access, err := thread.AccessOf(tx, t, byOf(c))
		if err != nil {
			return err
		}
		if !access.Read {
			return thread.ErrNone // beside the patient, or no longer of the meeting
		}
		line, err = threadLine(tx, t, byOf(c))
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, line)
}

// shown is how many messages are read at once.
const shown = 50

func (threads) show(c *call) error {
	before := int64(1) << 62
	if text := c.query("before"); text != "" {
		var err error
		if before, err = strconv.ParseInt(text, 10, 64); err != nil {
			return invalid("before", "expected the number of a message, got %q", text)
		}
	}
	var view ThreadView
	// A page that is open reads the thread again at each message. The entry of the hour has the
	// numbers that were shown first; how far each has read since is kept (thread.read). What
	// somebody leafs back to is a part of its own.
	err := c.lookAt(c.query("before"), func(tx *store.Tx) (entry practice.AuditEntry, err error) {
		t, err := found(c, tx)
		if err != nil {
			return entry, err
		}
		access, err := thread.AccessOf(tx, t, byOf(c))
		if err != nil {
			return entry, err
		}
		if !access.Read {
			return entry, thread.ErrNone
		}
		view, err = threadView(tx, t, byOf(c), before)
		return practice.AuditEntry{Establishment: t.Establishment, Action: "thread.view",
			Object: t.ID, Detail: numbersOf(view.Messages)}, err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, view)
}

// numbersOf says which messages are shown, as the ledger writes it; empty: none are.
func numbersOf(lines []ThreadMessageLine) string {
	if len(lines) == 0 {
		return ""
	}
	return fmt.Sprintf(`{"from":"%d","to":"%d"}`, lines[0].Message.Number,
		lines[len(lines)-1].Message.Number)
}

func threadView(tx *store.Tx, t practice.Thread, by thread.By, before int64) (ThreadView, error) {
	view := ThreadView{Reads: []ThreadReader{}, MaxText: thread.MaxText}
	var err error
	if view.Line, err = threadLine(tx, t, by); err != nil {
		return view, err
	}
	if view.Days, err = thread.DaysKept(tx); err != nil {
		return view, err
	}
	if view.Messages, err = latest(tx, t, before, shown+1); err != nil {
		return view, err
	}
	if len(view.Messages) > shown {
		view.Messages, view.Earlier = view.Messages[1:], true
	}
	reads, err := store.Find[practice.ThreadRead](tx,
		"WHERE establishment = $1 AND thread = $2 ORDER BY at, person", t.Establishment, t.ID)
	if err != nil {
		return view, err
	}
	for _, r := range reads {
		name, err := nameOf(tx, r.Person)
		if err != nil {
			return view, err
		}
		view.Reads = append(view.Reads, ThreadReader{r.Person, name, r.Number})
	}
	return view, nil
}

// latest are the last messages before one, the oldest first.
func latest(tx *store.Tx, t practice.Thread, before int64, most int) ([]ThreadMessageLine,
	error) {
	found, err := store.Find[practice.ThreadMessage](tx, `WHERE establishment = $1
		AND thread = $2 AND number < $3 ORDER BY number DESC LIMIT $4`, t.Establishment, t.ID,
		before, most)
	if err != nil {
		return nil, err
	}
	lines := []ThreadMessageLine{}
	for _, m := range slices.Backward(found) {
		name, err := nameOf(tx, m.Author)
		if err != nil {
			return nil, err
		}
		lines = append(lines, ThreadMessageLine{m, name})
	}
	return lines, nil
}

// nameOf is what a person is called; empty: there is none.
func nameOf(tx *store.Tx, person string) (string, error) {
	who, err := store.Get[practice.Person](tx, "WHERE id = $1", person)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return agenda.PersonName(who), err
}

func (s threads) post(c *call) error {
	var wanted NewThreadMessage
	if err := c.body(&wanted); err != nil {
		return err
	}
	var line ThreadMessageLine
	err := c.write(func(tx *store.Tx) error {
		t, err := found(c, tx)
		if err != nil {
			return err
		}
		line.AuthorName = agenda.PersonName(c.caller.Person)
		line.Message, err = thread.Post(tx, t, byOf(c), wanted.Key, s.clean(wanted.Text))
		if err != nil {
			return err
		}
		return s.notices.Posted(tx, t, line.Message, c.now)
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, line)
}

func (threads) remove(c *call) error {
	var line ThreadMessageLine
	err := c.write(func(tx *store.Tx) error {
		t, err := found(c, tx)
		if err != nil {
			return err
		}
		if line.Message, err = thread.Delete(tx, t, byOf(c), c.path("message")); err != nil {
			return err
		}
		line.AuthorName, err = nameOf(tx, line.Message.Author)
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, line)
}

func (threads) read(c *call) error {
	var wanted ReadThread
	if err := c.body(&wanted); err != nil {
		return err
	}
	err := c.write(func(tx *store.Tx) error {
		t, err := found(c, tx)
		if err != nil {
			return err
		}
		return thread.Read(tx, t, byOf(c), wanted.Number)
	})
	if err != nil {
		return err
	}
	return c.done()
}

// tellers say what is told of a thread to whoever reads it.
func (threads) tellers() []Teller {
	return []Teller{{practice.TopicThread, func(ctx context.Context, from *store.Store,
		now time.Time, listener people.Signed, change practice.Change) ([]Event, error) {
		if listener.Person.ID == "" {
			return nil, nil // a tablet
		}
		t, err := changed[practice.Thread](ctx, from, change)
		if t == nil {
			return nil, err
		}
		by := thread.By{Person: listener.Person.ID, Grants: listener.Grants, At: now}
		var events []Event
		err = from.Read(ctx, func(tx *store.Tx) error {
			access, err := thread.AccessOf(tx, *t, by)
			if err != nil || !access.Read {
				return err
			}
			line, err := threadLine(tx, *t, by)
			events = []Event{{"thread", line}}
			return err
		})
		return events, err
	}}}
}
