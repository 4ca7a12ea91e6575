package main

import (
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
				10*time.Second, 5*time.Millisecond)
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
	offer, err := pc.CreateOffer(nil)
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
	select {
	case <-opened:
	case <-time.After(10 * time.Second):
		t.Fatalf("no data channel; ICE is %s", pc.ICEConnectionState())
	}
	pair, err := pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	require.NoError(t, err)
	return pair
}
