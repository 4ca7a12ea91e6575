package desk

import "draille/signaling/practice"

// ErrorCode is the stable part of an error. The pages have words of their own for each.
type ErrorCode string

const (
	CodeSignedOut ErrorCode = "signed-out" // 401: no session, or it has ended
	// 403: no right to it, in this establishment and service
	CodeForbidden ErrorCode = "forbidden"
	// 403: the request comes from another site's page
	CodeOrigin       ErrorCode = "origin"
	CodeNotFound     ErrorCode = "not-found"     // 404: there is none, or not for this person
	CodeMalformed    ErrorCode = "malformed"     // 400: not the JSON that was expected
	CodeInvalid      ErrorCode = "invalid"       // 422: field says which, message why
	CodeVersion      ErrorCode = "version"       // 412: somebody else has changed it meanwhile
	CodeNeedsVersion ErrorCode = "needs-version" // 428: If-Match is missing
	CodeDuplicate    ErrorCode = "duplicate"     // 409: there is one already; id says which
	// 409: double booking; send it again with anyway
	CodeConflict   ErrorCode = "conflict"
	CodeNoSuchTime ErrorCode = "no-such-time" // 422: the clocks skip that hour
	// 422: the clocks repeat that hour: say which with later
	CodeTwoSuchTimes ErrorCode = "two-such-times"
	// 429: too many wrong tries; retryAt says when to go on
	CodeLocked ErrorCode = "locked"
	// 401: login, password, code or passkey is not right
	CodeWrong ErrorCode = "wrong"
	// 403: the provider knows them, nobody here does yet
	CodeNoPerson ErrorCode = "no-person"
	CodeDisabled ErrorCode = "disabled" // 403: an administrator has closed the account
	CodeUsed     ErrorCode = "used"     // 410: a one-time link or code that was used
	// 410: a sign-in, one-time link or code that is too old
	CodeExpired      ErrorCode = "expired"
	CodeProviderAway ErrorCode = "provider-away" // 503: the identity provider does not answer
	// 502: it answers something that cannot be trusted
	CodeProviderWrong ErrorCode = "provider-wrong"
	CodeLastAdmin     ErrorCode = "last-admin"    // 409: nobody could give rights any more
	CodeRevoked       ErrorCode = "revoked"       // 410: the link or the tablet was revoked
	CodeTooEarly      ErrorCode = "too-early"     // 409: the appointment does not begin yet
	CodeTooLate       ErrorCode = "too-late"      // 410: the appointment is over
	CodeCancelled     ErrorCode = "cancelled"     // 410: the appointment was cancelled
	CodeOtherBrowser  ErrorCode = "other-browser" // 409: the link is in use in another browser
	CodeTooMany       ErrorCode = "too-many"      // 429: try again later
	CodeTooLarge      ErrorCode = "too-large"     // 413: more than the documented size
	CodeStoreBusy     ErrorCode = "store-busy"    // 503: try again in a moment
	// 507: the server's disk is full; nothing was saved
	CodeStoreFull ErrorCode = "store-full"
	// 503: the database does not answer; nothing was saved
	CodeStoreAway ErrorCode = "store-away"
	// 500: a fault of the server; reference is in its log
	CodeInternal ErrorCode = "internal"
	// 409: the hospital's system keeps this; change it there
	CodeHospitalRecord ErrorCode = "hospital-record"
	CodeChannelMissing ErrorCode = "channel-missing" // 409: no mail server or SMS gateway is set up
)

// Failure is the body of every answer that is not 2xx.
type Failure struct {
	Code ErrorCode `json:"code"`
	// English: what was expected, what came, what to do
	Message string `json:"message"`
	// of the request, as in participants.0.phone
	Field     string           `json:"field,omitempty"`
	ID        string           `json:"id,omitempty"`        // with duplicate: the one there is
	RetryAt   practice.Instant `json:"retryAt,omitempty"`   // with locked and too-many
	Reference string           `json:"reference,omitempty"` // with internal
	Conflicts []Conflict       `json:"conflicts,omitempty"` // with conflict
}

// Ways says how one may sign in.
type Ways struct {
	Providers []Provider `json:"providers"`
	Local     bool       `json:"local"`    // password and one-time code, and passkeys
	Language  string     `json:"language"` // of the server, until somebody chooses
	Demo      bool       `json:"demo"`
}

