package desk

import "draille/signaling/practice"

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
	By     string `json:"by,omitempty"` // declared name, on a tablet; needed for a yes
}

// NewConsent is what the patient said.
type NewConsent struct {
	Decision       practice.Decision `json:"decision"`
	Representative string            `json:"representative,omitempty"`
	// who informed them: declared name, on a tablet; needed for a yes
	By          string `json:"by,omitempty"`
	Means       string `json:"means"` // oral or written
	Information string `json:"information"`
}
