package practice

// Picture belongs to a question to experts. What it shows lies apart, sealed, and is shown to
// nobody before it is whole. A clip of sound comes and is kept as pictures are.
type Picture struct {
	ID            string `json:"id"`
	Establishment string `json:"establishment"` // that asks
	Opinion       string `json:"opinion"`
	Sound         bool   `json:"sound"` // a clip of sound: without sides, preview and marks
	Width         int    `json:"width"`
	Height        int    `json:"height"`
	Seconds       int    `json:"seconds"`  // of a sound that is whole
	Size          int64  `json:"size"`     // in bytes
	Received      int64  `json:"received"` // bytes of them that are here
	// Pieces is how many it comes in: a preview, then the picture as it is or the whole at a middle
	// size and all tiles. 1: a sound, or a picture of before that.
	Pieces    int     `json:"pieces"`
	Previewed bool    `json:"previewed"` // its preview is here
	Digest    string  `json:"digest"`    // SHA-256 of all of them, in hexadecimal
	MadeBy    string  `json:"madeBy"`    // a person
	MadeAt    Instant `json:"madeAt"`
	WholeAt   Instant `json:"wholeAt"` // 0: not yet
}

// PictureMarkKind is what a mark on a picture is.
type PictureMarkKind string

const (
	PictureMarkSpot   PictureMarkKind = "spot"   // a place that somebody points at
	PictureMarkStroke PictureMarkKind = "stroke" // drawn by hand
	PictureMarkRuler  PictureMarkKind = "ruler"  // between two points
	PictureMarkScale  PictureMarkKind = "scale"  // a ruler of which somebody knows how long it is
)

// PictureMark is something drawn on a picture. The picture itself stays as it is.
type PictureMark struct {
	N    int             `json:"n"`    // on the picture; it grows
	By   string          `json:"by"`   // a person
	Name string          `json:"name"` // theirs when they drew it
	Kind PictureMarkKind `json:"kind"`
	// Points are x and y of each in turn, in pixels of the picture.
	Points []int `json:"points"`
	Length int   `json:"length,omitempty"` // of a scale, in hundredths of a millimetre
}
