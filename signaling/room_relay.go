package signaling

import (
	"time"

	"draille/signaling/protocol"
)

// next returns when the room has something to do, if ever.
func (r *room) next() (next time.Time, ok bool) {
	next, ok = r.rules.Next()
	if !r.photosDue.IsZero() && (!ok || r.photosDue.Before(next)) {
		next, ok = r.photosDue, true
	}
	for _, c := range r.connections {
		if !c.renewal.IsZero() && (!ok || c.renewal.Before(next)) {
			next, ok = c.renewal, true
		}
	}
	return next, ok
}

// tick does what is due.
func (r *room) tick() {
	now := r.server.config.Now()
	r.apply(r.rules.Tick(now))
	r.sendPhotos(now)
	for _, c := range r.connections {
		if c.renewal.IsZero() || now.Before(c.renewal) {
			continue
		}
		id, _, ok := r.rules.Participant(c.id)
		if !ok {
			c.renewal = time.Time{}
			continue
		}
		if servers := r.credentials(c, id); servers != nil {
			c.send(protocol.ICEServers{ICEServers: servers})
		}
	}
}

// credentials gives a participant relays, and notes when to give them fresh ones: after half of
// their lifetime, so that a page that is away for a while still holds good ones.
func (r *room) credentials(c *connection, participant string) []protocol.ICEServer {
	c.renewal = time.Time{}
	if r.server.config.Relay == nil {
		return nil
	}
	now := r.server.config.Now()
	payer := c.payer
	payer.Participant = participant
	servers, expires := r.server.config.Relay.Credentials(payer, c.door, now)
	if half := expires.Sub(now) / 2; half > 0 && servers != nil {
		c.renewal = now.Add(half)
	}
	return servers
}
