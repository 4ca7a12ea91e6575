package fhir

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/interop/fhir/fhirjson"
	"draille/signaling/practice/interop/machines"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
)

// interaction is what a request asks for.
type interaction struct {
	name   string
	letter machines.Interaction // 0: needs no right
	do     func(*exchange) error
}

// exchange is one request that is being answered.
type exchange struct {
	*Server
	w    http.ResponseWriter
	r    *http.Request
	what interaction
	base string // address of the interface, as they reach it

	caller  machines.Caller
	house   practice.Establishment // the machine's
	zone    *time.Location
	kind    kind
	remarks []string // what was left out of a resource
}

// kind is one type of resource.
type kind interface {
	// read returns what is there; store.ErrNotFound if there is nothing.
	read(e *exchange, tx *store.Tx, id string) (answer, error)
	search(e *exchange, tx *store.Tx, q *query) (page, error)
}

// writable is one that machines may write.
type writable interface {
	kind
	// matching are the ids of those with an identifier.
	matching(e *exchange, tx *store.Tx, id identifier) ([]string, error)
	create(e *exchange, tx *store.Tx, said fhirjson.Element) (answer, error)
	// update makes it what is said; version 0: whatever it was.
	update(e *exchange, tx *store.Tx, id string, said fhirjson.Element, version int) (answer,
		error)
}

var kinds = map[string]kind{"Patient": patients{}, "Appointment": appointments{},
	"Encounter": encounters{}}

// answer is a resource, and whom the audit log says that it is about.
type answer struct {
	id, patient, appointment string
	version                  int
	resource                 any
}

// serve answers a request.
func (e *exchange) serve() {
	status := http.StatusOK
	err := e.begin()
	if err == nil {
		err = e.what.do(e)
	}
	if err != nil {
		status = e.fail(err)
	}
	e.count(e.what.name, status)
}

// begin finds out who asks, and whether they may.
func (e *exchange) begin() error {
	var err error
	if e.caller, err = e.Server.caller(e.r); err != nil {
		return err
	}
	if e.often(e.caller.Machine.ID) {
		return refuse(http.StatusTooManyRequests, "throttled", "", "expected at most %d requests "+
			"a second, got more; wait a second", perSecond)
	}
	if e.what.letter == 0 {
		return nil
	}
	name := e.r.PathValue("type")
	if e.kind = kinds[name]; e.kind == nil {
		return refuse(http.StatusNotFound, "not-supported", "", "expected a type that is served "+
			"here (Patient, Appointment, Encounter), got another")
	}
	if !machines.Resources.Allows(name, e.what.letter) {
		return refuse(http.StatusMethodNotAllowed, "not-supported", "", "expected read or search, "+
			"which is all that %s has here, got %s", name, e.what.name)
	}
	if !e.caller.Scope.Allows(name, e.what.letter) {
		return refuse(http.StatusForbidden, "forbidden", "", "expected the scope system/%s.%c, "+
			"got a token without it; ask the administrator, or ask for it at the token endpoint",
			name, e.what.letter)
	}
	if err := e.acceptable(); err != nil {
		return err
	}
	if !plain(e.r.PathValue("id")) {
		return notThere(name)
	}
	err = e.Server.config.Store.Read(e.r.Context(), func(tx *store.Tx) (err error) {
		e.house, err = store.Get[practice.Establishment](tx, "WHERE id = $1",
			e.caller.Machine.Establishment)
		return err
	})
	if err != nil {
		return err
	}
	e.zone, err = agenda.Zone(e.house.Zone)
	return err
}

// acceptable refuses whoever wants something else than JSON.
func (e *exchange) acceptable() error {
	wanted := e.r.Header.Values("Accept")
	if format := e.r.URL.Query().Get("_format"); format != "" {
		wanted = []string{format}
	}
	all := strings.Join(wanted, ",")
	if all == "" || strings.Contains(all, "json") || strings.Contains(all, "*/*") ||
		strings.Contains(all, "application/*") {
		return nil
	}
	return refuse(http.StatusNotAcceptable, "not-supported", "", "expected Accept: %s, got "+
		"another format", mediaType)
}

// body reads the resource of the request, and wants it to be of the address's type.
func (e *exchange) body() (fhirjson.Element, error) {
	media, _, err := mime.ParseMediaType(e.r.Header.Get("Content-Type"))
	if err != nil || media != mediaType && media != "application/json" {
		return fhirjson.Element{}, refuse(http.StatusUnsupportedMediaType, "not-supported", "",
			"expected Content-Type: %s, got another", mediaType)
	}
	text, err := io.ReadAll(http.MaxBytesReader(e.w, e.r.Body, fhirjson.MaxBytes+1))
	var large *http.MaxBytesError
	if err != nil && !errors.As(err, &large) {
		return fhirjson.Element{}, refuse(http.StatusBadRequest, "incomplete", "",
			"expected a body, got an end in the middle")
	}
	said, err := fhirjson.Parse(text)
	if err != nil {
		return said, err
	}
	return said, isResource(said, e.r.PathValue("type"))
}

