package practice

// ReceivedState is what was made of a message of the hospital's system.
type ReceivedState string

const (
	ReceivedApplied ReceivedState = "applied" // the practice is as the message says
	ReceivedIgnored ReceivedState = "ignored" // it changes nothing here, see Outcome
	ReceivedRefused ReceivedState = "refused" // see Field and Problem; may be replayed
)

// ReceivedOutcome is what came of a message, or why nothing did.
type ReceivedOutcome string

const (
	OutcomePatientCreated       ReceivedOutcome = "patient-created"
	OutcomePatientUpdated       ReceivedOutcome = "patient-updated"
	OutcomePatientMerged        ReceivedOutcome = "patient-merged"
	OutcomePatientRenumbered    ReceivedOutcome = "patient-renumbered"
	OutcomeAppointmentMade      ReceivedOutcome = "appointment-made"
	OutcomeAppointmentMoved     ReceivedOutcome = "appointment-moved"
	OutcomeAppointmentChanged   ReceivedOutcome = "appointment-changed"
	OutcomeAppointmentCancelled ReceivedOutcome = "appointment-cancelled"
	OutcomeAppointmentNoShow    ReceivedOutcome = "appointment-no-show"

	OutcomeUnchanged  ReceivedOutcome = "unchanged"   // it says what was known
	OutcomeOlder      ReceivedOutcome = "older"       // a later event has come before it
	OutcomeOtherEvent ReceivedOutcome = "other-event" // an event that concerns nothing here
	OutcomeOtherKind  ReceivedOutcome = "other-kind"  // an appointment on the spot
	OutcomeUnknown    ReceivedOutcome = "unknown"     // of an appointment that is not here
	OutcomeOver       ReceivedOutcome = "over"        // of an appointment that is over
	OutcomeDecided    ReceivedOutcome = "decided"     // a person has said what became of it
)

// Received is one message of the hospital's system. It holds no trait of a patient.
type Received struct {
	ID            string          `json:"id"`
	Establishment string          `json:"establishment"`
	Source        string          `json:"source"`  // in the configuration
	Sender        string          `json:"sender"`  // MSH-3 and MSH-4
	Control       string          `json:"control"` // MSH-10
	Event         string          `json:"event"`   // MSH-9, as in ADT^A01
	EventAt       Instant         `json:"eventAt"`
	ReceivedAt    Instant         `json:"receivedAt"`
	State         ReceivedState   `json:"state"`
	Outcome       ReceivedOutcome `json:"outcome"`
	Answer        string          `json:"answer"` // MSA-1: AA, AE or AR
	Code          int             `json:"code"`   // of the error, HL7 table 0357
	Field         string          `json:"field"`  // that was wrong, as in PID-3.1
	Problem       string          `json:"problem"`
	// what was left out or guessed, words with commas: ins-not-kept, birth-date-partial,
	// birth-place-not-kept, encoding, clock, practitioner-unknown, place-unknown, same-ins,
	// not-invited
	Remarks     string  `json:"remarks"`
	Patient     string  `json:"patient"`
	Appointment string  `json:"appointment"`
	ReplayedBy  string  `json:"replayedBy"` // a person, the last who did
	ReplayedAt  Instant `json:"replayedAt"`
	ForgottenAt Instant `json:"forgottenAt"` // its text is no longer kept
	Version     int     `json:"version"`
}

// Merge is that two records were of one patient. What was the one's is the other's since.
type Merge struct {
	ID            string  `json:"id"`
	Establishment string  `json:"establishment"`
	Survivor      string  `json:"survivor"` // a patient
	Prior         string  `json:"prior"`    // a patient, or empty: it was not known here
	PriorIPP      string  `json:"priorIpp"` // the number that is no longer used
	Received      string  `json:"received"` // the message that said so
	EventAt       Instant `json:"eventAt"`
	At            Instant `json:"at"`
	Moved         string  `json:"moved"` // JSON: ids of what was moved, by table
	UndoneBy      string  `json:"undoneBy"`
	UndoneAt      Instant `json:"undoneAt"`
	Version       int     `json:"version"`
}