// Provider is one identity provider. The page goes to /api/sign-in/ID.
type Provider struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	Kind  string `json:"kind"` // pro-sante-connect, or oidc
	Away  bool   `json:"away"` // did not answer at the last try
}

// PasswordSignIn is the first of two factors.
type PasswordSignIn struct {
	Login    string `json:"login"`
	Password string `json:"password"`
}

// SecondFactor asks for the code of the authenticator.
type SecondFactor struct {
	Challenge string           `json:"challenge"`
	ExpiresAt practice.Instant `json:"expiresAt"`
}

// CodeSignIn is the second.
type CodeSignIn struct {
	Challenge string `json:"challenge"`
	Code      string `json:"code"` // 6 digits
}

// PasskeyChallenge is what navigator.credentials wants; options is WebAuthn's JSON, with the
// members of PublicKeyCredentialCreationOptionsJSON or PublicKeyCredentialRequestOptionsJSON.
type PasskeyChallenge struct {
	Challenge string         `json:"challenge"`
	Options   map[string]any `json:"options"`
}

// PasskeyAnswer is what it returned, by toJSON().
type PasskeyAnswer struct {
	Challenge  string         `json:"challenge"`
	Credential map[string]any `json:"credential"`
	Name       string         `json:"name,omitempty"` // of a new one, as in "Clé bleue"
}

// Passkey is one that a person has.
type Passkey struct {
	ID        string           `json:"id"`
	Name      string           `json:"name"`
	CreatedAt practice.Instant `json:"createdAt"`
	UsedAt    practice.Instant `json:"usedAt"`
}

// OneTimeKey is the key of a one-time link: what stands behind # in /enrol#KEY.
type OneTimeKey struct {
	Key string `json:"key"`
}

// Enrolment says what a one-time link is for.
type Enrolment struct {
	Purpose    EnrolmentPurpose `json:"purpose"`
	GivenName  string           `json:"givenName"`
	FamilyName string           `json:"familyName"`
	Login      string           `json:"login"` // proposed
	ExpiresAt  practice.Instant `json:"expiresAt"`
}

// EnrolmentPurpose is what a one-time link is for.
type EnrolmentPurpose string

const (
	EnrolFirst EnrolmentPurpose = "first" // the first administrator, whose names are asked for, too
	EnrolNew   EnrolmentPurpose = "new"
	EnrolReset EnrolmentPurpose = "reset" // password, code and passkeys are chosen anew
)

// ChosenPassword is the answer to a one-time link. Names are only for purpose first.
type ChosenPassword struct {
	Key        string `json:"key"`
	Login      string `json:"login"`
	Password   string `json:"password"` // 12 characters or more
	GivenName  string `json:"givenName,omitempty"`
	FamilyName string `json:"familyName,omitempty"`
}

// NewCode is what the authenticator is to be fed; uri is for a QR code.
type NewCode struct {
	Secret string `json:"secret"`
	URI    string `json:"uri"`
	QR     string `json:"qr"` // PNG as data: URL
}

// ConfirmedCode shows that the authenticator works; it signs in.
type ConfirmedCode struct {
	Key  string `json:"key"`
	Code string `json:"code"`
}

// EnrolPasskey begins with a passkey instead of a password.
type EnrolPasskey struct {
	Key        string `json:"key"`
	Login      string `json:"login"`
	GivenName  string `json:"givenName,omitempty"`
	FamilyName string `json:"familyName,omitempty"`
}

// ChangedPassword needs the old one.
type ChangedPassword struct {
	Old string `json:"old"`
	New string `json:"new"`
}

// Me is who is signed in, and what they may do where.
type Me struct {
	Person         practice.Person          `json:"person"`
	Session        practice.Session         `json:"session"`
	Grants         []practice.Grant         `json:"grants"`
	Establishments []practice.Establishment `json:"establishments"` // those with a right
	Services       []practice.Service       `json:"services"`       // those with a right
	May            []MayIn                  `json:"may"`
	Local          bool                     `json:"local"` // has a local account
}

// MayIn lists what may be done in one establishment.
type MayIn struct {
	Establishment string            `json:"establishment"` // empty: the group
	Service       string            `json:"service"`       // empty: whatever the service
	Actions       []practice.Action `json:"actions"`
}

// LiveState is what « Ma journée » shows of an appointment.
type LiveState string

