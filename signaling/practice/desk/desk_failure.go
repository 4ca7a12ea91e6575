package desk

import (
	"encoding/json"
	"errors"
	"net/http"

	"go.uber.org/zap"

	"draille/signaling/practice"
	"draille/signaling/practice/people"
)

// failure is what is answered to an error. What nobody foresaw is a fault of the server, told by
// a reference to its log.
func (d *Desk) failure(r *http.Request, err error) Failure {
	var refused refusal
	if errors.As(err, &refused) {
		return refused.Failure
	}
	var field people.FieldError
	var locked people.LockedError
	switch {
	case errors.As(err, &field):
		return Failure{Code: CodeInvalid, Field: field.Field, Message: field.Error()}
	case errors.As(err, &locked):
		return Failure{Code: CodeLocked, RetryAt: locked.Until, Message: locked.Error()}
	}
	if failure, ok := agendaFailure(err); ok {
		return failure
	}
	for _, k := range known {
		if errors.Is(err, k.err) {
			return Failure{Code: k.code, Message: k.err.Error()}
		}
	}
	reference := practice.NewID()[:8]
	d.log.Error("a request failed", zap.String("reference", reference),
		zap.String("method", r.Method), zap.String("route", r.Pattern), zap.Error(err))
	return Failure{Code: CodeInternal, Reference: reference,
		Message: "the server failed; its log says why, under the reference"}
}

func (d *Desk) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // nobody is there any more
	}
	failure := d.failure(r, err)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(statuses[failure.Code])
	text, err := json.Marshal(failure)
	if err != nil {
		panic(err) // strings and integers
	}
	_, _ = w.Write(text)
}
