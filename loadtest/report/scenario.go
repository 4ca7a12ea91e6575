package report

import (
	"fmt"
	"strings"
)

// Scenario is what was played.
type Scenario struct {
	Name                string `json:"name"`
	Summary             string `json:"summary,omitempty"`
	Rooms               int    `json:"rooms"`
	ParticipantsPerRoom int    `json:"participantsPerRoom"`
	Seed                uint64 `json:"seed,omitempty"`
}

func (s *Scenario) title() string {
	title := strings.ToUpper(s.Name[:min(1, len(s.Name))]) + s.Name[min(1, len(s.Name)):]
	if s.Rooms > 1 {
		title += fmt.Sprintf(", %d rooms", s.Rooms)
	}
	if s.ParticipantsPerRoom > 0 {
		title += fmt.Sprintf(", %d participants", s.ParticipantsPerRoom*max(1, s.Rooms))
	}
	return title
}
