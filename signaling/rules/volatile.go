package rules

import (
	"time"

	"draille/signaling/protocol"
)

// volatileFormat is the format of a Volatile that this version reads and writes. A field more does
// not change it.
const volatileFormat = 1

// Volatile is what a room keeps in memory alone, beside its State: a server that hands the room
// over tells it to the next one, and nobody else. It is written nowhere.
type Volatile struct {
	Format int                 `json:"format"` // zero: nothing was told
	Seats  []VolatileSeat      `json:"seats,omitempty"`
	Chat   []protocol.ChatLine `json:"chat,omitempty"`
	Lines  int                 `json:"lines,omitempty"` // of chat, ever

	Note      string `json:"note,omitempty"`
	Delay     int    `json:"delay,omitempty"` // minutes
	Spotlight string `json:"spotlight,omitempty"`
	// Photos without their bytes: those are with whoever sent them, and with who has seen them.
	Photos []VolatilePhoto `json:"photos,omitempty"`
	Taken  int             `json:"taken,omitempty"` // photos, ever
	// Families of which a bearer was refused, and since when nobody may admit.
	Refused    map[string]VolatileRefusal `json:"refused,omitempty"`
	Unattended time.Time                  `json:"unattended,omitzero"`
}

// VolatileSeat is what is known of somebody beside their SeatState.
type VolatileSeat struct {
	Participant string           `json:"participant"`
	Name        string           `json:"name"`
	From        int              `json:"from,omitempty"` // first line that a guest may read
	Hand        time.Time        `json:"hand,omitzero"`
	ModeBy      string           `json:"modeBy,omitempty"`
	Missed      []protocol.Muted `json:"missed,omitempty"`
	PhotoAsked  string           `json:"photoAsked,omitempty"` // by whom
}

// VolatilePhoto is a photo, who has sent it, to whom it is shown, and what is drawn on it.
type VolatilePhoto struct {
	Info  protocol.PhotoInfo `json:"info"`
	Shown []string           `json:"shown,omitempty"` // participants
	Marks []VolatileMark     `json:"marks,omitempty"`
	Drawn int                `json:"drawn,omitempty"` // marks, ever
	Key   string             `json:"key,omitempty"`   // with which its sender's browser seals it
}

// VolatileMark is a mark, and which participant has drawn it.
type VolatileMark struct {
	By   string        `json:"by"`
	Mark protocol.Mark `json:"mark"`
}

// VolatileRefusal is how often the bearers of a family were refused, and until when they are.
type VolatileRefusal struct {
	Count int       `json:"count"`
	Until time.Time `json:"until"`
}

// Known reports whether something was told, in a format that this version reads.
func (v Volatile) Known() bool { return v.Format == volatileFormat }
