package participant

import (
	"cmp"
	"slices"

	"draille/signaling/protocol"
)

// signalling is what the server has said.
type signalling struct {
	welcome  protocol.Welcome
	waiting  bool
	admitted bool
	people   map[string]protocol.Person
	guests   []protocol.Person // in the waiting room
	locked   bool              // nobody else gets in
	spoke    []string          // all who have, the latest first
	looked   []protocol.Subscription
	viewed   bool // a view has been sent
	bye      *protocol.Bye
	err      error // why the call ended without one
}

// heard notes who speaks now, the loudest first: of the others they come before all who spoke
// earlier, until the next one does.
func (s *signalling) heard(speakers []string) {
	at := slices.IndexFunc(speakers, func(id string) bool { return id != s.welcome.Participant })
	if at < 0 {
		return
	}
	loudest := speakers[at]
	s.spoke = slices.Insert(slices.DeleteFunc(s.spoke, func(id string) bool {
		return id == loudest
	}), 0, loudest)
}

// others lists who is in the room besides them, the earliest first.
func (s *signalling) others() []protocol.Person {
	var others []protocol.Person
	for id, person := range s.people {
		if id != s.welcome.Participant {
			others = append(others, person)
		}
	}
	slices.SortFunc(others, func(a, b protocol.Person) int {
		return cmp.Or(cmp.Compare(a.Since, b.Since), cmp.Compare(a.ID, b.ID))
	})
	return others
}
