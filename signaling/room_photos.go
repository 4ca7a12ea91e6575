package signaling

import (
	"crypto/rand"
	"encoding/base64"
	"math"
	"time"

	"draille/signaling/photo"
	"draille/signaling/protocol"
	"draille/signaling/rules"
)

// maxPhotoBytes bounds the photos of all rooms together, in memory: those of ten calls at their
// most, or of sixty with one photo of 4 MB each.
const maxPhotoBytes = 256 << 20

// keyBytes is how long the key is with which a browser seals the photo that it sends (AES-256).
const keyBytes = 32

// addPhoto asks the rules whether somebody may send a photo, if the server has room for it.
func (r *room) addPhoto(c *connection, m protocol.Photo) {
	before, bytes := r.album.Bytes(), photo.Sum(m.Pieces)
	if !r.reservePhotos(bytes) {
		c.fail(protocol.ErrorFull, protocol.TypeOf(m),
			"expected room for another photo on this server, got none; try again in a few minutes")
		return
	}
	r.apply(r.rules.Receive(r.server.config.Now(), c.id, m))
	if r.album.Bytes() == before { // it was refused
		r.releasePhotos(bytes)
	}
}

// reservePhotos reports whether the server has room for so many bytes of photos, and keeps it free.
func (r *room) reservePhotos(bytes int) bool {
	if r.server.photoBytes.Add(int64(bytes)) <= maxPhotoBytes {
		return true
	}
	r.releasePhotos(bytes)
	return false
}

func (r *room) releasePhotos(bytes int) { r.server.photoBytes.Add(-int64(bytes)) }

// applyPhoto carries out what the rules have decided about a photo.
func (r *room) applyPhoto(effect rules.Effect) {
	switch e := effect.(type) {
	case rules.KeepPhoto:
		r.album.Add(e.Number, e.Participant, e.Pieces)
		key := make([]byte, keyBytes)
		rand.Read(key) // never fails
		r.photoKeys[e.Number] = base64.StdEncoding.EncodeToString(key)
	case rules.SendPhoto:
		r.album.Look(e.Participant, e.Look.Photo, e.Look.Pieces, e.Look.Have)
	case rules.HidePhoto:
		r.album.Hide(e.Participant, e.Number)
	case rules.ForgetPhoto:
		before := r.album.Bytes()
		r.album.Remove(e.Number)
		delete(r.photoKeys, e.Number)
		r.releasePhotos(before - r.album.Bytes())
	}
	r.photosDue = r.server.config.Now()
}

// adopt goes on with what another server knew. The bytes of its photos stay where they are: whoever
// has sent one sends it again, as far as somebody who looks at it lacks some.
func (r *room) adopt(volatile rules.Volatile) {
	before, bytes := r.album.Bytes(), 0
	for _, one := range volatile.Photos {
		bytes += photo.Sum(one.Info.Pieces)
	}
	if !r.reservePhotos(bytes) {
		volatile.Photos, bytes = nil, 0 // pages say that they are lost
	}
	for _, one := range r.rules.Adopt(volatile) {
		r.album.Recall(one.Info.Number, one.Info.Participant, one.Info.Pieces)
		r.photoKeys[one.Info.Number] = one.Key
	}
	r.releasePhotos(bytes - (r.album.Bytes() - before)) // of those whose owner is gone
}

// resumePhotos begins anew with a page whose websocket is another: what was under way is lost.
func (r *room) resumePhotos(s *seat) {
	r.album.Leave(s.id)
	s.photos.upload, s.photos.stray = nil, false
	s.photos.others = transferWish{}
	if r.album.Busy(s.id) {
		r.photosDue = r.server.config.Now()
	}
}

// takePart takes some bytes of a photo. What is not its sender's, or came before, is dropped.
func (r *room) takePart(c *connection, part photo.Part) {
	id, _, ok := r.rules.Participant(c.id)
	if !ok {
		return
	}
	if r.album.Have(part.Photo) == nil && !r.seats[id].photos.stray {
		// Once a websocket: parts of a photo that was taken back are on their way, too.
		r.seats[id].photos.stray = true
		r.apply(r.rules.PhotoStray(r.server.config.Now(), c.id))
		return
	}
	if !r.album.Take(id, part) {
		return
	}
	r.seats[id].media.TransferArrived(len(part.Data) + photo.WireOverhead)
}

// sendPhotos tells who sends photos how to, and sends them to those who look at them.
func (r *room) sendPhotos(now time.Time) {
	if r.over || r.photosDue.IsZero() || now.Before(r.photosDue) {
		return
	}
	r.photosDue = time.Time{}
	for id, s := range r.seats {
		s.passTransfer(now)
		up, down := r.photoWishes(id)
		s.transfers(up, down)
		if up == 0 && down == 0 {
			continue
		}
		r.photosDue = now.Add(photo.Interval)
		upRate, downRate := s.media.TransferRates()
		s.tellUpload(now, r.album, func(number int) string { return r.photoKeys[number] }, upRate)
		s.tellTransfer(now, r.album.Busy(id), upRate)
		s.sendParts(now, r.album, downRate)
	}
}

// photoBacklog is how soon what has come of a photo should be with those who look at it. To be sent
// faster than it comes is no use, and would take from their pictures.
const photoBacklog = time.Second

// photoWishes returns at which bit/s photos could go from somebody, and what other pages of their
// browser send, and photos to them.
func (r *room) photoWishes(id string) (up, down int) {
	if r.album.Busy(id) || !r.seats[id].photos.others.until.IsZero() {
		up = math.MaxInt32
	}
	if r.album.Pending(id) {
		down = 1 + 8*r.album.Backlog(id)*int(time.Second/photoBacklog)
		for other, s := range r.seats {
			if other != id && s.photos.upload != nil && r.album.Busy(other) {
				down += 2 * s.photos.upload.Bitrate
			}
		}
	}
	return up, down
}
