package photo

import (
	"maps"
	"slices"
)

// Album holds the photos of one room. It is not safe for concurrent use.
type Album struct {
	photos  map[int]*one
	viewers map[string]map[int]*view // by participant and photo
}

// one is a photo.
type one struct {
	owner  string
	pieces [][]byte // what has come of each
	sizes  []int
	wanted []int // pieces that somebody looks at, the latest first
	// recalled: another server had it. Those who looked at it there have what they were sent, so it
	// comes again once somebody lacks some.
	recalled bool
}

// view is what a viewer has of a photo, and looks at.
type view struct {
	order []int
	have  []int // bytes of each piece
}

// NewAlbum returns an empty one.
func NewAlbum() *Album {
	return &Album{photos: map[int]*one{}, viewers: map[string]map[int]*view{}}
}

// Add makes a photo known of which nothing has come yet.
func (a *Album) Add(number int, owner string, sizes []int) {
	a.photos[number] = &one{
		owner: owner, sizes: slices.Clone(sizes), pieces: make([][]byte, len(sizes)),
	}
}

// Recall makes a photo known that another server had, whose bytes are with its owner.
func (a *Album) Recall(number int, owner string, sizes []int) {
	a.Add(number, owner, sizes)
	a.photos[number].recalled = true
}

// Remove forgets a photo.
func (a *Album) Remove(number int) {
	delete(a.photos, number)
	for _, views := range a.viewers {
		delete(views, number)
	}
}

// Bytes is what the photos take once they are whole.
func (a *Album) Bytes() (total int) {
	for _, p := range a.photos {
		total += Sum(p.sizes)
	}
	return total
}

// Take takes a part that has come from a participant. It reports whether that was of use: one that
// came before, or whose turn it is not within its piece, is not.
func (a *Album) Take(from string, part Part) bool {
	p := a.photos[part.Photo]
	if p == nil || p.owner != from || part.Piece >= len(p.sizes) {
		return false
	}
	have := p.pieces[part.Piece]
	if part.Offset != len(have) || len(have)+len(part.Data) > p.sizes[part.Piece] {
		return false
	}
	if have == nil {
		have = make([]byte, 0, p.sizes[part.Piece])
	}
	p.pieces[part.Piece] = append(have, part.Data...)
	return true
}

// Have returns how many bytes of each piece have come; nil: there is no such photo.
func (a *Album) Have(number int) []int {
	p := a.photos[number]
	if p == nil {
		return nil
	}
	have := make([]int, len(p.pieces))
	for i, piece := range p.pieces {
		have[i] = len(piece)
	}
	return have
}

// Look notes which pieces of a photo a viewer looks at, the most important first, and what they
// have of each piece already; have is nil where that was told before: who never did is sent
// nothing.
func (a *Album) Look(viewer string, number int, order, have []int) {
	p := a.photos[number]
	if p == nil {
		return
	}
	views := a.viewers[viewer]
	if views == nil {
		views = map[int]*view{}
		a.viewers[viewer] = views
	}
	v := views[number]
	if have != nil {
		v = &view{have: make([]int, len(p.sizes))}
		copy(v.have, have)
		for i := range v.have {
			v.have[i] = min(max(v.have[i], 0), p.sizes[i])
		}
		views[number] = v
	}
	order = slices.DeleteFunc(slices.Clone(order), func(i int) bool {
		return i < 0 || i >= len(p.sizes)
	})
	if v != nil {
		v.order = order
	}
	p.wanted = slices.DeleteFunc(slices.Clone(order), func(i int) bool {
		return len(p.pieces[i]) == p.sizes[i]
	})
}

// Wanted returns the pieces of a photo at which somebody looks and that have not come.
func (a *Album) Wanted(number int) []int {
	if p := a.photos[number]; p != nil {
		return p.wanted
	}
	return nil
}

// Leave forgets what a viewer has and looks at: their page tells it again.
func (a *Album) Leave(viewer string) { delete(a.viewers, viewer) }

// Hide keeps a photo from a viewer from now on.
func (a *Album) Hide(viewer string, number int) { delete(a.viewers[viewer], number) }

// Uploads lists the photos of a participant that are not whole, the first first.
func (a *Album) Uploads(owner string) (numbers []int) {
	for _, number := range slices.Sorted(maps.Keys(a.photos)) {
		if a.comes(number, owner) {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

func (p *one) whole() bool {
	for i, size := range p.sizes {
		if len(p.pieces[i]) < size {
			return false
		}
	}
	return true
}

// Busy reports whether a participant still has something to send.
func (a *Album) Busy(owner string) bool {
	for number := range a.photos {
		if a.comes(number, owner) {
			return true
		}
	}
	return false
}

// comes reports whether the owner of a photo is to send some of it.
func (a *Album) comes(number int, owner string) bool {
	p := a.photos[number]
	return p.owner == owner && !p.whole() && (!p.recalled || a.lacking(number))
}

// lacking reports whether somebody who looks at a photo lacks some of it.
func (a *Album) lacking(number int) bool {
	for _, views := range a.viewers {
		if v := views[number]; v != nil && Sum(v.have) < Sum(a.photos[number].sizes) {
			return true
		}
	}
	return false
}

// Pending reports whether a viewer has not been sent all that they look at.
func (a *Album) Pending(viewer string) bool {
	for number, v := range a.viewers[viewer] {
		for i, size := range a.photos[number].sizes {
			if v.have[i] < size {
				return true
			}
		}
	}
	return false
}

// Backlog is how many bytes have come that a viewer has not been sent.
func (a *Album) Backlog(viewer string) (bytes int) {
	for number, v := range a.viewers[viewer] {
		for i, piece := range a.photos[number].pieces {
			bytes += max(0, len(piece)-v.have[i])
		}
	}
	return bytes
}

// Next returns what a viewer is sent next, most bytes of it at most; false: there is nothing now.
// Its data must not be changed.
func (a *Album) Next(viewer string, most int) (Part, bool) {
	views := a.viewers[viewer]
	// The photo opened last is the one that is looked at.
	for _, number := range slices.Backward(slices.Sorted(maps.Keys(views))) {
		p, v := a.photos[number], views[number]
		for _, i := range order(len(p.sizes), v.order) {
			from, to := v.have[i], min(len(p.pieces[i]), v.have[i]+most)
			if from < to {
				v.have[i] = to
				return Part{Photo: number, Piece: i, Offset: from, Data: p.pieces[i][from:to]}, true
			}
		}
	}
	return Part{}, false
}

// order returns all pieces, in the order in which they go.
func order(count int, wanted []int) []int {
	sent := make([]bool, count)
	var all []int
	add := func(i int) {
		if i < count && !sent[i] {
			sent[i] = true
			all = append(all, i)
		}
	}
	add(0)
	for _, i := range wanted {
		add(i)
	}
	for i := range count {
		add(i)
	}
	return all
}
