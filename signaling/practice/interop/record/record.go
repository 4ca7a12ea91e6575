// Package record puts signed reports into hospitals' records, by one way for each establishment: as
// HL7 v2 messages over MLLP (MDM or ORU, with the PDF itself or in a CDA document), as resources of
// FHIR (ITI-105), or as files.
//
// A report is one document there: what is sent again is the same message, byte by byte, with the
// same identifiers; a correction replaces what the record has, a withdrawal takes it back.
package record

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"draille/signaling/practice"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/interop/hl7"
	"draille/signaling/practice/interop/hl7/er7"
	"draille/signaling/practice/interop/hl7/mllp"
	"draille/signaling/practice/report"
	"draille/signaling/practice/store"
)

const (
	// connectTime and answerTime are together less than the courier waits for one message.
	connectTime = 8 * time.Second
	answerTime  = 20 * time.Second
	// rest is how long a server that was not reached is left alone: one that is away does not hold
	// up the reports of other establishments.
	rest = 10 * time.Second
)

// Records are the records of all establishments. Its methods may be called concurrently.
type Records struct {
	store *store.Store
	ways  []Way
	other courier.Recorder // for establishments without a way; nil: theirs go nowhere
	now   func() time.Time

	mu   sync.Mutex // guards what follows
	away map[string]time.Time
}

// New returns the records that ways lead to. Reports of establishments without a way go to other;
// nil: nowhere.
func New(from *store.Store, ways []Way, other courier.Recorder) *Records {
	return &Records{store: from, ways: ways, other: other, now: time.Now,
		away: map[string]time.Time{}}
}

// wayOf finds the way of an establishment.
func (r *Records) wayOf(e practice.Establishment) (Way, bool) {
	for _, way := range r.ways {
		if way.Establishment == e.ID || e.FINESS != "" && way.Establishment == e.FINESS {
			return way, true
		}
	}
	return Way{}, false
}

// Takes implements courier.Recorder.
func (r *Records) Takes(e practice.Establishment) bool {
	_, found := r.wayOf(e)
	return found || r.other != nil && r.other.Takes(e)
}

// Deliver implements courier.Recorder.
func (r *Records) Deliver(ctx context.Context, m practice.Message) error {
	var d report.Document
	if err := r.store.Read(ctx, func(tx *store.Tx) (err error) {
		d, err = report.DocumentOf(tx, m)
		return err
	}); err != nil {
		return err
	}
	way, found := r.wayOf(d.House)
	switch {
	case !found && r.other == nil:
		return courier.Refused(practice.ReasonMissing, errors.New("expected an establishment "+
			"with a record, got one without; add it to practice.records-file"))
	case !found:
		return r.other.Deliver(ctx, m)
	case way.Form == FormFolder:
		return report.Folder{Store: r.store, Path: way.Folder}.Deliver(ctx, m)
	}
	return r.send(ctx, way, d)
}

// send asks the record's server once, over a connection of its own: what it answers late, or
// twice, to one message is no answer to another.
func (r *Records) send(ctx context.Context, way Way, d report.Document) error {
	switch {
	case d.Overtaken:
		return courier.Useless(practice.ReasonOutdated, errors.New("a later version was sent"))
	case d.Gone:
		return courier.Useless(practice.ReasonOutdated, errors.New("its texts are kept no more"))
	case d.Withdraws && d.Before == 0:
		return courier.Useless(practice.ReasonOutdated, errors.New("the record has no version"))
	case d.Patient.IPP == "":
		return courier.Refused(practice.ReasonRefused, errors.New("expected a patient with a "+
			"number of the hospital, got none; link the patient to their record there"))
	}
	if until := r.restsUntil(way.Address); r.now().Before(until) {
		return courier.Later(practice.ReasonAway,
			fmt.Errorf("%s was not reached a moment ago", way.Address))
	}
	if way.Form == FormFHIR {
		return r.publish(ctx, way, d)
	}
	message, err := way.Message(d)
	if err != nil {
		return courier.Refused(practice.ReasonSetting, err)
	}
	sender := mllp.NewSender(mllp.SenderConfig{Address: way.Address, TLS: way.TLS,
		Connect: connectTime, Answer: answerTime})
	defer sender.Close()
	answer, err := hl7.Deliver(ctx, sender, message)
	if err != nil {
		return r.unanswered(way, err, errors.Is(err, mllp.ErrUnanswered))
	}
	return judged(answer, d)
}

