// Package agenda keeps appointments: who meets whom, when, where and by which link; series of
// staff meetings; what became of each appointment as rooms tell it.
//
// Times that people choose are wall-clock times in the establishment's zone. What is pure stands in
// files of its own: walltime.go, recurrence.go, progress.go, window.go.
package agenda

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"go.uber.org/zap"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// Invitations makes ways into rooms. The practice is given them by whoever runs the calls.
type Invitations interface {
	// Invite returns an address of this server that lets one guest into one room.
	Invite(Invitation) (address string, err error)
}

// Invitation is what one way in allows. It has no name: addresses hold none.
type Invitation struct {
	ID       string // of the guest in Presence
	Family   string // of links that replace each other; empty: without a link
	Room     string
	Kind     practice.AppointmentKind
	CallRole string // host, clinician or guest
	From     time.Time
	Until    time.Time
}

// Config is what an Agenda needs. Store, Invitations, Public and LinkKey are required.
type Config struct {
	Store       *store.Store
	Invitations Invitations
	Public      *url.URL // that links begin with
	LinkKey     []byte   // 32 bytes: links are HMACs with it
	Node        string   // of this process, for jobs that one node does; any name of its own
	Log         *zap.Logger
	Now         func() time.Time
}

// Agenda makes and changes appointments. Its methods may be called concurrently.
type Agenda struct {
	config Config
	now    func() time.Time
	log    *zap.Logger

	heard chan struct{} // something is in news

	mu    sync.Mutex          // guards what follows; nothing is locked while it is held
	rooms map[string]Presence // on this server, with somebody in them
	news  []Presence          // not written down yet, the oldest first
}

// New returns an Agenda. Run does what has to be done from time to time.
func New(config Config) (*Agenda, error) {
	if config.Store == nil || config.Invitations == nil || config.Public == nil {
		return nil, errors.New("expected Config.Store, Invitations and Public, got nil; give all")
	}
	if len(config.LinkKey) < sha256.Size {
		return nil, fmt.Errorf("expected a key of %d bytes for links, got %d", sha256.Size,
			len(config.LinkKey))
	}
	if config.Log == nil {
		config.Log = zap.NewNop()
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Node == "" {
		config.Node = practice.NewID()
	}
	return &Agenda{config: config, now: config.Now, log: config.Log,
		heard: make(chan struct{}, 1), rooms: map[string]Presence{}}, nil
}

// Errors that callers tell apart.
var (
	ErrTooEarly  = errors.New("the appointment does not begin yet")
	ErrTooLate   = errors.New("the appointment is over")
	ErrCancelled = errors.New("the appointment was cancelled")
	// ErrMet is that a session has begun or taken place: its times and its report stay.
	ErrMet = errors.New("expected an appointment that is to come, got one where they have met: " +
		"it is neither moved nor cancelled; make a new one")
)

// FieldError says which field of a request is wrong, and why.
type FieldError struct{ Field, Problem string }

func (e *FieldError) Error() string { return e.Field + ": " + e.Problem }

// NoRightError says that somebody has no right in the establishment of an appointment, and so
// cannot be asked to it.
type NoRightError struct{ Field string }

func (e *NoRightError) Error() string {
	return e.Field + ": expected somebody who has a right here (secretary, nurse, clinician or " +
		"expert), got a person who has none; ask an administrator to give it"
}

// Wrong returns a FieldError.
func Wrong(field, format string, values ...any) error {
	return &FieldError{Field: field, Problem: fmt.Sprintf(format, values...)}
}

// ConflictError says which appointments are at the same time.
type ConflictError struct{ Conflicts []Conflict }

func (e *ConflictError) Error() string {
	return fmt.Sprintf(
		"expected a free time, got one with %d conflicts; choose another, or make it anyway",
		len(e.Conflicts),
	)
}

// linkTokenBytes are half of the HMAC: 128 bits, 22 characters.
const linkTokenBytes = 16

// linkToken is what stands behind /r/ in a link's address. It is made of the link's id, so that a
// reminder can carry it again though the store has only its hash.
func (a *Agenda) linkToken(id string) string {
	mac := hmac.New(sha256.New, a.config.LinkKey)
	mac.Write([]byte(id))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:linkTokenBytes])
}

// Address is that of a link, given its id.
func (a *Agenda) Address(link string) string {
	address := *a.config.Public
	address.Path = "/r/" + a.linkToken(link)
	return address.String()
}

// Page is the address of the staff's pages.
func (a *Agenda) Page() string {
	address := *a.config.Public
	address.Path = "/"
	return address.String()
}
