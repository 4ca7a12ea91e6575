package send

import "time"

// Sent is one packet that left for the receiver.
type Sent struct {
	Seq   int64 // transport-wide sequence number, unwrapped: strictly rising, not negative
	Size  int   // bytes on the wire, IP and UDP headers included
	At    time.Time
	Probe int // ID of the Cluster that the packet belongs to; 0: none
}

// Ack is what the receiver says of one packet.
type Ack struct {
	Seq      int64 // unwrapped like Sent.Seq
	Received bool
	// by the receiver's clock, from an arbitrary origin; meaningless unless Received
	Arrival time.Duration
}

// Estimate is what the estimator believes of the link.
type Estimate struct {
	Bitrate int // bit/s to share out among media, headers included
	// bit/s that may leave now: Bitrate, or less for a moment when the link seems to collapse; see
	// Pacing
	Pacing int
	// Bitrate, or less for a moment when the link may have fallen: what publishers should prepare
	// for; see ReverseDropped
	Cautious int
	State    State         // delay signal
	RTT      time.Duration // smoothed; 0: not known yet
	// what packets now wait in queues on their way, above the least delay seen lately
	QueueDelay   time.Duration
	Loss         float64 // share of packets lost lately, 0…1
	Acked        int     // bit/s that arrived lately; 0: not known yet
	CrossTraffic bool    // somebody else keeps the queue full; the rate follows the losses
	// Full says that the link was found to carry no more; otherwise it has only not been tried.
	Full bool
}
