package fhir

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/interop/interoptest"
	"draille/signaling/practice/interop/machines"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// ward is a server with two establishments, each with a machine of its own, asked over HTTP.
type ward struct {
	*interoptest.House
	t        *testing.T
	machines *machines.Registry
	fhir     *Server
	address  string
	http     *http.Client

	one, other program
}

// program is a client of the interface.
type program struct {
	*ward
	machine practice.Machine
	secret  string
	token   string
}

const authority = "https://ch-x.example/ipp"

func newWard(t *testing.T) *ward {
	outside := httptest.NewUnstartedServer(nil)
	public := &url.URL{Scheme: "http", Host: outside.Listener.Addr().String()}
	w := &ward{t: t, House: interoptest.Open(t, storetest.Open(t, storetest.Address(t)), public,
		interoptest.Morning)}
	var err error
	w.machines, err = machines.New(machines.Config{Store: w.Store, Now: w.Clock,
		Key: bytes.Repeat([]byte{2}, 32), Audience: BaseOf(public), Endpoint: EndpointOf(public)})
	require.NoError(t, err)
	w.fhir, err = New(Config{Store: w.Store, Agenda: w.Agenda, Machines: w.machines,
		Public: public, Now: w.Clock, Log: w.Logger(), Can: w.Can})
	require.NoError(t, err)
	outside.Config.Handler = w.fhir
	outside.Start()
	t.Cleanup(outside.Close)
	w.address, w.http = outside.URL, outside.Client()
	w.one = w.program(practice.Machine{Establishment: "E1", Name: "rdv", Authority: authority,
		Access: practice.MachineWrites, Links: true, Service: "E1PSY"})
	w.other = w.program(practice.Machine{Establishment: "E2", Name: "rdv",
		Access: practice.MachineWrites, Links: true, Service: "E2PSY"})
	return w
}

// program is a machine that an administrator has made, with a token.
func (w *ward) program(m practice.Machine) program {
	w.t.Helper()
	p := program{ward: w}
	w.Write(func(tx *store.Tx) (err error) {
		p.machine, p.secret, err = w.machines.Add(tx, m)
		return err
	})
	p.token = p.authorized("").text(200, "access_token")
	return p
}

// authorized asks for an access token with the secret.
func (p program) authorized(scope string) reply {
	p.t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {p.machine.ID},
		"client_secret": {p.secret}}
	if scope != "" {
		form.Set("scope", scope)
	}
	return p.posted(form)
}

func (w *ward) posted(form url.Values) reply {
	w.t.Helper()
	answer, err := w.http.PostForm(w.address+Token, form)
	require.NoError(w.t, err)
	return w.replied(answer)
}

// reply is an answer of the server.
type reply struct {
	*ward
	status int
	header http.Header
	body   []byte
}

func (w *ward) replied(answer *http.Response) reply {
	w.t.Helper()
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(w.t, err)
	return reply{w, answer.StatusCode, answer.Header, body}
}

// ask sends a request; header are pairs of name and value.
func (p program) ask(method, path, body string, header ...string) reply {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), method, p.address+Base+"/"+path,
		strings.NewReader(body))
	require.NoError(p.t, err)
	request.Header.Set("Content-Type", mediaType)
	if p.token != "" {
		request.Header.Set("Authorization", "Bearer "+p.token)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	answer, err := p.http.Do(request)
	require.NoError(p.t, err)
	return p.replied(answer)
}

// is wants a status, and reads the body into values.
func (r reply) is(status int, into ...any) reply {
	r.t.Helper()
	require.Equal(r.t, status, r.status, "%s\n%s", r.body, r.Log)
	for _, one := range into {
		require.NoError(r.t, json.Unmarshal(r.body, one))
	}
	return r
}

// text is a member of the body.
func (r reply) text(status int, name string) string {
	r.t.Helper()
	var members map[string]any
	r.is(status, &members)
	text, _ := members[name].(string)
	require.NotEmpty(r.t, text, "%s", r.body)
	return text
}

// refused wants an OperationOutcome with words, and where it is wrong.
func (r reply) refused(status int, code, path, words string) {
	r.t.Helper()
	var said OperationOutcome
	r.is(status, &said)
	require.Equal(r.t, "OperationOutcome", said.ResourceType)
	issue := said.Issue[0]
	require.Equal(r.t, code, issue.Code, "%s", r.body)
	require.Contains(r.t, issue.Details.Text, words)
	if path == "" {
		require.Empty(r.t, issue.Expression)
		return
	}
	require.Equal(r.t, []string{path}, issue.Expression)
}

// dominique is a patient of the specifications, with the number given.
func dominique(number string) map[string]any {
	return map[string]any{"resourceType": "Patient",
		"identifier": []any{map[string]any{"system": authority, "value": number,
			"type": coded("PI")}},
		"name": []any{map[string]any{"use": "official", "family": "PAT-TROIS",
			"given": []any{"DOMINIQUE", "MARIE"}}},
		"gender": "female", "birthDate": "1979-03-28",
		"telecom": []any{map[string]any{"system": "phone", "value": "0612345678",
			"use": "mobile"}}}
}

func coded(code string) map[string]any {
	return map[string]any{"coding": []any{map[string]any{"code": code}}}
}

// qualified is dominique with a validated national identity.
func qualified(number string) map[string]any {
	p := dominique(number)
	p["identifier"] = append(p["identifier"].([]any), map[string]any{"type": coded("INS-NIR"),
		"system": "urn:oid:1.2.250.1.213.1.4.10", "value": "279035121518989"})
	p["extension"] = []any{map[string]any{"url": urlReliability, "extension": []any{
		map[string]any{"url": "identityStatus", "valueCoding": map[string]any{"code": "VALI"}}}},
		map[string]any{"url": urlBirthPlace, "valueAddress": map[string]any{"extension": []any{
			map[string]any{"url": urlINSEE, "valueCoding": map[string]any{"code": "63220"}}}}}}
	return p
}

// meeting is an appointment of a patient, from 10:00 to 10:30.
func meeting(number, patient string) map[string]any {
	return map[string]any{"resourceType": "Appointment", "status": "booked",
		"identifier": []any{map[string]any{"system": "https://ch-x.example/rdv", "value": number}},
		"start":      "2026-12-01T10:00:00+01:00", "end": "2026-12-01T10:30:00+01:00",
		"participant": []any{
			map[string]any{"status": "accepted", "actor": map[string]any{
				"reference": "Patient/" + patient}},
			map[string]any{"status": "accepted", "actor": map[string]any{
				"identifier": map[string]any{"system": systemRPPS, "value": "810000023084"}}}}}
}

func text(value any) string {
	written, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(written)
}

const (
	whereIPP = "Patient?identifier=" + authority + "%7C"
	whereRDV = "Appointment?identifier=https://ch-x.example/rdv%7C"
)

// patient makes a patient, and returns them.
func (p program) patient(said map[string]any) (made Patient) {
	p.t.Helper()
	p.ask("POST", "Patient", text(said)).is(201, &made)
	return made
}
