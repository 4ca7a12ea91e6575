package send

import "time"

// outcome is what became of a packet.
type outcome uint8

const (
	unused outcome = iota // no packet was noted in this place
	inFlight
	lost
	received
)

// packet is a sent packet and what is known of it.
type packet struct {
	seq     int64
	sent    time.Duration // since the estimator's origin
	arrived time.Duration // by the receiver's clock
	size    int
	probe   int
	outcome outcome

	afterHole bool // nothing was heard of the packets before it: their feedback was lost
}

// history keeps the packets sent lately, in a circular buffer by sequence number that grows while
// packets in flight would be overwritten.
type history struct {
	slots  []packet // its length is a power of two
	newest int64
}

func (h *history) slot(seq int64) *packet { return &h.slots[seq&int64(len(h.slots)-1)] }

func (h *history) add(p packet) {
	if h.slots == nil {
		h.slots = make([]packet, minHistory)
	}
	for len(h.slots) < MaxHistory && h.slot(p.seq).outcome == inFlight {
		h.grow()
	}
	*h.slot(p.seq) = p
	h.newest = p.seq
}

func (h *history) grow() {
	former := h.slots
	h.slots = make([]packet, 2*len(former))
	for _, p := range former {
		if p.outcome != unused {
			*h.slot(p.seq) = p
		}
	}
}

// find returns the packet with that number, nil if it never left or is forgotten.
func (h *history) find(seq int64) *packet {
	if h.slots == nil {
		return nil
	}
	if p := h.slot(seq); p.outcome != unused && p.seq == seq {
		return p
	}
	return nil
}

// inFlight tells whether the packet with that number has left and nothing was heard of it.
func (h *history) inFlight(seq int64) bool {
	p := h.find(seq)
	return p != nil && p.outcome == inFlight
}
