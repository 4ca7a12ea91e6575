package receive

import "time"

// State is what is believed of an uplink.
type State struct {
	// bit/s that all media of the publisher together may take; 0: none known
	Limit int
	// bit/s that Limit will be at least once a queue that stands now is gone, or less was tried for
	// nothing; 0: none known
	Usual     int
	Delay     time.Duration // of the queue before them
	Loss      float64       // share of their packets that were lost in the last second, 0…1
	LossKnown bool          // there has been such a second
	// Limit is more than is believed, so that a picture may move and show what the link carries
	Attempt bool
	Found   bool // the link was found full at about Usual, and nothing has refuted that
	// a queue stands, and Limit is below what the link carries until it is gone
	Congested bool
	// lately: the publisher's own congestion control may not have noticed yet
	Fell bool
	// the link has been full, or is expected to be soon: it carries about Usual, whereas else that
	// is just what was tried
	Full bool
	// bit/s that the link was found to carry, as long as nothing has refuted that; 0: never full
	Carried int
}
