package rules

import "draille/signaling/protocol"

// Presence is one seat: by which invitation, as what, and where. A seat that is held for somebody
// who lost their connection counts.
type Presence struct {
	Participant string
	Invitation  string
	Role        protocol.Role
	Place       protocol.Place
}

// Presence returns all seats, in the order in which they were taken.
func (r *Room) Presence() []Presence {
	seats := make([]Presence, 0, len(r.people))
	for _, p := range r.people {
		seats = append(seats, Presence{Participant: p.id, Invitation: p.invitation,
			Role: p.role, Place: p.place})
	}
	return seats
}
