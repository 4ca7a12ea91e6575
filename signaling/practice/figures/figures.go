// Package figures counts what happens in the practice, without anybody in it: acts, no-shows,
// waiting, durations, incidents, answers and satisfaction by month, kind, service and place.
//
// What a thing has counted for is written where the thing is (its mark), in the transaction that
// changes the counters. So it counts once whatever crashes, differently when it turns out to be
// something else, and still when it is deleted.
package figures

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/report"
	"draille/signaling/practice/store"
)

// longWait is above what a wait is called long: a quarter of an hour after the time that was given.
// It is a choice of ours; the sum of all waits stands beside it.
const longWait = 15 * time.Minute

// Measure is one number of a figure.
type Measure struct {
	Column string
	Of     func(*practice.Figure) *int
}

// Measures are all numbers of a figure, in the order of its table.
var Measures = []Measure{
	{"acts", func(f *practice.Figure) *int { return &f.Acts }},
	{"no_shows", func(f *practice.Figure) *int { return &f.NoShows }},
	{"cancelled", func(f *practice.Figure) *int { return &f.Cancelled }},
	{"waits", func(f *practice.Figure) *int { return &f.Waits }},
	{"wait_seconds", func(f *practice.Figure) *int { return &f.WaitSeconds }},
	{"long_waits", func(f *practice.Figure) *int { return &f.LongWaits }},
	{"sessions", func(f *practice.Figure) *int { return &f.Sessions }},
	{"session_seconds", func(f *practice.Figure) *int { return &f.SessionSeconds }},
	{"troubled", func(f *practice.Figure) *int { return &f.Troubled }},
	{"frozen", func(f *practice.Figure) *int { return &f.Frozen }},
	{"voice_only", func(f *practice.Figure) *int { return &f.VoiceOnly }},
	{"stills", func(f *practice.Figure) *int { return &f.Stills }},
	{"reconnected", func(f *practice.Figure) *int { return &f.Reconnected }},
	{"lost", func(f *practice.Figure) *int { return &f.Lost }},
	{"asked", func(f *practice.Figure) *int { return &f.Asked }},
	{"answers", func(f *practice.Figure) *int { return &f.Answers }},
	{"answer_seconds", func(f *practice.Figure) *int { return &f.AnswerSeconds }},
	{"distant", func(f *practice.Figure) *int { return &f.Distant }},
}

// Add adds the numbers of one figure to another.
func Add(to *practice.Figure, more practice.Figure) {
	for _, m := range Measures {
		*m.Of(to) += *m.Of(&more)
	}
}

// OfAppointment is what an appointment counts for, given what was measured in its session. One
// whose outcome is not known yet counts for nothing: the zero Figure.
func OfAppointment(a practice.Appointment, episodes []practice.Episode) practice.Figure {
	if a.Opinion != "" {
		return practice.Figure{} // the act is the answer, which is counted of itself
	}
	f := practice.Figure{Establishment: a.Establishment, Service: a.Service, Place: a.Place,
		Kind: practice.FigureKind(a.Kind), Month: monthOf(a)}
	switch a.Status {
	case practice.StatusFulfilled:
		f.Acts = 1
		session(&f, a, episodes)
	case practice.StatusNoShow:
		f.NoShows = 1
	case practice.StatusCancelled:
		f.Cancelled = 1
	default:
		return practice.Figure{}
	}
	return f
}

// session counts how long an appointment took, how long its patient waited, and what went wrong.
func session(f *practice.Figure, a practice.Appointment, episodes []practice.Episode) {
	if a.BeganAt == 0 || a.EndedAt < a.BeganAt {
		return // it took place elsewhere, as on the telephone
	}
	f.Sessions, f.SessionSeconds = 1, seconds(a.BeganAt, a.EndedAt)
	if a.Kind == practice.KindConsultation && a.ArrivedAt != 0 {
		// Whoever comes early waits for their own reasons until they are due.
		wait := seconds(max(a.ArrivedAt, a.StartsAt), a.BeganAt)
		f.Waits, f.WaitSeconds = 1, wait
		if wait > int(longWait/time.Second) {
			f.LongWaits = 1
		}
	}
	for _, incident := range report.Incidents(a, episodes, nil) {
		f.Troubled = 1
		switch incident.Kind {
		case practice.EpisodeFrozen:
			f.Frozen = 1
		case practice.EpisodeVoice:
			f.VoiceOnly = 1
		case practice.EpisodeStill:
			f.Stills = 1
		case practice.EpisodeReconnected:
			f.Reconnected = 1
		case practice.EpisodeLost:
			f.Lost = 1
		}
	}
}

