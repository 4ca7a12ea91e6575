package practice

// Role is what a person is in an establishment.
type Role string

const (
	RoleSecretary Role = "secretary" // makes appointments
	RoleNurse     Role = "nurse"     // is beside the patient
	RoleClinician Role = "clinician" // conducts consultations and telestaffs
	// is asked: sees what they are a participant of
	RoleExpert Role = "expert"
	// people, places and settings of one establishment; sees no patient
	RoleEstablishmentAdmin Role = "establishment-admin"
	// the same of every establishment, and makes them; sees no patient
	RoleGroupAdmin Role = "group-admin"
	RoleAuditor    Role = "auditor" // reads the audit log
)

// Action is something that a right allows.
type Action string

const (
	ActionDayView          Action = "day.view"          // see the day of a service
	ActionAppointmentView  Action = "appointment.view"  // see one appointment
	ActionAppointmentWrite Action = "appointment.write" // make, move, cancel, say the outcome
	// be asked to one, and so see it
	ActionAppointmentAttend Action = "appointment.attend"
	ActionCallHost          Action = "call.host"     // begin, admit, end
	ActionCallJoin          Action = "call.join"     // take part
	ActionLinkSend          Action = "link.send"     // send, renew, revoke and print links
	ActionDelayWrite        Action = "delay.write"   // tell those who wait that it takes longer
	ActionPatientFind       Action = "patient.find"  // look for a patient
	ActionPatientWrite      Action = "patient.write" // write down or correct a patient
	ActionConsentWrite      Action = "consent.write" // record an identity check and a consent
	// see who works here, and which services and places there are
	ActionDirectoryView Action = "directory.view"
	// people, their grants, accounts and sessions; import
	ActionPeopleManage   Action = "people.manage"
	ActionPlacesManage   Action = "places.manage"   // services, places and tablets
	ActionSettingsManage Action = "settings.manage" // settings of an establishment, and trying them
	// what was sent and what failed, without patients
	ActionOutboxView   Action = "outbox.view"
	ActionOutboxResend Action = "outbox.resend" // send again what failed
	// what the hospital's systems have sent and what was made of it, without patients' traits
	ActionInteropManage Action = "interop.manage"
	ActionReportView    Action = "report.view"  // read the report of an appointment
	ActionReportWrite   Action = "report.write" // write, sign, correct and withdraw it
	ActionOpinionAsk    Action = "opinion.ask"  // ask experts about a patient
	// take questions of a service's queue, and answer them
	ActionOpinionAnswer Action = "opinion.answer"
	ActionAuditView     Action = "audit.view" // read and verify the audit log
	// who belongs to teams and sectors; delete messages of threads, without reading them
	ActionThreadManage    Action = "thread.manage"
	ActionThreadBroadcast Action = "thread.broadcast" // write to all of a sector
	// see what is counted, in which there is no patient
	ActionFiguresView Action = "figures.view"
	// establishments, group administrators, settings of all
	ActionGroupManage Action = "group.manage"
)

// Grant is one right of one person.
type Grant struct {
	ID     string `json:"id"`
	Person string `json:"person"`
	Role   Role   `json:"role"`
	// empty: every one; only for group-admin and auditor
	Establishment string  `json:"establishment"`
	Service       string  `json:"service"`   // empty: every service of the establishment
	EndsAt        Instant `json:"endsAt"`    // 0: until it is taken back
	GrantedBy     string  `json:"grantedBy"` // a person
	GrantedAt     Instant `json:"grantedAt"`
}

// Establishment is a hospital or a nursing home: the border that patients' data do not cross.
type Establishment struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Zone    string `json:"zone"`   // IANA time zone, as in Europe/Paris
	FINESS  string `json:"finess"` // 9 characters, or empty
	Closed  bool   `json:"closed"` // takes no new appointment
	Demo    bool   `json:"demo"`   // invented for a demonstration
	Version int    `json:"version"`
}

// Service is a part of an establishment that gives appointments. Its clinicians share its queue.
type Service struct {
	ID            string `json:"id"`
	Establishment string `json:"establishment"`
	Name          string `json:"name"`
	Code          string `json:"code"` // of the hospital's system, or empty
	Closed        bool   `json:"closed"`
	Version       int    `json:"version"`
}

// Place is where a patient is during a call, with a tablet (FHIR: Location). It may belong to
// another establishment than the appointment: see Appointment.HostEstablishment.
type Place struct {
	ID            string `json:"id"`
	Establishment string `json:"establishment"`
	Name          string `json:"name"`
	Code          string `json:"code"`
	Phone         string `json:"phone"` // of whoever helps there
	Closed        bool   `json:"closed"`
	Version       int    `json:"version"`
}