// publish sends a version to a record that speaks FHIR, or has it withdrawn there.
func (r *Records) publish(ctx context.Context, way Way, d report.Document) error {
	p := newPublication(way, d)
	defer p.close()
	err := p.deliver(ctx)
	var account *oauth2.RetrieveError
	var request *url.Error
	switch {
	case errors.As(err, &account):
		return courier.Later(practice.ReasonAccount, fmt.Errorf("expected a token, got HTTP %d",
			account.Response.StatusCode))
	case errors.As(err, &request):
		var told *net.OpError
		if errors.As(err, &told) && told.Op == "dial" {
			return r.unanswered(way, fmt.Errorf("%s cannot be reached: %w", way.Address,
				request.Err), false)
		}
		return r.unanswered(way, fmt.Errorf("%s has not answered: %w", way.Address, request.Err),
			true)
	}
	return err
}

func (r *Records) restsUntil(address string) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.away[address]
}

// unanswered says why there is no answer, of a server that was reached or not.
func (r *Records) unanswered(way Way, err error, reached bool) error {
	if !reached {
		r.mu.Lock()
		r.away[way.Address] = r.now().Add(rest)
		r.mu.Unlock()
	}
	return courier.Later(reasonOf(err), err)
}

// reasonOf tells a server that is away from one that TLS does not bring together with us.
func reasonOf(err error) practice.Reason {
	var certificate *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	var told *net.OpError
	if errors.As(err, &certificate) || errors.As(err, &plain) ||
		errors.As(err, &told) && told.Op == "remote error" { // an alert: they do not take ours
		return practice.ReasonTLS
	}
	return practice.ReasonAway
}

// judged is what an answer says: taken, not now, or not at all.
func judged(answer er7.Message, d report.Document) error {
	code := answer.First("MSA").Field(1).Text()
	words := fmt.Errorf("%s: %s", code, conceal(wordsOf(answer), d))
	switch code {
	case "AA", "CA":
		return nil
	case "AR", "CR":
		return courier.Refused(practice.ReasonRefused, words)
	case "AE", "CE":
		return courier.Later(practice.ReasonLater, words)
	}
	return courier.Later(practice.ReasonLater,
		fmt.Errorf("expected MSA-1 AA, AE or AR, got %q", code))
}

// wordsOf is what an answer says why.
func wordsOf(answer er7.Message) string {
	said := []string{answer.First("MSA").Field(3).Text()}
	for _, one := range answer.All("ERR") {
		if where := one.Field(2).Raw(); where != "" {
			said = append(said, where)
		}
		said = append(said, one.Field(3).Component(2).Text(), one.Field(7).Text(),
			one.Field(8).Text())
	}
	var different []string
	for _, one := range said {
		if one = strings.TrimSpace(one); one != "" && !contains(different, one) {
			different = append(different, one)
		}
	}
	if len(different) == 0 {
		return "it does not say why"
	}
	return strings.Join(different, "; ")
}

func contains(all []string, text string) bool {
	for _, one := range all {
		if strings.Contains(one, text) {
			return true
		}
	}
	return false
}

// conceal takes out of what another program says what a patient is called: those who look after
// messages see no patient.
func conceal(words string, d report.Document) string {
	p := d.Patient
	for _, trait := range []string{p.INS, p.IPP, p.BirthGivenNames, p.BirthName, p.UsedName,
		p.BirthGivenName, p.BirthDate, strings.ReplaceAll(p.BirthDate, "-", "")} {
		if len(trait) < 2 {
			continue
		}
		trait = strings.ToValidUTF8(trait, "\uFFFD") // no pattern could be made of it
		words = regexp.MustCompile("(?i)"+regexp.QuoteMeta(trait)).ReplaceAllLiteralString(words,
			"…")
	}
	return words
}
