package desk

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/picture"
	"draille/signaling/practice/store"
)

// small is a picture of three by two pixels.
func small(t *testing.T) []byte { return noise(t, 3, 2) }

func noise(t *testing.T, width, height int) []byte {
	drawn := image.NewGray(image.Rect(0, 0, width, height))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range drawn.Pix {
		drawn.Pix[i] = byte(random.Uint32())
	}
	var data bytes.Buffer
	require.NoError(t, jpeg.Encode(&data, drawn, nil))
	return data.Bytes()
}

// withPreview are the bytes of a picture without tiles.
func withPreview(t *testing.T, data []byte) []byte { return slices.Concat(small(t), data) }

// newPicture promises a picture without tiles, behind its preview.
func newPicture(t *testing.T, data []byte, width, height int) NewPicture {
	return inPieces(width, height, small(t), data)
}

func inPieces(width, height int, pieces ...[]byte) NewPicture {
	digest := sha256.Sum256(slices.Concat(pieces...))
	wanted := NewPicture{Key: practice.NewID(), Width: width, Height: height,
		Digest: hex.EncodeToString(digest[:])}
	for _, piece := range pieces {
		wanted.Size += int64(len(piece))
		wanted.Pieces = append(wanted.Pieces, int64(len(piece)))
	}
	return wanted
}

// TestAPictureComesInPartsAndIsSeenByBothSidesAlone sends one over a link that breaks: what was
// sent twice is taken once, and whoever is of neither side finds nothing.
func TestAPictureComesInPartsAndIsSeenByBothSidesAlone(t *testing.T) {
	w := newWard(t)
	elsewhere := w.otherHospital()
	service := practice.Service{ID: practice.NewID(), Establishment: elsewhere,
		Name: "Dermatologie", Version: 1}
	w.insertService(service)
	nurse := practice.Grant{Role: practice.RoleNurse, Establishment: w.hospital.ID}
	asker, _ := w.somebody(nurse)
	colleague, _ := w.somebody(nurse)
	expert, _ := w.somebody(practice.Grant{Role: practice.RoleExpert, Establishment: elsewhere,
		Service: service.ID})
	stranger, _ := w.somebody(practice.Grant{Role: practice.RoleNurse, Establishment: elsewhere})
	other, _ := w.somebody(practice.Grant{Role: practice.RoleExpert,
		Establishment: w.hospital.ID, Service: w.service.ID})
	var line OpinionLine
	asker.ask("POST", "/api/opinions", NewOpinion{Key: practice.NewID(),
		Establishment: w.hospital.ID, Patient: w.patient.ID, Service: service.ID,
		Urgency: practice.UrgencySoon, Question: "Lésion"}).is(201, &line)
	all := "/api/opinions/" + line.Opinion.ID + "/pictures"
	data := noise(t, 300, 200)
	wanted := newPicture(t, data, 300, 200)
	var sent, again PictureUpload
	asker.ask("POST", all, wanted).is(201, &sent)
	asker.ask("POST", all, wanted).is(201, &again)
	require.Equal(t, sent, again)
	expert.ask("POST", all, wanted).refused(CodeForbidden)
	path := all + "/" + sent.Picture.ID
	sending := withPreview(t, data)
	half := int64(len(sending) / 2)
	put := func(from, to int64) answered {
		return asker.ask("PUT", fmt.Sprintf("%s?offset=%d", path, from), string(sending[from:to]))
	}
	asker.ask("GET", path+"/preview", nil).refused(CodeNotFound) // not here yet
	put(0, half).is(200, &sent)
	require.Equal(t, half, sent.Picture.Received)
	put(0, half).is(200, &sent) // its answer was lost
	require.Equal(t, half, sent.Picture.Received)
	asker.ask("GET", path+"/upload", nil).is(200, &again)
	require.Equal(t, sent, again)
	colleague.ask("GET", path+"/upload", nil).refused(CodeForbidden)
	colleague.ask("PUT", path+"?offset=0", "x").refused(CodeForbidden)
	expert.ask("GET", path, nil).refused(CodeNotFound) // not whole yet
	require.Equal(t, small(t), expert.ask("GET", path+"/preview", nil).body)
	put(half, int64(len(sending))).is(200, &sent)
	require.NotZero(t, sent.Picture.WholeAt)
	for _, side := range []*browser{asker, colleague, expert} {
		got := side.ask("GET", path, nil)
		require.Equal(t, data, got.body)
		require.Equal(t, "image/jpeg", got.header.Get("Content-Type"))
		require.Equal(t, "no-store", got.header.Get("Cache-Control"))
		require.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
	}
	for _, without := range []*browser{stranger, other} {
		for _, of := range []string{path, path + "/preview", path + "/upload"} {
			without.ask("GET", of, nil).refused(CodeNotFound)
		}
		without.ask("DELETE", path, nil).refused(CodeNotFound)
		without.ask("POST", all, wanted).refused(CodeNotFound)
	}
	expert.ask("GET", "/api/opinions/"+line.Opinion.ID, nil).is(200, &line)
	require.Equal(t, []practice.Picture{sent.Picture}, line.Pictures)
	for action, times := range map[string]int{"add": 2, "whole": 1, "preview": 1, "view": 3} {
		require.Len(t, w.entries("opinion.picture."+action), times, action)
	}
	colleague.ask("DELETE", path, nil).is(204)
	expert.ask("GET", path, nil).refused(CodeNotFound)
	require.Len(t, w.entries("opinion.picture.remove"), 1)
}

