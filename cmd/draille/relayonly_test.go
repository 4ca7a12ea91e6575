package main

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
)

// A client that may use nothing but the relay gets its transport to the media plane, over UDP and
// over TCP: websocket, credentials, relay, the way in memory and ICE, DTLS and SCTP on it.
func TestTransportStandsThroughTheRelayAlone(t *testing.T) {
	t.Parallel()
	s := start(t, testConfig(t))
	for i, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			socket, welcome := s.join(t, s.link(t, protocol.RoleGuest))
			server := welcome.ICEServers[0]
			pc, err := webrtc.NewPeerConnection(webrtc.Configuration{
				ICETransportPolicy: webrtc.ICETransportPolicyRelay,
				ICEServers: []webrtc.ICEServer{
					{URLs: server.URLs[i : i+1], Username: server.Username,
						Credential: server.Credential}},
			})
			require.NoError(t, err)
			closed := false
			defer func() {
				if !closed {
					pc.Close()
				}
			}()
			pair := negotiate(t, pc, socket)
			require.Equal(t, webrtc.ICECandidateTypeRelay, pair.Local.Typ)
			stats := s.relay.Stats()
			require.Equal(t, 1, stats.Allocations)
			require.NotZero(t, stats.PacketsIn)
			require.NotZero(t, stats.PacketsOut)
			require.Zero(t, stats.PacketsRefused)

			require.NoError(t, pc.Close())
			closed = true
			require.NoError(t, socket.WriteJSON(protocol.Leave{Type: "leave"}))
			require.Eventually(t, func() bool { return s.relay.Stats().Allocations == 0 },
				time.Minute, 5*time.Millisecond)
		})
	}
}

// negotiate offers what a browser does, gives the answer to the client, and returns the way over
// which the data channel stands.
func negotiate(t *testing.T, pc *webrtc.PeerConnection,
	socket *websocket.Conn) *webrtc.ICECandidatePair {
	t.Helper()
	for _, section := range []struct {
		kind      webrtc.RTPCodecType
		direction webrtc.RTPTransceiverDirection
	}{
		{webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverDirectionSendonly}, // microphone
		{webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverDirectionSendonly}, // camera
		{webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverDirectionSendonly}, // screen
		{webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverDirectionRecvonly},
		{webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverDirectionRecvonly},
	} {
		_, err := pc.AddTransceiverFromKind(section.kind,
			webrtc.RTPTransceiverInit{Direction: section.direction})
		require.NoError(t, err)
	}
	channel, err := pc.CreateDataChannel("draille", nil)
	require.NoError(t, err)
	opened := make(chan struct{})
	channel.OnOpen(func() { close(opened) })
	exchange(t, pc, socket, nil)
	select {
	case <-opened:
	case <-time.After(time.Minute):
		t.Fatalf("no data channel; ICE is %s", pc.ICEConnectionState())
	}
	pair, err := pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	require.NoError(t, err)
	return pair
}

// exchange makes an offer, and takes the answer.
func exchange(t *testing.T, pc *webrtc.PeerConnection, socket *websocket.Conn,
	options *webrtc.OfferOptions) {
	t.Helper()
	offer, err := pc.CreateOffer(options)
	require.NoError(t, err)
	gathered := webrtc.GatheringCompletePromise(pc)
	require.NoError(t, pc.SetLocalDescription(offer))
	<-gathered
	require.NoError(t,
		socket.WriteJSON(protocol.Offer{Type: "offer", Connection: "c1",
			SDP: pc.LocalDescription().SDP}))
	var answer protocol.Answer
	for answer.Type != "answer" {
		answer = protocol.Answer{}
		require.NoError(t, socket.ReadJSON(&answer))
		require.NotEqual(t, "error", answer.Type)
	}
	require.NoError(t,
		pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer,
			SDP: answer.SDP}))
}

// A relayed call that goes on past the expiry of its credential: the way stands, nothing new is
// opened with the old one, and an ICE restart takes the fresh one that came meanwhile.
func TestARelayedCallGoesOnPastItsCredential(t *testing.T) {
	t.Parallel()
	config := testConfig(t)
	// Long enough for a machine that does other things, too, to open a way with one.
	config.TURN.CredentialLifetime = 15 * time.Second
	s := start(t, config)
	socket, welcome := s.join(t, s.link(t, protocol.RoleGuest))
	server := func(given protocol.ICEServer) webrtc.Configuration {
		return webrtc.Configuration{ICETransportPolicy: webrtc.ICETransportPolicyRelay,
			ICEServers: []webrtc.ICEServer{{URLs: given.URLs[:1], Username: given.Username,
				Credential: given.Credential}}}
	}
	old := welcome.ICEServers[0]
	pc, err := webrtc.NewPeerConnection(server(old))
	require.NoError(t, err)
	defer func() { require.NoError(t, pc.GracefulClose()) }()
	first := negotiate(t, pc, socket)

	// Whoever reads answers the server's pings, too.
	fresh := func(good func(protocol.ICEServer) bool) protocol.ICEServer {
		require.NoError(t, socket.SetReadDeadline(time.Now().Add(time.Minute)))
		for {
			var message protocol.ICEServers
			require.NoError(t, socket.ReadJSON(&message))
			if message.Type == "iceservers" && good(message.ICEServers[0]) {
				return message.ICEServers[0]
			}
		}
	}
	fresh(func(protocol.ICEServer) bool { return time.Now().After(expiry(t, old)) })
	refused := s.relay.Stats().Unauthorized
	before := s.relay.Stats()
	require.Eventually(t, func() bool {
		now := s.relay.Stats()
		return now.PacketsIn > before.PacketsIn+2 && now.PacketsOut > before.PacketsOut+2
	}, time.Minute, 5*time.Millisecond, "the way stands: consent is asked for and given")
	require.Equal(t, webrtc.PeerConnectionStateConnected, pc.ConnectionState())

	// Those that came meanwhile may have expired, too: each is good for a few seconds only.
	require.NoError(t, pc.SetConfiguration(server(fresh(func(given protocol.ICEServer) bool {
		return time.Until(expiry(t, given)) > config.TURN.CredentialLifetime*2/3
	}))))
	exchange(t, pc, socket, &webrtc.OfferOptions{ICERestart: true})
	require.Eventually(t, func() bool {
		pair, err := pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
		return err == nil && pair != nil && pair.Local.Port != first.Local.Port
	}, time.Minute, 5*time.Millisecond, "another relayed address is in use")
	require.Equal(t, refused, s.relay.Stats().Unauthorized, "the fresh credential was taken")
}

// expiry is when a credential does, as its user name says.
func expiry(t *testing.T, server protocol.ICEServer) time.Time {
	t.Helper()
	before, _, _ := strings.Cut(server.Username, ":")
	seconds, err := strconv.ParseInt(before, 10, 64)
	require.NoError(t, err)
	return time.Unix(seconds, 0)
}
