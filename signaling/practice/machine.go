package practice

// MachineAccess is what a machine may do in its establishment.
type MachineAccess string

const (
	MachineReads  MachineAccess = "read"
	MachineWrites MachineAccess = "write" // and reads
)

// Machine is a program of the hospital that uses the FHIR interface without a person's session. It
// belongs to one establishment and finds no way into another one.
type Machine struct {
	ID            string        `json:"id"` // client_id in OAuth
	Establishment string        `json:"establishment"`
	Name          string        `json:"name"` // in the audit log
	Access        MachineAccess `json:"access"`
	// system of the hospital's numbers of patients, a URI; empty: identifiers of type PI
	Authority string `json:"authority"`
	// of appointments that name none; empty: the only one there is
	Service string `json:"service"`
	// patients are told of their appointments by SMS or mail
	Invite bool `json:"invite"`
	// answers carry the patients' links, which are keys
	Links bool `json:"links"`
	// name in its client certificate, or empty
	Certificate string  `json:"certificate"`
	PublicKey   string  `json:"publicKey"` // SPKI in PEM, or empty: it has a secret
	CreatedBy   string  `json:"createdBy"` // a person
	CreatedAt   Instant `json:"createdAt"`
	SeenAt      Instant `json:"seenAt"`
	RevokedAt   Instant `json:"revokedAt"` // 0: it may
}
