package link

import (
	"fmt"
	"time"
)

// Profile is a link that somebody really has, in both directions, seen from
// the participant's side.
type Profile struct {
	// Name by which commands know it.
	Name string
	// Summary in one line, for a list.
	Summary string
	// Up is from the participant to the server, Down the other way.
	Up, Down Config
}

// New creates both directions of the link. Each has its own randomness from the seed.
func (p Profile) New(seed uint64) (up, down *Direction, err error) {
	if up, err = NewDirection(p.Up, 2*seed); err != nil {
		return nil, nil, fmt.Errorf("profile %s, up: %w", p.Name, err)
	}
	if down, err = NewDirection(p.Down, 2*seed+1); err != nil {
		return nil, nil, fmt.Errorf("profile %s, down: %w", p.Name, err)
	}
	return up, down, nil
}

// Picture draws the rates of both directions over the first span of time, as lines of text of width
// blocks each: a title, the way down, the way up. The scale is logarithmic, each way's own: the
// highest rate is a full block, each step down is half of the rate.
func (p Profile) Picture(span time.Duration, width int) []string {
	return []string{
		fmt.Sprintf("%-15s %s", p.Name, p.Summary),
		"  down " + p.Down.sparkline(span, width),
		"  up   " + p.Up.sparkline(span, width),
	}
}
