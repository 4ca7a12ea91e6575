// Package link models an access link packet by packet: a rate, a drop-tail
// queue, a propagation delay, jitter, losses, the framing of the layers below,
// and how all of it changes over time.
//
// A [Direction] is one way of a link (a link is two of them). It is pure: it is
// given a packet's size and the time, and says when that packet arrives at the
// other end, or why it never will. It reads no clock, starts no goroutine and
// opens no socket; equal seeds and equal packets give equal fates. Three
// drivers put it to work:
//
//   - loadtest/link/virtual: an event loop in virtual time, for simulation;
//   - loadtest/link/userspace: the UDP sockets of a Pion client, without root;
//   - loadtest/link/tun: TUN devices and network namespaces, for real browsers.
//
// Sizes are those of IP packets (header included). Times are durations since
// the link was created.
//
// A [Profile] names a link that people really have; [Profiles] lists them.
package link

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Bitrate is a rate in bits per second.
type Bitrate int64

// Units of Bitrate.
const (
	Kbps Bitrate = 1_000
	Mbps Bitrate = 1_000_000
)

// String writes the rate in the unit that a person would use.
func (b Bitrate) String() string {
	switch {
	case b >= 10*Mbps:
		return strconv.FormatFloat(math.Round(float64(b)/float64(Mbps)), 'f', -1, 64) + " Mbit/s"
	case b >= Mbps:
		return strconv.FormatFloat(math.Round(10*float64(b)/float64(Mbps))/10, 'f', -1, 64) +
			" Mbit/s"
	case b >= Kbps:
		return strconv.FormatFloat(math.Round(float64(b)/float64(Kbps)), 'f', -1, 64) + " kbit/s"
	default:
		return strconv.FormatInt(int64(b), 10) + " bit/s"
	}
}

// Bytes is how many whole bytes the rate carries in d.
func (b Bitrate) Bytes(d time.Duration) int {
	return int(float64(b) / 8 * d.Seconds())
}

// Conditions are what a schedule may change while the link is in use.
// The zero value is a perfect wire.
type Conditions struct {
	// Rate at which the queue is served, counted in bytes on the wire
	// (Overhead included). Zero: as fast as packets come.
	Rate Bitrate
	// Stopped holds everything in the queue until a later step lifts it.
	Stopped bool
	// Delay is the propagation delay, after the queue.
	Delay time.Duration
	// Jitter is added to Delay.
	Jitter Jitter
	// Loss is the probability, in [0, 1], that a packet is lost after the queue,
	// each packet on its own. It has used the link's capacity by then.
	Loss float64
	// Bursts are losses that come together. Applied as well as Loss.
	Bursts Bursts
}

// Jitter is a variable delay on top of the propagation delay.
type Jitter struct {
	// Mean of the extra delay, which is exponentially distributed: often small,
	// now and then several times the mean, never negative.
	Mean time.Duration
	// Correlation, in [0, 1), between the extra delays of successive packets
	// (the coefficient of the autoregressive Gaussian underneath).
	Correlation float64
	// Reorder lets a packet overtake one that was delayed more. Without it a
	// packet waits for those before it, as on most real links.
	Reorder bool
}

// Bursts is a Gilbert–Elliott loss process: two states, good and bad, each with
// its own loss probability (E. O. Elliott, "Estimates of error rates for codes
// on burst-noise channels", BSTJ 42, 1963). States last a number of packets, or
// a time, of which the mean is given. The zero value is off.
type Bursts struct {
	// Share of packets (or of time) spent in the bad state, in [0, 1).
	Share float64
	// Packets is the mean length of a stay in the bad state, in packets (≥ 1).
	// Exactly one of Packets and Time is set.
	Packets float64
	// Time is the mean length of a stay in the bad state.
	Time time.Duration
	// LossBad and LossGood are the probabilities of loss in each state.
	LossBad, LossGood float64
}

// PacketBursts is Gilbert's simpler process: everything is lost in the bad
// state, nothing in the good one. meanLoss is the share of packets lost and
// meanLength the mean number of packets lost in a row:
// r = 1/meanLength, p = r·meanLoss/(1−meanLoss).
func PacketBursts(meanLoss, meanLength float64) Bursts {
	return Bursts{Share: meanLoss, Packets: meanLength, LossBad: 1}
}

// TimeBursts is like PacketBursts for bad spells of a given mean duration, however
// many packets pass: what interference does to a radio link.
func TimeBursts(meanLoss float64, meanLength time.Duration) Bursts {
	return Bursts{Share: meanLoss, Time: meanLength, LossBad: 1}
}

// Step replaces the conditions from At on.
type Step struct {
	At time.Duration
	Conditions
}

