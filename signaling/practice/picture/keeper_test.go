package picture

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var noon = time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)

// ward is a store with a question in it, and a keeper.
type ward struct {
	t       *testing.T
	store   *store.Store
	keeper  *Keeper
	opinion practice.Opinion
}

func newWard(t *testing.T) *ward {
	keeper, err := New(bytes.Repeat([]byte{1}, KeyBytes))
	require.NoError(t, err)
	w := &ward{t: t, store: storetest.Open(t, storetest.Address(t)), keeper: keeper,
		opinion: practice.Opinion{ID: "O1", Establishment: "E1", AskedEstablishment: "E1",
			Patient: "N1", Service: "S1", Version: 1}}
	w.write(func(tx *store.Tx) error {
		require.NoError(t, store.Insert(tx, practice.Establishment{ID: "E1", Name: "CH",
			Zone: "Europe/Paris", Version: 1}, nil))
		return store.Insert(tx, w.opinion, store.With{"request_key": "k"})
	})
	return w
}

func (w *ward) write(f func(tx *store.Tx) error) {
	w.t.Helper()
	require.NoError(w.t, w.store.Write(w.t.Context(), f))
}

// picture50 is a preview, and a picture of 50 by 30 pixels.
func picture50(t *testing.T) []byte { return slices.Concat(asJPEG(t, 5, 3), asJPEG(t, 50, 30)) }

// begin promises what picture50 has made.
func (w *ward) begin(data []byte) practice.Picture {
	w.t.Helper()
	preview := int64(len(asJPEG(w.t, 5, 3)))
	return w.offer(w.promise(data, 50, 30, preview, int64(len(data))-preview))
}

func (w *ward) promise(data []byte, width, height int, sizes ...int64) Offer {
	digest := sha256.Sum256(data)
	return Offer{Picture: practice.Picture{Width: width, Height: height, Size: int64(len(data)),
		Digest: hex.EncodeToString(digest[:]), MadeBy: "P1"}, Sizes: sizes, Key: practice.NewID()}
}

func (w *ward) offer(o Offer) (p practice.Picture) {
	w.t.Helper()
	w.write(func(tx *store.Tx) (err error) {
		p, err = w.keeper.Begin(tx, w.opinion, o, noon)
		return err
	})
	return p
}