func (w *ward) entries(action string) (found []practice.AuditEntry) {
	require.NoError(w.t, w.store.Read(w.t.Context(), func(tx *store.Tx) (err error) {
		found, err = store.Find[practice.AuditEntry](tx.Across("a test"), "WHERE action = $1",
			action)
		return err
	}))
	return found
}

// TestAPictureIsRefused says of each thing that is wrong with one which it is.
func TestAPictureIsRefused(t *testing.T) {
	w := newWard(t)
	asker, _ := w.somebody(practice.Grant{Role: practice.RoleNurse, Establishment: w.hospital.ID})
	var line OpinionLine
	asker.ask("POST", "/api/opinions", NewOpinion{Key: practice.NewID(),
		Establishment: w.hospital.ID, Patient: w.patient.ID, Service: w.service.ID,
		Urgency: practice.UrgencySoon, Question: "Lésion"}).is(201, &line)
	opinion := "/api/opinions/" + line.Opinion.ID
	data := noise(t, 30, 20)
	for field, spoil := range map[string]func(*NewPicture){
		"key":    func(p *NewPicture) { p.Key = "short" },
		"size":   func(p *NewPicture) { p.Size = picture.MaxBytes + 1 },
		"digest": func(p *NewPicture) { p.Digest = "00" },
		"pieces": func(p *NewPicture) { p.Pieces = p.Pieces[:1] },
	} {
		wanted := newPicture(t, data, 30, 20)
		spoil(&wanted)
		failure := asker.ask("POST", opinion+"/pictures", wanted).refused(CodeInvalid)
		require.Equal(t, field, failure.Field)
	}
	located := bytes.Join([][]byte{data[:2], []byte("\xff\xe1\x00\x08Exif\x00\x00"), data[2:]}, nil)
	for field, wanted := range map[string]NewPicture{
		"part": newPicture(t, located, 30, 20), "digest": newPicture(t, data, 30, 20)} {
		sent := located
		if field == "digest" {
			sent = bytes.Clone(data)
			sent[len(sent)-3] ^= 1
		}
		var upload PictureUpload
		asker.ask("POST", opinion+"/pictures", wanted).is(201, &upload)
		path := opinion + "/pictures/" + upload.Picture.ID
		failure := asker.ask("PUT", path+"?offset=0",
			string(withPreview(t, sent))).refused(CodeInvalid)
		require.Equal(t, field, failure.Field)
		asker.ask("GET", path, nil).refused(CodeNotFound)
	}
	for range practice.MaxPictures - 2 {
		asker.ask("POST", opinion+"/pictures", newPicture(t, data, 30, 20)).is(201)
	}
	asker.ask("POST", opinion+"/pictures", newPicture(t, data, 30, 20)).refused(CodeInvalid)
	asker.ask("POST", opinion+"/withdraw", OpinionText{}, 1).is(200, &line)
	asker.ask("GET", opinion, nil).is(200, &line)
	asker.ask("DELETE", opinion+"/pictures/"+line.Pictures[0].ID, nil).is(204)
	failure := asker.ask("POST", opinion+"/pictures",
		newPicture(t, data, 30, 20)).refused(CodeInvalid)
	require.Equal(t, "state", failure.Field)
	deleted, err := picture.Retain(t.Context(), w.store, w.now().Add(31*24*time.Hour))
	require.NoError(t, err)
	require.EqualValues(t, practice.MaxPictures-1, deleted)
}

