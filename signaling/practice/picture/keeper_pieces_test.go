package picture

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

// inPieces is a picture of 400 by 500 pixels: a preview, the whole at a middle size, and four
// tiles, none of which is as large as the others.
func inPieces(t *testing.T) (data []byte, sizes []int64, pieces [][]byte) {
	pieces = [][]byte{asJPEG(t, 8, 10), asJPEG(t, 80, 100), asJPEG(t, 384, 384),
		asJPEG(t, 16, 384), asJPEG(t, 384, 116), asJPEG(t, 16, 116)}
	for _, one := range pieces {
		sizes = append(sizes, int64(len(one)))
	}
	return bytes.Join(pieces, nil), sizes, pieces
}

func (w *ward) append(p *practice.Picture, offset int64, part []byte) (err error) {
	w.t.Helper()
	problem := w.store.Write(w.t.Context(), func(tx *store.Tx) error {
		after, failure := w.keeper.Append(tx, *p, offset, part, noon)
		if err = failure; err == nil {
			*p = after
		}
		return failure
	})
	require.ErrorIs(w.t, err, problem)
	return err
}

func (w *ward) here(p practice.Picture) (sizes, have []int64) {
	w.t.Helper()
	require.NoError(w.t, w.store.Read(w.t.Context(), func(tx *store.Tx) (err error) {
		sizes, have, err = w.keeper.Have(tx, p)
		return err
	}))
	return sizes, have
}

// TestPiecesComeInAnyOrder sends parts from any place: each goes on where its piece has ended, and
// a piece is seen as soon as all of it is here.
func TestPiecesComeInAnyOrder(t *testing.T) {
	w := newWard(t)
	data, sizes, pieces := inPieces(t)
	p := w.offer(w.promise(data, 400, 500, sizes...))
	require.Equal(t, len(sizes), p.Pieces)
	random := rand.New(rand.NewPCG(5, 6))
	for p.WholeAt == 0 {
		told, have := w.here(p)
		require.Equal(t, sizes, told)
		number, begins := random.IntN(len(sizes)), int64(0)
		for _, size := range sizes[:number] {
			begins += size
		}
		from := have[number]
		if random.IntN(2) == 0 {
			from = random.Int64N(sizes[number])
		}
		if from == sizes[number] {
			continue
		}
		before := p
		part := pieces[number][from:]
		part = part[:1+random.IntN(len(part))]
		if number+1 < len(sizes) && random.IntN(4) == 0 { // a part may go on behind its piece
			part = slices.Concat(pieces[number][from:], pieces[number+1])
		}
		require.NoError(t, w.append(&p, begins+from, part))
		if from == have[number] {
			own := min(int64(len(part)), sizes[number]-from)
			have[number] += own
			if behind := int64(len(part)) - own; behind > 0 && have[number+1] == 0 {
				have[number+1], own = behind, own+behind
			}
			require.Equal(t, before.Received+own, p.Received)
		} else {
			require.Equal(t, before, p)
		}
		_, now := w.here(p)
		require.Equal(t, have, now)
		require.NoError(t, w.store.Read(t.Context(), func(tx *store.Tx) error {
			piece, err := w.keeper.Piece(tx, p, number)
			if have[number] < sizes[number] {
				require.ErrorIs(t, err, store.ErrNotFound)
				return nil
			}
			require.Equal(t, pieces[number], piece)
			return err
		}))
	}
	require.NoError(t, w.store.Read(t.Context(), func(tx *store.Tx) error {
		found, err := Get(tx, w.opinion, p.ID)
		require.NoError(t, err)
		require.Equal(t, p, found)
		for _, none := range []int{-1, len(sizes)} {
			_, err := w.keeper.Piece(tx, p, none)
			require.ErrorIs(t, err, store.ErrNotFound)
		}
		return nil
	}))
	require.NoError(t, w.append(&p, 0, pieces[0]), "its answer was lost")
	var rows int
	w.write(func(tx *store.Tx) error {
		return tx.Scan("SELECT COUNT(*) FROM picture_parts WHERE establishment = $1", []any{"E1"},
			&rows)
	})
	require.Equal(t, len(pieces), rows, "however many parts a piece has come in")
}

// TestAPreviewIsSeenBeforeThePicture has a picture without tiles come, and one of before previews
// were pieces.
func TestAPreviewIsSeenBeforeThePicture(t *testing.T) {
	w := newWard(t)
	data := picture50(t)
	preview := asJPEG(t, 5, 3)
	p := w.begin(data)
	read := func(of func(*store.Tx, practice.Picture) ([]byte, error)) (data []byte, err error) {
		require.NoError(t, w.store.Read(t.Context(), func(tx *store.Tx) error {
			data, err = of(tx, p)
			return nil
		}))
		return data, err
	}
	_, err := read(w.keeper.Preview)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.NoError(t, w.append(&p, 0, data[:len(preview)]))
	require.True(t, p.Previewed)
	seen, err := read(w.keeper.Preview)
	require.NoError(t, err)
	require.Equal(t, preview, seen)
	_, err = read(w.keeper.Whole)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.NoError(t, w.append(&p, int64(len(preview)), data[len(preview):]))
	seen, err = read(w.keeper.Whole)
	require.NoError(t, err)
	require.Equal(t, data[len(preview):], seen)

	w.write(func(tx *store.Tx) error { // the store was brought up to date meanwhile
		digest := sha256.Sum256(preview)
		_, err := tx.Exec(`UPDATE pictures SET pieces = 1, sizes = '', size = $1, digest = $2,
			received = 0, whole_at = 0, preview = $3 WHERE establishment = $4 AND id = $5`,
			len(preview), hex.EncodeToString(digest[:]),
			w.keeper.aead.Seal(nil, nil, preview, previewOf(p.ID)), "E1", p.ID)
		require.NoError(t, err)
		_, err = tx.Exec("DELETE FROM picture_parts WHERE establishment = $1", "E1")
		require.NoError(t, err)
		p, err = Get(tx, w.opinion, p.ID)
		p.Width, p.Height = 5, 3
		return err
	})
	require.NoError(t, w.append(&p, 0, preview))
	require.NotZero(t, p.WholeAt)
	for _, of := range []func(*store.Tx, practice.Picture) ([]byte, error){w.keeper.Preview,
		w.keeper.Whole} {
		seen, err = read(of)
		require.NoError(t, err)
		require.Equal(t, preview, seen)
	}
}

