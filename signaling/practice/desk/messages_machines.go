package desk

import "draille/signaling/practice"

// MachineList are the programs of an establishment that use the FHIR interface.
type MachineList struct {
	// false: this server has no such interface; practice.fhir.enabled opens it
	Enabled bool `json:"enabled"`
	// address of the interface, and of its token endpoint
	Base     string             `json:"base"`
	Endpoint string             `json:"endpoint"`
	Items    []practice.Machine `json:"items"`
}

// NewMachine is a program that an administrator sets up.
type NewMachine struct {
	Name        string                 `json:"name"`
	Access      practice.MachineAccess `json:"access"`
	Authority   string                 `json:"authority"`
	Service     string                 `json:"service"`
	Invite      bool                   `json:"invite"`
	Links       bool                   `json:"links"`
	Certificate string                 `json:"certificate"`
	PublicKey   string                 `json:"publicKey"`
}

// MachineSecret is a new program, and its secret, which is told once.
type MachineSecret struct {
	Machine practice.Machine `json:"machine"`
	Secret  string           `json:"secret"` // empty: it has a key or a certificate
}