// Config describes one direction of a link. The zero value is a perfect wire.
type Config struct {
	// Conditions hold from the start until the first step of the schedule.
	Conditions
	// Schedule of changes, in order of time.
	Schedule []Step
	// Period, if set, starts the conditions and the schedule again and again.
	Period time.Duration
	// Trace, if set, decides when packets leave in place of Rate. It cannot be
	// stopped by the schedule.
	Trace *Trace
	// Queue is the longest a packet may wait at the rate of the moment; a packet
	// that would have to wait longer is dropped (drop-tail). With a trace, the
	// mean rate of the trace counts. Whenever a rate is limited, Queue or
	// QueueBytes must say by how much packets may be held up.
	Queue time.Duration
	// QueueBytes limits the queue in bytes on the wire, whatever the rate. When both are
	// set the tighter one holds.
	QueueBytes int
	// Overhead turns the size of an IP packet into bytes on the wire.
	Overhead Overhead
}

// limited reports whether anything can build up a queue.
func (c *Config) limited() bool {
	if c.Trace != nil || c.Rate > 0 || c.Stopped {
		return true
	}
	for i := range c.Schedule {
		if c.Schedule[i].Rate > 0 || c.Schedule[i].Stopped {
			return true
		}
	}
	return false
}

// Validate says what is wrong with the configuration, if anything.
func (c *Config) Validate() error {
	if err := c.Conditions.validate(); err != nil {
		return err
	}
	if c.Queue < 0 || c.QueueBytes < 0 {
		return fmt.Errorf("link: queue %v / %d bytes: expected no negative size", c.Queue,
			c.QueueBytes)
	}
	if c.limited() && c.Queue == 0 && c.QueueBytes == 0 {
		return errors.New(
			"link: the rate is limited but the queue is not: set Queue (a time) or QueueBytes")
	}
	last := time.Duration(-1)
	for i := range c.Schedule {
		step := &c.Schedule[i]
		if step.At < 0 || step.At <= last {
			return fmt.Errorf("link: step %d at %v: expected a time after the step before it (%v)",
				i, step.At, last)
		}
		if c.Period > 0 && step.At >= c.Period {
			return fmt.Errorf(
				"link: step %d at %v: expected a time before the end of the period %v", i, step.At,
				c.Period)
		}
		if err := step.Conditions.validate(); err != nil {
			return fmt.Errorf("step %d at %v: %w", i, step.At, err)
		}
		last = step.At
	}
	if c.Period < 0 {
		return fmt.Errorf("link: period %v: expected none or a positive time", c.Period)
	}
	if c.alwaysStopped() {
		return errors.New("link: every step of the period is stopped: nothing would ever leave")
	}
	return c.Overhead.validate()
}

// alwaysStopped reports a periodic schedule that never serves the queue.
func (c *Config) alwaysStopped() bool {
	if c.Period == 0 {
		return false
	}
	for _, step := range newSchedule(c).steps {
		if !step.Stopped {
			return false
		}
	}
	return true
}

func (c *Conditions) validate() error {
	switch {
	case c.Rate < 0:
		return fmt.Errorf("link: rate %d bit/s: expected zero (no limit) or more", int64(c.Rate))
	case c.Delay < 0:
		return fmt.Errorf("link: delay %v: expected zero or more", c.Delay)
	case !probability(c.Loss):
		return fmt.Errorf("link: loss %v: expected a probability between 0 and 1", c.Loss)
	case c.Jitter.Mean < 0:
		return fmt.Errorf("link: mean jitter %v: expected zero or more", c.Jitter.Mean)
	case !(c.Jitter.Correlation >= 0 && c.Jitter.Correlation < 1):
		return fmt.Errorf("link: jitter correlation %v: expected at least 0 and less than 1",
			c.Jitter.Correlation)
	}
	return c.Bursts.validate()
}

func (b *Bursts) validate() error {
	if *b == (Bursts{}) {
		return nil
	}
	switch {
	case !(b.Share > 0 && b.Share < 1):
		return fmt.Errorf("link: share of the bad state %v: expected more than 0 and less than 1",
			b.Share)
	case !probability(b.LossBad) || !probability(b.LossGood):
		return fmt.Errorf(
			"link: loss in the bad and good states %v, %v: expected probabilities between 0 and 1",
			b.LossBad, b.LossGood)
	case (b.Packets != 0) == (b.Time != 0):
		return fmt.Errorf(
			"link: bursts of %v packets and of %v: expected exactly one of the two lengths",
			b.Packets, b.Time)
	case b.Time < 0:
		return fmt.Errorf("link: bursts of %v: expected a positive time", b.Time)
	case b.Time == 0 && !(b.Packets >= 1):
		return fmt.Errorf("link: bursts of %v packets: expected at least 1", b.Packets)
	case b.Time == 0 && b.Share/(1-b.Share) > b.Packets:
		return fmt.Errorf(
			"link: bursts of %v packets cannot fill a share of %v: expected longer bursts",
			b.Packets, b.Share)
	}
	return nil
}

func probability(p float64) bool { return p >= 0 && p <= 1 }
