package flood

import (
	"context"
	"math"
	"time"

	"draille/loadtest/figures"
)

// moment is what one of those in the call has heard and seen until then.
type moment struct {
	at     time.Time
	audio  figures.Audio
	frames map[picture]int
}

// picture is one that they look at.
type picture struct{ participant, source string }

// listen asks everybody in the call.
func (o *Options) listen() []moment {
	var all []moment
	for _, listener := range o.Call {
		measured := listener.Figures()
		one := moment{at: time.Now(), audio: measured.Audio, frames: map[picture]int{}}
		for _, p := range measured.Pictures {
			one.frames[picture{p.Participant, p.Source}] = p.Video.Frames
		}
		all = append(all, one)
	}
	return all
}

// pace is the frames/s of each picture that one of those in the call looks at while nothing
// happens.
type pace map[picture]float64

// undisturbed is the pace of everybody in the call before the attacks.
func (o *Options) undisturbed(ctx context.Context) []pace {
	before := o.listen()
	select {
	case <-ctx.Done():
	case <-time.After(o.Quiet):
	}
	var all []pace
	for i, after := range o.listen() {
		p := pace{}
		for seen, frames := range after.frames {
			if came := frames - before[i].frames[seen]; came > 0 {
				p[seen] = float64(came) / after.at.Sub(before[i].at).Seconds()
			}
		}
		all = append(all, p)
	}
	return all
}

// since returns the frames/s of the same pictures between two moments (somebody who intrudes brings
// more of them), and by what share that is less than the pace (0–1).
func (p pace) since(before, after moment) (framerate, fall float64) {
	passed, expected := after.at.Sub(before.at).Seconds(), 0.0
	for seen, rate := range p {
		framerate += float64(after.frames[seen]-before.frames[seen]) / passed
		expected += rate
	}
	if expected == 0 {
		return framerate, 0
	}
	return framerate, 1 - framerate/expected
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
