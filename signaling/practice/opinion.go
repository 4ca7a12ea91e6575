package practice

// OpinionState is how far a request for an opinion is.
type OpinionState string

const (
	OpinionWaiting   OpinionState = "waiting"   // in the queue of the service
	OpinionTaken     OpinionState = "taken"     // somebody of the service has it
	OpinionAskedBack OpinionState = "askedback" // they wait for whoever asked
	OpinionAnswered  OpinionState = "answered"
	OpinionWithdrawn OpinionState = "withdrawn" // by whoever asked
)

// Urgency is by when an opinion is wanted.
type Urgency string

const (
	UrgencyUrgent  Urgency = "urgent"
	UrgencySoon    Urgency = "soon"
	UrgencyRoutine Urgency = "routine"
)

// Opinion is a question about a patient to the experts of a service (télé-expertise). It belongs to
// the establishment that asks, as its patient does; the service may be another establishment's, who
// sees the question and the four traits to be checked, nothing else of the patient.
type Opinion struct {
	ID                 string       `json:"id"`
	Establishment      string       `json:"establishment"` // that asks
	Patient            string       `json:"patient"`
	AskedEstablishment string       `json:"askedEstablishment"`
	Service            string       `json:"service"` // that is asked
	Urgency            Urgency      `json:"urgency"`
	State              OpinionState `json:"state"`
	Question           string       `json:"question"`
	Answer             string       `json:"answer"`
	Distant            bool         `json:"distant"` // by the answer the patient need not travel
	AskedBy            string       `json:"askedBy"` // a person
	AskedAt            Instant      `json:"askedAt"`
	DueAt              Instant      `json:"dueAt"`
	TakenBy            string       `json:"takenBy"` // a person; empty: nobody has it
	TakenAt            Instant      `json:"takenAt"`
	EndedAt            Instant      `json:"endedAt"`     // answered or withdrawn
	ForgottenAt        Instant      `json:"forgottenAt"` // its texts are kept no more; 0: here
	Version            int          `json:"version"`
}

// OpinionRead is up to which version somebody has seen a request.
type OpinionRead struct {
	Establishment string `json:"establishment"` // that asks
	Opinion       string `json:"opinion"`
	Person        string `json:"person"`
	Version       int    `json:"version"`
}

// OpinionNote is what was asked back about an opinion, or said to that.
type OpinionNote struct {
	ID            string  `json:"id"`
	Establishment string  `json:"establishment"`
	Opinion       string  `json:"opinion"`
	Back          bool    `json:"back"`   // asked back; otherwise said to it
	SaidBy        string  `json:"saidBy"` // a person
	At            Instant `json:"at"`
	Text          string  `json:"text"`
}