// Device is a tablet that was enrolled for a place.
type Device struct {
	ID            string  `json:"id"`
	Establishment string  `json:"establishment"`
	Place         string  `json:"place"`
	Name          string  `json:"name"`
	EnrolledBy    string  `json:"enrolledBy"` // a person
	EnrolledAt    Instant `json:"enrolledAt"` // 0: its code has not been used yet
	SeenAt        Instant `json:"seenAt"`
	RevokedAt     Instant `json:"revokedAt"`
}

// Person works with the practice. People belong to no establishment: their grants do.
type Person struct {
	ID         string `json:"id"`
	FamilyName string `json:"familyName"`
	GivenName  string `json:"givenName"`
	Title      string `json:"title"` // as in Dr
	Profession string `json:"profession"`
	Email      string `json:"email"`
	Phone      string `json:"phone"`
	RPPS       string `json:"rpps"`     // 11 digits, or empty
	Language   string `json:"language"` // fr or en
	// whose administrator looks after this person; empty: the group's
	Establishment string  `json:"establishment"`
	DisabledAt    Instant `json:"disabledAt"` // 0: may sign in
	Demo          bool    `json:"demo"`
	Version       int     `json:"version"`
}

// Identity is what a provider calls somebody. Without a person it opens nothing.
type Identity struct {
	ID       string `json:"id"`
	Provider string `json:"provider"` // id in the configuration
	Subject  string `json:"subject"`
	Person   string `json:"person"` // empty: nobody has said who this is
	// what the provider says about them, for whoever has to say who it is
	Label  string  `json:"label"`
	SeenAt Instant `json:"seenAt"`
}

// Session is one browser that is signed in.
type Session struct {
	ID        string  `json:"id"`
	Person    string  `json:"person"`
	Method    Method  `json:"method"`
	Provider  string  `json:"provider"` // with method oidc
	Browser   string  `json:"browser"`  // as in "Firefox, Windows"
	CreatedAt Instant `json:"createdAt"`
	SeenAt    Instant `json:"seenAt"`
	ExpiresAt Instant `json:"expiresAt"`
	Current   bool    `json:"current"` // the one that asks
}

// Method is how somebody signed in.
type Method string

const (
	MethodOIDC       Method = "oidc"
	MethodPassword   Method = "password" // with a one-time code
	MethodPasskey    Method = "passkey"
	MethodBreakGlass Method = "break-glass" // a local account used while the provider is away
)

// Patient is as little of a patient as an appointment needs.
type Patient struct {
	ID            string `json:"id"`
	Establishment string `json:"establishment"`
	IPP           string `json:"ipp"` // the hospital's number, or empty
	// only as received with reliability VALI; never typed
	INS             string `json:"ins"`
	INSAuthority    string `json:"insAuthority"` // OID, as in 1.2.250.1.213.1.4.8
	BirthName       string `json:"birthName"`
	UsedName        string `json:"usedName"`
	BirthGivenName  string `json:"birthGivenName"`  // the first
	BirthGivenNames string `json:"birthGivenNames"` // all, with spaces
	Sex             Sex    `json:"sex"`
	BirthDate       string `json:"birthDate"`  // YYYY-MM-DD
	BirthPlace      string `json:"birthPlace"` // INSEE code
	Phone           string `json:"phone"`
	Email           string `json:"email"`
	Source          Source `json:"source"`
	MergedInto      string `json:"mergedInto"` // a patient, or empty
	Demo            bool   `json:"demo"`
	Version         int    `json:"version"`
}

// Sex is the administrative sex of an identity.
type Sex string

const (
	SexFemale  Sex = "F"
	SexMale    Sex = "M"
	SexUnknown Sex = "U"
)

// Source is where a record comes from.
type Source string

const (
	SourceTyped    Source = "typed"    // by a person, in the pages
	SourceHospital Source = "hospital" // by the hospital's system; not to be altered here
)

// AppointmentKind tells a consultation from a meeting of professionals.
type AppointmentKind string

const (
	KindConsultation AppointmentKind = "consultation"
	KindTelestaff    AppointmentKind = "telestaff"
)

// AppointmentStatus uses the words of FHIR's Appointment.
type AppointmentStatus string

const (
	StatusBooked    AppointmentStatus = "booked"
	StatusCancelled AppointmentStatus = "cancelled"
	StatusFulfilled AppointmentStatus = "fulfilled"
	StatusNoShow    AppointmentStatus = "noshow"
)

