package practice

// FigureKind is what was counted: an appointment of a kind, or an opinion that was asked for.
type FigureKind string

const (
	FigureConsultation FigureKind = "consultation"
	FigureTelestaff    FigureKind = "telestaff"
	FigureOpinion      FigureKind = "opinion"
)

// Figure is what is counted of a part of the hospital in a month. It knows of no patient and no
// person: there are numbers, and where they are from.
type Figure struct {
	Establishment string     `json:"establishment"`
	Service       string     `json:"service"`
	Place         string     `json:"place"` // where the patients were; empty: at no place of ours
	Kind          FigureKind `json:"kind"`
	Month         int        `json:"month"` // of the planned start where it is made, as in 202612

	Acts      int `json:"acts"` // that took place
	NoShows   int `json:"noShows"`
	Cancelled int `json:"cancelled"` // or a request for an opinion that was withdrawn

	Waits       int `json:"waits"`       // consultations whose wait is known
	WaitSeconds int `json:"waitSeconds"` // of all of them, from when they were due
	LongWaits   int `json:"longWaits"`   // above 15 min

	Sessions       int `json:"sessions"`       // acts whose call was measured
	SessionSeconds int `json:"sessionSeconds"` // of all of them
	Troubled       int `json:"troubled"`       // sessions with an incident; and with one of a kind:
	Frozen         int `json:"frozen"`
	VoiceOnly      int `json:"voiceOnly"`
	Stills         int `json:"stills"`
	Reconnected    int `json:"reconnected"`
	Lost           int `json:"lost"`

	Asked         int `json:"asked"`         // requests for an opinion, in the month of the request
	Answers       int `json:"answers"`       // to them, in the month of the answer; acts as well
	AnswerSeconds int `json:"answerSeconds"` // from the requests, of all of them
	Distant       int `json:"distant"`       // settled without the patient travelling
}

// Satisfaction is what patients of a service said in a month: how many chose each of five faces,
// the first for the least. It is shown for five answers and more.
type Satisfaction struct {
	Establishment string `json:"establishment"`
	Service       string `json:"service"`
	Month         int    `json:"month"` // in which the last answer of five came
	Face1         int    `json:"face1"`
	Face2         int    `json:"face2"`
	Face3         int    `json:"face3"`
	Face4         int    `json:"face4"`
	Face5         int    `json:"face5"`
}
