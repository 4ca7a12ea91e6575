package rtpx

// sequenceMap gives the packets of one source their outgoing sequence numbers. A packet that is
// dropped in order gets none, so that the receiver sees no gap; one that is lost gets one, so that
// the receiver misses it and asks for it, and it has its place when it comes late.
type sequenceMap struct {
	slots  []sequenceSlot // by incoming number, modulo their count
	newest uint16         // incoming
	next   uint16         // outgoing, of the packet after the newest
	behind int            // how many slots before the newest are known, itself not counted
}

type sequenceSlot struct {
	out   uint16
	state sequenceState
}

type sequenceState uint8

const (
	sequenceMissing sequenceState = iota // a number is reserved for it
	sequenceSent
	sequenceDropped
)

// order says how a packet stands to those before it.
type order uint8

const (
	inOrder  order = iota
	late           // it was missing, and a number is reserved for it
	repeated       // it came before, or is from before the source took over
	// restarted: so far away that the source must have started anew, or more is lost than can be
	// repaired.
	restarted
)

func newSequenceMap(size int) sequenceMap {
	return sequenceMap{slots: make([]sequenceSlot, powerOfTwo(size))}
}

// begin makes in the newest incoming packet, yet to be taken.
func (m *sequenceMap) begin(in uint16) { m.newest, m.behind = in-1, -1 }

func (m *sequenceMap) slot(in uint16) *sequenceSlot { return &m.slots[int(in)&(len(m.slots)-1)] }

func (m *sequenceMap) order(in uint16) order {
	switch ahead := int(int16(in - m.newest)); {
	case ahead > len(m.slots)/2 || ahead <= -restartDistance:
		return restarted
	case ahead > 0:
		return inOrder
	case -ahead > m.behind || m.slot(in).state != sequenceMissing:
		return repeated
	default:
		return late
	}
}

// take settles an incoming packet that is in order or late, and returns its outgoing number. One
// that is in order and not to be sent takes none.
func (m *sequenceMap) take(in uint16, send bool) (out uint16) {
	state := sequenceDropped
	if send {
		state = sequenceSent
	}
	if !SequenceNewer(in, m.newest) {
		slot := m.slot(in)
		slot.state = state
		return slot.out
	}
	for missing := m.newest + 1; missing != in; missing++ {
		*m.slot(missing) = sequenceSlot{out: m.next}
		m.next++
	}
	out = m.next
	*m.slot(in) = sequenceSlot{out: out, state: state}
	m.behind = min(m.behind+int(in-m.newest), len(m.slots)-1)
	m.newest = in
	if send {
		m.next++
	}
	return out
}
