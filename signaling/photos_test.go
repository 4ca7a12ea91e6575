package signaling

import (
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"draille/signaling/homes"
	"draille/signaling/photo"
	"draille/signaling/practice"
	"draille/signaling/protocol"
	"draille/signaling/rules"
)

// The pages draw with the same tools on a photo in a call and on a picture of a question.
func TestMarksAreBoundedAlike(t *testing.T) {
	require.Equal(t,
		[]int{protocol.MaxPhotoMarks, protocol.MaxMarkPoints, protocol.MaxMarkLength},
		[]int{practice.MaxMarks, practice.MaxMarkPoints, practice.MaxMarkLength})
}

// part sends some bytes of a photo.
func (c *client) part(p photo.Part) {
	require.NoError(c.t, c.ws.WriteMessage(websocket.BinaryMessage, p.Marshal()))
}

func TestAPhotoIsSentAsFastAsBothLinksAllow(t *testing.T) {
	h := open(t, nil)
	doctor := h.enters("Dr Vidal", protocol.RoleHost)
	nurse := h.admitted(doctor, "roux")
	seats := []*recordedSeat{h.seatOf(nurse, func(*recordedSeat) bool { return true }),
		h.seatOf(doctor, func(*recordedSeat) bool { return true })}
	h.media.change(func() { seats[0].upRate, seats[1].downRate = 50_000, 0 })

	doctor.send(protocol.PhotoAsk{Participant: nurse.welcome.Participant})
	require.Equal(t, "Dr Vidal", expect[protocol.PhotoAsked](nurse).By)
	sizes := []int{4, 6, 8}
	nurse.send(protocol.Photo{Width: 300, Height: 200, Pieces: sizes})
	upload := expect[protocol.Upload](nurse)
	require.Equal(t, []int{0, 0, 0}, upload.Have)
	require.Equal(t, 50_000, upload.Bitrate)
	require.Len(t, upload.Key, 44)
	h.seatOf(nurse, func(s *recordedSeat) bool { return s.up > 0 })

	// What is looked at first is told to whoever sends it, and so is another rate.
	require.Equal(t, sizes, expect[protocol.Photos](doctor).Photos[0].Pieces)
	doctor.send(protocol.PhotoLook{Photo: 1, Pieces: []int{2}, Have: []int{0, 0, 0}})
	require.Equal(t, []int{2}, expect[protocol.Upload](nurse).Order)
	h.seatOf(doctor, func(s *recordedSeat) bool { return s.down > 0 })
	h.media.change(func() { seats[0].upRate = 20_000 })
	require.Equal(t, 20_000, expect[protocol.Upload](nurse).Bitrate)

	nurse.part(photo.Part{Photo: 1, Data: []byte("abcd")})
	h.seatOf(nurse, func(s *recordedSeat) bool { return s.transferred > 4 })
	h.media.change(func() { seats[1].downRate = 50_000 })
	require.Equal(t, photo.Part{Photo: 1, Data: []byte("abcd")}, readPart(doctor))

	// The nurse's link breaks: what has come is not sent again.
	nurse.ws.Close()
	doctor.known(func() bool { return !doctor.people[nurse.welcome.Participant].Connected })
	again := h.back(nurse, "roux", protocol.RoleGuest)
	upload = expect[protocol.Upload](again)
	require.Equal(t, []int{4, 0, 0}, upload.Have)
	again.part(photo.Part{Photo: 1, Piece: 2, Data: []byte("ABCDEFGH")})
	require.Equal(t, 2, readPart(doctor).Piece)
	again.part(photo.Part{Photo: 1, Piece: 1, Data: []byte("efghij")})
	require.Equal(t, 1, readPart(doctor).Piece)
	for _, s := range seats {
		h.until(func() bool { return s.up == 0 && s.down == 0 })
	}
	require.EqualValues(t, 18, h.server.photoBytes.Load())

	again.send(protocol.Leave{})
	require.Empty(t, expect[protocol.Photos](doctor).Photos)
	require.Zero(t, h.server.photoBytes.Load())
}

func TestAPhotoNeedsRoomOnTheServer(t *testing.T) {
	h := open(t, nil)
	doctor := h.enters("Dr Vidal", protocol.RoleHost)
	h.server.photoBytes.Add(maxPhotoBytes - 10)
	large := protocol.Photo{Width: 1, Height: 1, Pieces: []int{1, 1, 9}}
	doctor.send(large)
	require.Equal(t, protocol.ErrorFull, expect[protocol.Error](doctor).Code)
	large.Pieces[2] = 8
	doctor.send(large)
	expect[protocol.Photos](doctor)
	require.EqualValues(t, maxPhotoBytes, h.server.photoBytes.Load())
	doctor.send(protocol.End{})
	doctor.byeFor(protocol.ByeEnded)
	h.until(func() bool { return h.server.photoBytes.Load() == maxPhotoBytes-10 })
}

