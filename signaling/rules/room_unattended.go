package rules

import (
	"time"

	"draille/signaling/protocol"
)

// unattended is what happens to guests who are in the room without anybody who may admit: they are
// told at once, their media stop, their call ends. A patient whose doctor has left must not be seen
// and heard for days by whoever opens the link next.
type unattended struct {
	since   time.Time // zero: somebody who may admit has a seat in the room, or nobody is in it
	stopped bool      // the media of those in the room have been stopped
}

// isUnattended reports whether guests are in the room and nobody who may admit has a seat there.
// The seat of somebody who lost their connection counts for as long as it is held.
func (r *Room) isUnattended() bool {
	guests := false
	for _, p := range r.people {
		if mayAdmit(p) {
			return false
		}
		guests = guests || p.place == protocol.PlaceRoom
	}
	return guests
}

// attend notes whether the room has become unattended, or attended again.
func (r *Room) attend(now time.Time) {
	switch {
	case !r.isUnattended():
		r.unattended = unattended{}
	case r.unattended.since.IsZero():
		r.unattended.since = now
		for _, p := range r.people {
			p.warned = false
		}
	}
}

// mediaStop is when the media of an unattended room stop.
func (r *Room) mediaStop() time.Time {
	return r.unattended.since.Add(r.config.UnattendedMedia)
}

// callEnd is when the call of p ends in an unattended room: after a set time, or with the
// invitation, but not before the media stop. Whoever lost the staff to a bad line is given that
// long for the staff to come back.
func (r *Room) callEnd(p *participant) (end time.Time, reason protocol.ByeReason) {
	end, reason = r.unattended.since.Add(r.config.UnattendedCall), protocol.ByeEnded
	if p.expires.Before(end) {
		end, reason = p.expires, protocol.ByeExpired
	}
	if stop := r.mediaStop(); end.Before(stop) {
		end = stop
	}
	return end, reason
}

// expireUnattended stops the media and ends the calls whose time is over.
func (r *Room) expireUnattended(now time.Time) {
	if r.unattended.since.IsZero() {
		return
	}
	if !r.unattended.stopped && !now.Before(r.mediaStop()) {
		r.unattended.stopped = true
		for _, p := range r.people {
			if p.place == protocol.PlaceRoom {
				p.warned = false
				r.setLive(p, protocol.Live{})
			}
		}
	}
	for _, p := range r.inRoom() {
		if end, reason := r.callEnd(p); !now.Before(end) {
			r.close(p.connection, reason)
			r.drop(p)
		}
	}
}

// nextUnattended returns when expireUnattended has something to do, if ever.
func (r *Room) nextUnattended() (next time.Time, ok bool) {
	if r.unattended.since.IsZero() {
		return time.Time{}, false
	}
	if !r.unattended.stopped {
		return r.mediaStop(), true
	}
	for _, p := range r.inRoom() {
		if end, _ := r.callEnd(p); !ok || end.Before(next) {
			next, ok = end, true
		}
	}
	return next, ok
}

// tellUnattended tells those in the room, once at each step and again whenever they come back, how
// long is left.
func (r *Room) tellUnattended(now time.Time) {
	if r.unattended.since.IsZero() {
		return
	}
	for _, p := range r.inRoom() {
		if p.warned || p.connection == 0 {
			continue
		}
		p.warned = true
		end, _ := r.callEnd(p)
		r.send(p, protocol.Unattended{
			Stopped:   r.unattended.stopped,
			MediaLeft: max(0, r.mediaStop().Sub(now).Milliseconds()),
			CallLeft:  max(0, end.Sub(now).Milliseconds()),
		})
	}
}

// inRoom returns those in the room, in the order in which they came in.
func (r *Room) inRoom() []*participant {
	var all []*participant
	for _, p := range r.people {
		if p.place == protocol.PlaceRoom {
			all = append(all, p)
		}
	}
	return all
}
