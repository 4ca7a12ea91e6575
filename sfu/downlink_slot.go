package sfu

import (
	"time"

	"draille/sfu/demand"
	"draille/sfu/udp"
)

// downlinkSlot is a subscription together with its downlink, as a publication sees it.
type downlinkSlot struct {
	down *downlink
	sub  *subscription
}

func (s downlinkSlot) layerAppeared(now time.Time) { s.down.layerAppeared(now, s.sub) }

func (s downlinkSlot) forward(now time.Time, a *arrival, out *udp.Batch) {
	s.down.forward(now, s.sub, a, out)
}

func (s downlinkSlot) watcher(p *publication) (w demand.Watcher, decodes, ok bool) {
	s.down.mu.Lock()
	defer s.down.mu.Unlock()
	if s.sub.publication != p {
		return w, false, false
	}
	return s.sub.watcher(s.down.thin), s.sub.decodes(demand.EfficientCodec), true
}

func (s downlinkSlot) bitrate(p *publication) (bitrate int, ok bool) {
	s.down.mu.Lock()
	defer s.down.mu.Unlock()
	if s.sub.publication != p || !s.down.path.connected.Load() {
		return 0, false
	}
	return s.down.estimator.Estimate().Bitrate, true
}

// slots returns what a page is told of those slots that carry something.
func (d *downlink) slots(subs []*subscription) []Slot {
	d.mu.Lock()
	defer d.mu.Unlock()
	slots := []Slot{}
	for _, s := range subs {
		if s.publication != nil {
			slots = append(slots, s.slot())
		}
	}
	return slots
}