// Appointment is one meeting, with a room of its own.
type Appointment struct {
	ID string `json:"id"`
	// whose appointment and patient it is
	Establishment string            `json:"establishment"`
	Service       string            `json:"service"`
	Kind          AppointmentKind   `json:"kind"`
	Status        AppointmentStatus `json:"status"`
	// of a telestaff; a consultation has none
	Title   string `json:"title"`
	Patient string `json:"patient"` // of a consultation
	// empty: the patient's own telephone or computer
	Place             string  `json:"place"`
	HostEstablishment string  `json:"hostEstablishment"` // of the place; empty without one
	StartsAt          Instant `json:"startsAt"`
	EndsAt            Instant `json:"endsAt"`
	Zone              string  `json:"zone"`       // IANA time zone that it was made in
	LocalStart        string  `json:"localStart"` // 2026-12-01T09:00, in Zone
	Series            string  `json:"series"`     // empty: single
	// local start by the series' rule, before any move
	Occurrence string `json:"occurrence"`
	// RFC 5545 SEQUENCE: grows when time, place or participants change, and when it is cancelled
	Sequence  int     `json:"sequence"`
	Room      string  `json:"room"`      // of signalling
	ArrivedAt Instant `json:"arrivedAt"` // the first guest waits
	BeganAt   Instant `json:"beganAt"`   // guest and host meet
	EndedAt   Instant `json:"endedAt"`
	// a person who said the outcome; empty: found by the server
	OutcomeBy    string  `json:"outcomeBy"`
	SourceSystem string  `json:"sourceSystem"` // of the hospital's identifier, or empty
	SourceValue  string  `json:"sourceValue"`
	Opinion      string  `json:"opinion"` // that the two of a request speak about, or empty
	CreatedBy    string  `json:"createdBy"`
	CreatedAt    Instant `json:"createdAt"`
	UpdatedAt    Instant `json:"updatedAt"`
	Version      int     `json:"version"`
}

// Series makes appointments by a rule of RFC 5545.
type Series struct {
	ID            string  `json:"id"`
	Establishment string  `json:"establishment"`
	Service       string  `json:"service"`
	Title         string  `json:"title"`
	Rule          string  `json:"rule"`       // RRULE without its name, as in FREQ=WEEKLY;BYDAY=TU
	Exceptions    string  `json:"exceptions"` // local starts that are left out, with commas
	Zone          string  `json:"zone"`
	LocalStart    string  `json:"localStart"` // of the first
	Minutes       int     `json:"minutes"`
	MadeUntil     Instant `json:"madeUntil"` // appointments exist up to here
	EndedAt       Instant `json:"endedAt"`   // 0: goes on
	Thread        string  `json:"thread"`    // that its meetings write into; empty: none yet
	Version       int     `json:"version"`
}

// ParticipantKind is who a participant of an appointment is.
type ParticipantKind string

const (
	ParticipantPerson  ParticipantKind = "person"  // somebody with an account
	ParticipantPatient ParticipantKind = "patient" // the appointment's patient
	ParticipantPlace   ParticipantKind = "place"   // the tablet of the place
	// an external who is close to the patient
	ParticipantRelative    ParticipantKind = "relative"
	ParticipantInterpreter ParticipantKind = "interpreter" // an external
	// another professional without an account
	ParticipantExternal ParticipantKind = "external"
	// somebody without an account who was asked into the call while it went on
	ParticipantCalled ParticipantKind = "called"
)

// Channel is how a link reaches somebody.
type Channel string

const (
	ChannelMail  Channel = "mail"
	ChannelSMS   Channel = "sms"
	ChannelPrint Channel = "print"
	ChannelNone  Channel = "none" // signs in, or uses the tablet
	// the hospital's record, of reports; no participant has it
	ChannelRecord Channel = "record"
)

// Participant is somebody who is expected at an appointment.
type Participant struct {
	ID            string          `json:"id"`
	Establishment string          `json:"establishment"`
	Appointment   string          `json:"appointment"`
	Kind          ParticipantKind `json:"kind"`
	Person        string          `json:"person"` // of kind person
	Name          string          `json:"name"`   // of the kinds without a record
	Email         string          `json:"email"`
	Phone         string          `json:"phone"`
	Channel       Channel         `json:"channel"`
	CallRole      string          `json:"callRole"` // of signalling: host, clinician or guest
	Language      string          `json:"language"`
	Version       int             `json:"version"`
}

