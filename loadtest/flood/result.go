package flood

import (
	"math"
	"time"
)

// Result is what one attack did.
type Result struct {
	Attack    Attack
	PerSecond float64 // attempts
	Answers   string
	Most      Load    // of the server
	Framerate float64 // of the pictures of the one in the call whose frames/s fell most
	Fall      float64 // of them, from what they were before the attacks (0–1); negative: more
	Concealed float64 // audible share of the voice, of the one who lost most (0–1)
	Lost      float64 // the same in ms
	// Join is how long somebody who came meanwhile took to connect; 0: nobody came.
	Join time.Duration
	// why the attack could not be made or the server did not answer; empty: neither
	Failure string
}

// Held reports whether the server and the call stood the attack.
func (r Result) Held() bool {
	return r.Failure == "" && r.Concealed < MaxConcealed && r.Fall < MaxFall &&
		r.Most.Memory < MaxMemoryBytes && r.Most.Descriptors <= MaxDescriptors*r.Most.limit() &&
		r.Join < MaxJoin
}

// judge notes what the call lost between two moments: of the one who lost most.
func (r *Result) judge(before, after []moment, paces []pace) {
	r.Fall = math.Inf(-1)
	for i := range after {
		framerate, fall := paces[i].since(before[i], after[i])
		if fall > r.Fall {
			r.Framerate, r.Fall = framerate, fall
		}
		total := after[i].audio.Total - before[i].audio.Total
		audible := after[i].audio.Audible - before[i].audio.Audible
		if total <= 0 {
			r.Failure = "the call heard nothing at all"
			continue
		}
		if share := audible / total; share >= r.Concealed {
			r.Concealed, r.Lost = share, audible
		}
	}
}
