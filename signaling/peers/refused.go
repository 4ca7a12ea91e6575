package peers

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"draille/signaling/peers/identity"
	"draille/signaling/peers/wire"
)

// Refused is a node's refusal, in its own words.
type Refused struct {
	Node   string
	Reason wire.Reason
	Words  string
}

// Error implements error.
func (r *Refused) Error() string {
	return fmt.Sprintf("node %q refuses: %s", r.Node, r.Words)
}

// NotHere is what an Owner returns that does not hold a room.
var NotHere error = &Refused{Reason: wire.NotHere,
	Words: "the room does not live on this node; look it up again"}

// stopping is how a node refuses that is being stopped.
var stopping = &Refused{Reason: wire.Stopping, Words: "this node stops; ask another"}

// statusOf is the status with which a refusal is sent. Who reads it looks at the reason alone.
func statusOf(reason wire.Reason) int {
	switch reason {
	case wire.BadMessage, wire.UnreadFormat:
		return http.StatusBadRequest
	case wire.NotHere:
		return http.StatusMisdirectedRequest
	case wire.Busy, wire.Stopping:
		return http.StatusServiceUnavailable
	case wire.Failed:
		return http.StatusInternalServerError
	}
	return http.StatusForbidden
}

// refusalOf puts an error into the form in which a node is told it.
func refusalOf(err error, formats wire.Formats) wire.Refusal {
	refusal := wire.Refusal{Reason: wire.Failed, Words: err.Error(), Formats: formats}
	var refused *Refused
	var problem *identity.Problem
	var malformed *wire.Malformed
	var format *wire.OtherFormat
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &refused):
		refusal.Reason, refusal.Words = refused.Reason, refused.Words
	case errors.As(err, &problem):
		refusal.Reason = wire.Reason(problem.Kind)
	case errors.As(err, &format):
		refusal.Reason = wire.UnreadFormat
	case errors.As(err, &malformed):
		refusal.Reason = wire.BadMessage
	case errors.As(err, &tooLarge):
		refusal.Reason = wire.BadMessage
		refusal.Words = fmt.Sprintf("expected at most %d bytes, got more; shorten the message",
			tooLarge.Limit)
	}
	if len(refusal.Words) > maxWords {
		refusal.Words = refusal.Words[:maxWords]
	}
	return refusal
}

// maxWords is how long the words of a refusal may be.
const maxWords = 1 << 10

// sendRefusal answers a request with a refusal.
func sendRefusal(w http.ResponseWriter, err error, formats wire.Formats) {
	refusal := refusalOf(err, formats)
	data, _ := json.Marshal(refusal) // two texts and two numbers
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(statusOf(refusal.Reason))
	_, _ = w.Write(data) // who asked may be gone
}

// readRefusal reads a response that is none of those that were asked for.
func readRefusal(response *http.Response, node string) error {
	data, err := io.ReadAll(io.LimitReader(response.Body, wire.MaxMessageBytes))
	if err != nil {
		return err
	}
	var refusal wire.Refusal
	if err := wire.Decode(data, wire.Formats{}, &refusal); err != nil {
		return &Refused{node, wire.Failed, fmt.Sprintf("%s, without words that can be read",
			response.Status)}
	}
	return &Refused{node, refusal.Reason, refusal.Words}
}
