// Package practice holds the types of the practice: who works where and with which rights, which
// patients they meet and when, and by which link. They are the same in the store, in Go and in the
// JSON of the desk, whose TypeScript is generated from this file.
//
// The package is a leaf: it reads no clock, opens no file and imports nothing of ours.
package practice

import (
	"crypto/rand"
	"time"
)

// Instant is a point in time, in milliseconds since 1970 UTC. 0 means never or not yet.
type Instant int64

// InstantOf returns the instant of t, without what is finer than a millisecond.
func InstantOf(t time.Time) Instant {
	if t.IsZero() {
		return 0
	}
	return Instant(t.UnixMilli())
}

// Time returns the instant in UTC; the zero time for 0.
func (i Instant) Time() time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(i)).UTC()
}

// Add returns the instant d later.
func (i Instant) Add(d time.Duration) Instant { return i + Instant(d.Milliseconds()) }

// NewID returns a new identifier: 26 letters and digits, 130 bits of chance.
func NewID() string { return rand.Text() }

// Change says that something in the store is not what it was. Whoever is told reads it again.
type Change struct {
	Topic         Topic  `json:"topic"`
	Establishment string `json:"establishment"` // whose; empty: of the group
	ID            string `json:"id"`
}

// Topic is what a change is about, and so which table its id is of.
type Topic string

// Topics of changes.
const (
	TopicAppointment Topic = "appointment" // or its participants, links, consents
	TopicDelay       Topic = "delay"
	TopicOutbox      Topic = "outbox"
	TopicDevice      Topic = "device"  // enrolled or revoked
	TopicSession     Topic = "session" // ended; the id is the session's
	TopicGrants      Topic = "grants"  // of the person with this id
	TopicDirectory   Topic = "directory"
	TopicSettings    Topic = "settings"
	TopicOpinion     Topic = "opinion"
	TopicThread      Topic = "thread"   // a message was written, read or deleted; or members
	TopicReceived    Topic = "received" // a message of the hospital's was refused, or replayed
)