// TestAPieceIsRefused says of each thing that is wrong with the pieces of a picture which it is.
func TestAPieceIsRefused(t *testing.T) {
	w := newWard(t)
	data, sizes, pieces := inPieces(t)
	size := int64(len(data))
	large := int64(MaxPreview + 1)
	for _, wrong := range [][]int64{nil, {size}, {1, size}, {1, size - 2}, {size - 1, 1}, sizes[:5],
		{0, size - 4, 1, 1, 1, 1}, {-1, size - 3, 1, 1, 1, 1}, {1, size, size, size, size, size},
		{1, 1, 1, 1, 1, 1}, {large, size - large}} {
		var field *agenda.FieldError
		err := w.store.Write(t.Context(), func(tx *store.Tx) error {
			_, err := w.keeper.Begin(tx, w.opinion, w.promise(data, 400, 500, wrong...), noon)
			return err
		})
		require.ErrorAs(t, err, &field, wrong)
		require.Equal(t, "pieces", field.Field, wrong)
	}
	p := w.offer(w.promise(data, 400, 500, sizes...))
	begins := func(number int) (at int64) {
		for _, size := range sizes[:number] {
			at += size
		}
		return at
	}
	foreign := bytes.Clone(pieces[2])
	copy(foreign[len(foreign)-2:], "xx")
	for what, refused := range map[string]func() error{
		"behind the end":      func() error { return w.append(&p, size, []byte{1}) },
		"longer than its end": func() error { return w.append(&p, begins(5), pieces[2]) },
		"nothing":             func() error { return w.append(&p, 0, nil) },
	} {
		var wrong *agenda.FieldError
		require.ErrorAs(t, refused(), &wrong, what)
		require.Equal(t, "part", wrong.Field, what)
	}
	require.ErrorContains(t, w.append(&p, begins(2), foreign), "ends early")
	// All bytes of one piece, and the sides of another.
	turned := w.promise(data, 500, 400, sizes...)
	q := w.offer(turned)
	require.ErrorContains(t, w.append(&q, begins(3), pieces[3]), "expected 116 × 384 pixels")
	_, have := w.here(p)
	require.Equal(t, make([]int64, len(sizes)), have, "nothing of what was refused is kept")
	// The digest is that of all bytes.
	lying := w.promise(data, 400, 500, sizes...)
	lying.Digest = w.promise(data[1:], 1, 1).Digest
	r := w.offer(lying)
	for i, piece := range pieces[:5] {
		require.NoError(t, w.append(&r, begins(i), piece))
	}
	require.ErrorContains(t, w.append(&r, begins(5), pieces[5]), "expected the bytes")
}

// TestWhatIsLookedAtComesFirst tells the sender of a picture at which pieces somebody looks, and at
// which of their pictures, until nobody does.
func TestWhatIsLookedAtComesFirst(t *testing.T) {
	w := newWard(t)
	data, sizes, _ := inPieces(t)
	first := w.offer(w.promise(data, 400, 500, sizes...))
	second := w.offer(w.promise(data, 400, 500, sizes...))
	looked := func(p practice.Picture, at time.Time) (pieces []int, next string) {
		require.NoError(t, w.store.Read(t.Context(), func(tx *store.Tx) (err error) {
			pieces, next, err = Looked(tx, p, at)
			return err
		}))
		return pieces, next
	}
	look := func(p practice.Picture, at time.Time, pieces ...int) {
		w.write(func(tx *store.Tx) error { return Look(tx, p, pieces, at) })
	}
	pieces, next := looked(first, noon)
	require.Empty(t, pieces)
	require.Empty(t, next)
	look(second, noon, 4, -1, 6, 4, 9, 2)
	pieces, next = looked(first, noon)
	require.Empty(t, pieces)
	require.Equal(t, second.ID, next)
	pieces, next = looked(second, noon)
	require.Equal(t, []int{4, 2}, pieces)
	require.Equal(t, second.ID, next)
	look(first, noon.Add(time.Second), 5)
	_, next = looked(second, noon.Add(time.Second))
	require.Equal(t, first.ID, next)
	_, next = looked(second, noon.Add(lookLasts))
	require.Equal(t, first.ID, next)
	pieces, next = looked(second, noon.Add(time.Second+lookLasts))
	require.Empty(t, pieces)
	require.Empty(t, next)
	for at, size := int64(0), 0; size < len(sizes); size++ {
		require.NoError(t, w.append(&first, at, data[at:at+sizes[size]]))
		at += sizes[size]
	}
	_, next = looked(second, noon.Add(time.Second))
	require.Equal(t, second.ID, next, "the other one is whole")
}

// TestNumbersInTheStore reads what it has written, and says what is none.
func TestNumbersInTheStore(t *testing.T) {
	t.Parallel()
	for _, all := range [][]int64{nil, {7}, {1, 0, 8 << 20}} {
		read, err := numbers[int64](words(all))
		require.NoError(t, err)
		require.Equal(t, all, read)
	}
	_, err := numbers[int]("1 x")
	require.Error(t, err)
	require.False(t, errors.Is(err, store.ErrNotFound))
}
