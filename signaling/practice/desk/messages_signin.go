package desk

import "draille/signaling/practice"

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
	// by which this server can send links
	Channels []practice.Channel `json:"channels"`
	// they are told by mail of what waits for them
	Notices bool `json:"notices"`
}

// WantNotices says whether somebody is told by mail of what waits for them.
type WantNotices struct {
	Notices bool `json:"notices"`
}

// MayIn lists what may be done in one establishment.
type MayIn struct {
	Establishment string            `json:"establishment"` // empty: the group
	Service       string            `json:"service"`       // empty: whatever the service
	Actions       []practice.Action `json:"actions"`
}
