package tenure

import "time"

// hear notes that the register has answered a renewal.
func (n *Node) hear(now time.Duration, nonce uint64) {
	l := &n.lease
	if at, ok := l.sent[nonce]; ok && nonce > l.heard {
		l.heard, l.heardAt, l.took = nonce, now, now-at
	}
}

// RegisterTakes returns how long the register takes to answer: the last renewal that it has
// answered took so long, or the first one since then waits for so long already.
func (n *Node) RegisterTakes(now time.Duration) time.Duration {
	l := &n.lease
	takes := l.took
	for nonce, at := range l.sent {
		if nonce > l.heard {
			takes = max(takes, now-at)
		}
	}
	return min(takes, n.config.Slowest)
}

// RegisterSlow reports whether the register answers, and takes longer for it than people may wait.
func (n *Node) RegisterSlow(now time.Duration) bool {
	l := &n.lease
	return l.heard != 0 && now < l.heardAt+n.config.Slowest && !n.refused &&
		n.RegisterTakes(now) >= n.config.Slow
}

// silence is why nothing can be decided where there is no lease.
func (n *Node) silence(now time.Duration) Reason {
	if n.RegisterSlow(now) && n.view.live {
		return RegisterSlow
	}
	return RegisterAway
}
