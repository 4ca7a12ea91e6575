package rules

import (
	"slices"

	"draille/signaling/protocol"
)

// photo is one that somebody in the room has announced. The staff and its owner see it, and those
// to whom the staff have shown it: nobody who comes later, so that a patient sees nothing of the
// one before. It goes with its owner, and with the room.
type photo struct {
	owner *participant
	info  protocol.PhotoInfo
	shown map[*participant]bool // to whom, beside the staff and the owner
	marks []mark
	drawn int // marks, ever
}

// mark is something drawn on a photo. It stays when whoever drew it has gone.
type mark struct {
	by string // a participant
	protocol.Mark
}

// holds reports whether points lie on the photo. They may lie on its far edges.
func (f *photo) holds(points ...int) bool {
	for i, at := range points {
		if i%2 == 0 && at > f.info.Width || i%2 == 1 && at > f.info.Height {
			return false
		}
	}
	return true
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

// volatile is what another server is told of it.
func (f *photo) volatile() VolatilePhoto {
	told := VolatilePhoto{Info: f.info, Drawn: f.drawn}
	for p := range f.shown {
		told.Shown = append(told.Shown, p.id)
	}
	slices.Sort(told.Shown)
	for _, one := range f.marks {
		told.Marks = append(told.Marks, VolatileMark{one.by, one.Mark})
	}
	return told
}

// unmark takes marks from a photo, and returns their numbers.
func (f *photo) unmark(which func(mark) bool) []int {
	drop := []int{}
	f.marks = slices.DeleteFunc(f.marks, func(one mark) bool {
		if which(one) {
			drop = append(drop, one.N)
			return true
		}
		return false
	})
	return drop
}
