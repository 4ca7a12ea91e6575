package practice

// EpisodeKind is what happened to one participant of a session for some time.
type EpisodeKind string

const (
	EpisodePresent     EpisodeKind = "present"     // was inside the room
	EpisodeFrozen      EpisodeKind = "frozen"      // their link carried nothing
	EpisodeVoice       EpisodeKind = "voice"       // their link carried the voice alone
	EpisodeStill       EpisodeKind = "still"       // a picture every few seconds
	EpisodeReconnected EpisodeKind = "reconnected" // their page lost the server
	EpisodeLost        EpisodeKind = "lost"        // and did not come back; others stayed
)

// EpisodeWay is which way of a link an episode concerns.
type EpisodeWay string

const (
	WayBoth EpisodeWay = ""
	WayUp   EpisodeWay = "up"   // what the participant sends
	WayDown EpisodeWay = "down" // what they are sent
)

// Episode is one thing that the server has measured in a session.
type Episode struct {
	ID            string      `json:"id"`
	Establishment string      `json:"establishment"`
	Appointment   string      `json:"appointment"`
	Participant   string      `json:"participant"`
	Kind          EpisodeKind `json:"kind"`
	Way           EpisodeWay  `json:"way"`
	BeganAt       Instant     `json:"beganAt"`
	EndedAt       Instant     `json:"endedAt"`
}

// ReportState is how far one version of a report is.
type ReportState string

const (
	ReportDraft     ReportState = "draft"
	ReportSigned    ReportState = "signed"    // is not changed any more
	ReportReplaced  ReportState = "replaced"  // a later version was signed
	ReportWithdrawn ReportState = "withdrawn" // is not to be used
)

// Report is one version of the report of an appointment.
type Report struct {
	ID            string      `json:"id"`
	Establishment string      `json:"establishment"`
	Appointment   string      `json:"appointment"`
	Document      string      `json:"document"` // UUID, the same in all versions
	Number        int         `json:"number"`   // of the version, from 1
	State         ReportState `json:"state"`
	Motive        string      `json:"motive"`
	Findings      string      `json:"findings"`
	Conclusion    string      `json:"conclusion"`
	Act           string      `json:"act"`      // code, as in TLC or TCG
	Language      string      `json:"language"` // fr or en, when it was signed
	// JSON of ReportFacts, as they were when it was signed; empty: a draft
	Facts        string  `json:"facts"`
	CreatedAt    Instant `json:"createdAt"`
	SavedBy      string  `json:"savedBy"` // a person
	SavedAt      Instant `json:"savedAt"`
	SignedBy     string  `json:"signedBy"`
	SignedAt     Instant `json:"signedAt"`
	WithdrawnBy  string  `json:"withdrawnBy"`
	WithdrawnAt  Instant `json:"withdrawnAt"`
	WithdrawnWhy string  `json:"withdrawnWhy"`
	ForgottenAt  Instant `json:"forgottenAt"` // what it says is in the record alone; 0: here
	Version      int     `json:"version"`
}

// ReportFacts are what a report says that nobody types.
type ReportFacts struct {
	Establishment string          `json:"establishment"` // its name
	FINESS        string          `json:"finess"`
	Service       string          `json:"service"`
	Kind          AppointmentKind `json:"kind"`
	Title         string          `json:"title"`
	Zone          string          `json:"zone"`
	StartsAt      Instant         `json:"startsAt"` // as it was planned
	BeganAt       Instant         `json:"beganAt"`
	EndedAt       Instant         `json:"endedAt"`
	// where the patient was; empty: not at a place of the practice
	Place      string           `json:"place"`
	PlaceHouse string           `json:"placeHouse"` // the establishment of the place
	Patient    *ReportPatient   `json:"patient"`
	People     []ReportPerson   `json:"people"`
	Identity   *ReportAssent    `json:"identity"` // null: nobody has checked it
	Consent    *ReportAssent    `json:"consent"`  // null: nobody has written it down
	Incidents  []ReportIncident `json:"incidents"`
}

// ReportPatient is the patient of a report.
type ReportPatient struct {
	BirthName      string `json:"birthName"`
	UsedName       string `json:"usedName"`
	BirthGivenName string `json:"birthGivenName"`
	Sex            Sex    `json:"sex"`
	BirthDate      string `json:"birthDate"`
	IPP            string `json:"ipp"`
	INS            string `json:"ins"`
	INSAuthority   string `json:"insAuthority"`
}

// ReportPerson is somebody who was expected at the session.
type ReportPerson struct {
	Participant string          `json:"participant"`
	Name        string          `json:"name"`
	Kind        ParticipantKind `json:"kind"`
	CallRole    string          `json:"callRole"`
	Profession  string          `json:"profession"`
	RPPS        string          `json:"rpps"`
	BeganAt     Instant         `json:"beganAt"` // first inside; 0: did not come
	EndedAt     Instant         `json:"endedAt"` // last inside
}

// ReportAssent is a check of identity, or a consent.
type ReportAssent struct {
	Decision       Decision `json:"decision"` // of a check: given or refused
	By             string   `json:"by"`       // the name of whoever checked or informed
	Authenticated  bool     `json:"authenticated"`
	Representative string   `json:"representative"`
	Means          string   `json:"means"`
	At             Instant  `json:"at"`
}

// ReportIncident is what one participant's link had of one kind.
type ReportIncident struct {
	Name    string      `json:"name"` // whose link
	Kind    EpisodeKind `json:"kind"`
	Way     EpisodeWay  `json:"way"`
	Times   int         `json:"times"`
	Seconds int         `json:"seconds"` // all together
	FirstAt Instant     `json:"firstAt"`
	LastAt  Instant     `json:"lastAt"` // the end of the last
}
