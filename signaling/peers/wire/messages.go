package wire

import (
	"encoding/json"
	"errors"
	"net/netip"
	"unicode/utf8"
)

// Bounds of messages.
const (
	// MaxMessageBytes bounds all others.
	MaxMessageBytes = 8 << 10
	// MaxOpeningBytes bounds an Opening.
	MaxOpeningBytes = 8 << 10
	// MaxStateBytes bounds a HandOver and a Reminder.
	MaxStateBytes = 512 << 10
	// MaxVolatileBytes bounds a Volatile: 64 KiB of chat, 100 names and seats, six times as much
	// where JSON escapes every byte (TestAFullRoomIsHandedOver).
	MaxVolatileBytes = 1 << 20

	maxRoomBytes  = 128
	maxTextBytes  = 1 << 10 // origin, host, subprotocol
	maxWordsBytes = 2 << 10
	maxStateBytes = 256 << 10
	// what a State and the words around it leave of a message
	maxContentBytes = MaxVolatileBytes - maxStateBytes - maxTextBytes
)

// Message is one of Hello, Opening, Refusal and those of Told.
type Message interface {
	validate() error
	// written tells in which format it is written; zero: the same in all.
	written() int
}

// Told is what one node tells another of a room: one of Ask, Answer, HandOver, Volatile
// and Reminder.
type Told interface {
	Message
	// In returns the same in a format.
	In(format int) Told
}

// Most is the most bytes that a message of a kind has.
func Most(told Told) int {
	switch told.(type) {
	case *HandOver, *Reminder:
		return MaxStateBytes
	case *Volatile:
		return MaxVolatileBytes
	}
	return MaxMessageBytes
}

// Decode reads a message of one of the formats. What is wrong is a *Malformed or an *OtherFormat.
func Decode(data []byte, formats Formats, message Message) error {
	if err := json.Unmarshal(data, message); err != nil {
		return malformed("expected a JSON object of the kind asked for, got another thing (%v); "+
			"update both nodes to one version", err)
	}
	if format := message.written(); format != 0 {
		if err := formats.check(format); err != nil {
			return err
		}
	}
	return message.validate()
}

// Encode writes a message. One that no node would take is refused here.
func Encode(message Message, most int) ([]byte, error) {
	if err := message.validate(); err != nil {
		return nil, err
	}
	data, err := json.Marshal(message)
	if err != nil {
		return nil, malformed("expected what can be written as JSON, got another thing: %v", err)
	}
	if len(data) > most {
		return nil, malformed("expected at most %d bytes, got %d; shorten the message", most,
			len(data))
	}
	return data, nil
}

// Hello is how a node answers who it is. It is read by all versions for ever.
type Hello struct {
	Node     string  `json:"node"`
	Instance string  `json:"instance"`
	Version  string  `json:"version,omitempty"`
	Formats  Formats `json:"formats"`
	Clock    int64   `json:"clock"`             // Unix milliseconds
	Problem  string  `json:"problem,omitempty"` // what it finds wrong with who asks, in words
	// How it is itself; nil: it does not say.
	Condition *Condition `json:"condition,omitempty"`
}

// Condition is how a node is.
type Condition struct {
	Decides  bool  `json:"decides"`          // in its rooms: the register answers it, and in time
	Register int64 `json:"register"`         // milliseconds that the register takes to answer it
	Slow     bool  `json:"slow"`             // which is too long
	Full     bool  `json:"full,omitempty"`   // the register is: it opens no new room
	Leaves   bool  `json:"leaves,omitempty"` // it hands its rooms over, and wants nobody new
}

func (h *Hello) written() int { return 0 }

func (h *Hello) validate() error {
	return errors.Join(text("node", h.Node, 1, maxRoomBytes),
		text("instance", h.Instance, 1, maxRoomBytes), text("version", h.Version, 0, maxTextBytes),
		text("problem", h.Problem, 0, maxWordsBytes))
}

// Ask asks a node whether it takes a room.
type Ask struct {
	Format int    `json:"format"`
	Room   string `json:"room"`
}

func (a *Ask) written() int { return orMinusOne(a.Format) }

func (a *Ask) validate() error { return text("room", a.Room, 1, maxRoomBytes) }

// In implements Told.
func (a *Ask) In(format int) Told { return &Ask{format, a.Room} }

// Verdict is how a node answers that is asked to take a room, or given one.
type Verdict string

// The verdicts. Elsewhere: the room has an owner already, which the register tells.
const (
	Taken     Verdict = "taken"
	Elsewhere Verdict = "elsewhere"
	Declined  Verdict = "declined"
)

// Answer answers Ask and HandOver, as a message of its own.
type Answer struct {
	Format  int     `json:"format"`
	Room    string  `json:"room"`
	Verdict Verdict `json:"verdict"`
	Epoch   uint64  `json:"epoch,omitempty"` // where it was taken
	Offer   uint64  `json:"offer,omitempty"` // of HandOver: the epoch that was offered
}

func (a *Answer) written() int { return orMinusOne(a.Format) }

