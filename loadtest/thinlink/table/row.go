package table

import (
	"time"

	"draille/loadtest/link"
	"draille/loadtest/report"
)

// Row is one call.
type Row struct {
	Name    string // by which it is asked for
	Profile string // link of the thin one
	// Losses, if any, are put on both ways of that link in place of its own.
	Losses *link.Conditions
	// Shared is when the other side shares a page of text; 0: never. Only browsers can tell when it
	// is readable.
	Shared time.Duration
	// Staff is how many take part in a telestaff with small cameras; 0: it is a consultation.
	Staff  int
	Fine   bool // cameras of 1280×720, of real browsers alone
	Length time.Duration
	Lines  []Line
}

// Link is the link of the thin one.
func (r *Row) Link() (link.Profile, error) {
	profile, err := link.Find(r.Profile)
	if err != nil || r.Losses == nil {
		return profile, err
	}
	profile.Name = r.Name
	profile.Summary = r.Lines[0].Label + ", both ways"
	for _, way := range []*link.Config{&profile.Up, &profile.Down} {
		way.Loss, way.Bursts = r.Losses.Loss, r.Losses.Bursts
	}
	return profile, nil
}

// Measure reads the figures of each line from a call between the thin one and the other of these
// names. It fails if one of them did not take part to the end.
func (r *Row) Measure(run *report.Run, thin, other string) ([]Figures, error) {
	here, err := find(run, thin)
	if err != nil {
		return nil, err
	}
	there, err := find(run, other)
	if err != nil {
		return nil, err
	}
	figures := make([]Figures, len(r.Lines))
	for i, line := range r.Lines {
		figures[i] = line.measure(here, there)
	}
	return figures, nil
}
