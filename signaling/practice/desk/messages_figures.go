package desk

import "draille/signaling/practice"

// FiguresView is what was counted in some months, as far as whoever asks may see it.
type FiguresView struct {
	From   string       `json:"from"`   // month, as in 2026-01
	Until  string       `json:"until"`  // the last one
	Months []FigureLine `json:"months"` // each of them, also without anything
	Kinds  []FigureLine `json:"kinds"`
	Houses []FigureLine `json:"houses"` // establishments
	// by name, those in which there was something
	Services []FigureLine `json:"services"`
	Places   []FigureLine `json:"places"`
	// what patients said, by month; only of whole parcels of five answers and more
	Satisfaction []SatisfactionLine `json:"satisfaction"`
	First        string             `json:"first"` // month with anything at all; empty: none
	Demo         bool               `json:"demo"`  // some of it was invented
}

// FigureLine is a figure of a month, a kind, an establishment, a service or a place.
type FigureLine struct {
	Key    string          `json:"key"`  // a month, a kind or an id; "-": at no place of ours
	Name   string          `json:"name"` // of an id
	Figure practice.Figure `json:"figure"`
}

// SatisfactionLine is how many chose each of the five faces, the first for the least.
type SatisfactionLine struct {
	Month string `json:"month"`
	Faces []int  `json:"faces"`
}

// NewSatisfaction is what somebody says of their consultation. Nobody is told who.
type NewSatisfaction struct {
	Invitation string `json:"invitation"` // by which they were in the call
	Face       int    `json:"face"`       // 1 to 5
}
