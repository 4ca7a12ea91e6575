package desk

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/picture"
	"draille/signaling/practice/store"
)

// pictures are those of questions to experts. Whoever is of neither side of a question finds none.
type pictures struct{ opinions opinions }

func (s pictures) routes() []route {
	const one = "/api/opinions/{id}/pictures/{picture}"
	return []route{
		{"POST /api/opinions/{id}/pictures", signedIn, s.begin},
		{"GET " + one + "/upload", signedIn, s.upload},
		{"PUT " + one, signedIn, s.append},
		{"DELETE " + one, signedIn, s.remove},
		{"POST " + one + "/marks", signedIn, s.mark},
		{"DELETE " + one + "/marks", signedIn, s.unmark},
		{"DELETE " + one + "/marks/{n}", signedIn, s.unmark},
		{"GET " + one, signedIn, s.show("opinion.picture.view", s.whole)},
		{"GET " + one + "/preview", signedIn, s.show("opinion.picture.preview", s.preview)},
		{"GET " + one + "/pieces", signedIn, s.pieces},
		{"GET " + one + "/pieces/{n}", signedIn, s.show("opinion.picture.view", s.piece)},
		{"POST " + one + "/look", signedIn, s.look},
	}
}

// begin takes note of a picture, and says under which name its parts are to follow.
func (s pictures) begin(c *call) error {
	var wanted NewPicture
	if err := c.body(&wanted); err != nil {
		return err
	}
	return s.change(c, http.StatusCreated, "opinion.picture.add",
		func(tx *store.Tx, o practice.Opinion) (practice.Picture, error) {
			p, err := s.opinions.pictures.Begin(tx, o, picture.Offer{Picture: practice.Picture{
				Sound: wanted.Sound, Width: wanted.Width, Height: wanted.Height, Size: wanted.Size,
				Digest: wanted.Digest, MadeBy: c.caller.Person.ID},
				Sizes: wanted.Pieces, Key: wanted.Key}, c.now)
			return p, errors.Join(err, s.theirs(c, p))
		})
}

// append takes a part of a picture, and says where the next one begins.
func (s pictures) append(c *call) error {
	offset, err := strconv.ParseInt(c.query("offset"), 10, 64)
	if err != nil || offset < 0 {
		return invalid("offset", "expected a number of bytes, got %q", c.query("offset"))
	}
	part, err := io.ReadAll(io.LimitReader(c.r.Body, picture.MaxPart+1))
	if err != nil {
		return refuse(CodeMalformed, "the body could not be read: %v", err)
	}
	if len(part) > picture.MaxPart {
		return refuse(CodeTooLarge, "expected at most %d bytes, got more", picture.MaxPart)
	}
	return s.change(c, http.StatusOK, "",
		func(tx *store.Tx, o practice.Opinion) (practice.Picture, error) {
			p, err := s.mine(c, tx, o)
			if err != nil {
				return p, err
			}
			after, err := s.opinions.pictures.Append(tx, p, offset, part, c.now)
			if err != nil || after.WholeAt == p.WholeAt {
				return after, err
			}
			return after, c.audit(tx, pictureEntry("opinion.picture.whole", o, p))
		})
}