const (
	LiveExpected  LiveState = "expected"  // nobody is there yet
	LiveWaiting   LiveState = "waiting"   // since arrivedAt
	LiveOngoing   LiveState = "ongoing"   // since beganAt
	LiveOver      LiveState = "over"      // fulfilled
	LiveNoShow    LiveState = "noshow"    //
	LiveCancelled LiveState = "cancelled" //
)

// Day is the day of whoever asks, in the establishments and services where they may see it.
type Day struct {
	Date         string             `json:"date"` // YYYY-MM-DD
	Zone         string             `json:"zone"`
	Now          practice.Instant   `json:"now"` // the server's clock
	Appointments []Row              `json:"appointments"`
	Delays       []practice.Delay   `json:"delays"`
	Places       []practice.Place   `json:"places"` // those that are named
	Services     []practice.Service `json:"services"`
}

// Row is one appointment as lists show it.
type Row struct {
	Appointment  practice.Appointment `json:"appointment"`
	Live         LiveState            `json:"live"`
	Patient      *PatientLine         `json:"patient,omitempty"`
	Participants []ParticipantLine    `json:"participants"`
	PlaceName    string               `json:"placeName"`
	ServiceName  string               `json:"serviceName"`
	// is a participant, or it waits in a queue of theirs
	Mine bool `json:"mine"`
	// no clinician is named: whoever of the service is free
	Queue       bool              `json:"queue"`
	MayBegin    bool              `json:"mayBegin"`    // call.host or call.join, and not too early
	MayWrite    bool              `json:"mayWrite"`    // move, cancel
	Undelivered int               `json:"undelivered"` // messages that failed
	Consent     practice.Decision `json:"consent,omitempty"`
	Present     []string          `json:"present"` // ids of participants in the call or waiting
}

// PatientLine is what a list shows of a patient.
type PatientLine struct {
	ID             string       `json:"id"`
	BirthName      string       `json:"birthName"`
	UsedName       string       `json:"usedName"`
	BirthGivenName string       `json:"birthGivenName"`
	BirthDate      string       `json:"birthDate"`
	Sex            practice.Sex `json:"sex"`
	IPP            string       `json:"ipp"`
	Qualified      bool         `json:"qualified"` // has a national identity (INS)
}

// ParticipantLine is what a list shows of a participant.
type ParticipantLine struct {
	ID       string                   `json:"id"`
	Kind     practice.ParticipantKind `json:"kind"`
	Person   string                   `json:"person"`
	Name     string                   `json:"name"` // whoever it is, ready to be shown
	CallRole string                   `json:"callRole"`
	Channel  practice.Channel         `json:"channel"`
}

// NewPatient is a patient who is written down here. There is no INS: it only comes from the
// hospital.
type NewPatient struct {
	Establishment   string       `json:"establishment"`
	IPP             string       `json:"ipp,omitempty"`
	BirthName       string       `json:"birthName"`
	UsedName        string       `json:"usedName,omitempty"`
	BirthGivenName  string       `json:"birthGivenName"`
	BirthGivenNames string       `json:"birthGivenNames,omitempty"`
	Sex             practice.Sex `json:"sex"`
	BirthDate       string       `json:"birthDate"`
	BirthPlace      string       `json:"birthPlace,omitempty"`
	Phone           string       `json:"phone,omitempty"`
	Email           string       `json:"email,omitempty"`
	// though one with this name and birth date is there
	Anyway bool `json:"anyway,omitempty"`
}

// NewAppointment makes one appointment, or a series if there is a rule.
type NewAppointment struct {
	// 16 to 64 characters of chance: the same twice makes one
	Key           string                   `json:"key"`
	Establishment string                   `json:"establishment"`
	Service       string                   `json:"service"`
	Kind          practice.AppointmentKind `json:"kind"`
	Title         string                   `json:"title,omitempty"`
	Patient       string                   `json:"patient,omitempty"`
	Place         string                   `json:"place,omitempty"`
	// 2026-12-01T09:00, in the establishment's zone
	LocalStart   string           `json:"localStart"`
	Later        bool             `json:"later,omitempty"` // of the two when the clocks go back
	Minutes      int              `json:"minutes"`
	Participants []NewParticipant `json:"participants"`
	// RFC 5545, as in FREQ=WEEKLY;BYDAY=TU;COUNT=10
	Rule   string `json:"rule,omitempty"`
	Anyway bool   `json:"anyway,omitempty"` // in spite of conflicts
}

