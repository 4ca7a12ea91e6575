package desk

import "draille/signaling/practice"

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

// CallInvites says in which ways the caller may invite somebody into a call that goes on, besides
// a link that the call itself makes.
type CallInvites struct {
	SMS bool `json:"sms"`
}

// NewCallInvite asks somebody without an account into a call that goes on, by SMS. They come to its
// waiting room.
type NewCallInvite struct {
	Name     string `json:"name"` // shown to whoever lets them in; not in the message
	Phone    string `json:"phone"`
	Language string `json:"language,omitempty"` // of the message: fr or en
}

// CallInvite is how far such a message is.
type CallInvite struct {
	Message string               `json:"message"` // id in the outbox
	State   practice.OutboxState `json:"state"`
	Reason  practice.Reason      `json:"reason"` // why it is not gone
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