// TestALargePictureComesWhereSomebodyLooks sends one in pieces: the sender is told at which of them
// an expert looks, who sees each as soon as it is here.
func TestALargePictureComesWhereSomebodyLooks(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	pieces := [][]byte{small(t), noise(t, 40, 10), noise(t, 384, 100), noise(t, 16, 100)}
	wanted := inPieces(400, 100, pieces...)
	var sent, other PictureUpload
	w.asker.ask("POST", w.path+"/pictures", newPicture(t, small(t), 3, 2)).is(201, &other)
	w.asker.ask("POST", w.path+"/pictures", wanted).is(201, &sent)
	require.Equal(t, []int64{0, 0, 0, 0}, sent.Have)
	require.Equal(t, []int{}, sent.Looked)
	require.Empty(t, sent.Next)
	path := w.path + "/pictures/" + sent.Picture.ID
	var here PicturePieces
	w.expert.ask("POST", path+"/look", LookAtPicture{Pieces: []int{3, 1}}).is(200, &here)
	require.Equal(t, PicturePieces{Sizes: wanted.Pieces, Have: []int64{0, 0, 0, 0}}, here)
	put := func(offset int64, part []byte) {
		w.asker.ask("PUT", fmt.Sprintf("%s?offset=%d", path, offset), string(part)).is(200, &sent)
	}
	put(wanted.Size-wanted.Pieces[3], pieces[3])
	require.Equal(t, []int64{0, 0, 0, wanted.Pieces[3]}, sent.Have)
	require.Equal(t, []int{3, 1}, sent.Looked)
	require.Equal(t, sent.Picture.ID, sent.Next)
	w.asker.ask("GET", w.path+"/pictures/"+other.Picture.ID+"/upload", nil).is(200, &other)
	require.Equal(t, sent.Picture.ID, other.Next, "the picture at which somebody looks")
	w.expert.ask("GET", path+"/pieces", nil).is(200, &here)
	require.Equal(t, sent.Have, here.Have)
	got := w.expert.ask("GET", path+"/pieces/3", nil)
	require.Equal(t, pieces[3], got.body)
	require.Equal(t, "image/jpeg", got.header.Get("Content-Type"))
	for _, none := range []string{"", "/preview", "/pieces/0", "/pieces/1", "/pieces/4",
		"/pieces/x"} {
		w.expert.ask("GET", path+none, nil).refused(CodeNotFound)
	}
	stranger, _ := w.somebody(practice.Grant{Role: practice.RoleNurse,
		Establishment: w.elsewhere})
	stranger.ask("POST", path+"/look", LookAtPicture{Pieces: []int{2}}).refused(CodeNotFound)
	for _, of := range []string{"/pieces", "/pieces/3"} {
		stranger.ask("GET", path+of, nil).refused(CodeNotFound)
	}
	var brief PictureProgress
	w.asker.header = map[string]string{"Prefer": "return=minimal"}
	answer := w.asker.ask("PUT", path+"?offset=0", string(pieces[0]))
	answer.is(200, &brief)
	w.asker.header = map[string]string{}
	require.Equal(t, []int64{wanted.Pieces[0], 0, 0, wanted.Pieces[3]}, brief.Have)
	require.Equal(t, []int{3, 1}, brief.Looked)
	require.NotContains(t, string(answer.body), wanted.Digest)
	put(wanted.Pieces[0], slices.Concat(pieces[1:3]...))
	require.NotZero(t, sent.Picture.WholeAt)
	for i, piece := range pieces {
		got := w.asker.ask("GET", fmt.Sprintf("%s/pieces/%d", path, i), nil)
		require.Equal(t, piece, got.body)
	}
	refused := w.expert.ask("GET", path, nil).refused(CodeNotFound)
	require.Contains(t, refused.Message, "ask for its pieces")
	require.Len(t, w.entries("opinion.picture.view"), 2, "one look of each")
	wanted.Key, wanted.Pieces = practice.NewID(), wanted.Pieces[:3]
	failure := w.asker.ask("POST", w.path+"/pictures", wanted).refused(CodeInvalid)
	require.Equal(t, "pieces", failure.Field)
}

