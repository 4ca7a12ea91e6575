package rules

import (
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
)

func ruler(points ...int) protocol.PhotoMark {
	return protocol.PhotoMark{Photo: 1, Kind: protocol.MarkRuler, Points: points}
}

// marked are the numbers of the marks that somebody has been told of and that are still there.
func marked(c *client) []int {
	there := []int{}
	for _, m := range of[protocol.PhotoMarks](c) {
		if m.Anew {
			there = there[:0]
		}
		for _, one := range m.Add {
			there = append(there, one.N)
		}
		for _, gone := range m.Drop {
			for i, n := range there {
				if n == gone {
					there = append(there[:i], there[i+1:]...)
					break
				}
			}
		}
	}
	return there
}

func TestBothDrawOnAPhotoAndEachTakesBackTheirOwn(t *testing.T) {
	h := newHouse(t, DefaultConfig())
	doctor := h.enters("doctor", protocol.RoleHost)
	nurse := h.admitted(doctor, "nurse")
	beside := h.admitted(doctor, "beside")
	h.send(doctor, protocol.PhotoAsk{Participant: nurse.id})
	h.send(nurse, aPhoto)
	h.send(nurse, ruler(0, 0, 384, 384))
	h.send(doctor, ruler(1, 1, 2, 2))
	h.send(doctor, protocol.PhotoMark{Photo: 1, Kind: protocol.MarkStroke,
		Points: []int{1, 2, 3, 4, 5, 6}})
	require.Equal(t, []int{1, 2, 3}, marked(nurse))
	require.Equal(t, []int{1, 2, 3}, marked(doctor))
	require.Equal(t, "doctor", last[protocol.PhotoMarks](t, nurse).Add[0].Name)
	h.send(nurse, protocol.PhotoPoint{Photo: 1, X: 5, Y: 6})
	require.Equal(t, protocol.PhotoPointed{Photo: 1, Participant: nurse.id, Name: "nurse", X: 5,
		Y: 6}, last[protocol.PhotoPointed](t, doctor))
	require.Empty(t, of[protocol.PhotoPointed](nurse), "one's own is not told back")
	require.Empty(t, of[protocol.PhotoMarks](beside), "the photo is not for them")
	require.Empty(t, of[protocol.PhotoPointed](beside))

	h.send(nurse, protocol.PhotoUnmark{Photo: 1})
	require.Equal(t, []int{2, 3}, marked(doctor), "the last of their own")
	for range 2 { // there is none of theirs any more
		h.send(nurse, protocol.PhotoUnmark{Photo: 1})
	}
	require.Equal(t, []int{2, 3}, marked(nurse))
	h.send(doctor, protocol.PhotoShow{Photo: 1, Shown: true})
	require.Equal(t, []int{2, 3}, marked(beside), "to whom it is shown, with what is drawn on it")
	h.send(beside, protocol.PhotoUnmark{Photo: 1, All: true})
	refused(t, beside, protocol.ErrorForbidden)
	h.cut(nurse)
	nurse = h.join("nurse", protocol.RoleGuest, "device-of-nurse", nurse.resume)
	require.Equal(t, []int{2, 3}, marked(nurse), "whoever is back is told all")
	h.send(nurse, protocol.PhotoUnmark{Photo: 1, All: true})
	require.Empty(t, marked(doctor))
}

func TestAPhotoHasOneScale(t *testing.T) {
	h := newHouse(t, DefaultConfig())
	doctor := h.enters("doctor", protocol.RoleHost)
	h.send(doctor, aPhoto)
	scale := protocol.PhotoMark{Photo: 1, Kind: protocol.MarkScale, Points: []int{0, 0, 9, 9},
		Length: 232}
	h.send(doctor, scale)
	h.send(doctor, ruler(1, 1, 2, 2))
	h.send(doctor, scale)
	require.Equal(t, []int{2, 3}, marked(doctor))
	require.Equal(t, 232, last[protocol.PhotoMarks](t, doctor).Add[0].Length)
}

func TestMarksAreBounded(t *testing.T) {
	h := newHouse(t, DefaultConfig())
	doctor := h.enters("doctor", protocol.RoleHost)
	guest := h.admitted(doctor, "guest")
	h.send(doctor, aPhoto)
	h.send(guest, ruler(1, 1, 2, 2))
	refused(t, guest, protocol.ErrorNotFound)
	h.send(guest, protocol.PhotoUnmark{Photo: 1})
	refused(t, guest, protocol.ErrorNotFound)
	h.send(guest, protocol.PhotoPoint{Photo: 1, X: 1, Y: 1})
	refused(t, guest, protocol.ErrorNotFound)
	h.send(doctor, ruler(1, 1, 385, 2))
	refused(t, doctor, protocol.ErrorMalformed)
	h.send(doctor, protocol.PhotoPoint{Photo: 1, X: 1, Y: 385})
	refused(t, doctor, protocol.ErrorMalformed)
	for range protocol.MaxPhotoMarks {
		h.send(doctor, ruler(1, 1, 2, 2))
	}
	h.send(doctor, ruler(1, 1, 2, 2))
	refused(t, doctor, protocol.ErrorFull)
	require.Len(t, marked(doctor), protocol.MaxPhotoMarks)
	h.send(doctor, protocol.PhotoDrop{Photo: 1})
	h.send(doctor, aPhoto)
	second := ruler(1, 1, 2, 2)
	second.Photo = 2
	h.send(doctor, second)
	require.Equal(t, 1, last[protocol.PhotoMarks](t, doctor).Add[0].N, "marks go with their photo")
}
