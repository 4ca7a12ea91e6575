package signaling

import (
	"slices"
	"time"

	"draille/signaling/photo"
	"draille/signaling/protocol"
)

// A page is told another rate when it has changed by rateNews: at once when it has become less or
// there was none, else not more often than every rateEvery: each message takes from what is left.
const (
	rateNews  = 0.1
	rateEvery = time.Second
)

// seatPhotos is how far a participant is with photos, and with what other pages of their browser
// send. It belongs to the room's goroutine.
type seatPhotos struct {
	up, down int              // bit/s, as the media plane was told
	pace     photo.Pace       // of what they are sent
	upload   *protocol.Upload // as they were told last on this websocket; nil: nothing
	toldAt   time.Time
	stray    bool // a part of no photo has come on this websocket, and was answered
	others   transferWish
}

// transfers tells the media plane what is to travel beside the media, in bit/s.
func (s *seat) transfers(up, down int) {
	if isOther(s.photos.up, up) || isOther(s.photos.down, down) {
		s.photos.up, s.photos.down = up, down
		s.media.SetTransfers(up, down)
	}
}

// isOther reports whether a wish is worth telling: each makes the media plane look at the room.
func isOther(before, now int) bool {
	return (before == 0) != (now == 0) || 4*now < 3*before || 3*now > 4*before
}

// tellUpload tells what to send next, if that is news.
func (s *seat) tellUpload(now time.Time, album *photo.Album, key func(int) string, rate int) {
	uploads := album.Uploads(s.id)
	if s.connection == nil || len(uploads) == 0 {
		return
	}
	next := protocol.Upload{Photo: uploads[0], Bitrate: rate, Order: album.Wanted(uploads[0])}
	before := s.photos.upload
	if before == nil || before.Photo != next.Photo {
		next.Have, next.Key = album.Have(next.Photo), key(next.Photo)
	} else if slices.Equal(before.Order, next.Order) &&
		!rateIsNews(before.Bitrate, rate, now.Sub(s.photos.toldAt)) {
		return
	}
	s.photos.upload, s.photos.toldAt = &next, now
	s.send(next)
}

func rateIsNews(before, rate int, age time.Duration) bool {
	change := float64(rate - before)
	return change < -rateNews*float64(before) ||
		(before == 0 || age >= rateEvery) && change > rateNews*float64(before)
}

// sendParts sends as much of what somebody looks at as their link has room for.
func (s *seat) sendParts(now time.Time, album *photo.Album, rate int) {
	pace := &s.photos.pace
	pace.Pass(now, rate)
	for s.connection != nil && !s.connection.out.hasPart() {
		most := pace.Part(rate)
		if most == 0 {
			return
		}
		part, ok := album.Next(s.id, most)
		if !ok || !s.connection.out.putPart(part.Marshal()) {
			return
		}
		pace.Sent(len(part.Data))
	}
}
