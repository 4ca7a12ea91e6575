package send

import "time"

// group is a few packets that are taken as one.
type group struct {
	firstSent, lastSent       time.Duration
	firstArrived, lastArrived time.Duration
	size                      int // bytes of the last packet
}

// delta is the difference between two groups.
type delta struct {
	sent    time.Duration
	arrived time.Duration
	size    int           // bytes
	at      time.Duration // arrival of the later one
}

// interArrivalDelta turns packets into differences between successive groups.
type interArrivalDelta struct {
	current, former group
	groups          int // that are in current and former: 0, 1 or 2
}

// add takes a packet that arrived, in the order of sending; when it begins a new group the
// difference between the two groups before it is returned.
func (i *interArrivalDelta) add(p *packet) (d delta, ok bool) {
	if i.groups > 0 && p.sent < i.current.firstSent {
		return d, false
	}
	if i.groups > 0 && i.belongs(p) {
		i.current.lastSent = max(i.current.lastSent, p.sent)
		i.current.lastArrived = max(i.current.lastArrived, p.arrived)
		i.current.size = p.size
		return d, false
	}
	if i.groups == 2 {
		d = delta{
			sent:    i.current.lastSent - i.former.lastSent,
			arrived: i.current.lastArrived - i.former.lastArrived,
			size:    i.current.size - i.former.size,
			at:      i.current.lastArrived,
		}
		ok = d.arrived >= 0
	}
	i.former = i.current
	i.current = group{firstSent: p.sent, lastSent: p.sent, firstArrived: p.arrived,
		lastArrived: p.arrived, size: p.size}
	i.groups = min(2, i.groups+1)
	return d, ok
}

func (i *interArrivalDelta) belongs(p *packet) bool {
	if p.sent-i.current.firstSent <= groupSpan {
		return true
	}
	arrived := p.arrived - i.current.lastArrived
	sent := p.sent - i.current.lastSent
	return arrived <= groupSpan && arrived < sent && p.arrived-i.current.firstArrived < maxBurst
}
