package report

import (
	"cmp"
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
	Died int            `json:"died"` // times that its process ended, or does not answer any more
	// Times that it did not answer for a moment, and was the same process afterwards.
	Silent int  `json:"silent,omitempty"`
	Away   bool `json:"away"` // it does not answer at the end
	// Share of its own cores that it used while rooms lived there.
	CPURatio Value `json:"cpuRatio,omitzero"`
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
		fmt.Fprintf(b, "%s: %s\n", d.Address, d.Words())
	}
	if d := s.Deaths; d != nil {
		fmt.Fprintln(b, d.Words())
	}
}

// causes are why rooms came to live on a server, in words.
var causes = map[string]string{
	"dead":    "from a server that died",
	"given":   "handed over by a server that left",
	"opened":  "opened here",
	"resumed": "resumed after a restart",
}

// Words say what became of the server.
func (d Door) Words() string {
	if !d.Measured {
		return "its metrics were not read"
	}
	text := fmt.Sprintf("rooms: %d at most, %d at the end", d.RoomsMost, d.Rooms)
	var came []string
	for _, cause := range slices.Sorted(maps.Keys(d.Came)) {
		came = append(came, fmt.Sprintf("%d %s", d.Came[cause], cmp.Or(causes[cause], cause)))
	}
	if len(came) > 0 {
		text += " (came: " + strings.Join(came, ", ") + ")"
	}
	if d.CPURatio.known {
		text += ", CPU " + Ratio.Format(d.CPURatio)
	}
	text += times(d.Died, ", its process ended") +
		times(d.Silent, ", it lived and did not answer in time")
	if d.Away {
		text += ", away at the end"
	}
	return text
}

// times says how often something happened.
func times(n int, what string) string {
	switch n {
	case 0:
		return ""
	case 1:
		return what
	}
	return fmt.Sprintf("%s %d times", what, n)
}

// Words say what it has cost.
func (d *Deaths) Words() string {
	return fmt.Sprintf("participants who went on by another server: %d, without a voice for "+
		"%.1f s (median), %.1f s at most; calls that ended: %d", d.Participants, d.SilenceMedian,
		d.SilenceMost, d.Lost)
}

// lived says in how many words fit a table where the rooms of a trial lived, and what a death has
// cost. Empty: there is one server.
func lived(doors []Door, deaths *Deaths) string {
	var rooms, died []string
	for _, d := range doors {
		if d.Measured {
			rooms = append(rooms, fmt.Sprint(d.RoomsMost))
		} else {
			rooms = append(rooms, "?")
		}
		if d.Died > 0 {
			died = append(died, d.Address)
		}
	}
	text := ""
	if len(rooms) > 0 {
		text = "; rooms by server " + strings.Join(rooms, ", ")
	}
	if len(died) > 0 {
		text += "; ended: " + strings.Join(died, ", ")
	}
	if deaths != nil {
		text += "; " + deaths.Words()
	}
	return text
}
