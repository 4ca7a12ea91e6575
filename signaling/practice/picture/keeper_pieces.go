package picture

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

// A picture comes in pieces, each a picture by itself: a preview, then the picture as it is. One
// that is larger than a screen has the whole at a middle size in its place, and tiles of it at its
// full size, row by row. Its bytes are those of its pieces, one after the other. The preview comes
// first, then the pieces at which somebody looks.

// lookLasts is how long a look at a picture has its pieces come before those of others: a page that
// shows a picture tells it anew well within that time.
const lookLasts = time.Minute

// piece is one of a picture, and how much of it is here.
type piece struct {
	number             int // 0: the preview
	begins, size, have int64
}

// pieced says what is wrong with the sizes of a picture's pieces.
func pieced(p practice.Picture, sizes []int64) error {
	tiles := across(p.Width) * across(p.Height)
	switch {
	case p.Sound && len(sizes) != 1:
		return agenda.Wrong("pieces", "expected a sound in 1 piece, got %d", len(sizes))
	case !p.Sound && len(sizes) != 2 && len(sizes) != 2+tiles:
		return agenda.Wrong("pieces", "expected 2 pieces: a preview and the picture, or %d: a "+
			"preview, the whole and all tiles, got %d", 2+tiles, len(sizes))
	case !p.Sound && sizes[0] > MaxPreview:
		return agenda.Wrong("pieces", "expected a preview of at most %d bytes, got %d", MaxPreview,
			sizes[0])
	}
	left := p.Size
	for _, size := range sizes {
		if size < 1 || size > left {
			return agenda.Wrong("pieces", "expected pieces of %d bytes in all, got others", p.Size)
		}
		left -= size
	}
	if left != 0 {
		return agenda.Wrong("pieces", "expected pieces of %d bytes in all, got %d less", p.Size,
			left)
	}
	return nil
}

// across is how many tiles a side has.
func across(side int) int { return (side + practice.PictureTile - 1) / practice.PictureTile }

// fits says what is wrong with a piece that has come.
func (k *Keeper) fits(tx *store.Tx, p practice.Picture, one piece) error {
	data, err := k.bytes(tx, p, one.begins, one.begins+one.size)
	if err != nil {
		return err
	}
	switch {
	case one.number == 1 && p.Pieces == 2:
		return sided(data, p.Width, p.Height)
	case one.number < 2:
		if _, err := Check(data); err != nil {
			return agenda.Wrong("part", "%s", err)
		}
		return nil
	}
	column, row := (one.number-2)%across(p.Width), (one.number-2)/across(p.Width)
	return sided(data, min(practice.PictureTile, p.Width-column*practice.PictureTile),
		min(practice.PictureTile, p.Height-row*practice.PictureTile))
}

// piecesFrom are the piece that a byte belongs to, and those behind.
func piecesFrom(pieces []piece, offset int64) []piece {
	for i, one := range pieces {
		if offset >= one.begins && offset < one.begins+one.size {
			return pieces[i:]
		}
	}
	return nil
}

// fill sets how much of a piece is here.
func (k *Keeper) fill(tx *store.Tx, p practice.Picture, one *piece) error {
	one.have = 0
	return k.arrived(tx, p, one.begins, one.begins+one.size, func(_, bytes int64) {
		one.have += bytes
	})
}

// piecesOf are the pieces of a picture, without what is here of them.
func (k *Keeper) piecesOf(tx *store.Tx, p practice.Picture) ([]piece, error) {
	if p.Pieces == 1 {
		return []piece{{size: p.Size}}, nil
	}
	var text string
	if err := tx.Scan("SELECT sizes FROM pictures WHERE establishment = $1 AND id = $2",
		[]any{p.Establishment, p.ID}, &text); err != nil {
		return nil, err
	}
	sizes, err := numbers[int64](text)
	if err != nil {
		return nil, err
	}
	var pieces []piece
	begins := int64(0)
	for i, size := range sizes {
		pieces = append(pieces, piece{number: i, begins: begins, size: size})
		begins += size
	}
	return pieces, nil
}

