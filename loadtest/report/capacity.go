package report

import "fmt"

// Capacity is the result of looking for the most that a server holds.
type Capacity struct {
	Unit   string `json:"unit"`
	Held   int    `json:"held"`
	Broke  string `json:"broke,omitempty"`
	Trials []Try  `json:"trials"`
}

func (c *Capacity) sentence() string {
	least := ""
	for _, t := range c.Trials {
		if t.GeneratorLimit != "" && t.Broke == c.Broke {
			least = "at least "
		}
	}
	text := fmt.Sprintf("This server holds %s%d %s", least, c.Held, c.Unit)
	for _, t := range c.Trials {
		if t.Held && t.Count == c.Held {
			text += fmt.Sprintf(", %d participants", t.Participants)
			if cost, known := t.CPUMicrosPerPkt.Get(); known {
				text += fmt.Sprintf(", at %s µs of CPU a forwarded packet", trim(cost))
			}
			break
		}
	}
	if c.Broke == "" {
		return text + "; nothing broke up to there."
	}
	return text + "; with more, " + c.Broke + "."
}
