package hl7

import (
	"fmt"
	"net/netip"
	"slices"

	"draille/signaling/practice/interop/hl7/er7"
	"draille/signaling/practice/interop/hl7/mllp"
)

// Source is a system of a hospital that may send. Its messages concern its establishment alone.
type Source struct {
	Name          string // in the audit log and in logs
	Establishment string // its id, or its FINESS number

	// What the connection must be: a name in the client's certificate, and an address. One of both
	// is required, for whoever may send may write patients.
	Certificate string
	Networks    []netip.Prefix
	// What the message must say; empty: anything.
	Application string // MSH-3
	Facility    string // MSH-4

	// Authority of the hospital's numbers in PID-3.4: its name or its OID. Empty: there is one.
	Authority string
	// Codes of services, places or kinds of appointments that are teleconsultations; empty: all
	// are.
	Teleconsultations []string
	// Service is the code or the name of the service of appointments that name none.
	Service string
	// Invite is whether patients are told of their appointments by SMS or mail.
	Invite bool
}

// Check says what of a source cannot be.
func (s Source) Check() error {
	switch {
	case s.Name == "" || len(s.Name) > 40:
		return fmt.Errorf("expected a name of 1 to 40 characters, got %q", s.Name)
	case s.Establishment == "":
		return fmt.Errorf("%s: expected the id or the FINESS number of an establishment, got "+
			"nothing", s.Name)
	case s.Certificate == "" && len(s.Networks) == 0:
		return fmt.Errorf("%s: expected the name in the sender's certificate, or its networks, "+
			"got neither; anybody could write patients", s.Name)
	}
	return nil
}

// connects reports whether the source may be who has connected.
func (s Source) connects(peer mllp.Peer) bool {
	if s.Certificate != "" && !slices.Contains(peer.Names, s.Certificate) {
		return false
	}
	return s.admits(peer.Address)
}

// admits reports whether the source may be at an address.
func (s Source) admits(address netip.Addr) bool {
	return len(s.Networks) == 0 || slices.ContainsFunc(s.Networks, func(n netip.Prefix) bool {
		return n.Contains(address)
	})
}

// sourceOf finds whose a message is. Nobody says it but the connection; of several sources that the
// connection may be, the message says which.
func sourceOf(sources []Source, peer mllp.Peer, m er7.Message) (Source, error) {
	head := m.First("MSH")
	application, facility := head.Field(3).Text(), head.Field(4).Text()
	connected := false
	for _, s := range sources {
		if !s.connects(peer) {
			continue
		}
		connected = true
		if (s.Application == "" || s.Application == application) &&
			(s.Facility == "" || s.Facility == facility) {
			return s, nil
		}
	}
	if !connected {
		return Source{}, &fault{rejected, codeUnknown, "MSH-4",
			"a sender that is set up here by its certificate or its address",
			"a connection of another; add it to practice.hl7.sources-file"}
	}
	return Source{}, &fault{rejected, codeUnknown, "MSH-4",
		"an application and a facility that this connection is set up for",
		fmt.Sprintf("%q of %q; add them to practice.hl7.sources-file", application, facility)}
}