// arrived calls each with where the parts begin that are here, and how many bytes each has.
func (k *Keeper) arrived(tx *store.Tx, p practice.Picture, from, to int64,
	each func(begins, bytes int64)) error {
	return tx.Query(func(scan func(...any) error) error {
		var begins, sealed int64
		if err := scan(&begins, &sealed); err != nil {
			return err
		}
		each(begins, sealed-int64(k.aead.Overhead()))
		return nil
	}, `SELECT begins, LENGTH(sealed) FROM picture_parts WHERE establishment = $1
		AND picture = $2 AND begins >= $3 AND begins < $4 ORDER BY begins`,
		p.Establishment, p.ID, from, to)
}

// Have returns the bytes of each piece of a picture, and how many of them are here.
func (k *Keeper) Have(tx *store.Tx, p practice.Picture) (sizes, have []int64, err error) {
	pieces, err := k.piecesOf(tx, p)
	if err != nil {
		return nil, nil, err
	}
	i := 0
	err = k.arrived(tx, p, 0, p.Size, func(begins, bytes int64) {
		for begins >= pieces[i].begins+pieces[i].size {
			i++
		}
		pieces[i].have += bytes
	})
	for _, one := range pieces {
		sizes, have = append(sizes, one.size), append(have, one.have)
	}
	return sizes, have, err
}

// Piece returns the bytes of a piece of a picture. It returns ErrNotFound for one that is not whole
// yet.
func (k *Keeper) Piece(tx *store.Tx, p practice.Picture, number int) ([]byte, error) {
	pieces, err := k.piecesOf(tx, p)
	if err != nil {
		return nil, err
	}
	if number < 0 || number >= len(pieces) {
		return nil, store.ErrNotFound
	}
	one := pieces[number]
	if err := k.fill(tx, p, &one); err != nil {
		return nil, err
	}
	if one.have != one.size {
		return nil, store.ErrNotFound
	}
	return k.bytes(tx, p, one.begins, one.begins+one.size)
}

// Look notes at which pieces of a picture somebody looks, the most important first.
func Look(tx *store.Tx, p practice.Picture, looked []int, now time.Time) error {
	known := map[int]bool{}
	looked = slices.DeleteFunc(slices.Clone(looked), func(number int) bool {
		twice := known[number]
		known[number] = true
		return twice || number < 0 || number >= p.Pieces
	})
	_, err := tx.Exec(`UPDATE pictures SET looked = $1, looked_at = $2
		WHERE establishment = $3 AND id = $4`, words(looked), int64(practice.InstantOf(now)),
		p.Establishment, p.ID)
	return err
}

// Looked returns at which pieces of a picture somebody looks, and the picture of the same sender
// and question at which somebody looks, if that one is not whole: it is what comes next.
func Looked(tx *store.Tx, p practice.Picture, now time.Time) (
	looked []int, next string, err error) {
	since := int64(practice.InstantOf(now.Add(-lookLasts)))
	err = tx.Query(func(scan func(...any) error) error {
		var id, text string
		if err := scan(&id, &text); err != nil {
			return err
		}
		if next == "" {
			next = id
		}
		if id == p.ID {
			looked, err = numbers[int](text)
		}
		return err
	}, `SELECT id, looked FROM pictures WHERE establishment = $1 AND opinion = $2
		AND made_by = $3 AND whole_at = 0 AND looked_at > $4 ORDER BY looked_at DESC`,
		p.Establishment, p.Opinion, p.MadeBy, since)
	return looked, next, err
}

// words are numbers with spaces between them, as they lie in the store.
func words[N int | int64](all []N) string {
	var text strings.Builder
	for i, one := range all {
		if i > 0 {
			text.WriteByte(' ')
		}
		text.WriteString(strconv.FormatInt(int64(one), 10))
	}
	return text.String()
}

func numbers[N int | int64](text string) (all []N, err error) {
	for _, word := range strings.Fields(text) {
		one, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("expected numbers in the store, got %q", word)
		}
		all = append(all, N(one))
	}
	return all, nil
}