// NewParticipant is one of them.
type NewParticipant struct {
	Kind     practice.ParticipantKind `json:"kind"`
	Person   string                   `json:"person,omitempty"`
	Name     string                   `json:"name,omitempty"`
	Email    string                   `json:"email,omitempty"`
	Phone    string                   `json:"phone,omitempty"`
	Channel  practice.Channel         `json:"channel"`
	CallRole string                   `json:"callRole,omitempty"` // left out: by kind
	Language string                   `json:"language,omitempty"`
}

// Conflict is another appointment at the same time.
type Conflict struct {
	With        ConflictWith     `json:"with"`
	ID          string           `json:"id"` // of the person, place or patient
	Name        string           `json:"name"`
	Appointment string           `json:"appointment"` // empty if it is not for whoever asks
	StartsAt    practice.Instant `json:"startsAt"`
	EndsAt      practice.Instant `json:"endsAt"`
}

// ConflictWith is who or what cannot be twice at a time.
type ConflictWith string

const (
	ConflictPerson  ConflictWith = "person"
	ConflictPlace   ConflictWith = "place"
	ConflictPatient ConflictWith = "patient"
)

// AppointmentView is one appointment with all that belongs to it.
type AppointmentView struct {
	Row          Row                    `json:"row"`
	Patient      *practice.Patient      `json:"patient,omitempty"`
	Participants []practice.Participant `json:"participants"`
	Links        []practice.Link        `json:"links"`
	Messages     []practice.Message     `json:"messages"`
	Consents     []practice.Consent     `json:"consents"`
	Series       *practice.Series       `json:"series,omitempty"`
}

// Move changes an appointment. What is left out stays. The participants are the new list as a
// whole.
type Move struct {
	LocalStart   string           `json:"localStart,omitempty"`
	Later        bool             `json:"later,omitempty"`
	Minutes      int              `json:"minutes,omitempty"`
	Place        *string          `json:"place,omitempty"`
	Title        *string          `json:"title,omitempty"`
	Participants []NewParticipant `json:"participants,omitempty"`
	Reach        Reach            `json:"reach,omitempty"` // of a series
	Anyway       bool             `json:"anyway,omitempty"`
}

// Reach says which appointments of a series are meant.
type Reach string

const (
	ReachThis      Reach = "this"
	ReachFollowing Reach = "following"
)

// Cancel calls off an appointment.
type Cancel struct {
	Reach Reach `json:"reach,omitempty"`
	Tell  bool  `json:"tell"` // send a message to who was invited
}

// Outcome says how it went, when the server found it out wrongly.
type Outcome struct {
	Status practice.AppointmentStatus `json:"status"` // fulfilled or noshow
}

// Send sends links again.
type Send struct {
	Participants []string `json:"participants"` // ids; empty: everybody
	Renew        bool     `json:"renew"`        // a new link, and the old one is revoked
}

// SentTo says what became of it.
type SentTo struct {
	Participant string           `json:"participant"`
	Channel     practice.Channel `json:"channel"`
	// id in the outbox; empty when nothing is to be sent
	Message string `json:"message"`
}

// Printable is a link on paper.
type Printable struct {
	Participant string           `json:"participant"`
	Address     string           `json:"address"` // https://…/r/…
	QR          string           `json:"qr"`      // PNG as data: URL
	StartsAt    practice.Instant `json:"startsAt"`
	Zone        string           `json:"zone"`
}

// Join is the way into the call: an address of this server with an invitation behind #.
type Join struct {
	Address string `json:"address"`
}

// NewDelay tells those who wait. Minutes 0 takes it back.
type NewDelay struct {
	Establishment string `json:"establishment"`
	Service       string `json:"service"`
	Mine          bool   `json:"mine"` // only those who wait for whoever says it
	Minutes       int    `json:"minutes"`
}

// OpenedLink asks what a link opens. Browser is a random name that the page keeps.
type OpenedLink struct {
	Token   string `json:"token"` // 22 characters
	Browser string `json:"browser"`
	Take    bool   `json:"take,omitempty"` // use it here though another browser has used it
}

