package record

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"draille/signaling/practice"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/interop/fhir"
	"draille/signaling/practice/report"
)

const (
	mediaFHIR = "application/fhir+json"
	// maxAnswer is more than the resource of the longest report, which comes back from a search.
	maxAnswer = 32 << 20
)

// publication is one version on its way into a record that speaks FHIR (ITI-105), or out of it.
//
// An answer may be lost on its way, and ITI-105 knows no second attempt: so the record is asked
// first whether it has the version, by its identifier, and told not to take it twice
// (If-None-Exist). A record that offers no search is relied upon to know masterIdentifier again.
type publication struct {
	way       Way
	d         report.Document
	transport *http.Transport
	client    *http.Client
}

// newPublication is one by a way; close ends its connections.
func newPublication(w Way, d report.Document) *publication {
	transport := &http.Transport{TLSClientConfig: w.TLS,
		DialContext:         (&net.Dialer{Timeout: connectTime}).DialContext,
		TLSHandshakeTimeout: connectTime}
	return &publication{way: w, d: d, transport: transport,
		client: &http.Client{Transport: transport}}
}

func (p *publication) close() { p.transport.CloseIdleConnections() }

// deliver asks the record once for what the message wants.
func (p *publication) deliver(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, connectTime+answerTime)
	defer cancel()
	if p.way.Token != nil { // it is asked for over connections of ours
		p.client = p.way.Token.Client(context.WithValue(ctx, oauth2.HTTPClient, p.client))
	}
	// A report goes where the setting says, and nowhere else.
	p.client.CheckRedirect = func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}
	number := p.d.Report.Number
	if p.d.Withdraws {
		number = p.d.Before
	}
	there, err := p.find(ctx, versionIdentifier(p.d, number))
	switch {
	case err != nil:
		return err
	case p.d.Withdraws:
		return p.withdraw(ctx, there)
	case there != nil:
		return nil
	}
	return p.post(ctx)
}

// resource is one of the record's, with all that it has.
type resource map[string]json.RawMessage

// text is a string of a resource.
func (r resource) text(name string) (text string) {
	_ = json.Unmarshal(r[name], &text) // what is no string is none
	return text
}

// is reports whether the resource is the document with an identifier.
func (r resource) is(id fhir.Identifier) bool {
	var master fhir.Identifier
	var others []fhir.Identifier
	_ = json.Unmarshal(r["masterIdentifier"], &master)
	_ = json.Unmarshal(r["identifier"], &others)
	return r.text("resourceType") == "DocumentReference" &&
		slices.ContainsFunc(append(others, master), func(one fhir.Identifier) bool {
			return one.System == id.System && one.Value == id.Value
		})
}

// find looks for a version in the record; nil: it is not there, or the record offers no search.
func (p *publication) find(ctx context.Context, id fhir.Identifier) (resource, error) {
	answer, err := p.ask(ctx, http.MethodGet, p.way.in("DocumentReference?"+url.Values{
		"identifier": {id.System + "|" + id.Value}}.Encode()), nil, nil)
	if err != nil {
		return nil, err
	}
	if refused := answer.problem(p.d); refused != nil {
		if answer.passes() {
			return nil, refused
		}
		return nil, nil
	}
	var bundle struct {
		Entry []struct {
			Resource resource `json:"resource"`
		} `json:"entry"`
	}
	if err := json.Unmarshal(answer.body, &bundle); err != nil {
		return nil, courier.Later(practice.ReasonLater,
			errors.New("expected a Bundle in JSON from the search, got something else"))
	}
	for _, one := range bundle.Entry { // a server may ignore what it is asked for
		if one.Resource.is(id) {
			return one.Resource, nil
		}
	}
	return nil, nil
}

func (p *publication) post(ctx context.Context) error {
	r, err := p.way.documentReference(p.d)
	if err != nil {
		return courier.Refused(practice.ReasonSetting, err)
	}
	answer, err := p.ask(ctx, http.MethodPost, p.way.in("DocumentReference"), r, http.Header{
		"If-None-Exist": {"identifier=" + r.MasterIdentifier.System + "|" +
			r.MasterIdentifier.Value}})
	if err != nil {
		return err
	}
	return answer.problem(p.d)
}

// withdraw marks a version in the record as entered in error.
func (p *publication) withdraw(ctx context.Context, there resource) error {
	if there == nil {
		return courier.Refused(practice.ReasonRefused, errors.New("expected the record to find "+
			"the document by its identifier, got none; withdraw it there"))
	}
	const withdrawn = "entered-in-error"
	if there.text("status") == withdrawn {
		return nil
	}
	there["status"] = json.RawMessage(`"` + withdrawn + `"`)
	header := http.Header{}
	var meta fhir.Meta
	_ = json.Unmarshal(there["meta"], &meta)
	if meta.VersionID != "" {
		header.Set("If-Match", `W/"`+meta.VersionID+`"`)
	}
	answer, err := p.ask(ctx, http.MethodPut,
		p.way.in("DocumentReference", url.PathEscape(there.text("id"))), there, header)
	if err != nil {
		return err
	}
	return answer.problem(p.d)
}

// ask sends a request and reads its answer.
func (p *publication) ask(ctx context.Context, method, at string, body any, header http.Header) (
	*answer, error) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, at, content)
	if err != nil {
		return nil, courier.Refused(practice.ReasonSetting, err)
	}
	if header != nil {
		request.Header = header
	}
	request.Header.Set("Accept", mediaFHIR)
	if body != nil {
		request.Header.Set("Content-Type", mediaFHIR)
	}
	response, err := p.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	said, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, courier.Later(practice.ReasonAway,
			fmt.Errorf("it has not answered to its end: %w", err))
	}
	return &answer{response.StatusCode, said}, nil
}

// answer is what a server of FHIR says.
type answer struct {
	status int
	body   []byte
}

// passes reports whether the problem of an answer may pass, or is one of access: not one of what
// the server offers.
func (a *answer) passes() bool {
	switch a.status {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusTooEarly,
		http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented:
		return false
	}
	return a.status >= 500
}

// problem is why an answer is no success, in the words of the server, without the patient's traits.
func (a *answer) problem(d report.Document) error {
	if a.status >= 200 && a.status < 300 {
		return nil
	}
	words := fmt.Errorf("HTTP %d: %s", a.status, conceal(a.words(), d))
	switch {
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden:
		return courier.Later(practice.ReasonAccount, words)
	case a.passes(), a.status == http.StatusConflict, a.status == http.StatusPreconditionFailed:
		return courier.Later(practice.ReasonLater, words)
	case a.status < 400:
		return courier.Refused(practice.ReasonSetting, words)
	}
	return courier.Refused(practice.ReasonRefused, words)
}

// words are those of an OperationOutcome.
func (a *answer) words() string {
	var outcome struct {
		Issue []struct {
			Diagnostics string               `json:"diagnostics"`
			Details     fhir.CodeableConcept `json:"details"`
			Expression  []string             `json:"expression"`
			Code        string               `json:"code"`
		} `json:"issue"`
	}
	_ = json.Unmarshal(a.body, &outcome) // a page of a proxy says nothing
	var said []string
	for _, issue := range outcome.Issue {
		for _, one := range append(issue.Expression, issue.Details.Text, issue.Diagnostics) {
			if one = strings.TrimSpace(one); one != "" && !contains(said, one) {
				said = append(said, one)
			}
		}
		if issue.Details.Text == "" && issue.Diagnostics == "" {
			said = append(said, issue.Code)
		}
	}
	if len(said) == 0 {
		return "it does not say why"
	}
	return strings.Join(said, "; ")
}
