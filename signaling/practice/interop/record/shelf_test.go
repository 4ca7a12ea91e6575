package record

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// shelf is a record that speaks FHIR: it keeps documents by their identifiers, finds, replaces and
// marks them. Like books it is polite, unless a test says otherwise.
type shelf struct {
	*httptest.Server

	mu         sync.Mutex    // guards what follows
	behaviours []behaviour   // of the next documents that are posted; then it takes them
	search     behaviour     // of all searches
	token      string        // that it wants; empty: none
	down       bool          // answers all with 503
	asked      chan struct{} // one for each request while it is down
	papers     []map[string]any
	strange    []string // what no record should be sent
}

// Manners of searches.
const (
	none     behaviour = "none"     // 404: it offers no search
	ignores  behaviour = "ignores"  // answers with all that it has
	ailing   behaviour = "ailing"   // 503
	finds    behaviour = ""         // what is asked for
	crashes  behaviour = "crashes"  // 500 to a document, and keeps nothing
	conflict behaviour = "conflict" // 409, and keeps it: it had come before
	torn     behaviour = "torn"     // 201, keeps it, and hangs up in the middle of its answer
	late     behaviour = "late"     // keeps it, and answers when nobody waits any more
)

func openShelf(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{asked: make(chan struct{}, 64)}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /fhir/DocumentReference", s.find)
	routes.HandleFunc("POST /fhir/DocumentReference", s.post)
	routes.HandleFunc("PUT /fhir/DocumentReference/{id}", s.put)
	routes.HandleFunc("POST /token", s.grant)
	s.Server = httptest.NewServer(routes)
	t.Cleanup(s.Close)
	return s
}

func (s *shelf) way() Way {
	return Way{Establishment: "E1", Form: FormFHIR, Address: s.URL + "/fhir/",
		Authority: "CHU-X&1.2.250.1.999&ISO"}
}

func identifierOf(paper map[string]any) string {
	id := paper["masterIdentifier"].(map[string]any)
	return fmt.Sprint(id["system"], "|", id["value"])
}

func say(w http.ResponseWriter, status int, content any) {
	w.Header().Set("Content-Type", mediaFHIR)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(content)
}

func outcome(words string) any {
	return map[string]any{"resourceType": "OperationOutcome", "issue": []any{map[string]any{
		"severity": "error", "code": "business-rule", "diagnostics": words,
		"expression": []string{"DocumentReference.subject"}}}}
}

func (s *shelf) lets(w http.ResponseWriter, r *http.Request) bool {
	if s.down {
		say(w, http.StatusServiceUnavailable, "a page")
		s.asked <- struct{}{}
		return false
	}
	if s.token != "" && r.Header.Get("Authorization") != "Bearer "+s.token {
		say(w, http.StatusUnauthorized, outcome("no token"))
		return false
	}
	return true
}

func (s *shelf) grant(w http.ResponseWriter, r *http.Request) {
	if id, secret, _ := r.BasicAuth(); id != "draille" || secret != "secret" {
		say(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
		return
	}
	say(w, http.StatusOK, map[string]string{"access_token": "T", "token_type": "Bearer"})
}

func (s *shelf) find(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.lets(w, r):
		return
	case s.search == none:
		say(w, http.StatusNotFound, outcome("unknown"))
		return
	case s.search == ailing:
		say(w, http.StatusServiceUnavailable, "a page")
		return
	}
	entry := []any{}
	for _, paper := range s.papers {
		if s.search == ignores || identifierOf(paper) == r.URL.Query().Get("identifier") {
			entry = append(entry, map[string]any{"resource": paper})
		}
	}
	say(w, http.StatusOK, map[string]any{"resourceType": "Bundle", "type": "searchset",
		"entry": entry})
}

func (s *shelf) post(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.lets(w, r) {
		return
	}
	how := takes
	if len(s.behaviours) > 0 {
		how, s.behaviours = s.behaviours[0], s.behaviours[1:]
	}
	hangUp := func() {
		if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
			connection.Close()
		}
	}
	switch how {
	case deaf:
		hangUp()
		return
	case crashes:
		say(w, http.StatusInternalServerError, "a page")
		return
	case refuses:
		say(w, http.StatusUnprocessableEntity, outcome("patient DVOŘÁK 770001 inconnu"))
		return
	}
	var paper map[string]any
	if err := json.NewDecoder(r.Body).Decode(&paper); err != nil {
		s.strange = append(s.strange, err.Error())
	}
	s.keep(paper, strings.TrimPrefix(r.Header.Get("If-None-Exist"), "identifier="))
	switch how {
	case cuts:
		hangUp()
	case torn:
		w.Header().Set("Content-Length", "4000")
		say(w, http.StatusCreated, paper)
		_ = http.NewResponseController(w).Flush()
		hangUp()
	case late:
		<-r.Context().Done()
	case conflict:
		say(w, http.StatusConflict, outcome("known"))
	default:
		say(w, http.StatusCreated, paper)
	}
}

// keep puts a document on the shelf and looks whether all is in it that a record needs.
func (s *shelf) keep(paper map[string]any, unless string) {
	id := identifierOf(paper)
	if unless != id {
		s.strange = append(s.strange, "If-None-Exist is of "+unless)
	}
	for _, needed := range []string{"subject", "date", "author", "custodian", "content"} {
		if paper[needed] == nil {
			s.strange = append(s.strange, "no "+needed)
		}
	}
	for _, other := range s.papers {
		if identifierOf(other) == id {
			s.strange = append(s.strange, "a document twice: "+id)
		}
	}
	relations, _ := paper["relatesTo"].([]any)
	for _, one := range relations {
		target := one.(map[string]any)["target"].(map[string]any)
		before := s.paper(identifierOf(map[string]any{"masterIdentifier": target["identifier"]}))
		if before == nil {
			s.strange = append(s.strange, "replaces what is not here")
			continue
		}
		before["status"] = "superseded"
	}
	paper["id"] = fmt.Sprint(len(s.papers) + 1)
	paper["meta"] = map[string]any{"versionId": "7"}
	s.papers = append(s.papers, paper)
}

func (s *shelf) paper(id string) map[string]any {
	for _, paper := range s.papers {
		if identifierOf(paper) == id {
			return paper
		}
	}
	return nil
}

func (s *shelf) put(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var paper map[string]any
	if err := json.NewDecoder(r.Body).Decode(&paper); err != nil ||
		r.Header.Get("If-Match") != `W/"7"` || paper["id"] != r.PathValue("id") {
		s.strange = append(s.strange, "a change of another version or document")
	}
	for i, other := range s.papers {
		if other["id"] == paper["id"] {
			s.papers[i] = paper
		}
	}
	say(w, http.StatusOK, paper)
}

// states are those of the documents, in the order in which they came.
func (s *shelf) states(t *testing.T) (states []string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.Empty(t, s.strange)
	for _, paper := range s.papers {
		states = append(states, paper["status"].(string))
	}
	return states
}

// last is the file of the last document.
func (s *shelf) last(t *testing.T) []byte {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	content := s.papers[len(s.papers)-1]["content"].([]any)[0].(map[string]any)
	file := content["attachment"].(map[string]any)
	data, err := base64.StdEncoding.DecodeString(file["data"].(string))
	require.NoError(t, err)
	require.EqualValues(t, len(data), file["size"])
	return data
}