// seconds are those between two instants; 0 if the second is not later.
func seconds(from, to practice.Instant) int { return int(max(0, to-from) / 1000) }

// localLayout is how appointments write when they start, where they were made.
const localLayout = "2006-01-02T15:04"

// monthOf is the month in which an appointment was planned, where it was made.
func monthOf(a practice.Appointment) int {
	if local, err := time.Parse(localLayout, a.LocalStart); err == nil {
		return MonthAt(local, time.UTC)
	}
	return MonthAt(a.StartsAt.Time(), time.UTC)
}

// MonthAt is the month of a moment in a zone, as in 202612.
func MonthAt(at time.Time, zone *time.Location) int {
	at = at.In(zone)
	return at.Year()*100 + int(at.Month())
}

// OfOpinion is what a request for an opinion counts for, as a question and as an answer, given the
// zone of the service that is asked. The patient of a question is at no place of ours.
func OfOpinion(o practice.Opinion, zone *time.Location) (question, answer practice.Figure) {
	part := practice.Figure{Establishment: o.AskedEstablishment, Service: o.Service,
		Kind: practice.FigureOpinion}
	question, answer = part, part
	question.Month, question.Asked = MonthAt(o.AskedAt.Time(), zone), 1
	switch o.State {
	case practice.OpinionWithdrawn:
		question.Cancelled = 1
	case practice.OpinionAnswered:
		answer.Month = MonthAt(o.EndedAt.Time(), zone)
		answer.Acts, answer.Answers, answer.AnswerSeconds = 1, 1, seconds(o.AskedAt, o.EndedAt)
		if o.Distant {
			answer.Distant = 1
		}
		return question, answer
	}
	return question, practice.Figure{}
}

// Recount replaces what a thing has counted for by what it counts for now, and returns its new
// mark, which is to be written beside the thing in the same transaction. A thing that has not been
// counted has the mark ""; the zero Figure counts for nothing.
func Recount(tx *store.Tx, mark string, now practice.Figure) (string, error) {
	next, err := markOf(now)
	if err != nil || next == mark {
		return next, err
	}
	if mark != "" {
		var before practice.Figure
		if err := json.Unmarshal([]byte(mark), &before); err != nil {
			return "", fmt.Errorf("expected the mark of a figure, got %.40q: %w", mark, err)
		}
		for _, m := range Measures {
			*m.Of(&before) = -*m.Of(&before)
		}
		if err := count(tx, before); err != nil {
			return "", err
		}
	}
	if next == "" {
		return "", nil
	}
	return next, count(tx, now)
}

// markOf is a figure as JSON, without what is 0.
func markOf(f practice.Figure) (string, error) {
	if f == (practice.Figure{}) {
		return "", nil
	}
	text, err := json.Marshal(f)
	if err != nil {
		return "", err
	}
	members := map[string]any{}
	if err := json.Unmarshal(text, &members); err != nil {
		return "", err
	}
	for name, value := range members {
		if value == 0.0 || value == "" {
			delete(members, name)
		}
	}
	text, err = json.Marshal(members)
	return string(text), err
}

// addition adds a figure to its cell.
var addition = func() string {
	columns := []string{"establishment", "service", "place", "kind", "month"}
	keys := strings.Join(columns, ", ")
	var sums []string
	for _, m := range Measures {
		columns = append(columns, m.Column)
		sums = append(sums, m.Column+" = figures."+m.Column+" + excluded."+m.Column)
	}
	marks := make([]string, len(columns))
	for i := range marks {
		marks[i] = "$" + strconv.Itoa(i+1)
	}
	return "INSERT INTO figures (" + strings.Join(columns, ", ") + ") VALUES (" +
		strings.Join(marks, ", ") + ") ON CONFLICT (" + keys + ") DO UPDATE SET " +
		strings.Join(sums, ", ")
}()

// count adds a figure to its cell, unless that is of a month that is no longer kept: then nobody
// would see what is left of it.
func count(tx *store.Tx, f practice.Figure) error {
	var forgotten int
	if err := tx.Scan("SELECT COALESCE(MAX(month), 0) FROM figures_forgotten", nil,
		&forgotten); err != nil || f.Month <= forgotten {
		return err
	}
	values := []any{f.Establishment, f.Service, f.Place, string(f.Kind), f.Month}
	for _, m := range Measures {
		values = append(values, *m.Of(&f))
	}
	_, err := tx.Exec(addition, values...)
	return err
}
