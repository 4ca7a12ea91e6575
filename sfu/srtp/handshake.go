// Package srtp protects media (RFC 3711, RFC 7714): it takes the keys out of Pion's DTLS handshake
// (RFC 5764) and encrypts what leaves, without the lookups that a general library makes for each
// packet. Pion's contexts decrypt what comes in.
package srtp

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"sync"

	"github.com/pion/dtls/v3/pkg/protocol/extension"
	dtlshandshake "github.com/pion/dtls/v3/pkg/protocol/handshake"
	"github.com/pion/srtp/v3"
)

// Lengths and numbers of DTLS 1.2 (RFC 6347 section 4, RFC 5246 section 7.4).
const (
	randomBytes          = 32
	recordHeaderBytes    = 13
	handshakeHeaderBytes = 12
	recordHandshake      = 22
	recordLengthAt       = 11
	messageServerHello   = 2
	// maxHellos bounds how many ServerHellos of one handshake are remembered: one is right, others
	// may be made up by whoever can send datagrams.
	maxHellos = 8
)

// Handshake collects what the keys of media are made of (RFC 5764 section 4.2, RFC 5705): the
// secret and the two random numbers of a DTLS handshake. Media is protected by us, and Pion keeps
// its keys to itself; but it writes the secret and the client's number to a key log, and the
// server's number is in a message that is not encrypted.
type Handshake struct {
	mu                   sync.Mutex // no other is taken under it
	master, clientRandom []byte     // nil: the handshake is not that far
	hellos               []hello
}

// hello is a ServerHello.
type hello struct {
	random [randomBytes]byte
	// profile is that of media, as agreed on (RFC 5764 section 4.1.1); 0: not said, or not known to
	// us.
	profile srtp.ProtectionProfile
	ours    bool // the server is us
}

// Write takes a line of the key log.
func (h *Handshake) Write(line []byte) (int, error) {
	fields := bytes.Fields(line)
	if len(fields) != 3 || string(fields[0]) != "CLIENT_RANDOM" {
		return len(line), nil
	}
	random, err1 := hex.AppendDecode(nil, fields[1])
	master, err2 := hex.AppendDecode(nil, fields[2])
	if err := errors.Join(err1, err2); err != nil {
		return 0, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.master, h.clientRandom = master, random
	return len(line), nil
}

func (h *Handshake) add(found hello) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.master == nil && len(h.hellos) < maxHellos && !slices.Contains(h.hellos, found) {
		h.hellos = append(h.hellos, found)
	}
}

// see looks for a ServerHello in a datagram of DTLS that came in.
func (h *Handshake) Received(datagram []byte) {
	if found, ok := serverHello(datagram); ok {
		h.add(found)
	}
}

// sends notes our own ServerHello, where the other side is the client.
func (h *Handshake) ServerHello(message dtlshandshake.MessageServerHello) dtlshandshake.Message {
	h.add(hello{random: message.Random.MarshalFixed(), ours: true})
	return &message
}

// serverHello returns the ServerHello with which a datagram begins. There is nothing before it in
// its flight (RFC 6347 section 4.2.4).
func serverHello(datagram []byte) (found hello, ok bool) {
	const body = recordHeaderBytes + handshakeHeaderBytes
	const at = body + 2 // after the version
	if len(datagram) < at+randomBytes || datagram[0] != recordHandshake ||
		datagram[recordHeaderBytes] != messageServerHello {
		return found, false
	}
	epoch := binary.BigEndian.Uint16(datagram[3:])
	length, offset, fragment := uint24(
		datagram[recordHeaderBytes+1:],
	), uint24(
		datagram[recordHeaderBytes+6:],
	), uint24(
		datagram[recordHeaderBytes+9:],
	)
	if epoch != 0 || offset != 0 {
		return found, false
	}
	found.random = [randomBytes]byte(datagram[at:])
	if fragment == length && body+length <= len(datagram) {
		found.profile = agreedProfile(datagram[body : body+length])
	}
	return found, true
}

func uint24(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }

// agreedProfile returns how media will be protected according to a ServerHello; 0: it does not say,
// or not what we offer.
func agreedProfile(body []byte) srtp.ProtectionProfile {
	var message dtlshandshake.MessageServerHello
	if message.Unmarshal(body) != nil {
		return 0
	}
	for _, e := range message.Extensions {
		agreed, ok := e.(*extension.UseSRTP)
		if !ok || len(agreed.ProtectionProfiles) != 1 {
			continue
		}
		for _, profile := range profiles {
			if profile.offered == agreed.ProtectionProfiles[0] {
				return profile.name
			}
		}
	}
	return 0
}

// Finishes reports whether a datagram of DTLS holds the end of a flight that ends our side of a
// handshake: a record of the handshake that is encrypted (RFC 6347 section 4.2.4).
func Finishes(datagram []byte) bool {
	for len(datagram) >= recordHeaderBytes {
		if epoch := binary.BigEndian.Uint16(datagram[3:]); datagram[0] == recordHandshake &&
			epoch > 0 {
			return true
		}
		end := recordHeaderBytes + int(binary.BigEndian.Uint16(datagram[recordLengthAt:]))
		datagram = datagram[min(end, len(datagram)):]
	}
	return false
}

// Early returns what the two sides have agreed on before the other side, the server of the
// handshake, has said that it is through: one round trip earlier (RFC 7918, whose conditions hold:
// only suites with ephemeral keys and AES-GCM are offered). Pion writes its key log once the other
// side has proven that it holds the key of the certificate that its description names. What it
// cannot have proven yet is the profile, which nobody gains by changing: all are strong, and with
// another than the browser's nothing would be understood. It returns nil where we are the server,
// and where more than one ServerHello came.
func (h *Handshake) Early() (*secrets, srtp.ProtectionProfile) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.master == nil || len(h.hellos) != 1 || h.hellos[0].ours || h.hellos[0].profile == 0 {
		return nil, 0
	}
	only := h.hellos[0]
	return &secrets{
		master:       h.master,
		clientRandom: h.clientRandom,
		serverRandom: only.random,
		isClient:     true,
	}, only.profile
}

// Secrets lists what the two sides may have agreed on, mostly one.
func (h *Handshake) Secrets() []*secrets {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.master == nil {
		return nil
	}
	var all []*secrets
	for _, found := range h.hellos {
		all = append(
			all,
			&secrets{
				master:       h.master,
				clientRandom: h.clientRandom,
				serverRandom: found.random,
				isClient:     !found.ours,
			},
		)
	}
	return all
}
