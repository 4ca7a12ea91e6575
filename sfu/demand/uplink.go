package demand

// Uplink is what a publisher's link is believed to carry.
type Uplink struct {
	Limit   int  // bit/s that may come now; 0: not known
	Usual   int  // bit/s once a queue that stands now has drained
	Full    bool // the link has been found full: it carries that; else it is what was tried
	Found   bool // it was, and nothing has refuted it
	Attempt bool // Limit is more than the link is believed to carry, for a picture that moves
}

// Less returns what the uplink has beside a transfer.
func (u Uplink) Less(transfer int) Uplink {
	if u.Limit > 0 {
		u.Limit = max(u.Limit-transfer, 1) // 0 would be: nothing limits it
		u.Usual = max(u.Usual-transfer, 1)
	}
	return u
}
