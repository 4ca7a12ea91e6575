package sfu

import (
	"slices"
	"time"
)

// options lists what flows of a publication now, the smallest picture first.
func (p *publication) options(now time.Time) []option {
	var options []option
	rids := p.encodings()
	layers, order := p.flowing(), p.order.Load()
	last := slices.ContainsFunc(layers, func(l *layer) bool {
		return !order.IsRetired(slices.Index(rids, l.rid)) && l.flows(now)
	})
	for _, l := range layers {
		index := slices.Index(rids, l.rid)
		if last && order.IsRetired(index) {
			continue // another one is there to move to
		}
		options = l.options(now, options, max(index, 0), len(rids))
	}
	return options
}
