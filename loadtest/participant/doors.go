package participant

import (
	"math/rand/v2"
	"time"
)

// How a page finds its way among several servers, and notices that one is gone: the constants of
// web/src/engine/connection/socket.ts and activity.ts.
const (
	doorWithin     = 2 * time.Second         // for a door to open, and to say something
	proveWithin    = 1600 * time.Millisecond // for an answer when media have stopped
	pingEvery      = 5 * time.Second
	silentAfter    = time.Second // without media the server is asked
	proveEvery     = 500 * time.Millisecond
	forgottenAfter = 10 * time.Second // nobody sends
	deadAfter      = 10 * time.Second // without any message
	retryFirst     = 500 * time.Millisecond
	retryMost      = 3 * time.Second
)

// doors are the servers of one name, each of which leads to every room. The participant's lock
// guards them.
type doors struct {
	addresses []string // host[:port]; empty: the link's own, without a watch
	at        int      // that answered last, or is tried next
	attempt   int      // since the last welcome
	media     time.Time
	spoke     time.Time // when the server last said something on this websocket
	prove     time.Time // by when it must; zero: it was not asked
	pinged    time.Time
}

// several reports whether there is more than the link's own server.
func (d *doors) several() bool { return len(d.addresses) > 0 }

// now is the door that is tried; empty: the link's own.
func (d *doors) now() string {
	if !d.several() {
		return ""
	}
	return d.addresses[d.at%len(d.addresses)]
}

// next goes to the next one.
func (d *doors) next() { d.at++ }

// pause is how long to wait before the next attempt: doubling with every round, half of it random.
func (d *doors) pause() time.Duration {
	d.attempt++
	round := (d.attempt + len(d.addresses) - 1) / len(d.addresses)
	whole := min(retryMost, retryFirst<<min(round-1, 10))
	return whole/2 + rand.N(whole/2)
}

// opened notes a websocket that has to say something soon.
func (d *doors) opened(now time.Time) {
	d.spoke, d.pinged, d.prove = now, now, now.Add(doorWithin)
}

// heard notes that the server has said something.
func (d *doors) heard(now time.Time) { d.spoke, d.prove = now, time.Time{} }

// look decides whether the server is to be asked whether it is there, and whether it is not.
func (d *doors) look(now time.Time) (ping, dead bool) {
	silent := now.Sub(d.media)
	if d.prove.IsZero() && silent >= silentAfter && silent < forgottenAfter &&
		now.Sub(d.pinged) >= proveEvery {
		d.prove = now.Add(proveWithin)
		ping = true
	}
	if now.Sub(d.pinged) >= pingEvery {
		ping = true
	}
	if ping {
		d.pinged = now
	}
	dead = !d.prove.IsZero() && now.After(d.prove) || now.Sub(d.spoke) > deadAfter
	return ping, dead
}