// LinkAnswer says what it opens. The page asks again at opensAt.
type LinkAnswer struct {
	State    LinkState        `json:"state"`
	Now      practice.Instant `json:"now"`
	OpensAt  practice.Instant `json:"opensAt,omitempty"`
	StartsAt practice.Instant `json:"startsAt,omitempty"`
	Zone     string           `json:"zone,omitempty"`
	Delay    int              `json:"delay,omitempty"`   // minutes
	Address  string           `json:"address,omitempty"` // with open: where to go
	Phone    string           `json:"phone,omitempty"`   // of the secretariat
}

// LinkState is what a link opens now.
type LinkState string

const (
	LinkOpen         LinkState = "open"
	LinkEarly        LinkState = "early"
	LinkLate         LinkState = "late"
	LinkCancelled    LinkState = "cancelled"
	LinkRevoked      LinkState = "revoked"
	LinkOtherBrowser LinkState = "other-browser"
	LinkUnknown      LinkState = "unknown"
)

// LostLink asks for a new one. The answer is always 202 and says nothing.
type LostLink struct {
	Contact string `json:"contact"` // a mail address or a telephone number
}

// NewDevice asks for a code that enrols a tablet.
type NewDevice struct {
	Name string `json:"name"`
}

// DeviceCode is that code, good once and for ten minutes.
type DeviceCode struct {
	Device    practice.Device  `json:"device"`
	Code      string           `json:"code"` // 8 digits
	ExpiresAt practice.Instant `json:"expiresAt"`
}

// EnrolDevice gives the tablet's public key: ECDSA P-256, SPKI in base64.
type EnrolDevice struct {
	Code      string `json:"code"`
	PublicKey string `json:"publicKey"`
}

// DeviceChallenge is to be signed with the tablet's key.
type DeviceChallenge struct {
	Challenge string `json:"challenge"`
}

// DeviceSignIn is the signature: ECDSA with SHA-256 over the challenge's characters, r‖s in base64.
type DeviceSignIn struct {
	Device    string `json:"device"`
	Challenge string `json:"challenge,omitempty"` // left out: asks for one
	Signature string `json:"signature,omitempty"`
}

// TabletDay is today's list of the tablet's place.
type TabletDay struct {
	Now           practice.Instant `json:"now"`
	Zone          string           `json:"zone"`
	Establishment string           `json:"establishment"` // name
	Place         practice.Place   `json:"place"`
	Rows          []Row            `json:"rows"`
	Delays        []practice.Delay `json:"delays"`
	Information   string           `json:"information"` // version of the text about consent
}

// CheckIdentity says that the four traits were read aloud.
type CheckIdentity struct {
	Agreed bool   `json:"agreed"`
	By     string `json:"by,omitempty"` // declared name, on a tablet
}

// NewConsent is what the patient said.
type NewConsent struct {
	Decision       practice.Decision `json:"decision"`
	Representative string            `json:"representative,omitempty"`
	// who informed them: declared name, on a tablet
	By          string `json:"by,omitempty"`
	Means       string `json:"means"` // oral or written
	Information string `json:"information"`
}

// MeetingPlace is a place that a patient of any establishment may be in during a call.
type MeetingPlace struct {
	ID                string `json:"id"`
	Name              string `json:"name"`
	Establishment     string `json:"establishment"`
	EstablishmentName string `json:"establishmentName"`
}

// PersonView is a person as an administrator sees them.
type PersonView struct {
	Person     practice.Person     `json:"person"`
	Grants     []practice.Grant    `json:"grants"`
	Identities []practice.Identity `json:"identities"`
	Login      string              `json:"login"` // of the local account, or empty
	Passkeys   int                 `json:"passkeys"`
	Sessions   int                 `json:"sessions"`
}

// NewGrant gives a right.
type NewGrant struct {
	Role          practice.Role    `json:"role"`
	Establishment string           `json:"establishment"`
	Service       string           `json:"service"`
	EndsAt        practice.Instant `json:"endsAt,omitempty"`
}

// OneTimeLink is an address by which somebody chooses how to sign in. It is shown once.
type OneTimeLink struct {
	Address   string           `json:"address"`
	ExpiresAt practice.Instant `json:"expiresAt"`
}

// Assign says who somebody is whom a provider knows.
type Assign struct {
	Person string `json:"person"` // empty: nobody
}

// DirectoryEntry is somebody who may be asked to an appointment.
type DirectoryEntry struct {
	ID         string          `json:"id"`
	Name       string          `json:"name"` // as in Dr Claire Bonnet
	Profession string          `json:"profession"`
	Roles      []practice.Role `json:"roles"` // in the establishment
}

