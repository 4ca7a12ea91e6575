package picture

import (
	"encoding/json"
	"fmt"
	"slices"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

// Marks are what is drawn on the pictures of a question, by the picture, in order.
func (k *Keeper) Marks(tx *store.Tx, o practice.Opinion) (map[string][]practice.PictureMark,
	error) {
	drawn := map[string][]practice.PictureMark{}
	err := tx.Query(func(scan func(...any) error) error {
		var id string
		var sealed []byte
		if err := scan(&id, &sealed); err != nil {
			return err
		}
		marks, err := k.openMarks(id, sealed)
		if len(marks) > 0 {
			drawn[id] = marks
		}
		return err
	}, `SELECT id, marks FROM pictures WHERE establishment = $1 AND opinion = $2
		AND marks IS NOT NULL`, o.Establishment, o.ID)
	return drawn, err
}

// Mark draws on a picture of a question that is not over. There is one scale, the latest. The same
// mark twice is one.
func (k *Keeper) Mark(tx *store.Tx, o practice.Opinion, p practice.Picture,
	m practice.PictureMark) error {
	if o.EndedAt != 0 {
		return ErrOver
	}
	if p.Sound {
		return agenda.Wrong("kind", "expected a picture to draw on, got a sound")
	}
	if err := drawable(p, m); err != nil {
		return err
	}
	marks, err := k.marksOf(tx, p)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(marks, func(other practice.PictureMark) bool {
		return other.By == m.By && other.Kind == m.Kind && other.Length == m.Length &&
			slices.Equal(other.Points, m.Points)
	}) {
		return nil // it is sent again, whose answer got lost
	}
	m.N = 1
	if len(marks) > 0 {
		m.N += marks[len(marks)-1].N
	}
	if m.Kind == practice.PictureMarkScale {
		marks = slices.DeleteFunc(marks, func(other practice.PictureMark) bool {
			return other.Kind == practice.PictureMarkScale
		})
	}
	if len(marks) >= practice.MaxMarks {
		return agenda.Wrong("kind", "expected at most %d marks on a picture, got one more; take "+
			"one back", practice.MaxMarks)
	}
	return k.setMarks(tx, p, append(marks, m))
}

// Unmark takes back a mark of a person, or with 0 all that are theirs. One that is gone already is
// as good as taken back.
func (k *Keeper) Unmark(tx *store.Tx, o practice.Opinion, p practice.Picture, by string,
	n int) error {
	if o.EndedAt != 0 {
		return ErrOver
	}
	marks, err := k.marksOf(tx, p)
	if err != nil {
		return err
	}
	return k.setMarks(tx, p, slices.DeleteFunc(marks, func(m practice.PictureMark) bool {
		return m.By == by && (n == 0 || m.N == n)
	}))
}

// drawable says what is wrong with a mark.
func drawable(p practice.Picture, m practice.PictureMark) error {
	least, most := 2, 2
	switch m.Kind {
	case practice.PictureMarkSpot:
		least, most = 1, 1
	case practice.PictureMarkStroke:
		most = practice.MaxMarkPoints
	case practice.PictureMarkRuler, practice.PictureMarkScale:
	default:
		return agenda.Wrong("kind", "expected spot, stroke, ruler or scale, got %q", m.Kind)
	}
	if n := len(m.Points); n%2 != 0 || n < 2*least || n > 2*most {
		return agenda.Wrong("points", "expected x and y of %d to %d points, got %d numbers", least,
			most, n)
	}
	for i, at := range m.Points {
		if side := []int{p.Width, p.Height}[i%2]; at < 0 || at > side {
			return agenda.Wrong("points", "expected points on a picture of %d × %d pixels, got "+
				"one beside it", p.Width, p.Height)
		}
	}
	if m.Kind != practice.PictureMarkScale {
		if m.Length != 0 {
			return agenda.Wrong("length", "expected a length of a scale alone, got one of a %s",
				m.Kind)
		}
		return nil
	}
	if m.Length < 1 || m.Length > practice.MaxMarkLength {
		return agenda.Wrong("length", "expected 1 to %d hundredths of a millimetre, got %d",
			practice.MaxMarkLength, m.Length)
	}
	return nil
}

func (k *Keeper) marksOf(tx *store.Tx, p practice.Picture) ([]practice.PictureMark, error) {
	var sealed []byte
	if err := tx.Scan("SELECT marks FROM pictures WHERE establishment = $1 AND id = $2",
		[]any{p.Establishment, p.ID}, &sealed); err != nil || sealed == nil {
		return nil, err
	}
	return k.openMarks(p.ID, sealed)
}

func (k *Keeper) openMarks(id string, sealed []byte) (marks []practice.PictureMark, err error) {
	data, err := k.open(sealed, marksOn(id))
	if err != nil {
		return nil, err
	}
	return marks, json.Unmarshal(data, &marks)
}

func (k *Keeper) setMarks(tx *store.Tx, p practice.Picture, marks []practice.PictureMark) error {
	data, err := json.Marshal(marks)
	if err != nil {
		return err
	}
	if _, err := tx.Exec("UPDATE pictures SET marks = $1 WHERE establishment = $2 AND id = $3",
		k.aead.Seal(nil, nil, data, marksOn(p.ID)), p.Establishment, p.ID); err != nil {
		return fmt.Errorf("cannot keep what is drawn on a picture: %w", err)
	}
	changed(tx, p)
	return nil
}

// marksOn binds what is drawn to its picture.
func marksOn(id string) []byte { return []byte("marks " + id) }
