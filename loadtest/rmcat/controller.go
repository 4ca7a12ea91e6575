// Package rmcat judges bandwidth estimators by the IETF's test cases for interactive media
// (RFC 8867, cases 5.1 to 5.8), and by the same cases at a fifth of the rates, where thin
// rural links live. Everything happens in virtual time on the link model, so that two minutes
// of call take a fraction of a second and equal seeds give equal figures.
//
// What is judged is a [Controller]: anything that hears of packets sent and of feedback, and
// names a target bitrate. A flow around it sends 50 audio packets a second and 25 video frames a
// second from an encoder that follows the target, through a pacer, and gets transport-wide
// feedback back over the reverse path. TCP flows compete where a case asks for it.
//
// [Run] plays one case and returns a [Result]; [Table] writes results as text or Markdown.
package rmcat

import "time"

// Controller is what an estimator must offer to be judged. It is used from one goroutine.
type Controller interface {
	// OnSent notes a packet that leaves.
	OnSent(Packet)
	// OnFeedback takes one feedback report, in rising order of sequence numbers.
	OnFeedback(now time.Time, acks []Ack)
	// Tick lets time pass, ten times a second.
	Tick(now time.Time)
	// Target is the bitrate to send at, in bit/s, headers included.
	Target() int
	// Probe may ask for a burst above the target, when wanted bit/s could be used.
	Probe(now time.Time, wanted int) (Cluster, bool)
}

// Packet is one packet that leaves.
type Packet struct {
	Seq   int64 // transport-wide sequence number
	Size  int   // bytes, IP and UDP headers included
	At    time.Time
	Probe int // ID of the Cluster it belongs to; 0: none
}

// Ack is what a report says of one packet.
type Ack struct {
	Seq      int64
	Received bool
	Arrival  time.Duration // by the receiver's clock; meaningless unless Received
}

// Cluster is a burst that a controller asks for, of media that waits, then padding.
type Cluster struct {
	ID       int // not 0
	Bitrate  int // bit/s at which its packets leave
	Bytes    int // in all
	Duration time.Duration
	Packets  int // at least so many
}

// Limits are what a controller is told when a flow begins, in bit/s.
type Limits struct {
	Start, Min, Max int
}

// Factory creates the controller of one flow.
type Factory func(Limits) (Controller, error)