// TestBothSidesDrawOnAPicture marks where it is, measures, and finds both in the answer.
func TestBothSidesDrawOnAPicture(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	var sent PictureUpload
	data := noise(t, 30, 20)
	w.asker.ask("POST", w.path+"/pictures", newPicture(t, data, 30, 20)).is(201, &sent)
	marks := w.path + "/pictures/" + sent.Picture.ID + "/marks"
	spot := NewMark{Kind: practice.PictureMarkSpot, Points: []int{3, 4}}
	var line OpinionLine
	w.asker.ask("POST", marks, spot).is(201, &line)
	w.expert.ask("POST", marks, NewMark{Kind: practice.PictureMarkScale,
		Points: []int{0, 0, 9, 9}, Length: 2325}).is(201, &line)
	failure := w.expert.ask("POST", marks, NewMark{Kind: "spot", Points: []int{31, 0}})
	require.Equal(t, "points", failure.refused(CodeInvalid).Field)
	require.Len(t, line.Marks[sent.Picture.ID], 2)
	require.Equal(t, spot.Points, line.Marks[sent.Picture.ID][0].Points)
	require.NotEmpty(t, line.Marks[sent.Picture.ID][0].Name)
	w.expert.ask("DELETE", marks, nil).is(200, &line)
	require.Len(t, line.Marks[sent.Picture.ID], 1, "what the other side has drawn stays")
	w.expert.ask("DELETE", marks+"/x", nil).refused(CodeInvalid)
	stranger, _ := w.somebody(practice.Grant{Role: practice.RoleNurse,
		Establishment: w.elsewhere})
	for _, method := range []string{"POST", "DELETE"} {
		stranger.ask(method, marks, spot).refused(CodeNotFound)
	}
	w.expert.ask("POST", w.path+"/take", OpinionText{}, 1).is(200, &line)
	w.expert.ask("POST", w.path+"/answer", OpinionText{Text: "Exérèse"}, 2).is(200, &line)
	require.Len(t, line.Marks[sent.Picture.ID], 1)
	require.Equal(t, "state", w.asker.ask("DELETE", marks+"/1", nil).refused(CodeInvalid).Field)
	require.Len(t, w.entries("opinion.picture.mark"), 2)
	require.Len(t, w.entries("opinion.picture.unmark"), 1)
	var list struct{ Items []OpinionLine }
	w.asker.ask("GET", "/api/opinions", nil).is(200, &list)
	require.Empty(t, list.Items[0].Marks)
}

