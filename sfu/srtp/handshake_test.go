package srtp

import (
	"fmt"
	"slices"
	"testing"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/protocol"
	"github.com/pion/dtls/v3/pkg/protocol/extension"
	dtlshandshake "github.com/pion/dtls/v3/pkg/protocol/handshake"
	"github.com/pion/dtls/v3/pkg/protocol/recordlayer"
	"github.com/pion/rtcp"
	"github.com/pion/srtp/v3"
	"github.com/stretchr/testify/require"
)

func TestServerHelloIsFound(t *testing.T) {
	found, ok := serverHello(someHello())
	require.True(t, ok)
	require.Equal(t, byte(1), found.random[0])
	require.Equal(t, byte(32), found.random[31])
	require.Zero(t, found.profile, "it says none")
	for name, spoil := range map[string]func([]byte) []byte{
		"another message":  func(d []byte) []byte { d[13] = 1; return d },
		"another record":   func(d []byte) []byte { d[0] = 23; return d },
		"a later fragment": func(d []byte) []byte { d[21] = 1; return d },
		"encrypted":        func(d []byte) []byte { d[4] = 1; return d },
		"cut":              func(d []byte) []byte { return d[:58] },
	} {
		_, ok := serverHello(spoil(someHello()))
		require.False(t, ok, name)
	}
}

// What a ServerHello says of media is known if it is one of ours and said in one piece.
func TestServerHelloTellsTheProfile(t *testing.T) {
	for _, profile := range profiles {
		found, ok := serverHello(helloWith(t, profile.offered))
		require.True(t, ok)
		require.Equal(t, profile.name, found.profile)
	}
	for name, datagram := range map[string][]byte{
		"not ours": helloWith(t, dtls.SRTP_AEAD_AES_128_GCM+100),
		"two":      helloWith(t, dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM),
		"fragments": func() []byte {
			d := helloWith(t, dtls.SRTP_AEAD_AES_128_GCM)
			d[24]--
			return d
		}(),
	} {
		found, ok := serverHello(datagram)
		require.True(t, ok, name)
		require.Zero(t, found.profile, name)
	}
}

// helloWith is a ServerHello that agrees to ways to protect media.
func helloWith(t *testing.T, agreed ...dtls.SRTPProtectionProfile) []byte {
	suite := uint16(dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)
	hello := &dtlshandshake.Handshake{Message: &dtlshandshake.MessageServerHello{
		Version: protocol.Version1_2, CipherSuiteID: &suite,
		CompressionMethod: protocol.CompressionMethods()[0],
		Extensions:        []extension.Extension{&extension.UseSRTP{ProtectionProfiles: agreed}},
	}}
	raw, err := (&recordlayer.RecordLayer{Header: recordlayer.Header{Version: protocol.Version1_2},
		Content: hello}).Marshal()
	require.NoError(t, err)
	return raw
}

func TestTheEndOfAHandshakeIsSeen(t *testing.T) {
	record := func(kind, epoch byte, length int) []byte {
		r := make([]byte, 13+length)
		r[0], r[4], r[12] = kind, epoch, byte(length)
		return r
	}
	require.True(t, Finishes(slices.Concat(record(22, 0, 40), record(20, 0, 1), record(22, 1, 40))))
	require.False(t, Finishes(slices.Concat(record(22, 0, 40), record(20, 0, 1))))
	require.False(t, Finishes(record(23, 1, 40)), "what is said afterwards")
	require.False(t, Finishes(record(22, 0, 40)[:30]), "cut")
}

// Keys are taken before the end only if there is no doubt which.
func TestEarlyKeysLeaveNoDoubt(t *testing.T) {
	told := func(hellos ...hello) *Handshake {
		h := &Handshake{}
		for _, one := range hellos {
			h.add(one)
		}
		_, err := fmt.Fprintf(h, "CLIENT_RANDOM %064x %096x\n", 1, 2)
		require.NoError(t, err)
		return h
	}
	good := hello{random: [32]byte{9}, profile: srtp.ProtectionProfileAeadAes128Gcm}
	known, profile := told(good).Early()
	require.Equal(t, good.profile, profile)
	require.Equal(
		t,
		&secrets{
			master:       told().master,
			clientRandom: told().clientRandom,
			serverRandom: good.random,
			isClient:     true,
		},
		known,
	)
	ours, other := good, good
	ours.ours, other.profile = true, srtp.ProtectionProfileAes128CmHmacSha1_80
	for name, h := range map[string]*Handshake{
		"no master secret": {hellos: []hello{good}},
		"no ServerHello":   told(),
		"two of them":      told(good, other),
		"we are server":    told(ours),
		"no profile":       told(hello{random: good.random}),
	} {
		known, _ := h.Early()
		require.Nil(t, known, name)
	}
}

func someHello() []byte {
	datagram := make([]byte, 80)
	datagram[0], datagram[13] = 22, 2
	for i := range 32 {
		datagram[27+i] = byte(i + 1)
	}
	return datagram
}

func FuzzServerHello(f *testing.F) {
	f.Add(someHello())
	f.Add([]byte{22})
	f.Fuzz(func(t *testing.T, datagram []byte) {
		Finishes(datagram)
		found, ok := serverHello(datagram)
		if ok {
			require.Equal(t, datagram[27:59], found.random[:])
		}
	})
}

func TestKeysAreProven(t *testing.T) {
	h := &Handshake{}
	_, err := fmt.Fprintf(h, "CLIENT_RANDOM %064x %096x\n", 1, 2)
	require.NoError(t, err)
	require.Empty(t, h.Secrets(), "no ServerHello yet")
	right := &secrets{
		master:       h.master,
		clientRandom: h.clientRandom,
		serverRandom: [32]byte{9},
		isClient:     true,
	}
	for _, profile := range profiles {
		config := srtp.Config{Profile: profile.name}
		require.NoError(t, config.ExtractSessionKeysFromDTLS(right, true))
		context, err := srtp.CreateContext(
			config.Keys.LocalMasterKey, config.Keys.LocalMasterSalt, profile.name,
		)
		require.NoError(t, err)
		raw, err := (&rtcp.ReceiverReport{SSRC: 5}).Marshal()
		require.NoError(t, err)
		report, err := context.EncryptRTCP(nil, raw, nil)
		require.NoError(t, err)
		madeUp := &secrets{
			master:       h.master,
			clientRandom: h.clientRandom,
			serverRandom: [32]byte{8},
			isClient:     true,
		}
		_, err = New([]*secrets{madeUp}, report)
		require.ErrorContains(t, err, "got none")
		p, err := New([]*secrets{madeUp, right}, report)
		require.NoError(t, err)
		require.NotNil(t, p.Incoming)
	}
}
