package sfu

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/prf"
	"github.com/pion/dtls/v3/pkg/protocol/extension"
	dtlshandshake "github.com/pion/dtls/v3/pkg/protocol/handshake"
	"github.com/pion/rtcp"
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
	// maxHellos bounds how many ServerHellos of one handshake are remembered: one is right, others may be made up by
	// whoever can send datagrams.
	maxHellos = 8
)

// handshake collects what the keys of media are made of (RFC 5764 section 4.2, RFC 5705): the secret and the two random
// numbers of a DTLS handshake. Media is protected by us, and Pion keeps its keys to itself; but it writes the secret and the
// client's number to a key log, and the server's number is in a message that is not encrypted.
type handshake struct {
	mu                   sync.Mutex
	master, clientRandom []byte // nil: the handshake is not that far
	hellos               []hello
}

// hello is a ServerHello.
type hello struct {
	random  [randomBytes]byte
	profile srtp.ProtectionProfile // of media, as agreed on (RFC 5764 section 4.1.1); 0: not said, or not known to us
	ours    bool                   // the server is us
}

// Write takes a line of the key log.
func (h *handshake) Write(line []byte) (int, error) {
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

func (h *handshake) add(found hello) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.master == nil && len(h.hellos) < maxHellos && !slices.Contains(h.hellos, found) {
		h.hellos = append(h.hellos, found)
	}
}

// see looks for a ServerHello in a datagram of DTLS that came in.
func (h *handshake) see(datagram []byte) {
	if found, ok := serverHello(datagram); ok {
		h.add(found)
	}
}

// sends notes our own ServerHello, where the other side is the client.
func (h *handshake) sends(message dtlshandshake.MessageServerHello) dtlshandshake.Message {
	h.add(hello{random: message.Random.MarshalFixed(), ours: true})
	return &message
}

// serverHello returns the ServerHello with which a datagram begins. There is nothing before it in its flight (RFC 6347
// section 4.2.4).
func serverHello(datagram []byte) (found hello, ok bool) {
	const body = recordHeaderBytes + handshakeHeaderBytes
	const at = body + 2 // after the version
	if len(datagram) < at+randomBytes || datagram[0] != recordHandshake || datagram[recordHeaderBytes] != messageServerHello {
		return found, false
	}
	epoch := binary.BigEndian.Uint16(datagram[3:])
	length, offset, fragment := uint24(datagram[recordHeaderBytes+1:]), uint24(datagram[recordHeaderBytes+6:]), uint24(datagram[recordHeaderBytes+9:])
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

// agreedProfile returns how media will be protected according to a ServerHello; 0: it does not say, or not what we offer.
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

// finishes tells whether a datagram of DTLS holds the end of a flight that ends our side of a handshake: a record of the
// handshake that is encrypted (RFC 6347 section 4.2.4).
func finishes(datagram []byte) bool {
	for len(datagram) >= recordHeaderBytes {
		if epoch := binary.BigEndian.Uint16(datagram[3:]); datagram[0] == recordHandshake && epoch > 0 {
			return true
		}
		end := recordHeaderBytes + int(binary.BigEndian.Uint16(datagram[recordLengthAt:]))
		datagram = datagram[min(end, len(datagram)):]
	}
	return false
}

// early returns what the two sides have agreed on before the other side, the server of the handshake, has said that it is
// through: one round trip earlier (RFC 7918, whose conditions hold: only suites with ephemeral keys and AES-GCM are offered). Pion
// writes its key log once the other side has proven that it holds the key of the certificate that its description names.
// What it cannot have proven yet is the profile, which nobody gains by changing: all are strong, and with another than the
// browser's nothing would be understood. It returns nil where we are the server, and where more than one ServerHello came.
func (h *handshake) early() (*secrets, srtp.ProtectionProfile) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.master == nil || len(h.hellos) != 1 || h.hellos[0].ours || h.hellos[0].profile == 0 {
		return nil, 0
	}
	only := h.hellos[0]
	return &secrets{master: h.master, clientRandom: h.clientRandom, serverRandom: only.random, isClient: true}, only.profile
}

