package fhir

import (
	"cmp"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"draille/signaling/practice/interop/machines"
	"draille/signaling/practice/store"
)

// token gives an access token to a program that shows its secret or an assertion (RFC 6749 §4.4).
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	status, body := s.issue(w, r)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
	s.count("token", status)
}

// failed is an error of OAuth (RFC 6749 §5.2).
func failed(code, words string) map[string]any {
	return map[string]any{"error": code, "error_description": words}
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

func (s *Server) issue(w http.ResponseWriter, r *http.Request) (int, map[string]any) {
	if s.config.Throttle != nil && !s.config.Throttle.Allow(r, s.now()) {
		w.Header().Set("Retry-After", "60")
		return http.StatusTooManyRequests, failed("slow_down",
			"expected fewer tries from this address; wait a minute")
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err != nil || media != "application/x-www-form-urlencoded" || r.ParseForm() != nil {
		return http.StatusBadRequest, failed("invalid_request",
			"expected a form of at most 16 KiB, application/x-www-form-urlencoded")
	}
	form := r.PostForm
	if form.Get("grant_type") != "client_credentials" {
		return http.StatusBadRequest, failed("unsupported_grant_type",
			"expected grant_type=client_credentials")
	}
	shown := machines.Shown{Client: form.Get("client_id"), Secret: form.Get("client_secret"),
		Scope: form.Get("scope")}
	if id, secret, basic := r.BasicAuth(); basic {
		shown.Client, shown.Secret = unescaped(id), unescaped(secret) // RFC 6749 §2.3.1
	}
	if form.Get("client_assertion_type") == assertionType {
		shown.Assertion, shown.Secret = form.Get("client_assertion"), ""
	}
	issued, err := s.config.Machines.Issue(r.Context(), shown)
	switch {
	case errors.Is(err, machines.ErrUnknown), errors.Is(err, machines.ErrAssertion):
		w.Header().Set("WWW-Authenticate", `Basic realm="fhir"`)
		return http.StatusUnauthorized, failed("invalid_client", err.Error())
	case errors.Is(err, machines.ErrScope):
		return http.StatusBadRequest, failed("invalid_scope", err.Error())
	case errors.Is(err, store.ErrBusy), errors.Is(err, store.ErrAway),
		errors.Is(err, store.ErrFull):
		w.Header().Set("Retry-After", "1")
		return http.StatusServiceUnavailable, failed("temporarily_unavailable", err.Error())
	case err != nil:
		s.log.Error("a token could not be given", zap.Error(err))
		return http.StatusInternalServerError, failed("server_error",
			"the server failed; its log says why")
	}
	return http.StatusOK, map[string]any{"access_token": issued.Token, "token_type": "Bearer",
		"expires_in": int(issued.Lasts.Seconds()), "scope": issued.Scope.String()}
}

func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// smart tells programs where they get tokens (SMART App Launch 2.2, "Configuration").
func (s *Server) smart(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"token_endpoint":        s.endpoint(),
		"grant_types_supported": []string{"client_credentials"},
		"token_endpoint_auth_methods_supported": []string{"private_key_jwt",
			"client_secret_basic", "client_secret_post"},
		"token_endpoint_auth_signing_alg_values_supported": []string{"ES256", "ES384", "RS256",
			"RS384"},
		"scopes_supported": strings.Fields(machines.Resources.String()),
		"capabilities": []string{"client-confidential-asymmetric",
			"client-confidential-symmetric", "permission-v1", "permission-v2"}})
	s.count("metadata", http.StatusOK)
}

// searches are the parameters of each type, as metadata tells them.
var searches = map[string][]map[string]string{
	"Patient": {{"name": "identifier", "type": "token"}, {"name": "name", "type": "string"},
		{"name": "family", "type": "string"}, {"name": "given", "type": "string"},
		{"name": "birthdate", "type": "date"}},
	"Appointment": {{"name": "identifier", "type": "token"}, {"name": "date", "type": "date"},
		{"name": "patient", "type": "reference"}, {"name": "location", "type": "reference"},
		{"name": "status", "type": "token"}},
	"Encounter": {{"name": "appointment", "type": "reference"},
		{"name": "patient", "type": "reference"}, {"name": "date", "type": "date"}},
}

// interactionNames are SMART's letters as a CapabilityStatement tells them.
var interactionNames = map[machines.Interaction]string{machines.Create: "create",
	machines.Read: "read", machines.Update: "update", machines.Search: "search-type"}

// metadata is the CapabilityStatement.
func (s *Server) metadata(w http.ResponseWriter, _ *http.Request) {
	var resources []map[string]any
	for name, letters := range machines.Resources {
		var does []map[string]string
		for _, letter := range letters {
			does = append(does, map[string]string{
				"code": interactionNames[machines.Interaction(letter)]})
		}
		resource := map[string]any{"type": name, "interaction": does, "versioning": "versioned",
			"readHistory": false, "updateCreate": false, "searchParam": searches[name]}
		if strings.Contains(letters, "u") {
			resource["conditionalCreate"], resource["conditionalUpdate"] = true, true
		}
		resources = append(resources, resource)
	}
	slices.SortFunc(resources, func(a, b map[string]any) int {
		return strings.Compare(a["type"].(string), b["type"].(string))
	})
	statement := map[string]any{"resourceType": "CapabilityStatement", "status": "active",
		"date": s.now().UTC().Format(time.DateOnly), "kind": "instance", "fhirVersion": fhirVersion,
		"format": []string{"json"},
		"software": map[string]string{"name": "Draille",
			"version": cmp.Or(s.config.Version, "unknown")},
		"implementation": map[string]string{"description": "Draille", "url": s.base},
		"rest": []map[string]any{{"mode": "server", "resource": resources,
			"security": map[string]any{"service": []CodeableConcept{{Coding: []Coding{{
				System: "http://terminology.hl7.org/CodeSystem/restful-security-service",
				Code:   "SMART-on-FHIR"}}}},
				"description": "OAuth 2 client credentials at " + s.endpoint() +
					", or a client certificate"}}}}
	w.Header().Set("Content-Type", mediaType+"; charset=utf-8")
	_ = json.NewEncoder(w).Encode(statement)
	s.count("metadata", http.StatusOK)
}
