package rmcat

import (
	"time"

	"draille/sfu/bwe"
)

// Draille makes controllers of this project's own estimator, sfu/bwe.
func Draille(l Limits) (Controller, error) {
	config := bwe.DefaultConfig()
	config.StartBitrate, config.MinBitrate, config.MaxBitrate = l.Start, l.Min, l.Max
	return &drailleController{estimator: bwe.New(config)}, nil
}

type drailleController struct {
	estimator *bwe.Estimator
	acks      []bwe.Ack
}

func (d *drailleController) OnSent(p Packet) { d.estimator.OnSent(bwe.Sent(p)) }

func (d *drailleController) OnFeedback(now time.Time, acks []Ack) {
	d.acks = d.acks[:0]
	for _, a := range acks {
		d.acks = append(d.acks, bwe.Ack(a))
	}
	d.estimator.OnFeedback(now, d.acks)
}

func (d *drailleController) Tick(now time.Time) { d.estimator.Tick(now) }

func (d *drailleController) Target() int { return d.estimator.Estimate().Bitrate }

func (d *drailleController) Probe(now time.Time, wanted int) (Cluster, bool) {
	c, ok := d.estimator.Probe(now, wanted)
	return Cluster(c), ok
}
