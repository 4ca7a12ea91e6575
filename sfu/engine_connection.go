package sfu

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/stun/v4"
	"github.com/pion/webrtc/v4"
)

// certificateLife is how long one DTLS certificate serves new transports. Pion makes them valid for a month.
const certificateLife = 24 * time.Hour

// newPeerConnection makes a PeerConnection that carries no media itself. It tells the secrets of its DTLS handshake.
func (e *Engine) newPeerConnection(t *transport) (*webrtc.PeerConnection, error) {
	certificate, err := e.currentCertificate()
	if err != nil {
		return nil, err
	}
	settings := e.settings
	settings.BufferFactory = newSink
	settings.SetDTLSKeyLogWriter(&t.handshake)
	settings.SetDTLSServerHelloMessageHook(t.handshake.ServerHello)
	settings.SetICEBindingRequestHandler(firstCheck())
	api := webrtc.NewAPI(webrtc.WithMediaEngine(e.media), webrtc.WithSettingEngine(settings),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	return api.NewPeerConnection(webrtc.Configuration{
		BundlePolicy: webrtc.BundlePolicyMaxBundle,
		Certificates: []webrtc.Certificate{*certificate},
	})
}

// firstCheck answers whether a check is the first since ICE (re)started: its path is used until the browser nominates one
// (RFC 8445 section 12.1.1 lets media use any valid pair before). Chromium nominates up to 0.9 s after its first check has
// been answered; the handshake need not wait for that.
func firstCheck() func(check *stun.Message, local, remote ice.Candidate, pair *ice.CandidatePair) bool {
	var latest string
	return func(check *stun.Message, _, _ ice.Candidate, _ *ice.CandidatePair) bool {
		var username stun.Username // fresh with every restart
		if err := username.GetFrom(check); err != nil || username.String() == latest {
			return false
		}
		latest = username.String()
		return true
	}
}

// currentCertificate makes one certificate a day for all transports: making one takes longer than all the rest of an
// answer.
func (e *Engine) currentCertificate() (*webrtc.Certificate, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.certificate != nil && time.Since(e.certificateMade) < certificateLife {
		return e.certificate, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("sfu: cannot make a DTLS key: %w", err)
	}
	certificate, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return nil, fmt.Errorf("sfu: cannot make a DTLS certificate: %w", err)
	}
	e.certificate, e.certificateMade = certificate, time.Now()
	return certificate, nil
}
