package rules

import (
	"slices"
	"time"

	"draille/signaling/protocol"
)

// askPhoto asks somebody in the room for a photo. Who is away for a moment is asked when they are
// back.
func (r *Room) askPhoto(p *participant, id string) *protocol.Error {
	if !mayAdmit(p) {
		return forbidden("a host or a clinician", p)
	}
	target, problem := r.target(id, protocol.PlaceRoom)
	if problem != nil {
		return problem
	}
	target.photoAsked = p.name
	r.send(target, protocol.PhotoAsked{By: p.name})
	return nil
}

// addPhoto makes a photo known to those who may see it.
func (r *Room) addPhoto(p *participant, m protocol.Photo) *protocol.Error {
	if !mayAdmit(p) && p.photoAsked == "" {
		return refusal(protocol.ErrorForbidden,
			"expected a guest who was asked for a photo, got one who was not; wait to be asked")
	}
	f := &photo{owner: p, shown: map[*participant]bool{}, info: protocol.PhotoInfo{
		Number: r.taken + 1, Participant: p.id, Name: p.name, Width: m.Width, Height: m.Height,
		Pieces: slices.Clone(m.Pieces),
	}}
	total := f.bytes()
	for _, other := range r.photos {
		total += other.bytes()
	}
	if len(r.photos) >= protocol.MaxPhotos || total > protocol.MaxPhotoRoomBytes ||
		r.taken == protocol.MaxPhotoNumber {
		return refusal(protocol.ErrorFull,
			"expected at most %d photos and %d bytes of them in the room, got more; take one back",
			protocol.MaxPhotos, protocol.MaxPhotoRoomBytes)
	}
	r.taken++
	p.photoAsked = ""
	r.photos = append(r.photos, f)
	r.do(KeepPhoto{f.info.Number, p.id, f.info.Pieces})
	r.tellPhotos(f.isFor)
	return nil
}

// showPhoto shows a photo to everybody who is in the room now, or to nobody beside the staff and
// its owner.
func (r *Room) showPhoto(p *participant, m protocol.PhotoShow) *protocol.Error {
	if !mayAdmit(p) {
		return forbidden("a host or a clinician", p)
	}
	f, problem := r.photo(p, m.Photo)
	if problem != nil {
		return problem
	}
	before := map[*participant]bool{}
	for _, other := range r.people {
		before[other] = f.isFor(other)
	}
	clear(f.shown)
	for _, other := range r.people {
		if m.Shown && other.place == protocol.PlaceRoom {
			f.shown[other] = true
		}
	}
	f.info.Shown = m.Shown
	r.tellPhotos(func(other *participant) bool {
		if before[other] && !f.isFor(other) {
			r.do(HidePhoto{other.id, f.info.Number})
		}
		return before[other] || f.isFor(other)
	})
	r.tellMarks(f, func(other *participant) bool { return !before[other] })
	return nil
}

// dropPhoto takes a photo back.
func (r *Room) dropPhoto(p *participant, number int) *protocol.Error {
	f, problem := r.photo(p, number)
	if problem != nil {
		return problem
	}
	if f.owner != p && !mayAdmit(p) {
		return forbidden("a host, a clinician or whoever sent it", p)
	}
	r.forgetPhoto(f)
	return nil
}

// lookAtPhoto has the bytes of a photo sent to somebody who may see it.
func (r *Room) lookAtPhoto(p *participant, m protocol.PhotoLook) *protocol.Error {
	if _, problem := r.photo(p, m.Photo); problem != nil {
		r.photosLeft(p)
		return problem
	}
	r.do(SendPhoto{p.id, m})
	return nil
}

// photo finds one that p may see.
func (r *Room) photo(p *participant, number int) (*photo, *protocol.Error) {
	for _, f := range r.photos {
		if f.info.Number == number && f.isFor(p) {
			return f, nil
		}
	}
	return nil, refusal(protocol.ErrorNotFound,
		"expected the number of a photo that you may see, got another; it may have been taken "+
			"back, see the last \"photos\"")
}

// forgetPhotosOf takes back what somebody has sent, since they leave, and hides all others.
func (r *Room) forgetPhotosOf(p *participant) {
	for _, f := range slices.Clone(r.photos) {
		if delete(f.shown, p); f.owner == p {
			r.forgetPhoto(f)
		}
	}
}

func (r *Room) forgetPhoto(f *photo) {
	r.photos = slices.DeleteFunc(r.photos, func(other *photo) bool { return other == f })
	r.do(ForgetPhoto{f.info.Number})
	r.tellPhotos(f.isFor)
}

// tellPhotos tells those whom something concerns what there is for them now.
func (r *Room) tellPhotos(concerns func(*participant) bool) {
	for _, p := range r.people {
		if concerns(p) {
			r.send(p, protocol.Photos{Photos: r.photosFor(p)})
		}
	}
}

// photosAnew tells somebody who is there, or is back, what there is for them.
func (r *Room) photosAnew(p *participant) {
	photos := r.photosFor(p)
	if len(photos) == 0 {
		return
	}
	r.send(p, protocol.Photos{Photos: photos, Anew: true})
	for _, f := range r.photos {
		r.tellMarks(f, func(other *participant) bool { return other == p })
	}
}

// photosLeft tells somebody, who asks for what is not here or sends it, what there is for them: the
// server that knew it is gone.
func (r *Room) photosLeft(p *participant) {
	photos := r.photosFor(p)
	if photos == nil {
		photos = []protocol.PhotoInfo{}
	}
	r.send(p, protocol.Photos{Photos: photos, Anew: true})
}

// PhotoStray is called with a part of a photo that is not here.
func (r *Room) PhotoStray(now time.Time, from Connection) []Effect {
	if p := r.byConnection(from); p != nil && p.place == protocol.PlaceRoom {
		r.photosLeft(p)
	}
	return r.settle(now)
}

func (r *Room) photosFor(p *participant) []protocol.PhotoInfo {
	var photos []protocol.PhotoInfo
	for _, f := range r.photos {
		if f.isFor(p) {
			photos = append(photos, f.info)
		}
	}
	return photos
}
