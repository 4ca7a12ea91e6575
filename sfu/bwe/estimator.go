// Package bwe estimates how much one receiver's downlink carries, from what the sender knows: which packet left when,
// and when the receiver says that it arrived (transport-wide feedback). It follows the algorithms published as "Google
// Congestion Control" (draft-ietf-rmcat-gcc-02 and its descendants) and is pure: time and packets are arguments.
//
// The owner calls OnSent for every packet that leaves (audio, video, retransmissions and padding alike, with its size
// on the wire), OnFeedback for every feedback packet, Tick a few times a second, and reads Estimate afterwards. When
// somebody could use more than the estimate, Probe says whether and how to try for more.
package bwe

import "time"

// Sent is one packet that left for the receiver.
type Sent struct {
	Seq   int64 // transport-wide sequence number, unwrapped: strictly rising
	Size  int   // bytes on the wire, IP and UDP headers included
	At    time.Time
	Probe int // ID of the Cluster that the packet belongs to; 0: none
}

// Ack is what the receiver says of one packet.
type Ack struct {
	Seq      int64 // unwrapped like Sent.Seq
	Received bool
	Arrival  time.Duration // by the receiver's clock, from an arbitrary origin; meaningless unless Received
}

// State is what the delay of the latest packets says of the link.
type State uint8

// States of the link.
const (
	Normal     State = iota
	Overusing        // a queue is growing
	Underusing       // a queue is draining
)

// Estimate is what the estimator believes of the link.
type Estimate struct {
	Bitrate    int           // bit/s that may be sent, headers included
	State      State         // delay signal
	RTT        time.Duration // smoothed; 0: not known yet
	QueueDelay time.Duration // what packets now wait in queues on their way, above the least delay seen lately
	Loss       float64       // share of packets lost lately, 0…1
	Acked      int           // bit/s that arrived lately; 0: not known yet
}

// Cluster is a probe to send: Bytes at Bitrate, made of media that waits anyway, retransmissions or padding, every
// packet marked with ID in Sent.Probe.
type Cluster struct {
	ID       int
	Bitrate  int           // bit/s at which its packets leave, all traffic included
	Bytes    int           // in all, media included
	Duration time.Duration // Bytes at Bitrate
	Packets  int           // at least so many packets: smaller ones rather than fewer
}

// Estimator estimates the bandwidth of one receiver's downlink. Its methods must not be called concurrently.
type Estimator struct {
	config Config
	now    Estimate
}

// New returns an estimator that begins with config.StartBitrate.
func New(config Config) *Estimator {
	return &Estimator{config: config, now: Estimate{Bitrate: config.StartBitrate}}
}

// OnSent notes a packet that left.
func (e *Estimator) OnSent(Sent) {}

// OnFeedback takes one feedback packet: acks in rising order of Seq, those not received included. Feedback for packets
// that never left, or that were acknowledged before, is ignored.
func (e *Estimator) OnFeedback(now time.Time, acks []Ack) {}

// Tick lets time pass: the estimate decays while feedback fails to come. Call it every 100 ms or so.
func (e *Estimator) Tick(now time.Time) {}

// Estimate returns the current estimate.
func (e *Estimator) Estimate() Estimate { return e.now }

// Probe says whether to send a probe now, given the bitrate that the receiver could use (bit/s; what it would take to
// show all that its page wants, and no more). It returns false while a probe is on its way, while the link is busy or
// when the last ones proved that there is nothing to win. Ask after every feedback and tick; once it has returned a
// cluster, send it.
func (e *Estimator) Probe(now time.Time, wanted int) (Cluster, bool) { return Cluster{}, false }

// PathChanged forgets what was learnt of the path (another network after an ICE restart) and begins again with start
// bit/s, or with the lower of the current estimate and the configured start when start is 0.
func (e *Estimator) PathChanged(now time.Time, start int) {}
