package tenure

import "time"

// Config says who a node is, and how long it waits for what.
type Config struct {
	ID       string // of the node, the same after a restart
	Instance string // of the process: drawn at random when it starts
	// Processes of this node, by their instances, that are proved to be dead: what they owned is
	// free at once. Of others that ran under this id a lease may run yet.
	Dead    []string
	Peer    string   // where other nodes reach it
	Media   []string // where media reach it
	Version string
	Format  int    // newest format of a room's state that it reads and writes
	Secret  string // check value of the cluster's secret

	Lease  time.Duration // a node is dead so long after its last renewal
	Margin time.Duration // its owner stops deciding so long before
	Renew  time.Duration // a lease is renewed so often
	Gap    time.Duration // after a longer pause, the lease is renewed before anything is decided
	Settle time.Duration // after an outage of the register, claimants wait so long
	Every  time.Duration // a room's state is written so often at most
	Retry  time.Duration // what failed is tried again after it
	// A register that takes longer to answer is slow: a new room takes up to two of its answers,
	// and somebody who waits for more than half a second wonders why.
	Slow time.Duration
	// What takes longer is not waited for any more. More than two leases: whatever comes then tells
	// nothing of now, and the register is away, not slow.
	Slowest time.Duration
	Answer  time.Duration // a node that was asked for something answers within it
	Lonely  time.Duration // whoever drains waits so long for a node that could take rooms
	// A node remembers so long what must not be forgotten of a room that another took over.
	Remember time.Duration

	OwnBelow  float64 // a door takes a room itself below this load
	Uneven    float64 // and if its load is at most this much above the mean
	RoomLoad  float64 // one room's share of a node's load, until the node tells its own figure
	InFlight  int     // writes of rooms that are sent at once
	HandOvers int     // rooms that are handed over at once
}

// DefaultConfig returns the limits of a cluster. Clocks that run 1 % fast or slow leave 46 ms
// between a lease's end and the first fence: 4.365 s / 0.99 = 4.409 s, 4.5 s / 1.01 = 4.455 s.
func DefaultConfig() Config {
	return Config{
		Lease:     4500 * time.Millisecond,
		Margin:    135 * time.Millisecond,
		Renew:     time.Second,
		Gap:       time.Second,
		Settle:    time.Second,
		Every:     100 * time.Millisecond,
		Retry:     200 * time.Millisecond,
		Slow:      300 * time.Millisecond,
		Slowest:   10 * time.Second,
		Answer:    500 * time.Millisecond,
		Lonely:    10 * time.Second,
		Remember:  time.Minute,
		OwnBelow:  0.6,
		Uneven:    0.02,
		RoomLoad:  0.005,
		InFlight:  8,
		HandOvers: 10,
	}
}