// reply answers with a resource.
func (e *exchange) reply(status int, a answer) error {
	if a.version > 0 {
		e.w.Header().Set("ETag", `W/"`+strconv.Itoa(a.version)+`"`)
	}
	if status == http.StatusCreated {
		e.w.Header().Set("Location", e.address(a.id)+"/_history/"+strconv.Itoa(a.version))
	}
	switch preferred := e.r.Header.Get("Prefer"); {
	case e.r.Method != http.MethodGet && strings.Contains(preferred, "return=minimal"):
		e.w.WriteHeader(status)
		return nil
	case e.r.Method != http.MethodGet && strings.Contains(preferred, "return=OperationOutcome"):
		return e.write(status, e.told())
	}
	return e.write(status, a.resource)
}

func (e *exchange) address(id string) string {
	return e.base + "/" + e.r.PathValue("type") + "/" + id
}

func (e *exchange) write(status int, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	e.w.Header().Set("Content-Type", mediaType+"; charset=utf-8")
	e.w.WriteHeader(status)
	_, _ = e.w.Write(text) // whoever asked may be gone
	return nil
}

// told says what was left out of a resource that was taken.
func (e *exchange) told() OperationOutcome {
	o := OperationOutcome{ResourceType: "OperationOutcome", Issue: []Issue{{Severity: "information",
		Code: "informational", Details: CodeableConcept{Text: "It was taken."}}}}
	for _, remark := range e.remarks {
		o.Issue = append(o.Issue, Issue{Severity: "warning", Code: "incomplete",
			Details: CodeableConcept{Text: remarkWords[remark]}, Diagnostics: remark})
	}
	return o
}

// Remarks are what was left out of a resource, or guessed.
const (
	remarkINS          = "ins-not-kept"
	remarkSameINS      = "same-ins"
	remarkBirthDate    = "birth-date-partial"
	remarkBirthPlace   = "birth-place-not-kept"
	remarkDeceased     = "deceased-not-kept"
	remarkPractitioner = "practitioner-unknown"
	remarkPlace        = "place-unknown"
	remarkIdentifier   = "identifier-not-kept"
	remarkUninvited    = "not-invited"
)

var remarkWords = map[string]string{
	remarkINS: "The national identity (INS) is not kept: expected the identity reliability VALI, " +
		"a known authority and 15 characters.",
	remarkSameINS:    "Another patient here has the same national identity (INS).",
	remarkBirthDate:  "The birth date is not kept: expected a whole date.",
	remarkBirthPlace: "The birth place is not kept: expected an INSEE code.",
	remarkDeceased:   "That the patient has died is not kept; cancel the appointments.",
	remarkPractitioner: "A practitioner is not known here by an RPPS number: the service's queue " +
		"has the appointment.",
	remarkPlace: "The place is not known here by its code.",
	remarkIdentifier: "An identifier is not kept: the appointment was made without one, or has " +
		"another.",
	remarkUninvited: "The patient is sent no invitation: no telephone number or mail address is " +
		"known here by which one could go. Give them their link by hand, and put one into the " +
		"Patient for the appointments to come.",
}

func (e *exchange) remark(word string) {
	if !slices.Contains(e.remarks, word) {
		e.remarks = append(e.remarks, word)
	}
}

// fail answers why a request was not done, and returns the status.
func (e *exchange) fail(err error) int {
	if e.r.Context().Err() != nil {
		return http.StatusRequestTimeout // nobody is there any more
	}
	r := translated(err)
	if r == nil {
		reference := practice.NewID()[:8]
		e.log.Error("a request of a machine failed", zap.String("reference", reference),
			zap.String("machine", e.caller.Machine.ID), zap.String("route", e.r.Pattern),
			zap.Error(err))
		r = &refusal{http.StatusInternalServerError, "exception", "", "the server failed; its " +
			"log says why, under the reference " + reference}
	} else {
		e.log.Debug("a request of a machine was refused", zap.Int("status", r.status),
			zap.String("machine", e.caller.Machine.ID), zap.String("route", e.r.Pattern))
	}
	switch r.status {
	case http.StatusUnauthorized:
		e.w.Header().Set("WWW-Authenticate", `Bearer realm="fhir", error="invalid_token"`)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		e.w.Header().Set("Retry-After", "1")
	}
	_ = e.write(r.status, r.outcome()) // strings
	return r.status
}

// nothing answers for addresses that lead nowhere.
func (e *exchange) nothing() error {
	return refuse(http.StatusNotFound, "not-supported", "", "expected an address that %s/metadata "+
		"names, got another, or another method", e.base)
}

// audit writes into the audit log what the machine saw or did, in the transaction that does it.
func (e *exchange) audit(tx *store.Tx, a answer) error {
	said := map[string]string{"machine": e.caller.Machine.ID, "type": e.r.PathValue("type")}
	if len(e.remarks) > 0 {
		said["remarks"] = strings.Join(e.remarks, ",")
	}
	detail, err := json.Marshal(said)
	if err != nil {
		return err
	}
	return ledger.Append(tx, e.now(), practice.AuditEntry{Establishment: e.house.ID,
		ActorKind: practice.ActorSystem, Actor: e.caller.Machine.Name,
		Action: "fhir." + e.what.name, Patient: a.patient, Appointment: a.appointment,
		Object: a.id, Detail: string(detail)})
}
