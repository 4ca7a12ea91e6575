package rules

import "draille/signaling/protocol"

// photo is one that somebody in the room has announced. The staff and its owner see it, and those
// to whom the staff have shown it: nobody who comes later, so that a patient sees nothing of the
// one before. It goes with its owner, and with the room.
type photo struct {
	owner *participant
	info  protocol.PhotoInfo
	shown map[*participant]bool // to whom, beside the staff and the owner
}

func (f *photo) isFor(p *participant) bool {
	return p.place == protocol.PlaceRoom && (f.owner == p || mayAdmit(p) || f.shown[p])
}

func (f *photo) bytes() (total int) {
	for _, size := range f.info.Pieces {
		total += size
	}
	return total
}
