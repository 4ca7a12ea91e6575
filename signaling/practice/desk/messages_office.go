package desk

import "draille/signaling/practice"

// MeetingPlace is a place that a patient of any establishment may be in during a call.
type MeetingPlace struct {
	ID                string `json:"id"`
	Name              string `json:"name"`
	Establishment     string `json:"establishment"`
	EstablishmentName string `json:"establishmentName"`
}

// PersonView is a person as an administrator sees them.
type PersonView struct {
	Person     practice.Person     `json:"person"`
	Grants     []practice.Grant    `json:"grants"`
	Identities []practice.Identity `json:"identities"`
	Login      string              `json:"login"` // of the local account, or empty
	Passkeys   int                 `json:"passkeys"`
	Sessions   int                 `json:"sessions"`
}

// NewGrant gives a right.
type NewGrant struct {
	Role          practice.Role    `json:"role"`
	Establishment string           `json:"establishment"`
	Service       string           `json:"service"`
	EndsAt        practice.Instant `json:"endsAt,omitempty"`
}

// OneTimeLink is an address by which somebody chooses how to sign in. It is shown once.
type OneTimeLink struct {
	Address   string           `json:"address"`
	ExpiresAt practice.Instant `json:"expiresAt"`
}

// Assign says who somebody is whom a provider knows.
type Assign struct {
	Person string `json:"person"` // empty: nobody
}

// DirectoryEntry is somebody who may be asked to an appointment.
type DirectoryEntry struct {
	ID         string          `json:"id"`
	Name       string          `json:"name"` // as in Dr Claire Bonnet
	Profession string          `json:"profession"`
	Roles      []practice.Role `json:"roles"` // in the establishment
}

// ImportReport says what a file would do, or did, line by line.
type ImportReport struct {
	Digest  string       `json:"digest"`  // of the file: send it back to do what was shown
	Charset string       `json:"charset"` // utf-8 or windows-1252
	Comma   string       `json:"comma"`   // , or ; or tab
	Lines   []ImportLine `json:"lines"`
	New     int          `json:"new"`
	Changed int          `json:"changed"`
	Same    int          `json:"same"`
	Wrong   int          `json:"wrong"`
	Done    bool         `json:"done"`
}

// ImportLine is one line of a file of people.
type ImportLine struct {
	Line       int        `json:"line"` // in the file, from 1
	Verdict    Verdict    `json:"verdict"`
	FamilyName string     `json:"familyName"`
	GivenName  string     `json:"givenName"`
	Grants     []NewGrant `json:"grants"` // that would be added
	Problem    string     `json:"problem,omitempty"`
	Field      string     `json:"field,omitempty"` // column
	// Reason is form, missing, unknown, not-yours, other-name or two-people.
	Reason string `json:"reason,omitempty"`
}

// Verdict is what a line does.
type Verdict string

const (
	VerdictNew     Verdict = "new"
	VerdictChanged Verdict = "changed"
	VerdictSame    Verdict = "same"
	VerdictWrong   Verdict = "wrong"
)

// AuditPage is a part of the audit log, the newest first.
type AuditPage struct {
	Items  []AuditLine `json:"items"`
	Next   string      `json:"next,omitempty"`
	Months int         `json:"months"` // that entries are kept
}

// AuditLine is an entry with names for its ids, as far as they are still known.
type AuditLine struct {
	Entry       practice.AuditEntry `json:"entry"`
	ActorName   string              `json:"actorName"`
	PatientName string              `json:"patientName"`
}

// AuditVerdict says whether the chain holds.
type AuditVerdict struct {
	Entries int64            `json:"entries"`
	From    practice.Instant `json:"from"`
	To      practice.Instant `json:"to"`
	Holds   bool             `json:"holds"`
	Problem string           `json:"problem,omitempty"` // where and how it is broken
}

// OutboxLine is a message with what is needed to judge it, without names.
type OutboxLine struct {
	Message  practice.Message `json:"message"`
	StartsAt practice.Instant `json:"startsAt"` // of its appointment; 0: it has none
	Zone     string           `json:"zone"`     // likewise, or of the establishment
	Kind     string           `json:"kind"`     // of its participant
}

// TryTo is whom a trial message goes to.
type TryTo struct {
	To string `json:"to"` // a mail address or a telephone number
}
