package desk

import "draille/signaling/practice"

// ThreadLine is a thread as whoever reads it sees it in a list.
type ThreadLine struct {
	Thread      practice.Thread  `json:"thread"`
	Name        string           `json:"name"`        // of a telestaff: the meeting's title
	Appointment string           `json:"appointment"` // of a telestaff: the next or last meeting
	Unread      int64            `json:"unread"`      // messages of others
	Last        int64            `json:"last"`        // number of the last message; 0: none
	LastAt      practice.Instant `json:"lastAt"`
	MayWrite    bool             `json:"mayWrite"`
}

// ThreadView is a thread that is open: a part of its messages, the oldest first.
type ThreadView struct {
	Line     ThreadLine          `json:"line"`
	Messages []ThreadMessageLine `json:"messages"`
	Earlier  bool                `json:"earlier"` // there are some before these
	Reads    []ThreadReader      `json:"reads"`
	MaxText  int                 `json:"maxText"` // characters of a message
	Days     int                 `json:"days"`    // that messages are kept
}

// ThreadMessageLine is a message with the name of whoever wrote it.
type ThreadMessageLine struct {
	Message    practice.ThreadMessage `json:"message"`
	AuthorName string                 `json:"authorName"`
}

// ThreadReader is how far somebody has read.
type ThreadReader struct {
	Person string `json:"person"`
	Name   string `json:"name"`
	Number int64  `json:"number"`
}

// NewThreadMessage is one that somebody writes. The same key again writes nothing.
type NewThreadMessage struct {
	Key  string `json:"key"` // of chance
	Text string `json:"text"`
}

// ReadThread says up to which message somebody has read.
type ReadThread struct {
	Number int64 `json:"number"`
}

// ThreadPlan is what a team or a sector is to be.
type ThreadPlan struct {
	Kind    practice.ThreadKind `json:"kind"` // of a new one
	Name    string              `json:"name"`
	Closed  bool                `json:"closed"`
	Members []ThreadPart        `json:"members"`
}

// ThreadPart is a person of a team, or a service or place of a sector.
type ThreadPart struct {
	Kind   practice.MemberKind `json:"kind"`
	Member string              `json:"member"`
	Name   string              `json:"name"` // told, not taken
}

// ThreadOffice is a team or a sector as its administrator sees it: without what is written.
type ThreadOffice struct {
	Thread   practice.Thread     `json:"thread"`
	Members  []ThreadPart        `json:"members"`
	Messages []ThreadMessageLine `json:"messages"` // the latest, without their texts
}
