package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Door is one of several servers that serve one name, and where rooms lived meanwhile.
type Door struct {
	Address  string `json:"address"`
	Measured bool   `json:"measured"` // its metrics were read
	// Rooms that live there at the end, and the most at once.
	Rooms     int `json:"rooms"`
	RoomsMost int `json:"roomsMost"`
	// Came says why rooms came to live there: opened, dead (their server died), given (it was
	// drained), resumed (after a restart).
	Came map[string]int `json:"came,omitempty"`
	Died int            `json:"died"` // times that it did not answer any more
	Away bool           `json:"away"` // it does not answer at the end
}

// Deaths is what the deaths and drains of servers have cost those who were in calls.
type Deaths struct {
	Participants int `json:"participants"` // whose call went on elsewhere
	// The longest time without any voice of each, in seconds.
	SilenceMedian float64 `json:"silenceMedianSeconds"`
	SilenceMost   float64 `json:"silenceMostSeconds"`
	Lost          int     `json:"lost"` // participants whose call ended
}

// CountDeaths sums up what became of those whose call went on elsewhere. Nil: there are none.
func CountDeaths(participants []Participant) *Deaths {
	d := &Deaths{}
	var silences []float64
	for i := range participants {
		p := &participants[i]
		if p.Figures.Moves == 0 {
			continue
		}
		d.Participants++
		silences = append(silences, p.Figures.SilenceMillis.Or(0)/1000)
		if p.Failure != "" {
			d.Lost++
		}
	}
	if d.Participants == 0 {
		return nil
	}
	slices.Sort(silences)
	d.SilenceMedian, d.SilenceMost = silences[len(silences)/2], silences[len(silences)-1]
	return d
}

// WriteDoors writes where rooms lived.
func WriteDoors(w io.Writer, doors []Door) error {
	var b strings.Builder
	writeDoors(&b, &Server{Doors: doors})
	_, err := io.WriteString(w, b.String())
	return err
}

// writeDoors writes where rooms lived, and what a death cost.
func writeDoors(b *strings.Builder, s *Server) {
	if len(s.Doors) > 0 {
		b.WriteString("\n")
	}
	for _, d := range s.Doors {
		if !d.Measured {
			fmt.Fprintf(b, "%s: its metrics were not read\n", d.Address)
			continue
		}
		var came []string
		for _, cause := range slices.Sorted(maps.Keys(d.Came)) {
			came = append(came, fmt.Sprintf("%d %s", d.Came[cause], cause))
		}
		state := ""
		if d.Died > 0 {
			state = fmt.Sprintf(", died %d times", d.Died)
		}
		if d.Away {
			state += ", away at the end"
		}
		fmt.Fprintf(b, "%s: %d rooms at most, %d at the end (%s)%s\n", d.Address, d.RoomsMost,
			d.Rooms, strings.Join(came, ", "), state)
	}
	if d := s.Deaths; d != nil {
		fmt.Fprintf(b, "%d participants went on by another server: without a voice for %.1f s "+
			"(median), %.1f s at most; %d calls ended\n", d.Participants, d.SilenceMedian,
			d.SilenceMost, d.Lost)
	}
}