func (a *Answer) validate() error {
	switch a.Verdict {
	case Taken, Elsewhere, Declined:
		return text("room", a.Room, 1, maxRoomBytes)
	}
	return malformed("verdict: expected taken, elsewhere or declined, got %q",
		cut(string(a.Verdict)))
}

// In implements Told.
func (a *Answer) In(format int) Told {
	same := *a
	same.Format = format
	return &same
}

// HandOver gives a room to another node. What the register holds of the room is in State.
type HandOver struct {
	Format   int             `json:"format"`
	Room     string          `json:"room"`
	Epoch    uint64          `json:"epoch"`
	Revision uint64          `json:"revision"`
	State    json.RawMessage `json:"state,omitempty"`
	Follows  bool            `json:"follows,omitempty"` // a Volatile, once the room is taken
}

func (h *HandOver) written() int { return orMinusOne(h.Format) }

func (h *HandOver) validate() error {
	return errors.Join(state(h.State), text("room", h.Room, 1, maxRoomBytes))
}

// In implements Told.
func (h *HandOver) In(format int) Told {
	same := *h
	same.Format = format
	return &same
}

// Volatile tells the heir of a room, who has taken it, what the giver's memory alone held of it.
type Volatile struct {
	Format int    `json:"format"`
	Room   string `json:"room"`
	Epoch  uint64 `json:"epoch"` // at which the heir took it
	// As it was when the giver's part ended; names, chat, note and the like are in Content.
	State   json.RawMessage `json:"state,omitempty"`
	Content json.RawMessage `json:"content,omitempty"`
}

func (v *Volatile) written() int { return orMinusOne(v.Format) }

func (v *Volatile) validate() error {
	if len(v.Content) > maxContentBytes {
		return malformed("content: expected at most %d bytes, got %d", maxContentBytes,
			len(v.Content))
	}
	return errors.Join(state(v.State), text("room", v.Room, 1, maxRoomBytes))
}

// In implements Told.
func (v *Volatile) In(format int) Told {
	same := *v
	same.Format = format
	return &same
}

// state checks the state of a room.
func state(raw json.RawMessage) error {
	if len(raw) > maxStateBytes {
		return malformed("state: expected at most %d bytes, got %d", maxStateBytes, len(raw))
	}
	return nil
}

// Reminder tells a room's owner what a former owner remembers of it and the register forgot.
type Reminder struct {
	Format int             `json:"format"`
	Room   string          `json:"room"`
	State  json.RawMessage `json:"state"`
}

func (r *Reminder) written() int { return orMinusOne(r.Format) }

func (r *Reminder) validate() error {
	return errors.Join(state(r.State), text("room", r.Room, 1, maxRoomBytes))
}

// In implements Told.
func (r *Reminder) In(format int) Told { return &Reminder{format, r.Room, r.State} }

// Opening is what a door says of a websocket that it carries to the owner of the room. The owner
// believes the address alone: what the person may do they show in their first message, as on every
// websocket; it follows as a frame.
type Opening struct {
	Format      int        `json:"format"`
	Room        string     `json:"room"`
	Address     netip.Addr `json:"address"` // the person's own
	Origin      string     `json:"origin,omitempty"`
	Host        string     `json:"host,omitempty"`
	Subprotocol string     `json:"subprotocol,omitempty"`
}

func (o *Opening) written() int { return orMinusOne(o.Format) }

func (o *Opening) validate() error {
	if !o.Address.IsValid() || o.Address.Zone() != "" {
		return malformed("address: expected the IP address of a person, got another thing")
	}
	return errors.Join(text("room", o.Room, 1, maxRoomBytes),
		text("origin", o.Origin, 0, maxTextBytes), text("host", o.Host, 0, maxTextBytes),
		text("subprotocol", o.Subprotocol, 0, maxTextBytes))
}

// Refusal says why a node refuses what it was asked for.
type Refusal struct {
	Reason  Reason  `json:"reason"`
	Words   string  `json:"words"`
	Formats Formats `json:"formats"` // that it reads
}

// Reason is why a node refuses.
type Reason string

// The reasons. Those of package identity are told under their own names.
const (
	NotHere      Reason = "not-here" // the room lives elsewhere
	Busy         Reason = "busy"     // a bound was reached
	Stopping     Reason = "stopping"
	BadMessage   Reason = "malformed"
	UnreadFormat Reason = "format"
	Failed       Reason = "failed"
)

func (r *Refusal) written() int { return 0 }

func (r *Refusal) validate() error {
	return errors.Join(text("reason", string(r.Reason), 1, maxRoomBytes),
		text("words", r.Words, 0, maxWordsBytes))
}

// orMinusOne lets a message without its format be refused, too.
func orMinusOne(format int) int {
	if format == 0 {
		return -1
	}
	return format
}

// text checks one field.
func text(name, value string, least, most int) error {
	switch {
	case len(value) < least || len(value) > most:
		return malformed("%s: expected %d to %d bytes, got %d", name, least, most, len(value))
	case !utf8.ValidString(value):
		return malformed("%s: expected UTF-8, got other bytes", name)
	}
	return nil
}

func cut(value string) string {
	if len(value) > maxRoomBytes {
		return value[:maxRoomBytes]
	}
	return value
}