// secrets lists what the two sides may have agreed on, mostly one.
func (h *handshake) secrets() []*secrets {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.master == nil {
		return nil
	}
	var all []*secrets
	for _, found := range h.hellos {
		all = append(all, &secrets{master: h.master, clientRandom: h.clientRandom, serverRandom: found.random, isClient: !found.ours})
	}
	return all
}

// secrets make keys.
type secrets struct {
	master, clientRandom []byte
	serverRandom         [randomBytes]byte
	isClient             bool
}

// ExportKeyingMaterial derives keys (RFC 5705) as package srtp wants them. Every suite that we offer hashes with SHA-256.
func (s *secrets) ExportKeyingMaterial(label string, _ []byte, length int) ([]byte, error) {
	seed := slices.Concat([]byte(label), s.clientRandom, s.serverRandom[:])
	return prf.PHash(s.master, seed, length, sha256.New)
}

// profiles are how media may be protected, the cheapest first: AES-CM with HMAC-SHA1 costs six times as much as AES-GCM.
var profiles = []struct {
	offered dtls.SRTPProtectionProfile
	name    srtp.ProtectionProfile
}{
	{dtls.SRTP_AEAD_AES_128_GCM, srtp.ProtectionProfileAeadAes128Gcm},
	{dtls.SRTP_AEAD_AES_256_GCM, srtp.ProtectionProfileAeadAes256Gcm},
	{dtls.SRTP_AES128_CM_HMAC_SHA1_80, srtp.ProtectionProfileAes128CmHmacSha1_80},
}

// replayWindow is how many packets may come before one that left earlier.
const replayWindow = 256

// protection is what protects the media of one transport. Each of its parts belongs to whoever holds the lock that guards
// it.
type protection struct {
	incoming *srtp.Context // RTP and RTCP; transport.incoming
	rtp      sealer        // outgoing; downlink.mu
	rtcp     *srtp.Context // outgoing; transport.control
}

// newProtection makes the protection of a transport. Which profile was agreed on, Pion does not say, and a ServerHello may
// have been made up. So Pion is given a report to protect, which never leaves, and what opens it is right.
func newProtection(candidates []*secrets, report []byte) (*protection, error) {
	for _, s := range candidates {
		for _, profile := range profiles {
			p, err := tryProtection(s, profile.name, report)
			if p != nil || err != nil {
				return p, err
			}
		}
	}
	return nil, errors.New("sfu: expected keys of media that open what is protected with them, found none")
}

// tryProtection returns nil if the report was not protected that way.
func tryProtection(s *secrets, profile srtp.ProtectionProfile, report []byte) (*protection, error) {
	keys, err := s.keys(profile)
	if err != nil {
		return nil, err
	}
	probe, err := srtp.CreateContext(keys.LocalMasterKey, keys.LocalMasterSalt, profile)
	if err != nil {
		return nil, fmt.Errorf("sfu: media cannot be protected: %w", err)
	}
	if _, err := probe.DecryptRTCP(nil, report, &rtcp.Header{}); err != nil {
		return nil, nil
	}
	return protectionOf(keys, profile)
}

// keys derives the keys of media.
func (s *secrets) keys(profile srtp.ProtectionProfile) (srtp.SessionKeys, error) {
	config := srtp.Config{Profile: profile}
	if err := config.ExtractSessionKeysFromDTLS(s, s.isClient); err != nil {
		return srtp.SessionKeys{}, fmt.Errorf("sfu: the keys of media cannot be derived: %w", err)
	}
	return config.Keys, nil
}

func protectionOf(keys srtp.SessionKeys, profile srtp.ProtectionProfile) (*protection, error) {
	p := &protection{}
	var errs [3]error
	p.rtp, errs[0] = newSealer(keys.LocalMasterKey, keys.LocalMasterSalt, profile)
	p.rtcp, errs[1] = srtp.CreateContext(keys.LocalMasterKey, keys.LocalMasterSalt, profile)
	p.incoming, errs[2] = srtp.CreateContext(keys.RemoteMasterKey, keys.RemoteMasterSalt, profile,
		srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))
	return p, errors.Join(errs[:]...)
}
