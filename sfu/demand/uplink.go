package demand

// Uplink is what a publisher's link is believed to carry.
type Uplink struct {
	Limit   int  // bit/s that may come now; 0: not known
	Usual   int  // bit/s once a queue that stands now has drained
	Full    bool // the link has been found full: it carries that; else it is what was tried
	Found   bool // it was, and nothing has refuted it
	Carried int  // bit/s that the link was found to carry; 0: it was never full
	Attempt bool // Limit is more than the link is believed to carry, for a picture that moves
}

// ForTransfers returns the bit/s of which a transfer may take its part; 0: nothing limits it. A
// limit that grows past what the link was found to carry is for pictures to try: a transfer would
// fill it at once, and the queue would hold up the voice.
func (u Uplink) ForTransfers() int {
	if u.Carried == 0 || u.Limit == 0 {
		return u.Limit
	}
	return min(u.Limit, int(transferCaution*float64(u.Carried)))
}

// Less returns what the uplink has beside a transfer.
func (u Uplink) Less(transfer int) Uplink {
	if u.Limit > 0 {
		u.Limit = max(u.Limit-transfer, 1) // 0 would be: nothing limits it
		u.Usual = max(u.Usual-transfer, 1)
	}
	return u
}