// upload says how far a picture has come, after a reload of the page that sends it.
func (s pictures) upload(c *call) error {
	var upload PictureUpload
	err := c.read(func(tx *store.Tx) error {
		o, err := s.opinions.found(c, tx, practice.ActionOpinionAsk)
		if err != nil {
			return err
		}
		p, err := s.mine(c, tx, o)
		if err != nil {
			return err
		}
		upload, err = s.uploadOf(c, tx, p)
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, upload)
}

// uploadOf says how far a picture is, and what comes next.
func (s pictures) uploadOf(c *call, tx *store.Tx, p practice.Picture) (PictureUpload, error) {
	upload := PictureUpload{Picture: p}
	key, err := s.opinions.pictures.BrowserKey(p)
	if err != nil {
		return upload, err
	}
	upload.Keep = base64.StdEncoding.EncodeToString(key)
	if upload.Sizes, upload.Have, err = s.opinions.pictures.Have(tx, p); err != nil {
		return upload, err
	}
	looked, next, err := picture.Looked(tx, p, c.now)
	upload.Looked, upload.Next = append([]int{}, looked...), next
	return upload, err
}

// mine is the picture that the address names, for whoever sends it.
func (s pictures) mine(c *call, tx *store.Tx, o practice.Opinion) (practice.Picture, error) {
	p, err := picture.Get(tx, o, c.path("picture"))
	if err != nil {
		return p, err
	}
	return p, s.theirs(c, p)
}

func (pictures) theirs(c *call, p practice.Picture) error {
	if p.MadeBy != c.caller.Person.ID {
		return refuse(CodeForbidden, "expected a picture of yours, got one that a colleague sends")
	}
	return nil
}

// change does something to a picture of the asking side. Without an action nothing is written into
// the audit log: of the parts only the last one is.
func (s pictures) change(c *call, status int, action string,
	do func(*store.Tx, practice.Opinion) (practice.Picture, error)) error {
	var upload PictureUpload
	err := c.write(func(tx *store.Tx) error {
		o, err := s.opinions.found(c, tx, practice.ActionOpinionAsk)
		if err != nil {
			return err
		}
		p, err := do(tx, o)
		if err != nil {
			return err
		}
		if upload, err = s.uploadOf(c, tx, p); err != nil || action == "" {
			return err
		}
		return c.audit(tx, pictureEntry(action, o, p))
	})
	if errors.Is(err, picture.ErrOver) {
		return invalid("state", "%s", err)
	}
	if err != nil {
		return err
	}
	if c.r.Header.Get("Prefer") == "return=minimal" {
		return c.reply(status, PictureProgress{upload.Have, upload.Looked, upload.Next})
	}
	return c.reply(status, upload)
}

// remove deletes a picture, whoever of the asking side has sent it, also after the answer: it may
// be of somebody else.
func (s pictures) remove(c *call) error {
	err := c.write(func(tx *store.Tx) error {
		o, err := s.opinions.found(c, tx, practice.ActionOpinionAsk)
		if err != nil {
			return err
		}
		p, err := picture.Get(tx, o, c.path("picture"))
		if err != nil {
			return err
		}
		if err := picture.Remove(tx, p); err != nil {
			return err
		}
		return c.audit(tx, pictureEntry("opinion.picture.remove", o, p))
	})
	if err != nil {
		return err
	}
	return c.done()
}

// pictureData is what there is to be seen of a picture, and its digest if that is known.
type pictureData struct {
	data   []byte
	digest string
}

func (s pictures) whole(_ *call, tx *store.Tx, p practice.Picture) (pictureData, error) {
	if p.WholeAt == 0 {
		return pictureData{}, refuse(CodeNotFound,
			"expected a picture that is whole, got one on its way")
	}
	if p.Pieces > 2 {
		return pictureData{}, refuse(CodeNotFound,
			"expected a picture without tiles, got one of %d; ask for its pieces", p.Pieces-2)
	}
	data, err := s.opinions.pictures.Whole(tx, p)
	return pictureData{data, p.Digest}, err
}

func (s pictures) preview(_ *call, tx *store.Tx, p practice.Picture) (pictureData, error) {
	if p.Sound {
		return pictureData{}, refuse(CodeNotFound,
			"expected a picture, got a sound: it has no preview")
	}
	data, err := s.opinions.pictures.Preview(tx, p)
	return pictureData{data: data}, err
}

func (s pictures) piece(c *call, tx *store.Tx, p practice.Picture) (pictureData, error) {
	number, err := strconv.Atoi(c.path("n"))
	if err != nil {
		return pictureData{}, store.ErrNotFound
	}
	data, err := s.opinions.pictures.Piece(tx, p, number)
	return pictureData{data: data}, err
}

// show answers with what there is to be seen of a picture, to either side. That somebody looks is
// written down first.
func (s pictures) show(action string,
	of func(*call, *store.Tx, practice.Picture) (pictureData, error)) func(*call) error {
	return func(c *call) error {
		var seen pictureData
		err := c.look(func(tx *store.Tx) (entry practice.AuditEntry, err error) {
			o, p, err := s.either(c, tx)
			if err != nil {
				return entry, err
			}
			seen, err = of(c, tx, p)
			return pictureEntry(action, o, p), err
		})
		if err != nil {
			return err
		}
		c.w.Header().Set("Content-Type", picture.KindOf(seen.data))
		c.w.Header().Set("X-Content-Type-Options", "nosniff")
		if seen.digest != "" {
			c.w.Header().Set("ETag", strconv.Quote(seen.digest))
		}
		// In one part, if that is asked for: a player hears the beginning first, and a break costs
		// what was on its way. Many at once are what no page asks for, and longer than the whole.
		if strings.Contains(c.r.Header.Get("Range"), ",") {
			c.r.Header.Del("Range")
		}
		http.ServeContent(c.w, c.r, "", time.Time{}, bytes.NewReader(seen.data))
		return nil
	}
}

// either is the picture that the address names, for either side.
func (s pictures) either(c *call, tx *store.Tx) (practice.Opinion, practice.Picture, error) {
	o, err := s.opinions.found(c, tx, "")
	if err != nil {
		return o, practice.Picture{}, err
	}
	p, err := picture.Get(tx, o, c.path("picture"))
	return o, p, err
}

// pieces says what is here of a picture.
func (s pictures) pieces(c *call) error {
	var here PicturePieces
	err := c.read(func(tx *store.Tx) error {
		_, p, err := s.either(c, tx)
		if err != nil {
			return err
		}
		here.Sizes, here.Have, err = s.opinions.pictures.Have(tx, p)
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, here)
}

// look notes at which pieces of a picture somebody of either side looks: those come first.
func (s pictures) look(c *call) error {
	var wanted LookAtPicture
	if err := c.body(&wanted); err != nil {
		return err
	}
	var here PicturePieces
	err := c.write(func(tx *store.Tx) error {
		_, p, err := s.either(c, tx)
		if err != nil {
			return err
		}
		if err := picture.Look(tx, p, wanted.Pieces, c.now); err != nil {
			return err
		}
		here.Sizes, here.Have, err = s.opinions.pictures.Have(tx, p)
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, here)
}

func pictureEntry(action string, o practice.Opinion, p practice.Picture) practice.AuditEntry {
	return practice.AuditEntry{Establishment: o.Establishment, Action: action, Patient: o.Patient,
		Object: o.ID, Detail: fmt.Sprintf(`{"picture":%q}`, p.ID)}
}
