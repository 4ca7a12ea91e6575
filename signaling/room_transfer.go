package signaling

import "draille/signaling/protocol"

// hearTransfer takes what a page says of the other pages of its browser. Whoever is not in the room
// is told to wait: nothing is known of a way that carries no media, and their page holds up no
// other one (web/src/callLock.ts).
func (r *room) hearTransfer(s *seat, m protocol.Transfer) {
	if !s.admitted() {
		if m.Wanted {
			s.send(protocol.TransferRate{})
		}
		return
	}
	s.photos.others.hear(r.server.config.Now(), m)
	r.photosSoon()
}

// photosSoon looks what there is to send, unless that is due already.
func (r *room) photosSoon() {
	if r.photosDue.IsZero() {
		r.photosDue = r.server.config.Now()
	}
}
