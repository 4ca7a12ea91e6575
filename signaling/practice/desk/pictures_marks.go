package desk

import (
	"net/http"
	"strconv"

	"draille/signaling/practice"
	"draille/signaling/practice/picture"
	"draille/signaling/practice/store"
)

// mark draws on a picture, for either side.
func (s pictures) mark(c *call) error {
	var wanted NewMark
	if err := c.body(&wanted); err != nil {
		return err
	}
	return s.drawing(c, http.StatusCreated, "opinion.picture.mark",
		func(tx *store.Tx, o practice.Opinion, p practice.Picture) error {
			name, err := nameOf(tx, c.caller.Person.ID)
			if err != nil {
				return err
			}
			return s.opinions.pictures.Mark(tx, o, p, practice.PictureMark{
				By: c.caller.Person.ID, Name: name, Kind: wanted.Kind, Points: wanted.Points,
				Length: wanted.Length})
		})
}

// unmark takes back what the caller has drawn: one mark, or all of theirs.
func (s pictures) unmark(c *call) error {
	n := 0
	if text := c.path("n"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 1 {
			return invalid("n", "expected the number of a mark, got %q", text)
		}
	}
	return s.drawing(c, http.StatusOK, "opinion.picture.unmark",
		func(tx *store.Tx, o practice.Opinion, p practice.Picture) error {
			return s.opinions.pictures.Unmark(tx, o, p, c.caller.Person.ID, n)
		})
}

// drawing changes what is drawn on a picture, and answers with the question.
func (s pictures) drawing(c *call, status int, action string,
	do func(*store.Tx, practice.Opinion, practice.Picture) error) error {
	return s.opinions.change(c, status, action,
		func(tx *store.Tx) (practice.Opinion, error) {
			o, err := s.opinions.found(c, tx, "")
			if err != nil {
				return o, err
			}
			p, err := picture.Get(tx, o, c.path("picture"))
			if err != nil {
				return o, err
			}
			return o, do(tx, o, p)
		})
}
