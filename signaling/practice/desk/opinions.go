package desk

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/notice"
	"draille/signaling/practice/opinion"
	"draille/signaling/practice/people"
	"draille/signaling/practice/picture"
	"draille/signaling/practice/report"
	"draille/signaling/practice/rights"
	"draille/signaling/practice/store"
)

// opinions is how experts are asked about a patient, and answer.
type opinions struct {
	agenda   *agenda.Agenda
	pictures *picture.Keeper
	notices  notice.Notices
	courier  *courier.Courier
}

func (s opinions) routes() []route {
	routes := []route{
		{"GET /api/opinions", signedIn, s.list},
		{"GET /api/opinions/services", signedIn, s.services},
		{"POST /api/opinions", signedIn, s.ask},
		{"POST /api/opinions/seen", signedIn, s.seen},
		{"GET /api/opinions/{id}", signedIn, s.show},
		{"GET /api/opinions/{id}/pdf", signedIn, s.pdf},
		{"GET /api/opinions/calls", signedIn, s.calls},
		{"POST /api/opinions/{id}/call", signedIn, s.talk},
		{"POST /api/opinions/{id}/resend", signedIn, s.resend},
	}
	for deed, action := range opinionDeeds {
		routes = append(routes, route{"POST /api/opinions/{id}/" + string(deed), signedIn,
			func(c *call) error { return s.do(c, deed, action) }})
	}
	return routes
}

// opinionDeeds are what may be done with a request, and whose right it is.
var opinionDeeds = map[opinion.Deed]practice.Action{
	opinion.Take: practice.ActionOpinionAnswer, opinion.Release: practice.ActionOpinionAnswer,
	opinion.AskBack: practice.ActionOpinionAnswer, opinion.Answer: practice.ActionOpinionAnswer,
	opinion.Reply: practice.ActionOpinionAsk, opinion.Withdraw: practice.ActionOpinionAsk,
}

