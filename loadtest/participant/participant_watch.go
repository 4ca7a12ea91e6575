package participant

import "time"

// watch asks the server whether it is there, and lets go of a websocket on which nobody is.
func (p *Participant) watch(now time.Time) {
	p.mu.Lock()
	s := p.socket
	if !p.doors.several() || s == nil || s.gone {
		p.mu.Unlock()
		return
	}
	ping, dead := p.doors.look(now)
	s.gone = dead
	p.mu.Unlock()
	switch {
	case dead:
		_ = s.conn.Close() // who reads connects again
	case ping:
		p.goroutines.Go(s.ping) // it may wait for a server that reads nothing
	}
}
