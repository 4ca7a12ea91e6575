package desk

import "draille/signaling/practice"

// Hello begins a stream of events.
type Hello struct {
	Now     practice.Instant `json:"now"`
	Version string           `json:"version"` // of the server
}

// Gone says that an appointment is no longer in the list of whoever listens.
type Gone struct {
	Appointment string `json:"appointment"`
}

// Arrival says that somebody waits who is to be met: the page rings until the row is no longer
// waiting.
type Arrival struct {
	Appointment string           `json:"appointment"`
	Participant string           `json:"participant"`
	At          practice.Instant `json:"at"`
}

// Ended says that a session or a tablet is no longer welcome. A call goes on.
type Ended struct {
	Reason EndReason `json:"reason"`
}

// EndReason is why.
type EndReason string

const (
	EndSignedOut EndReason = "signed-out" // here or elsewhere
	EndExpired   EndReason = "expired"
	EndRevoked   EndReason = "revoked"
	EndStopping  EndReason = "stopping" // the server; come back in a moment
)

// Events are the server-sent events of GET /api/events, by name.
type Events struct {
	Hello       Hello            `json:"hello"`
	Appointment Row              `json:"appointment"` // new or changed
	Gone        Gone             `json:"gone"`
	Arrival     Arrival          `json:"arrival"`
	Delay       practice.Delay   `json:"delay"`   // minutes 0: taken back
	Device      practice.Device  `json:"device"`  // for places.manage
	Message     practice.Message `json:"message"` // for outbox.view: failed, sent again
	// for interop.manage: refused, replayed
	Received practice.Received `json:"received"`
	Opinion  OpinionTold       `json:"opinion"` // for both sides
	Thread   ThreadLine        `json:"thread"`  // of one's own: written, read or deleted
	Me       Me                `json:"me"`      // the rights of whoever listens have changed
	Ended    Ended             `json:"ended"`
}