// TestASoundHasNoPreview sends one over the API, and hears it on the other side.
func TestASoundHasNoPreview(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	data := []byte("RIFF\x26\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00" +
		"\x00\x7d\x00\x00\x02\x00\x10\x00data\x02\x00\x00\x00\x01\x02")
	wanted := newPicture(t, data, 0, 0)
	wanted.Sound = true
	failure := w.asker.ask("POST", w.path+"/pictures", wanted).refused(CodeInvalid)
	require.Equal(t, "pieces", failure.Field)
	wanted = inPieces(0, 0, data)
	wanted.Sound = true
	var sent PictureUpload
	w.asker.ask("POST", w.path+"/pictures", wanted).is(201, &sent)
	path := w.path + "/pictures/" + sent.Picture.ID
	w.asker.ask("PUT", path+"?offset=0", string(data)).is(200, &sent)
	require.NotZero(t, sent.Picture.WholeAt)
	heard := w.expert.ask("GET", path, nil)
	require.Equal(t, data, heard.body)
	require.Equal(t, "audio/wav", heard.header.Get("Content-Type"))
	w.expert.ask("GET", path+"/preview", nil).refused(CodeNotFound)
	failure = w.expert.ask("POST", path+"/marks", NewMark{Kind: practice.PictureMarkSpot,
		Points: []int{0, 0}}).refused(CodeInvalid)
	require.Equal(t, "kind", failure.Field)
}

// TestAPictureIsSentInParts goes on where a break has cut it, if it is the same one, is noted as
// one look, and sends no more than there is to whoever asks for thousands of parts at once.
func TestAPictureIsSentInParts(t *testing.T) {
	w := newWard(t)
	asker, _ := w.somebody(practice.Grant{Role: practice.RoleNurse, Establishment: w.hospital.ID})
	var line OpinionLine
	asker.ask("POST", "/api/opinions", NewOpinion{Key: practice.NewID(),
		Establishment: w.hospital.ID, Patient: w.patient.ID, Service: w.service.ID,
		Urgency: practice.UrgencySoon, Question: "Lésion"}).is(201, &line)
	all := "/api/opinions/" + line.Opinion.ID + "/pictures"
	data := noise(t, 300, 200)
	var sent PictureUpload
	asker.ask("POST", all, newPicture(t, data, 300, 200)).is(201, &sent)
	path := all + "/" + sent.Picture.ID
	asker.ask("PUT", path+"?offset=0", string(withPreview(t, data))).is(200)
	part := func(ranged, validator string) answered {
		asker.header = map[string]string{"Range": ranged, "If-Range": validator}
		defer func() { asker.header = map[string]string{} }()
		return asker.ask("GET", path, nil)
	}
	digest := strconv.Quote(sent.Picture.Digest)
	got := part("bytes=100-", digest)
	require.Equal(t, http.StatusPartialContent, got.status)
	require.Equal(t, data[100:], got.body)
	require.Equal(t, digest, got.header.Get("ETag"))
	require.Equal(t, "no-store", got.header.Get("Cache-Control"))
	require.Equal(t, data, part("bytes=100-", `"another"`).body, "of another picture")
	require.Equal(t, http.StatusRequestedRangeNotSatisfiable,
		part(fmt.Sprintf("bytes=%d-", len(data)), digest).status)
	require.Equal(t, data, part("bytes="+strings.Repeat("0-0,", 5_000)+"0-0", digest).body)
	require.Empty(t, asker.ask("HEAD", path, nil).is(200).body)
	require.Len(t, w.entries("opinion.picture.view"), 1)

	// Parts of it are nobody else's either, nor anybody's whose session is over.
	stranger := w.other
	stranger.header = map[string]string{"Range": "bytes=0-9"}
	stranger.ask("GET", path, nil).refused(CodeNotFound)
	w.write(func(tx *store.Tx) error {
		_, err := tx.Across("a test").Exec("DELETE FROM sessions WHERE person = $1",
			sent.Picture.MadeBy)
		return err
	})
	asker.header = map[string]string{"Range": "bytes=0-9"}
	asker.ask("GET", path, nil).refused(CodeSignedOut)
}