func TestARateIsToldWhenItIsNews(t *testing.T) {
	for _, c := range []struct {
		before, rate int
		age          time.Duration
		news         bool
	}{
		{100, 105, time.Second, false}, {100, 120, time.Second, true},
		{100, 120, time.Millisecond, false}, {100, 95, time.Hour, false},
		{100, 80, time.Millisecond, true}, {0, 10, time.Millisecond, true},
		{0, 0, time.Hour, false},
	} {
		require.Equal(t, c.news, rateIsNews(c.before, c.rate, c.age), c)
	}
}

// readPart reads until a part of a photo comes.
func readPart(c *client) photo.Part {
	for {
		require.NoError(c.t, c.ws.SetReadDeadline(time.Now().Add(patience)))
		kind, data, err := c.ws.ReadMessage()
		require.NoError(c.t, err)
		if kind == websocket.BinaryMessage {
			part, err := photo.ParsePart(data)
			require.NoError(c.t, err)
			return part
		}
	}
}

// The room moves to another server: the nurse's page sends the photo there again, of which the
// doctor is sent what is missing alone.
func TestAPhotoGoesOnBehindAnotherServer(t *testing.T) {
	h, _, tenure, doctor, nurse := housed(t)
	doctor.send(protocol.PhotoAsk{Participant: nurse.welcome.Participant})
	expect[protocol.PhotoAsked](nurse)
	nurse.send(protocol.Photo{Width: 300, Height: 200, Pieces: []int{4, 6, 1}})
	key := expect[protocol.Upload](nurse).Key
	require.EqualValues(t, 11, h.server.photoBytes.Load())
	tenure.mu.Lock()
	listener := tenure.listener
	tenure.mu.Unlock()
	listener.Ended()
	next := <-tenure.on
	require.Equal(t, key, next.handed.Photos[0].Key, "the page keeps it sealed with that")
	h.until(func() bool { return h.server.photoBytes.Load() == 0 })

	f := newFakeHomes()
	after := open(t, func(c *Config) { c.Homes = f })
	back := after.join(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil),
		Device: "device-roux", Resume: nurse.welcome.Resume, Name: "roux"})
	require.Equal(t, "cozes", <-f.news)
	require.Equal(t, 1, f.answer("cozes", homes.Home{Tenure: next}))
	back.welcome = expect[protocol.Welcome](back)
	require.Equal(t, protocol.PlaceRoom, back.welcome.Place)
	require.True(t, expect[protocol.Photos](back).Anew)
	require.EqualValues(t, 11, after.server.photoBytes.Load())
	again := after.welcomed(protocol.Join{Token: link(t, "host", protocol.RoleHost, nil),
		Device: "h", Resume: doctor.welcome.Resume, Name: "host"})
	require.Equal(t, []int{4, 6, 1}, expect[protocol.Photos](again).Photos[0].Pieces)
	seat := after.seatOf(again, func(*recordedSeat) bool { return true })
	after.media.change(func() { seat.downRate = 50_000 })
	again.send(protocol.PhotoLook{Photo: 1, Pieces: []int{}, Have: []int{4, 1, 1}})
	upload := expect[protocol.Upload](back)
	require.Equal(t, []int{0, 0, 0}, upload.Have)
	require.Equal(t, key, upload.Key)
	back.part(photo.Part{Photo: 1, Data: []byte("abcd")})
	back.part(photo.Part{Photo: 1, Piece: 1, Data: []byte("efghij")})
	require.Equal(t, photo.Part{Photo: 1, Piece: 1, Offset: 1, Data: []byte("fghij")},
		readPart(again))
	again.send(protocol.PhotoDrop{Photo: 1})
	require.Empty(t, expect[protocol.Photos](back).Photos)
	require.Zero(t, after.server.photoBytes.Load())
}

// A server that has no room for what another one had keeps none of it, and says so.
func TestPhotosThatAServerHasNoRoomForAreToldAsGone(t *testing.T) {
	h := open(t, nil)
	doctor := h.enters("Dr Vidal", protocol.RoleHost)
	room := h.only().room.Load()
	room.inbox.put(event{do: func() {
		h.server.photoBytes.Add(maxPhotoBytes - 9)
		told := room.rules.Volatile()
		told.Photos = []rules.VolatilePhoto{{Info: protocol.PhotoInfo{Number: 1,
			Participant: doctor.welcome.Participant, Pieces: []int{4, 6}}}}
		room.adopt(told)
	}})
	doctor.part(photo.Part{Photo: 1, Data: []byte("abcd")})
	doctor.part(photo.Part{Photo: 1, Offset: 4, Data: []byte("abcd")})
	told := expect[protocol.Photos](doctor)
	require.Empty(t, told.Photos)
	require.True(t, told.Anew)
	doctor.send(protocol.Ping{N: 2})
	expect[protocol.Pong](doctor)
	require.EqualValues(t, maxPhotoBytes-9, h.server.photoBytes.Load())
}
