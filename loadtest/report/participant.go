package report

// Participant is one person of the scenario: who they were, what they got in all, and second by
// second.
type Participant struct {
	ID      string         `json:"id"`
	Room    string         `json:"room"`
	Name    string         `json:"name"`
	Role    string         `json:"role,omitempty"`
	Kind    string         `json:"kind"`
	Link    string         `json:"link"`
	Joined  Value          `json:"joinedSecond,omitzero"`
	Left    Value          `json:"leftSecond,omitzero"`
	Failure string         `json:"failure,omitempty"`
	Figures PersonFigures  `json:"figures"`
	Samples []PersonSample `json:"samples,omitempty"`
	Images  []Image        `json:"images,omitempty"`
}

// Label names a participant for people: who, where, behind which link.
func (p *Participant) Label() string {
	label := p.Name
	if p.Room != "" && p.Room != p.Link {
		label += ", " + p.Room
	}
	if p.Link != "" {
		label += ", " + p.Link
	}
	return label
}