// ImportReport says what a file would do, or did, line by line.
type ImportReport struct {
	Digest  string       `json:"digest"`  // of the file: send it back to do what was shown
	Charset string       `json:"charset"` // utf-8 or windows-1252
	Comma   string       `json:"comma"`   // , or ; or tab
	Lines   []ImportLine `json:"lines"`
	New     int          `json:"new"`
	Changed int          `json:"changed"`
	Same    int          `json:"same"`
	Wrong   int          `json:"wrong"`
	Done    bool         `json:"done"`
}

// ImportLine is one line of a file of people.
type ImportLine struct {
	Line       int        `json:"line"` // in the file, from 1
	Verdict    Verdict    `json:"verdict"`
	FamilyName string     `json:"familyName"`
	GivenName  string     `json:"givenName"`
	Grants     []NewGrant `json:"grants"` // that would be added
	Problem    string     `json:"problem,omitempty"`
	Field      string     `json:"field,omitempty"` // column
	// Reason is form, missing, unknown, not-yours, other-name or two-people.
	Reason string `json:"reason,omitempty"`
}

// Verdict is what a line does.
type Verdict string

const (
	VerdictNew     Verdict = "new"
	VerdictChanged Verdict = "changed"
	VerdictSame    Verdict = "same"
	VerdictWrong   Verdict = "wrong"
)

// AuditPage is a part of the audit log, the newest first.
type AuditPage struct {
	Items  []AuditLine `json:"items"`
	Next   string      `json:"next,omitempty"`
	Months int         `json:"months"` // that entries are kept
}

// AuditLine is an entry with names for its ids, as far as they are still known.
type AuditLine struct {
	Entry       practice.AuditEntry `json:"entry"`
	ActorName   string              `json:"actorName"`
	PatientName string              `json:"patientName"`
}

// AuditVerdict says whether the chain holds.
type AuditVerdict struct {
	Entries int64            `json:"entries"`
	From    practice.Instant `json:"from"`
	To      practice.Instant `json:"to"`
	Holds   bool             `json:"holds"`
	Problem string           `json:"problem,omitempty"` // where and how it is broken
}

// OutboxLine is a message with what is needed to judge it, without names.
type OutboxLine struct {
	Message  practice.Message `json:"message"`
	StartsAt practice.Instant `json:"startsAt"` // of its appointment
	Kind     string           `json:"kind"`     // of its participant
}

// Trial is the result of « Essayer ».
type Trial struct {
	Works   bool     `json:"works"`
	Steps   []string `json:"steps"`             // what was done, in order
	Problem string   `json:"problem,omitempty"` // what the other end said, and what to do
}

// TryTo is whom a trial message goes to.
type TryTo struct {
	To string `json:"to"` // a mail address or a telephone number
}

// Hello begins a stream of events.
type Hello struct {
	Now     practice.Instant `json:"now"`
	Version string           `json:"version"` // of the server
}

// Gone says that an appointment is no longer in the list of whoever listens.
type Gone struct {
	Appointment string `json:"appointment"`
}

// Arrival says that somebody waits who is to be met: the page rings until the row is no longer
// waiting.
type Arrival struct {
	Appointment string           `json:"appointment"`
	Participant string           `json:"participant"`
	At          practice.Instant `json:"at"`
}

// Ended says that a session or a tablet is no longer welcome. A call goes on.
type Ended struct {
	Reason EndReason `json:"reason"`
}

// EndReason is why.
type EndReason string

const (
	EndSignedOut EndReason = "signed-out" // here or elsewhere
	EndExpired   EndReason = "expired"
	EndRevoked   EndReason = "revoked"
	EndStopping  EndReason = "stopping" // the server; come back in a moment
)

// Events are the server-sent events of GET /api/events, by name.
type Events struct {
	Hello       Hello            `json:"hello"`
	Appointment Row              `json:"appointment"` // new or changed
	Gone        Gone             `json:"gone"`
	Arrival     Arrival          `json:"arrival"`
	Delay       practice.Delay   `json:"delay"`   // minutes 0: taken back
	Device      practice.Device  `json:"device"`  // for places.manage
	Message     practice.Message `json:"message"` // for outbox.view: failed, sent again
	Me          Me               `json:"me"`      // the rights of whoever listens have changed
	Ended       Ended            `json:"ended"`
}
