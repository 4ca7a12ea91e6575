package rmcat

import (
	"time"

	"draille/sfu/congestion/send"
	"draille/sfu/congestion/signal"
)

// Draille makes controllers of this project's own estimator, sfu/congestion/send.
func Draille(l Limits) (Controller, error) {
	return DrailleWithout(0)(l)
}

// DrailleWithout makes them without some of its rules.
func DrailleWithout(rules signal.Rules) Factory {
	return func(l Limits) (Controller, error) {
		return &drailleController{estimator: send.New(send.Config{
			StartBitrate: l.Start, MinBitrate: l.Min, MaxBitrate: l.Max, Without: rules,
		})}, nil
	}
}

type drailleController struct {
	estimator *send.Estimator
	acks      []send.Ack
}

func (d *drailleController) OnSent(p Packet) { d.estimator.OnSent(send.Sent(p)) }

func (d *drailleController) OnFeedback(now time.Time, acks []Ack) {
	d.acks = d.acks[:0]
	for _, a := range acks {
		d.acks = append(d.acks, send.Ack(a))
	}
	d.estimator.OnFeedback(now, d.acks)
}

func (d *drailleController) Tick(now time.Time) { d.estimator.Tick(now) }

func (d *drailleController) Target() int { return d.estimator.Estimate().Bitrate }

func (d *drailleController) Probe(now time.Time, wanted int) (Cluster, bool) {
	c, ok := d.estimator.Probe(now, wanted)
	return Cluster(c), ok
}
