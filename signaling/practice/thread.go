package practice

// ThreadKind is whose thread it is, and so who reads and writes it.
type ThreadKind string

const (
	// of a staff meeting, with all of its series: whoever sees the meeting
	ThreadTelestaff ThreadKind = "telestaff"
	ThreadTeam      ThreadKind = "team" // of chosen people, as those on call
	// to all who work in some services and places; few write
	ThreadSector ThreadKind = "sector"
)

// Thread is a conversation that stays. Only those who belong to it read it; administrators do not.
type Thread struct {
	ID            string     `json:"id"`
	Establishment string     `json:"establishment"`
	Kind          ThreadKind `json:"kind"`
	Subject       string     `json:"subject"` // of a telestaff: its series, or the one meeting
	Name          string     `json:"name"`    // of a team and a sector
	Closed        bool       `json:"closed"`  // nobody reads or writes it
	CreatedBy     string     `json:"createdBy"`
	CreatedAt     Instant    `json:"createdAt"`
	Version       int        `json:"version"`
}

// MemberKind is what belongs to a thread.
type MemberKind string

const (
	MemberPerson  MemberKind = "person"
	MemberService MemberKind = "service" // whoever works there
	MemberPlace   MemberKind = "place"   // whoever works in its establishment
)

// ThreadMember is a person of a team, or a part of a sector.
type ThreadMember struct {
	Establishment string     `json:"establishment"` // the thread's
	Thread        string     `json:"thread"`
	Kind          MemberKind `json:"kind"`
	Member        string     `json:"member"`
}

// ThreadMessage is one message. Of one that was deleted the text is gone.
type ThreadMessage struct {
	ID            string  `json:"id"`
	Establishment string  `json:"establishment"`
	Thread        string  `json:"thread"`
	Number        int64   `json:"number"` // in its thread, from 1
	Author        string  `json:"author"` // a person
	At            Instant `json:"at"`
	Text          string  `json:"text"`
	DeletedBy     string  `json:"deletedBy"` // the author, or an administrator
	DeletedAt     Instant `json:"deletedAt"`
}

// ThreadRead is how far somebody has read.
type ThreadRead struct {
	Establishment string  `json:"establishment"`
	Thread        string  `json:"thread"`
	Person        string  `json:"person"`
	Number        int64   `json:"number"` // of the last message that they have read
	At            Instant `json:"at"`
}
