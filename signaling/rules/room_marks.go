package rules

import (
	"slices"

	"draille/signaling/protocol"
)

// markPhoto draws on a photo, for all who may see it.
func (r *Room) markPhoto(p *participant, m protocol.PhotoMark) *protocol.Error {
	f, problem := r.photo(p, m.Photo)
	if problem != nil {
		return problem
	}
	if !f.holds(m.Points...) {
		return outside(f)
	}
	drop := []int{}
	if m.Kind == protocol.MarkScale { // there is one
		drop = f.unmark(func(other mark) bool { return other.Kind == protocol.MarkScale })
	}
	if len(f.marks) >= protocol.MaxPhotoMarks {
		return refusal(protocol.ErrorFull, "expected at most %d marks on a photo, got more; "+
			"take one back", protocol.MaxPhotoMarks)
	}
	f.drawn++
	drawn := mark{p.id, protocol.Mark{N: f.drawn, Name: p.name, Kind: m.Kind,
		Points: slices.Clone(m.Points), Length: m.Length}}
	f.marks = append(f.marks, drawn)
	r.sendViewers(f, protocol.PhotoMarks{Photo: m.Photo, Add: []protocol.Mark{drawn.Mark},
		Drop: drop})
	return nil
}

// unmarkPhoto takes back somebody's last mark, or all that there are.
func (r *Room) unmarkPhoto(p *participant, m protocol.PhotoUnmark) *protocol.Error {
	f, problem := r.photo(p, m.Photo)
	if problem != nil {
		return problem
	}
	if m.All && f.owner != p && !mayAdmit(p) {
		return forbidden("a host, a clinician or whoever sent it", p)
	}
	last := 0
	for _, one := range f.marks {
		if one.by == p.id {
			last = one.N
		}
	}
	drop := f.unmark(func(one mark) bool { return m.All || one.N == last })
	if len(drop) > 0 {
		r.sendViewers(f, protocol.PhotoMarks{Photo: m.Photo, Add: []protocol.Mark{}, Drop: drop})
	}
	return nil
}

// pointAtPhoto shows where somebody points to the others who may see a photo.
func (r *Room) pointAtPhoto(p *participant, m protocol.PhotoPoint) *protocol.Error {
	f, problem := r.photo(p, m.Photo)
	if problem != nil {
		return problem
	}
	if !f.holds(m.X, m.Y) {
		return outside(f)
	}
	for _, other := range r.people {
		if other != p && f.isFor(other) {
			r.send(other, protocol.PhotoPointed{Photo: m.Photo, Participant: p.id, Name: p.name,
				X: m.X, Y: m.Y, Away: m.Away})
		}
	}
	return nil
}

func outside(f *photo) *protocol.Error {
	return refusal(protocol.ErrorMalformed, "expected points on a photo of %d by %d pixels, got "+
		"one beside it; send places of the photo, not of the screen", f.info.Width, f.info.Height)
}

func (r *Room) sendViewers(f *photo, m protocol.ServerMessage) {
	for _, p := range r.people {
		if f.isFor(p) {
			r.send(p, m)
		}
	}
}

// tellMarks tells some of those who may see a photo all that is drawn on it.
func (r *Room) tellMarks(f *photo, which func(*participant) bool) {
	if len(f.marks) == 0 {
		return
	}
	all := protocol.PhotoMarks{Photo: f.info.Number, Add: []protocol.Mark{}, Drop: []int{},
		Anew: true}
	for _, one := range f.marks {
		all.Add = append(all.Add, one.Mark)
	}
	for _, p := range r.people {
		if f.isFor(p) && which(p) {
			r.send(p, all)
		}
	}
}
