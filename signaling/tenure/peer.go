package tenure

import (
	"time"
)

// peer is a node as the watch shows it.
type peer struct {
	NodeRecord
	revision uint64
	// When this process first saw the last renewal. No clock but its own is in it.
	changedAt time.Duration
	ends      []end
	renewing  bool    // a renewal was seen since the register's history last went backwards
	given     float64 // load that it was given since its last renewal
}

// end says when the leases have ended of all incarnations of a node below one: a lease after the
// last renewal of theirs that the register can have stored. A node that is started again and again
// does not put that off.
type end struct {
	below uint64
	at    time.Duration
}

// freeAt returns when the rooms are free that an incarnation of this node owned.
func (p *peer) freeAt(incarnation uint64) time.Duration {
	at := never
	for _, e := range p.ends {
		if e.below > incarnation {
			at = min(at, e.at)
		}
	}
	return at
}

// begin notes what a node's first record that this process sees says of incarnations before.
func (p *peer) begin(now, lease time.Duration) {
	p.ends = []end{{p.Incarnation, now + lease}}
	switch {
	case p.Fenced == "":
	case p.Instance == "": // there was no node: it replaced no renewal
		p.ends = append(p.ends, end{p.Incarnation + 1, now})
	default:
		p.ends = append(p.ends, end{p.Incarnation + 1, now + lease})
	}
}

// follow notes what a record says that comes after another, or that the register's history went
// back to.
//
// Incarnations below that of a record renew no more. Whoever watched the very renewal that it
// replaced knows that this one was their last, and that of a fence likewise; else one may have come
// between.
func (p *peer) follow(old *peer, back bool, now, lease time.Duration) {
	rises := p.Incarnation > old.Incarnation
	again := p.Incarnation == old.Incarnation && p.replaced(old.After)
	same := p.Mark == old.Mark && !back
	repeated := again && same && p.Fenced != "" && old.Fenced != ""
	for _, e := range old.ends {
		if (rises || again) && (e.below <= p.Incarnation || repeated) {
			if now >= e.at {
				p.ends = nil // it holds for those before, too
			}
			p.ends = append(p.ends, e)
		}
	}
	if !again {
		at := now + lease
		if !back && p.After != nil && *p.After == old.Mark {
			at = old.changedAt + lease
		}
		p.ends = append(p.ends, end{p.Incarnation, at})
	}
	if p.Fenced == "" || repeated {
		return
	}
	at := now + lease
	switch {
	case same && old.Fenced == "":
		at = now
	case same:
		at = old.changedAt + lease
	}
	p.ends = append(p.ends, end{p.Incarnation + 1, at})
}

// replaced reports whether this incarnation took the place of a value with a mark; nil: of none.
func (p *peer) replaced(mark *Mark) bool {
	return p.After == nil && mark == nil ||
		p.After != nil && mark != nil && *p.After == *mark
}