// Link is a way into one appointment for one participant. Its 22 characters are not kept.
type Link struct {
	ID            string  `json:"id"`
	Establishment string  `json:"establishment"`
	Appointment   string  `json:"appointment"`
	Participant   string  `json:"participant"`
	CreatedAt     Instant `json:"createdAt"`
	UsedAt        Instant `json:"usedAt"` // first
	RevokedAt     Instant `json:"revokedAt"`
}

// Trial is what came of trying another server.
type Trial struct {
	Works   bool   `json:"works"`
	Steps   []Step `json:"steps"`   // what worked, in order
	Reason  Reason `json:"reason"`  // why it does not work
	Problem string `json:"problem"` // what the other end said, and what IT may look at
}

// Step is a part of a trial that worked.
type Step struct {
	Name   StepName `json:"name"`
	Detail string   `json:"detail"` // the server that it was, or what it answered
}

// StepName is what was tried.
type StepName string

const (
	StepReached   StepName = "reached"   // the server answers, encrypted as it is set
	StepSignedIn  StepName = "signed-in" // it knows this server's user and password
	StepAccepted  StepName = "accepted"  // it has taken the message
	StepEndpoints StepName = "endpoints" // the identity provider's addresses are known
	StepKeys      StepName = "keys"      // its keys were read
	StepClient    StepName = "client"    // it knows this server's client and secret
)

// ActorKind is who did something that the audit log holds.
type ActorKind string

const (
	ActorPerson ActorKind = "person"
	ActorDevice ActorKind = "device" // a tablet; who held it is declared, not authenticated
	ActorLink   ActorKind = "link"   // whoever opened a link
	ActorSystem ActorKind = "system" // this server, or the hospital's
)

// AuditEntry is one line of the audit log. It holds ids, never names.
type AuditEntry struct {
	Sequence      int64     `json:"sequence"`
	At            Instant   `json:"at"`
	Establishment string    `json:"establishment"` // empty: of the group
	ActorKind     ActorKind `json:"actorKind"`
	Actor         string    `json:"actor"`
	Action        string    `json:"action"` // as in appointment.move
	Patient       string    `json:"patient"`
	Appointment   string    `json:"appointment"`
	Object        string    `json:"object"` // id of what else it was done to
	Detail        string    `json:"detail"` // JSON object without names, or empty
	Hash          string    `json:"hash"`   // SHA-256 over the entry and the hash before it, hex
}

// Decision is what a patient, or who represents them, says to a teleconsultation.
type Decision string

const (
	DecisionGiven     Decision = "given"
	DecisionRefused   Decision = "refused"
	DecisionWithdrawn Decision = "withdrawn"
)

// Consent is a decision and how it came about.
type Consent struct {
	ID             string   `json:"id"`
	Establishment  string   `json:"establishment"`
	Appointment    string   `json:"appointment"`
	Patient        string   `json:"patient"`
	Decision       Decision `json:"decision"`
	Representative string   `json:"representative"` // name and quality; empty: the patient decided
	InformedBy     string   `json:"informedBy"`     // a person's id, or a declared name
	Authenticated  bool     `json:"authenticated"`  // InformedBy is a person who had signed in
	Means          string   `json:"means"`          // oral or written
	Information    string   `json:"information"`    // version of the text that was given
	Device         string   `json:"device"`
	At             Instant  `json:"at"`
}

// IdentityCheck is that the four traits were read aloud and agreed.
type IdentityCheck struct {
	ID            string  `json:"id"`
	Establishment string  `json:"establishment"`
	Appointment   string  `json:"appointment"`
	Patient       string  `json:"patient"`
	Agreed        bool    `json:"agreed"`
	By            string  `json:"by"` // a person's id, or a declared name
	Authenticated bool    `json:"authenticated"`
	Device        string  `json:"device"`
	At            Instant `json:"at"`
}

// Delay tells those who wait for a service or a person that it takes longer.
type Delay struct {
	ID            string  `json:"id"`
	Establishment string  `json:"establishment"`
	Service       string  `json:"service"`
	Person        string  `json:"person"` // empty: the whole queue of the service
	Minutes       int     `json:"minutes"`
	SetBy         string  `json:"setBy"`
	SetAt         Instant `json:"setAt"`
	ClearsAt      Instant `json:"clearsAt"`
}

// Setting is one value that an administrator chose.
type Setting struct {
	// empty: of the group, unless an establishment has its own
	Establishment string  `json:"establishment"`
	Key           string  `json:"key"`
	Value         string  `json:"value"` // JSON
	UpdatedBy     string  `json:"updatedBy"`
	UpdatedAt     Instant `json:"updatedAt"`
	Version       int     `json:"version"`
}
