package photo

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var sizes = []int{3, 4, 5, 5, 2}

// piece is what a piece is made of.
func piece(i int) []byte { return bytes.Repeat([]byte{byte('a' + i)}, sizes[i]) }

func full(t require.TestingT, a *Album, pieces ...int) {
	for _, i := range pieces {
		require.True(t, a.Take("nurse", Part{Photo: 1, Piece: i, Data: piece(i)}))
	}
}

// sent takes all that a viewer is sent now, by piece, most bytes at once.
func sent(a *Album, viewer string, most int) (order []int, bytes int) {
	for part, ok := a.Next(viewer, most); ok; part, ok = a.Next(viewer, most) {
		if len(order) == 0 || order[len(order)-1] != part.Piece {
			order = append(order, part.Piece)
		}
		bytes += len(part.Data)
	}
	return order, bytes
}

func TestPartsOnTheWire(t *testing.T) {
	part := Part{Photo: 65535, Piece: 513, Offset: 8 << 20, Data: []byte("x")}
	message := part.Marshal()
	parsed, err := ParsePart(message)
	require.NoError(t, err)
	require.Equal(t, part, parsed)
	for _, bad := range [][]byte{nil, message[:len(message)-1], append([]byte{2}, message[1:]...)} {
		_, err := ParsePart(bad)
		require.Error(t, err)
	}
}

func TestWhatIsLookedAtGoesFirst(t *testing.T) {
	a := NewAlbum()
	a.Add(1, "nurse", sizes)
	a.Look("doctor", 1, []int{4, 3, 99}, []int{})
	require.Equal(t, []int{4, 3}, a.Wanted(1))
	full(t, a, 2, 3, 4, 1, 0)
	order, total := sent(a, "doctor", 100)
	require.Equal(t, []int{0, 4, 3, 1, 2}, order)
	require.Equal(t, Sum(sizes), total)
	require.False(t, a.Pending("doctor"))
	a.Look("doctor", 1, []int{4}, nil)
	require.Empty(t, a.Wanted(1))
}

func TestNobodyElseSendsAPhoto(t *testing.T) {
	a := NewAlbum()
	a.Add(1, "nurse", sizes)
	for name, part := range map[string]Part{
		"another photo": {Photo: 2, Data: piece(0)}, "a piece too many": {Photo: 1, Piece: 5,
			Data: piece(0)}, "a gap": {Photo: 1, Offset: 1, Data: []byte("a")},
		"more than announced": {Photo: 1, Piece: 4, Data: []byte("aaa")},
	} {
		require.False(t, a.Take("nurse", part), name)
	}
	require.False(t, a.Take("patient", Part{Photo: 1, Data: piece(0)}))
	require.Equal(t, []int{0, 0, 0, 0, 0}, a.Have(1))
	full(t, a, 0)
	require.False(t, a.Take("nurse", Part{Photo: 1, Data: piece(0)}), "twice")
	_, ok := a.Next("patient", 100)
	require.False(t, ok, "who does not look is sent nothing")
	a.Look("doctor", 1, []int{3}, nil)
	_, ok = a.Next("doctor", 100)
	require.False(t, ok, "but have not said what they have")
	a.Look("doctor", 1, nil, []int{})
	require.True(t, a.Pending("doctor"))
	a.Remove(1)
	require.False(t, a.Pending("doctor"))
	require.Zero(t, a.Bytes())
	require.Nil(t, a.Have(1))
}

// However often websockets break, on either side, what arrives is the photo, and what had arrived
// is not sent again.
func TestAPhotoSurvivesEveryBreak(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := NewAlbum()
		a.Add(1, "nurse", sizes)
		a.Look("doctor", 1, nil, []int{})
		shown := make([][]byte, len(sizes))
		up, down := 0, 0
		for steps := 0; a.Busy("nurse") || a.Pending("doctor"); steps++ {
			require.Less(t, steps, 500, "it does not end")
			have := a.Have(1)
			switch rapid.IntRange(0, 5).Draw(t, "step") {
			case 0, 1, 2: // the sender, at a piece of their choice
				i := rapid.IntRange(0, len(sizes)-1).Draw(t, "piece")
				if left := piece(i)[have[i]:]; len(left) > 0 {
					data := left[:rapid.IntRange(1, len(left)).Draw(t, "bytes")]
					part := Part{Photo: 1, Piece: i, Offset: have[i], Data: data}
					require.True(t, a.Take("nurse", part))
					up += len(data)
				}
			case 3, 4:
				most := rapid.IntRange(1, 4).Draw(t, "most")
				if part, ok := a.Next("doctor", most); ok {
					require.Len(t, shown[part.Piece], part.Offset)
					shown[part.Piece] = append(shown[part.Piece], part.Data...)
					down += len(part.Data)
				}
			default: // a page says what it has
				had := []int{}
				for _, piece := range shown {
					had = append(had, len(piece))
				}
				a.Leave("doctor")
				a.Look("doctor", 1, []int{3}, had)
			}
		}
		for i, got := range shown {
			require.Equal(t, piece(i), got)
		}
		require.Equal(t, Sum(sizes), up)
		require.Equal(t, Sum(sizes), down)
	})
}

func TestPace(t *testing.T) {
	now := time.UnixMilli(0)
	for _, bitrate := range []int{10_000, 30_000, 100_000, 1_000_000, 3_000_000} {
		var pace Pace
		pace.Pass(now, bitrate)
		total := 0
		for range 600 { // a minute
			now = now.Add(Interval)
			pace.Pass(now, bitrate)
			for size := pace.Part(bitrate); size > 0; size = pace.Part(bitrate) {
				pace.Sent(size)
				total += size + WireOverhead
			}
		}
		require.InEpsilon(t, bitrate, float64(8*total)/60, 0.05)
		now = now.Add(time.Hour)
		pace.Pass(now, bitrate)
		require.LessOrEqual(t, pace.budget*8, float64(bitrate)*pause.Seconds()+1)
		pace.Pass(now, 0)
		require.Zero(t, (&Pace{}).Part(bitrate), "nothing before time has passed")
	}
}

// What another server had is with those who looked at it there: it comes again for who lacks some.
func TestARecalledPhotoComesOnceSomebodyLacksSome(t *testing.T) {
	a := NewAlbum()
	a.Recall(1, "nurse", sizes)
	require.False(t, a.Busy("nurse"))
	require.Empty(t, a.Uploads("nurse"))
	a.Look("doctor", 1, nil, sizes)
	require.False(t, a.Busy("nurse"), "the doctor has all of it")
	a.Look("colleague", 1, nil, []int{3, 4, 2, 0, 0})
	require.True(t, a.Busy("nurse"))
	require.False(t, a.Busy("doctor"))
	require.Equal(t, []int{1}, a.Uploads("nurse"))
	full(t, a, 0, 1, 2, 3, 4)
	_, bytes := sent(a, "colleague", 100)
	require.Equal(t, Sum(sizes)-9, bytes, "what they have is not sent again")
	_, bytes = sent(a, "doctor", 100)
	require.Zero(t, bytes)
}
