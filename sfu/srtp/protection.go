package srtp

import (
	"errors"
	"fmt"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtcp"
	"github.com/pion/srtp/v3"
)

// profiles are how media may be protected, the cheapest first: AES-CM with HMAC-SHA1 costs six
// times as much as AES-GCM.
var profiles = []struct {
	offered dtls.SRTPProtectionProfile
	name    srtp.ProtectionProfile
}{
	{dtls.SRTP_AEAD_AES_128_GCM, srtp.ProtectionProfileAeadAes128Gcm},
	{dtls.SRTP_AEAD_AES_256_GCM, srtp.ProtectionProfileAeadAes256Gcm},
	{dtls.SRTP_AES128_CM_HMAC_SHA1_80, srtp.ProtectionProfileAes128CmHmacSha1_80},
}

// Profiles lists how media may be protected, the preferred first.
func Profiles() []srtp.ProtectionProfile {
	names := make([]srtp.ProtectionProfile, len(profiles))
	for i, profile := range profiles {
		names[i] = profile.name
	}
	return names
}

// OfferedProfiles lists the protection profiles that a handshake offers, the preferred first.
func OfferedProfiles() []dtls.SRTPProtectionProfile {
	offered := make([]dtls.SRTPProtectionProfile, len(profiles))
	for i, profile := range profiles {
		offered[i] = profile.offered
	}
	return offered
}

// replayWindow is how many packets may come before one that left earlier.
const replayWindow = 256

// Protection is what protects the media of one transport. Each of its parts belongs to whoever
// holds the lock that guards it.
type Protection struct {
	Incoming *srtp.Context // RTP and RTCP; transport.incoming
	RTP      Sealer        // outgoing; downlink.mu
	RTCP     *srtp.Context // outgoing; transport.control
}

// New makes the protection of a transport. Which profile was agreed on, Pion does not say, and a
// ServerHello may have been made up. So Pion is given a report to protect, which never leaves, and
// what opens it is right.
func New(candidates []*secrets, report []byte) (*Protection, error) {
	for _, s := range candidates {
		for _, profile := range profiles {
			p, err := tryProtection(s, profile.name, report)
			if p != nil || err != nil {
				return p, err
			}
		}
	}
	return nil, errors.New(
		"sfu: expected keys of media that open what is protected with them, got none",
	)
}

// tryProtection returns nil if the report was not protected that way.
func tryProtection(s *secrets, profile srtp.ProtectionProfile, report []byte) (*Protection, error) {
	keys, err := s.Keys(profile)
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
	return FromKeys(keys, profile)
}

func FromKeys(keys srtp.SessionKeys, profile srtp.ProtectionProfile) (*Protection, error) {
	p := &Protection{}
	var errs [3]error
	p.RTP, errs[0] = NewSealer(keys.LocalMasterKey, keys.LocalMasterSalt, profile)
	p.RTCP, errs[1] = srtp.CreateContext(keys.LocalMasterKey, keys.LocalMasterSalt, profile)
	p.Incoming, errs[2] = srtp.CreateContext(keys.RemoteMasterKey, keys.RemoteMasterSalt, profile,
		srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))
	return p, errors.Join(errs[:]...)
}
