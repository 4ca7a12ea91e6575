package rules

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
)

var aPhoto = protocol.Photo{Width: 384, Height: 384, Pieces: []int{10, 20, 30}}

// seen lists the numbers of the photos that somebody may see.
func seen(c *client) (numbers []int) {
	if lists := of[protocol.Photos](c); len(lists) > 0 {
		for _, f := range lists[len(lists)-1].Photos {
			numbers = append(numbers, f.Number)
		}
	}
	return numbers
}

func refused(t *testing.T, c *client, code protocol.ErrorCode) {
	t.Helper()
	require.Equal(t, code, last[protocol.Error](t, c).Code)
}

func TestAPhotoIsAskedFor(t *testing.T) {
	h := newHouse(t, DefaultConfig())
	doctor := h.enters("doctor", protocol.RoleHost)
	nurse := h.admitted(doctor, "nurse")
	h.send(nurse, aPhoto)
	refused(t, nurse, protocol.ErrorForbidden)
	h.send(nurse, protocol.PhotoAsk{Participant: doctor.id})
	refused(t, nurse, protocol.ErrorForbidden)

	h.send(doctor, protocol.PhotoAsk{Participant: nurse.id})
	require.Equal(t, "doctor", last[protocol.PhotoAsked](t, nurse).By)
	h.cut(nurse)
	nurse = h.join("nurse", protocol.RoleGuest, "device-of-nurse", nurse.resume)
	require.Equal(t, "doctor", last[protocol.PhotoAsked](t, nurse).By, "they are asked again")
	h.send(nurse, aPhoto)
	require.Contains(t, h.last, KeepPhoto{1, nurse.id, aPhoto.Pieces})
	require.Equal(t, []int{1}, seen(nurse))
	info := last[protocol.Photos](t, doctor).Photos[0]
	require.Equal(t, protocol.PhotoInfo{Number: 1, Participant: nurse.id, Name: "nurse",
		Width: 384, Height: 384, Pieces: aPhoto.Pieces}, info)
	h.send(nurse, aPhoto)
	refused(t, nurse, protocol.ErrorForbidden)
	h.send(doctor, aPhoto)
	require.Equal(t, []int{1, 2}, seen(doctor), "staff send without being asked")
	require.Equal(t, []int{1}, seen(nurse), "and show it or not")
}

func TestTheNextPatientSeesNothingOfTheOneBefore(t *testing.T) {
	h := newHouse(t, DefaultConfig())
	doctor := h.enters("doctor", protocol.RoleHost)
	nurse := h.admitted(doctor, "nurse")
	h.send(doctor, protocol.PhotoAsk{Participant: nurse.id})
	h.send(nurse, aPhoto)
	beside := h.admitted(doctor, "beside")
	require.Empty(t, seen(beside))
	h.send(beside, protocol.PhotoLook{Photo: 1, Have: []int{0, 0, 0}})
	refused(t, beside, protocol.ErrorNotFound)
	h.send(beside, protocol.PhotoShow{Photo: 1, Shown: true})
	refused(t, beside, protocol.ErrorForbidden)

	h.send(doctor, protocol.PhotoShow{Photo: 1, Shown: true})
	require.Equal(t, []int{1}, seen(beside))
	require.True(t, last[protocol.Photos](t, beside).Photos[0].Shown)
	look := protocol.PhotoLook{Photo: 1, Have: []int{0, 0, 0}}
	h.send(beside, look)
	require.Equal(t, []Effect{SendPhoto{beside.id, look}}, h.last)
	later := h.admitted(doctor, "later")
	require.Empty(t, seen(later), "it was shown to those who were there")
	colleague := h.enters("colleague", protocol.RoleClinician)
	require.Equal(t, []int{1}, seen(colleague))
	h.send(beside, protocol.PhotoDrop{Photo: 1})
	refused(t, beside, protocol.ErrorForbidden)

	h.send(doctor, protocol.PhotoShow{Photo: 1})
	require.Empty(t, seen(beside))
	require.Contains(t, h.last, HidePhoto{beside.id, 1})
	require.Equal(t, []int{1}, seen(nurse))

	h.send(nurse, protocol.Leave{})
	require.Contains(t, h.last, ForgetPhoto{1})
	require.Empty(t, seen(doctor), "it goes with whoever sent it")
	next := h.admitted(doctor, "next")
	require.Empty(t, of[protocol.Photos](next))
}

func TestPhotosAreBounded(t *testing.T) {
	h := newHouse(t, DefaultConfig())
	doctor := h.enters("doctor", protocol.RoleHost)
	large := aPhoto
	large.Pieces = []int{1, 1, protocol.MaxPhotoBytes - 2}
	for range protocol.MaxPhotoRoomBytes / protocol.MaxPhotoBytes {
		h.send(doctor, large)
	}
	require.Len(t, seen(doctor), 3)
	h.send(doctor, aPhoto)
	refused(t, doctor, protocol.ErrorFull)
	h.send(doctor, protocol.PhotoDrop{Photo: 2})
	for range protocol.MaxPhotos {
		h.send(doctor, aPhoto)
	}
	require.Len(t, seen(doctor), protocol.MaxPhotos)
	require.Equal(t, []int{1, 3, 4}, seen(doctor)[:3], "a number is not given twice")
	guest := h.enters("guest", protocol.RoleGuest)
	h.send(guest, protocol.PhotoLook{Photo: 1})
	refused(t, guest, protocol.ErrorOutOfPlace)
	h.cut(doctor)
	h.pass(2 * time.Minute)
	require.Contains(t, h.last, ForgetPhoto{1})
}