// TestTheStoreAloneShowsNothing reads what lies in the store, and moves it: without the key, or at
// another place, it does not open.
func TestTheStoreAloneShowsNothing(t *testing.T) {
	w := newWard(t)
	data := picture50(t)
	p, other := w.begin(data), w.begin(data)
	half := int64(len(data) / 2)
	w.write(func(tx *store.Tx) (err error) {
		p, err = w.keeper.Append(tx, p, 0, data[:half], noon)
		require.NoError(t, err)
		p, err = w.keeper.Append(tx, p, half, data[half:], noon)
		return err
	})
	var sealed []byte
	w.write(func(tx *store.Tx) error {
		return tx.Scan(`SELECT sealed FROM picture_parts WHERE establishment = $1
			AND picture = $2 AND begins = 0`, []any{"E1", p.ID}, &sealed)
	})
	require.NotContains(t, string(sealed), string(data[:16]))
	w.write(func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO picture_parts (establishment, picture, begins, sealed)
			VALUES ($1, $2, 0, $3)`, "E1", other.ID, sealed)
		require.NoError(t, err)
		_, err = w.keeper.Preview(tx, other)
		require.Error(t, err, "the preview of another")
		_, err = w.keeper.Preview(tx, p)
		require.NoError(t, err)
		stranger, err := New(bytes.Repeat([]byte{2}, KeyBytes))
		require.NoError(t, err)
		_, err = stranger.Whole(tx, p)
		require.Error(t, err, "another secret")
		_, err = tx.Exec(`DELETE FROM picture_parts WHERE establishment = $1 AND begins > 0`, "E1")
		require.NoError(t, err)
		_, err = w.keeper.Whole(tx, p)
		require.Error(t, err, "a part is missing")
		return nil
	})
	mine, err := w.keeper.BrowserKey(p)
	require.NoError(t, err)
	p.MadeBy = "P2"
	theirs, err := w.keeper.BrowserKey(p)
	require.NoError(t, err)
	require.NotEqual(t, mine, theirs)
	_, err = New([]byte(strings.Repeat("k", KeyBytes-1)))
	require.Error(t, err)
}

// TestPicturesGoWithTheirQuestion keeps those of a question that is open, whole ones for a month
// after its end, and those that never came for a week.
func TestPicturesGoWithTheirQuestion(t *testing.T) {
	w := newWard(t)
	data := picture50(t)
	whole := w.begin(data)
	w.write(func(tx *store.Tx) error {
		_, err := w.keeper.Append(tx, whole, 0, data, noon)
		return err
	})
	w.begin(data)
	after := func(days int) int64 {
		deleted, err := Retain(t.Context(), w.store, noon.AddDate(0, 0, days).Add(time.Hour))
		require.NoError(t, err)
		return deleted
	}
	require.Equal(t, int64(0), after(6))
	require.Equal(t, int64(1), after(7))
	require.Equal(t, int64(0), after(365))
	w.opinion.EndedAt = practice.InstantOf(noon)
	w.write(func(tx *store.Tx) error { return store.Update(tx, &w.opinion, nil) })
	require.Equal(t, int64(0), after(29))
	require.Equal(t, int64(1), after(30))
	require.NoError(t, w.store.Read(t.Context(), func(tx *store.Tx) error {
		for _, table := range []string{"pictures", "picture_parts"} {
			var count int
			require.NoError(t, tx.Across("a test").Scan("SELECT COUNT(*) FROM "+table, nil, &count))
			require.Zero(t, count, table)
		}
		return nil
	}))
}

// TestWhatIsDrawnIsKeptAsThePictureIs draws, takes back, and reads what lies in the store.
func TestWhatIsDrawnIsKeptAsThePictureIs(t *testing.T) {
	w := newWard(t)
	p, other := w.begin(picture50(t)), w.begin(picture50(t))
	spot := practice.PictureMark{By: "P1", Name: "Zoé", Kind: practice.PictureMarkSpot,
		Points: []int{50, 30}}
	scale := practice.PictureMark{By: "P1", Kind: practice.PictureMarkScale,
		Points: []int{0, 0, 10, 0}, Length: 2325}
	theirs := scale
	theirs.By, theirs.Length = "P2", 2575
	drawn := func() (kinds []practice.PictureMarkKind, numbers []int) {
		w.write(func(tx *store.Tx) error {
			marks, err := w.keeper.Marks(tx, w.opinion)
			require.Empty(t, marks[other.ID])
			for _, m := range marks[p.ID] {
				kinds, numbers = append(kinds, m.Kind), append(numbers, m.N)
			}
			return err
		})
		return kinds, numbers
	}
	mark := func(m practice.PictureMark) (err error) {
		w.write(func(tx *store.Tx) error {
			err = w.keeper.Mark(tx, w.opinion, p, m)
			return nil
		})
		return err
	}
	unmark := func(by string, n int) {
		w.write(func(tx *store.Tx) error { return w.keeper.Unmark(tx, w.opinion, p, by, n) })
	}
	for _, m := range []practice.PictureMark{spot, spot, scale, theirs} { // one answer was lost
		require.NoError(t, mark(m))
	}
	kinds, numbers := drawn()
	require.Equal(t, []int{1, 3}, numbers, "the latest scale is the one")
	require.Equal(t, []practice.PictureMarkKind{"spot", "scale"}, kinds)
	unmark("P1", 3) // another's
	unmark("P2", 3)
	unmark("P2", 3) // its answer was lost
	_, numbers = drawn()
	require.Equal(t, []int{1}, numbers)
	var sealed []byte
	w.write(func(tx *store.Tx) error {
		require.NoError(t, tx.Scan(`SELECT marks FROM pictures WHERE establishment = $1
			AND id = $2`, []any{"E1", p.ID}, &sealed))
		require.NotContains(t, string(sealed), "Zoé")
		_, err := tx.Exec("UPDATE pictures SET marks = $1 WHERE establishment = $2 AND id = $3",
			sealed, "E1", other.ID)
		require.NoError(t, err)
		_, err = w.keeper.Marks(tx, w.opinion)
		require.Error(t, err, "what is drawn on another")
		_, err = tx.Exec("UPDATE pictures SET marks = NULL WHERE establishment = $1 AND id = $2",
			"E1", other.ID)
		return err
	})
	for x := range practice.MaxMarks - 1 {
		spot.Points = []int{x, 0}
		require.NoError(t, mark(spot))
	}
	require.NoError(t, mark(spot), "the last one, once more")
	spot.Points = []int{0, 1}
	require.ErrorContains(t, mark(spot), "at most 40")
	unmark("P1", 0)
	_, numbers = drawn()
	require.Empty(t, numbers)
	w.opinion.EndedAt = practice.InstantOf(noon)
	require.ErrorIs(t, mark(spot), ErrOver)
}

// TestAMarkIsRefused says of each thing that is wrong with one which it is.
func TestAMarkIsRefused(t *testing.T) {
	t.Parallel()
	p := practice.Picture{Width: 50, Height: 30}
	line := []int{0, 0, 50, 30}
	for _, one := range []struct {
		field  string
		kind   practice.PictureMarkKind
		points []int
		length int
	}{
		{"", "spot", []int{50, 30}, 0}, {"", "stroke", line, 0}, {"", "ruler", line, 0},
		{"", "stroke", make([]int, 2*practice.MaxMarkPoints), 0},
		{"", "scale", line, practice.MaxMarkLength},
		{"kind", "text", line, 0}, {"kind", "", line, 0}, {"points", "spot", line, 0},
		{"points", "ruler", line[:3], 0}, {"points", "ruler", line[:2], 0},
		{"points", "stroke", make([]int, 2*practice.MaxMarkPoints+2), 0},
		{"points", "stroke", nil, 0},
		{"points", "spot", []int{51, 0}, 0}, {"points", "spot", []int{0, 31}, 0},
		{"points", "spot", []int{-1, 0}, 0}, {"length", "ruler", line, 1},
		{"length", "scale", line, 0}, {"length", "scale", line, practice.MaxMarkLength + 1},
	} {
		err := drawable(p, practice.PictureMark{Kind: one.kind, Points: one.points,
			Length: one.length})
		if one.field == "" {
			require.NoError(t, err, one)
			continue
		}
		var wrong *agenda.FieldError
		require.ErrorAs(t, err, &wrong, one)
		require.Equal(t, one.field, wrong.Field, one)
	}
}
