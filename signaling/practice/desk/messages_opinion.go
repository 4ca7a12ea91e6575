package desk

import "draille/signaling/practice"

// OpinionLine is a question to experts as the page shows it to one of both sides. In lists its
// texts are empty, and there are no notes, pictures and marks.
type OpinionLine struct {
	Opinion practice.Opinion `json:"opinion"`
	Patient *PatientLine     `json:"patient"`
	// of the establishment that asks, of the one that is asked, and of the service
	AskingHouse string                 `json:"askingHouse"`
	AskedHouse  string                 `json:"askedHouse"`
	ServiceName string                 `json:"serviceName"`
	Asker       string                 `json:"asker"`
	Expert      string                 `json:"expert"` // who has it, or has answered
	Notes       []practice.OpinionNote `json:"notes"`
	Pictures    []practice.Picture     `json:"pictures"`
	// Marks are drawn on pictures, by the picture.
	Marks map[string][]practice.PictureMark `json:"marks"`

	Names     map[string]string `json:"names"`     // of who wrote notes
	MayAsk    bool              `json:"mayAsk"`    // whoever looks is of the side that asks
	MayAnswer bool              `json:"mayAnswer"` // or of the one that answers
	Mine      bool              `json:"mine"`      // they have taken it
	// the last version of the request that whoever looks has seen; 0: none
	Seen int `json:"seen"`
	// how far the answer is on its way into the record of whoever looks; null: there is no way
	Sent *practice.Message `json:"sent"`
	// they are one of the two who may speak about it: whoever asked, and who has taken it
	MayTalk bool         `json:"mayTalk"`
	Talk    *OpinionTalk `json:"talk"` // the call that is open; null: none is
}

// OpinionTalk is a call of the two about a request.
type OpinionTalk struct {
	Appointment string           `json:"appointment"`
	OpenedAt    practice.Instant `json:"openedAt"`
	// who calls whoever looks; empty: nobody, or they are there themselves
	Calling string `json:"calling"`
}

// OpinionService is a service that may be asked.
type OpinionService struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	House string `json:"house"`
}

// SeenOpinions says which requests somebody has seen on their screen.
type SeenOpinions struct {
	Items []SeenOpinion `json:"items"`
}

// SeenOpinion is a request at the version that was seen.
type SeenOpinion struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
}

// OpinionTold says that a request has changed. Whoever shows it reads it again.
type OpinionTold struct {
	ID    string                `json:"id"`
	State practice.OpinionState `json:"state"`
	// who calls whoever listens about it; empty: nobody does
	Calling string `json:"calling"`
}

// NewOpinion is a question to the experts of a service.
type NewOpinion struct {
	Key           string           `json:"key"` // the same twice makes one
	Establishment string           `json:"establishment"`
	Patient       string           `json:"patient"`
	Service       string           `json:"service"`
	Urgency       practice.Urgency `json:"urgency"`
	Question      string           `json:"question"`
}

// OpinionText is an answer, a question back, or what is said to that.
type OpinionText struct {
	Text    string `json:"text"`
	Distant bool   `json:"distant"` // of an answer: the patient need not travel
}

// NewPicture is one that is going to be sent, in parts. The same key again begins nothing new. A
// sound has no sides.
type NewPicture struct {
	Key    string `json:"key"`
	Sound  bool   `json:"sound"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Size   int64  `json:"size"`   // of all pieces, in bytes
	Digest string `json:"digest"` // SHA-256 of all of them, in hexadecimal
	// Pieces are the bytes of each: of a preview of at most 15 KiB, then of the picture as it is or
	// of the whole at a middle size and of all tiles, row by row. A sound is one.
	Pieces []int64 `json:"pieces"`
}

// NewMark is what somebody draws on a picture.
type NewMark struct {
	Kind practice.PictureMarkKind `json:"kind"`
	// x and y of each in turn, in pixels of the picture
	Points []int `json:"points"`
	// of a scale, in hundredths of a millimetre
	Length int `json:"length,omitempty"`
}

// PictureUpload is how far a picture has come, for whoever sends it.
type PictureUpload struct {
	Picture practice.Picture `json:"picture"`
	// Keep is the AES key that the browser keeps it under, in base64.
	Keep  string  `json:"keep"`
	Sizes []int64 `json:"sizes"` // of its pieces, in bytes
	Have  []int64 `json:"have"`  // how many of them are here
	// Looked are the pieces at which somebody looks, the most important first.
	Looked []int `json:"looked"`
	// Next is the picture of the question at which somebody looks: it comes first. Empty: any.
	Next string `json:"next"`
}

// PictureProgress is the same for whoever wants no more than what is new (Prefer: return=minimal).
type PictureProgress struct {
	Have   []int64 `json:"have"`
	Looked []int   `json:"looked"`
	Next   string  `json:"next"`
}

// PicturePieces is what is here of a picture, in bytes of each piece.
type PicturePieces struct {
	Sizes []int64 `json:"sizes"`
	Have  []int64 `json:"have"`
}

// LookAtPicture says at which pieces of a picture somebody looks, the most important first. It
// holds for a minute.
type LookAtPicture struct {
	Pieces []int `json:"pieces"`
}
