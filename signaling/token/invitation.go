package token

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"draille/signaling/protocol"
)

// Invitation is what a link grants.
type Invitation struct {
	Room  string // 1 to 64 letters, digits, '-', '_'
	Kind  protocol.Kind
	Role  protocol.Role
	Name  string // display name proposed to the person; may be empty
	Seats int    // how many may use it at once; 0: as many as its role has by default
	ID    string // names this invitation; Sign makes one when it is empty
	// Family names the invitations of which each replaced the one before, as a lost link is
	// replaced: whoever was put out does not come back by the next. Empty: there is no other.
	Family    string
	NotBefore time.Time
	Expires   time.Time
	// What a person reads before they are in: who receives them, and when. Both may be empty.
	With string
	At   time.Time
	// Zone is the IANA time zone in which hours are told; empty: that of the person's device.
	Zone string
}

// DefaultSeats is how many may use an invitation at once that does not say so: one person, and for
// a guest the device of a relative or a carer beside.
func DefaultSeats(role protocol.Role) int {
	if role == protocol.RoleGuest {
		return 2
	}
	return 1
}

// SeatCount is how many may use the invitation at once.
func (i Invitation) SeatCount() int { return cmp.Or(i.Seats, DefaultSeats(i.Role)) }

func (i Invitation) check() error {
	problems := []error{
		protocol.CheckIdentifier("room", i.Room),
		protocol.CheckIdentifier("id", i.ID),
	}
	if i.Family != "" {
		problems = append(problems, protocol.CheckIdentifier("family", i.Family))
	}
	if i.Name != "" {
		problems = append(problems, protocol.CheckName(i.Name))
	}
	if i.With != "" && protocol.CheckName(i.With) != nil {
		problems = append(problems, fmt.Errorf("with: %w", protocol.CheckName(i.With)))
	}
	if i.Zone != "" {
		if _, err := time.LoadLocation(i.Zone); err != nil {
			problems = append(problems, fmt.Errorf(
				"zone: expected an IANA time zone such as Europe/Paris, got %q; choose one",
				i.Zone))
		}
	}
	if i.Seats < 0 || i.Seats > protocol.MaxSeats {
		problems = append(problems,
			fmt.Errorf("seats: expected 1 to %d, got %d; choose a number between",
				protocol.MaxSeats, i.Seats))
	}
	switch i.Kind {
	case protocol.KindConsultation, protocol.KindTelestaff:
	default:
		problems = append(
			problems,
			fmt.Errorf("kind: expected %q or %q, got %q; choose one", protocol.KindConsultation,
				protocol.KindTelestaff, i.Kind),
		)
	}
	switch i.Role {
	case protocol.RoleHost, protocol.RoleClinician, protocol.RoleGuest:
	default:
		problems = append(
			problems,
			fmt.Errorf("role: expected %q, %q or %q, got %q; choose one", protocol.RoleHost,
				protocol.RoleClinician, protocol.RoleGuest, i.Role),
		)
	}
	if !i.Expires.After(i.NotBefore) {
		problems = append(
			problems,
			fmt.Errorf("validity: expected an end after %s, got %s; lengthen it",
				i.NotBefore.Format(time.RFC3339), i.Expires.Format(time.RFC3339)),
		)
	}
	return errors.Join(problems...)
}
