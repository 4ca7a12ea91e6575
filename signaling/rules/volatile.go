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
}

// VolatileRefusal is how often the bearers of a family were refused, and until when they are.
type VolatileRefusal struct {
	Count int       `json:"count"`
	Until time.Time `json:"until"`
}

// Known reports whether something was told, in a format that this version reads.
func (v Volatile) Known() bool { return v.Format == volatileFormat }
