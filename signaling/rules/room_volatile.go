package rules

import (
	"slices"

	"draille/signaling/protocol"
)

// Volatile returns what the room keeps in memory alone.
func (r *Room) Volatile() Volatile {
	v := Volatile{Format: volatileFormat, Chat: slices.Clone(r.chat), Lines: r.lines, Note: r.note,
		Delay: r.delay, Spotlight: r.spotlight, Unattended: r.unattended.since, Taken: r.taken,
		Refused: map[string]VolatileRefusal{}}
	for _, p := range r.people {
		if p.place != protocol.PlaceLobby && p.name != "" {
			v.Seats = append(v.Seats, VolatileSeat{Participant: p.id, Name: p.name, From: p.from,
				Hand: p.handRaised, ModeBy: p.modeBy, Missed: slices.Clone(p.missed),
				PhotoAsked: p.photoAsked})
		}
	}
	for _, f := range r.photos {
		v.Photos = append(v.Photos, f.volatile())
	}
	for family, refused := range r.refused {
		v.Refused[family] = VolatileRefusal{refused.count, refused.until}
	}
	return v
}

// Adopt takes in what the server that handed the room over kept in memory, right after Restore.
// Whoever comes back has the name, the hand and the lines that were theirs there. It returns the
// photos that it goes on with, of which nothing has come yet.
func (r *Room) Adopt(v Volatile) []VolatilePhoto {
	if !v.Known() {
		return nil
	}
	for _, seat := range v.Seats {
		p := r.find(func(p *participant) bool { return p.id == seat.Participant })
		if p == nil {
			continue
		}
		p.name, p.from, p.handRaised = seat.Name, max(seat.From, 1), seat.Hand
		p.modeBy, p.missed = seat.ModeBy, slices.Clone(seat.Missed)
		p.photoAsked = seat.PhotoAsked
	}
	r.chat, r.lines = slices.Clone(v.Chat), v.Lines
	for _, line := range r.chat {
		r.chatBytes += len(line.Text)
		r.lines = max(r.lines, line.N)
	}
	r.trimChat()
	r.note, r.delay = v.Note, v.Delay
	if p := r.find(func(p *participant) bool { return p.id == v.Spotlight }); p != nil {
		r.spotlight = p.id
	}
	for family, refused := range v.Refused {
		r.refused[family] = refusals{refused.Count, refused.Until}
	}
	r.unattended.since = v.Unattended
	r.unsaved = true
	return r.adoptPhotos(v)
}

// adoptPhotos goes on with the photos of whoever has still a seat.
func (r *Room) adoptPhotos(v Volatile) (kept []VolatilePhoto) {
	of := func(id string) *participant {
		return r.find(func(p *participant) bool { return p.id == id })
	}
	r.taken = v.Taken
	for _, told := range v.Photos {
		owner := of(told.Info.Participant)
		r.taken = max(r.taken, told.Info.Number)
		if owner == nil || len(r.photos) >= protocol.MaxPhotos {
			continue
		}
		f := &photo{owner: owner, info: told.Info, shown: map[*participant]bool{},
			drawn: told.Drawn}
		for _, id := range told.Shown {
			if p := of(id); p != nil {
				f.shown[p] = true
			}
		}
		for _, one := range told.Marks {
			f.marks = append(f.marks, mark{one.By, one.Mark})
		}
		r.photos, kept = append(r.photos, f), append(kept, told)
	}
	return kept
}