// list are the requests that the caller's establishments have asked, and those of the queues that
// they answer: whom they are about, and no more of what is in them.
func (s opinions) list(c *call) error {
	lines := []OpinionLine{}
	err := c.read(func(tx *store.Tx) error {
		seen := set{}
		add := func(found []practice.Opinion, err error) error {
			for _, o := range found {
				if _, known := seen[o.ID]; known {
					continue
				}
				seen.add(o.ID)
				line, problem := s.line(c, tx, o)
				if problem != nil {
					return problem
				}
				line.Opinion.Question, line.Opinion.Answer = "", ""
				lines = append(lines, line)
			}
			return err
		}
		_, asking := rights.Where(c.caller.Grants, practice.ActionOpinionAsk)
		for _, where := range asking {
			if err := add(opinion.Asked(tx, where.Establishment, c.now)); err != nil {
				return err
			}
		}
		_, answering := rights.Where(c.caller.Grants, practice.ActionOpinionAnswer)
		for _, where := range answering {
			if err := add(opinion.Queue(tx, where.Establishment, where.Service, c.now)); err !=
				nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	// Whoever asks and answers has both in one list, the most urgent first.
	slices.SortStableFunc(lines, func(a, b OpinionLine) int {
		return cmp.Compare(a.Opinion.DueAt, b.Opinion.DueAt)
	})
	var looks []practice.AuditEntry
	for _, line := range lines {
		looks = append(looks, practice.AuditEntry{Establishment: line.Opinion.Establishment,
			Action: "opinion.list", Patient: line.Opinion.Patient})
	}
	if err := c.noteListed(looks...); err != nil {
		return err
	}
	return c.reply(http.StatusOK, map[string]any{"items": lines})
}

// services are those that may be asked: all that are open, of the whole group.
func (opinions) services(c *call) error {
	if err := c.require(practice.ActionOpinionAsk, c.query("establishment"), ""); err != nil {
		return err
	}
	items := []OpinionService{}
	err := c.read(func(tx *store.Tx) error {
		return tx.Across("experts of any establishment may be asked").Query(
			func(scan func(...any) error) error {
				var one OpinionService
				err := scan(&one.ID, &one.Name, &one.House)
				items = append(items, one)
				return err
			}, `SELECT services.id, services.name, establishments.name FROM services
			JOIN establishments ON establishments.id = services.establishment
			WHERE services.closed = $1 AND establishments.closed = $1
			ORDER BY establishments.name, services.name`, false)
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, items)
}

func (s opinions) ask(c *call) error {
	var wanted NewOpinion
	if err := c.body(&wanted); err != nil {
		return err
	}
	if err := c.require(practice.ActionOpinionAsk, wanted.Establishment, ""); err != nil {
		return err
	}
	return s.change(c, http.StatusCreated, "opinion.ask",
		func(tx *store.Tx) (practice.Opinion, error) {
			o, err := opinion.Ask(tx, practice.Opinion{Establishment: wanted.Establishment,
				Patient: wanted.Patient, Service: wanted.Service, Urgency: wanted.Urgency,
				Question: wanted.Question, AskedBy: c.caller.Person.ID}, wanted.Key, c.now)
			if err != nil {
				return o, err
			}
			return o, s.notices.Asked(tx, o, c.caller.Person.ID, c.now)
		})
}

func (s opinions) do(c *call, deed opinion.Deed, action practice.Action) error {
	version, err := c.version()
	if err != nil {
		return err
	}
	var said OpinionText
	if err := c.body(&said); err != nil {
		return err
	}
	return s.change(c, http.StatusOK, "opinion."+string(deed),
		func(tx *store.Tx) (practice.Opinion, error) {
			o, err := s.found(c, tx, action)
			if err != nil {
				return o, err
			}
			me := c.caller.Person.ID
			if o, err = opinion.Do(tx, o, deed, version, me,
				opinion.Said{Text: said.Text, Distant: said.Distant}, c.now); err != nil {
				return o, err
			}
			if deed == opinion.Answer {
				if err := s.post(tx, o, c.now); err != nil {
					return o, err
				}
			}
			return o, s.notices.Done(tx, o, deed, me, c.now)
		})
}

// post lets an answer go into the record of the establishment that asked, if there is one.
func (s opinions) post(tx *store.Tx, o practice.Opinion, now time.Time) error {
	house, err := store.Get[practice.Establishment](tx, "WHERE id = $1", o.Establishment)
	if err != nil || !s.courier.Records(house) {
		return err
	}
	return report.PostOpinion(tx, o, practice.InstantOf(now))
}

// resend lets an answer go into the record at once that waits for its next try, or was refused.
func (s opinions) resend(c *call) error {
	return s.change(c, http.StatusOK, "outbox.resend",
		func(tx *store.Tx) (practice.Opinion, error) {
			o, err := s.found(c, tx, practice.ActionOpinionAsk)
			if err != nil {
				return o, err
			}
			message, err := report.SentOpinion(tx, o)
			if err != nil || message == nil || message.State == practice.OutboxSent {
				return o, err
			}
			_, err = s.courier.Resend(tx, *message)
			return o, err
		})
}

// change does something to a request, writes it into the audit log, and answers with what it is.
func (s opinions) change(c *call, status int, action string,
	do func(*store.Tx) (practice.Opinion, error)) error {
	var line OpinionLine
	err := c.write(func(tx *store.Tx) error {
		o, err := do(tx)
		if err != nil {
			return err
		}
		if line, err = s.whole(c, tx, o); err != nil {
			return err
		}
		return c.audit(tx, practice.AuditEntry{Establishment: o.Establishment, Action: action,
			Patient: o.Patient, Object: o.ID})
	})
	var state *opinion.StateError
	if errors.As(err, &state) {
		return invalid("state", "%s", state.Error())
	}
	if errors.Is(err, picture.ErrOver) {
		return invalid("state", "%s", err)
	}
	if err != nil {
		return err
	}
	return c.reply(status, line)
}

// found is the request that the address names, if the caller has the right on their side of it.
// Without any right it is not there: an expert of another service learns nothing of it.
func (opinions) found(c *call, tx *store.Tx, action practice.Action) (practice.Opinion, error) {
	o, err := store.Get[practice.Opinion](tx.Across("whose it is is asked below"),
		"WHERE id = $1", c.path("id"))
	if err != nil {
		return o, err
	}
	asks, answers := viewerOf(c.caller).sides(o)
	switch {
	case !asks && !answers:
		return o, refuse(CodeNotFound, "there is none, or not for you")
	case action == practice.ActionOpinionAsk && !asks,
		action == practice.ActionOpinionAnswer && !answers:
		return o, refuse(CodeForbidden, "expected the right %s, got a person without it; ask an "+
			"administrator", action)
	}
	return o, nil
}

func (s opinions) show(c *call) error {
	var line OpinionLine
	err := c.look(func(tx *store.Tx) (entry practice.AuditEntry, err error) {
		o, err := s.found(c, tx, "")
		if err != nil {
			return entry, err
		}
		line, err = s.whole(c, tx, o)
		return practice.AuditEntry{Establishment: o.Establishment, Action: "opinion.view",
			Patient: o.Patient, Object: o.ID}, err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, line)
}

// whole is a request with what was said and shown about it, which lists do without.
func (s opinions) whole(c *call, tx *store.Tx, o practice.Opinion) (OpinionLine, error) {
	line, err := s.line(c, tx, o)
	if err != nil {
		return line, err
	}
	if line.Pictures, err = picture.Of(tx, o); err != nil {
		return line, err
	}
	if line.Marks, err = s.pictures.Marks(tx, o); err != nil {
		return line, err
	}
	line.Notes, err = opinion.Notes(tx, o)
	for _, note := range line.Notes {
		name, problem := nameOf(tx, note.SaidBy)
		if problem != nil {
			return line, problem
		}
		line.Names[note.SaidBy] = name
	}
	return line, err
}

// patient is a request's as the caller may see them: of another establishment's the traits that are
// read aloud.
func (s opinions) patient(c *call, tx *store.Tx, o practice.Opinion) (*PatientLine, error) {
	patient, err := store.Get[practice.Patient](tx, "WHERE establishment = $1 AND id = $2",
		o.Establishment, o.Patient)
	sight := sightHost
	if mayAsk, _ := viewerOf(c.caller).sides(o); mayAsk {
		sight = sightFull
	}
	return patientLine(patient, sight), err
}

// line is a request as the caller may see it.
func (s opinions) line(c *call, tx *store.Tx, o practice.Opinion) (OpinionLine, error) {
	line := OpinionLine{Opinion: o, Names: map[string]string{}, Notes: []practice.OpinionNote{},
		Pictures: []practice.Picture{}, Marks: map[string][]practice.PictureMark{}}
	line.MayAsk, line.MayAnswer = viewerOf(c.caller).sides(o)
	line.Mine = o.TakenBy != "" && o.TakenBy == c.caller.Person.ID
	var err error
	if line.Patient, err = s.patient(c, tx, o); err != nil {
		return line, err
	}
	if line.AskingHouse, err = houseName(tx, o.Establishment); err != nil {
		return line, err
	}
	if line.AskedHouse, err = houseName(tx, o.AskedEstablishment); err != nil {
		return line, err
	}
	service, err := store.Get[practice.Service](tx, "WHERE establishment = $1 AND id = $2",
		o.AskedEstablishment, o.Service)
	if err != nil {
		return line, err
	}
	line.ServiceName = service.Name
	if line.Asker, err = nameOf(tx, o.AskedBy); err != nil {
		return line, err
	}
	if line.Expert, err = nameOf(tx, o.TakenBy); err != nil {
		return line, err
	}
	if line.Seen, err = opinion.SeenBy(tx, o, c.caller.Person.ID); err != nil {
		return line, err
	}
	if line.Talk, line.MayTalk, err = s.talkOf(c, tx, o); err != nil {
		return line, err
	}
	if line.MayAsk && o.State == practice.OpinionAnswered {
		if line.Sent, err = report.SentOpinion(tx, o); err != nil {
			return line, err
		}
	}
	return line, nil
}

func houseName(tx *store.Tx, id string) (name string, err error) {
	err = tx.Scan("SELECT name FROM establishments WHERE id = $1", []any{id}, &name)
	return name, err
}

// pdf is a request and its answer as a file, the same for both sides but for the patient's numbers,
// which are the asking establishment's. Its name names nobody.
func (s opinions) pdf(c *call) error {
	var page report.OpinionPage
	err := c.write(func(tx *store.Tx) error {
		o, err := s.found(c, tx, "")
		if err != nil {
			return err
		}
		if o.ForgottenAt != 0 {
			return refuse(CodeNotFound, "expected a request whose texts are kept, got one that "+
				"was over for longer than %s says", opinion.DaysKey)
		}
		patient, err := s.patient(c, tx, o)
		if err != nil {
			return err
		}
		if page, err = report.OpinionPageOf(tx, o); err != nil {
			return err
		}
		page.Language = c.caller.Person.Language
		page.Patient = practice.ReportPatient{BirthName: patient.BirthName,
			UsedName: patient.UsedName, BirthGivenName: patient.BirthGivenName,
			BirthDate: patient.BirthDate, Sex: patient.Sex, IPP: patient.IPP}
		return c.audit(tx, practice.AuditEntry{Establishment: o.Establishment,
			Action: "opinion.pdf", Patient: o.Patient, Object: o.ID})
	})
	if err != nil {
		return err
	}
	file, err := report.OpinionPDF(page)
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "application/pdf")
	c.w.Header().Set("Content-Disposition", `attachment; filename="`+
		strings.ToLower(page.Opinion.ID)+"-"+strconv.Itoa(page.Opinion.Version)+`.pdf"`)
	_, _ = c.w.Write(file) // whoever asked may be gone
	return nil
}

// tellers say that a request has changed, to both sides and without what is in it.
func (s opinions) tellers() []Teller {
	return []Teller{{practice.TopicOpinion, func(ctx context.Context, from *store.Store,
		_ time.Time, listener people.Signed, change practice.Change) ([]Event, error) {
		o, err := changed[practice.Opinion](ctx, from, change)
		if err != nil || o == nil {
			return nil, err
		}
		if asks, answers := viewerOf(listener).sides(*o); !asks && !answers {
			return nil, nil
		}
		calling, err := s.callingNow(ctx, from, listener, *o)
		return []Event{{"opinion", OpinionTold{o.ID, o.State, calling}}}, err
	}}}
}
