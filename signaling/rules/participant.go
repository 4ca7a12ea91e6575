package rules

import (
	"cmp"
	"maps"
	"time"

	"draille/signaling/protocol"
)

// participant is one seat of the room.
type participant struct {
	id, invitation, device, resume string
	family                         string    // of the invitation
	expires                        time.Time // of the invitation
	remembered                     *memory   // from before a restart, and not back yet
	role                           protocol.Role
	name                           string
	invitedAs                      string // name that the invitation proposes
	seats                          int    // of the invitation
	// number of the first line of chat since they were admitted
	from        int
	place       protocol.Place
	connection  Connection
	lostAt      time.Time         // when connection became zero
	since       time.Time         // when they entered their place
	said        protocol.Live     // which sources they say are live
	live        protocol.Live     // which sources are live
	mode        protocol.CallMode // empty: automatic
	modeBy      string            // name of the host who set it
	csrcs       map[protocol.Source]uint32
	handRaised  time.Time
	removedOnce bool
	missed      []protocol.Muted  // what they must be told when they are back
	photoAsked  string            // name of who has asked for a photo that has not come yet
	told        *protocol.Waiting // what they know of their wait
	warned      bool              // they know that the room is unattended
	untoldLink  bool              // they do not know yet that others there use their invitation
}

// person returns the entry of p in the roster. What concerns admission is for staff.
func (p *participant) person(staff bool) protocol.Person {
	person := protocol.Person{
		ID:          p.id,
		Name:        p.name,
		Role:        p.role,
		Connected:   p.connection != 0,
		Media:       p.live,
		Mode:        cmp.Or(p.mode, protocol.ModeAutomatic),
		ModeBy:      p.modeBy,
		CSRCs:       maps.Clone(p.csrcs),
		RemovedOnce: staff && p.removedOnce,
		InvitedAs:   p.otherName(),
		Since:       p.since.UnixMilli(),
	}
	if person.CSRCs == nil {
		person.CSRCs = map[protocol.Source]uint32{}
	}
	if !p.handRaised.IsZero() {
		person.HandRaised = p.handRaised.UnixMilli()
	}
	return person
}

// isCalled reports whether it is known what p is called: of those who are not back from before a
// restart it is not.
func (p *participant) isCalled() bool { return p.remembered == nil || p.name != "" }

// resumes reports whether an arrival brings the resume token of p.
func (p *participant) resumes(a Arrival) bool {
	switch {
	case a.Resume == "" || p.invitation != a.Invitation:
		return false
	case p.remembered != nil:
		return p.remembered.resume == digest(a.Resume)
	}
	return p.resume == a.Resume
}

// sameDevice reports whether an arrival comes with the link of p on the device of p.
func (p *participant) sameDevice(a Arrival) bool {
	switch {
	case p.invitation != a.Invitation:
		return false
	case p.remembered != nil:
		return p.remembered.device == digest(a.Device)
	}
	return p.device == a.Device
}

// otherName is the name that the invitation proposes, where the participant has given another.
func (p *participant) otherName() string {
	if p.invitedAs == p.name {
		return ""
	}
	return p.invitedAs
}
