package thinlink

import (
	"slices"

	"draille/loadtest/report"
)

// complete fills one participant; started is the beginning of the run.
func (a *actor) complete(p *report.Participant, started float64) {
	p.Kind = "browser"
	v := a.browser.visit()
	if p.Failure == "" {
		p.Failure = v.failure
	}
	p.Figures.SSIM = meanLikeness(v.Likeness, a.since)
	if shared := a.stage.Host.visit().shared; shared > a.since && a.browser != a.stage.Host {
		p.Figures.DocumentSSIM, p.Figures.DocumentReadable = readDocument(v.Likeness, shared)
	}
	if up, down := a.browser.joinBytes(v); v.opened >= a.since && down > 0 {
		p.Figures.JoinBytesUp, p.Figures.JoinBytesDown = report.Measured(up), report.Measured(down)
	}
	base, readings := v.window(a.since)
	before := base.Reading
	for i := range min(len(readings), len(p.Samples)) {
		fillSample(&p.Samples[i], before, readings[i].Reading)
		before = readings[i].Reading
	}
	for _, picture := range a.pictures(v) {
		p.Images = append(p.Images,
			report.Image{Second: (picture.At - started) / 1000, Caption: picture.Caption,
				PNG: picture.PNG})
	}
}

// pictures are the first that was taken of the call, and the worst, which is the last.
func (a *actor) pictures(v *visit) []event {
	taken := slices.DeleteFunc(slices.Clone(v.pictures), func(e event) bool {
		return e.At < a.since
	})
	if len(taken) > 2 {
		return []event{taken[0], taken[len(taken)-1]}
	}
	return taken
}
