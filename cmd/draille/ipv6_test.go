package main

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/transport/v4/stdnet"
	pion "github.com/pion/turn/v4"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"draille/loadtest/participant"
	"draille/loadtest/rtc"
	"draille/signaling/protocol"
)

// overIPv6 is a server that has no other address.
func overIPv6(t *testing.T) Config {
	t.Helper()
	probe, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skipf("this machine has no IPv6: %v", err)
	}
	probe.Close()
	config := testConfig(t)
	config.Listen, config.UDPListen, config.TURN.TCPListen = "[::1]:0", "[::1]:0", "[::1]:0"
	return config
}

// Websocket, ICE over UDP, voices and pictures with nothing but IPv6.
func TestACallOverIPv6(t *testing.T) {
	t.Parallel()
	s := start(t, overIPv6(t))
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var people []*participant.Participant
	for i, role := range []protocol.Role{protocol.RoleHost, protocol.RoleGuest} {
		p, err := participant.Join(ctx, participant.Options{
			URL: s.link(t, role), Seed: uint64(i), Microphone: true, Camera: true,
			AutoAdmit: role == protocol.RoleHost,
			Speech:    func(time.Duration) bool { return true },
		})
		require.NoError(t, err)
		defer func() { require.NoError(t, p.Leave(context.Background())) }()
		people = append(people, p)
	}
	require.Eventually(t, func() bool {
		for _, p := range people {
			if f := p.Figures(); f.Join.FirstFrame == 0 || f.Join.FirstAudio == 0 {
				return false
			}
		}
		return true
	}, 30*time.Second, 20*time.Millisecond, "each sees and hears the other")
}

// The relay is reached over IPv6, over UDP and over TCP, and reaches the media plane: on a server
// with nothing else, and on one with both kinds of addresses.
func TestTransportStandsThroughTheRelayOverIPv6(t *testing.T) {
	t.Parallel()
	both := overIPv6(t)
	both.Listen, both.UDPListen, both.TURN.TCPListen = "localhost:0", ":0", ":0"
	for _, address := range []string{"127.0.0.1", "::1"} {
		public, err := parsePublicAddress(address)
		require.NoError(t, err)
		both.PublicAddress = append(both.PublicAddress, public)
	}
	for name, config := range map[string]Config{"IPv6 alone": overIPv6(t), "both": both} {
		t.Run(name, func(t *testing.T) {
			s := start(t, config)
			for _, transport := range []string{"udp", "tcp"} {
				socket, welcome := s.join(t, s.link(t, protocol.RoleGuest))
				server := welcome.ICEServers[0]
				at := slices.IndexFunc(server.URLs, func(url string) bool {
					return strings.HasPrefix(url, "turn:[::1]:") &&
						strings.HasSuffix(url, "transport="+transport)
				})
				require.GreaterOrEqual(t, at, 0, server.URLs)
				before := s.relay.Stats()
				relayed, end := allocateOverIPv6(t, server.URLs[at], server.Username,
					server.Credential)
				pc := onlyThrough(t, relayed)
				negotiate(t, pc, socket)
				stats := s.relay.Stats()
				require.Positive(t, stats.PacketsIn-before.PacketsIn)
				require.Positive(t, stats.PacketsOut-before.PacketsOut)
				require.NoError(t, pc.Close())
				end()
			}
		})
	}
}

// allocateOverIPv6 asks a relay for an address. Pion's ICE asks no relay over IPv6, hence its TURN
// client.
func allocateOverIPv6(t *testing.T, url, username,
	password string) (relayed net.PacketConn, end func()) {
	t.Helper()
	address, transport, _ := strings.Cut(strings.TrimPrefix(url, "turn:"), "?transport=")
	var conn net.PacketConn
	if transport == "udp" {
		socket, err := net.ListenPacket("udp6", "[::1]:0")
		require.NoError(t, err)
		conn = socket
	} else {
		stream, err := net.Dial("tcp6", address)
		require.NoError(t, err)
		conn = pion.NewSTUNConn(stream)
	}
	network, err := stdnet.NewNet()
	require.NoError(t, err)
	client, err := pion.NewClient(&pion.ClientConfig{TURNServerAddr: address, Conn: conn,
		Net: eitherFamily{network}, Username: username, Password: password, Realm: "draille"})
	require.NoError(t, err)
	require.NoError(t, client.Listen())
	relayed, err = client.Allocate()
	require.NoError(t, err)
	return relayed, func() {
		require.NoError(t, relayed.Close())
		client.Close()
		conn.Close()
	}
}

// onlyThrough makes a connection that has no other socket.
func onlyThrough(t *testing.T, relayed net.PacketConn) *webrtc.PeerConnection {
	t.Helper()
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	settings.SetICEUDPMux(
		ice.NewUDPMuxDefault(
			ice.UDPMuxParams{UDPConn: relayed, Logger: rtc.Quiet.NewLogger("ice")}))
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(
		webrtc.Configuration{})
	require.NoError(t, err)
	return pc
}
