package main

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	pion "github.com/pion/turn/v4"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
)

// With TLS, the port of the page carries the websocket and the relay, too, and says so.
func TestOnePortCarriesEverything(t *testing.T) {
	t.Parallel()
	config := testConfig(t)
	config.TLS = certificateFiles(t)
	s := start(t, config)
	address := s.webListener.Addr().String()
	insecure := &tls.Config{InsecureSkipVerify: true}

	link, err := url.Parse(s.link(t, protocol.RoleGuest))
	require.NoError(t, err)
	dialer := websocket.Dialer{Subprotocols: []string{protocol.Subprotocol},
		TLSClientConfig: insecure}
	socket, _, err := dialer.Dial("wss://"+address+"/ws",
		http.Header{"Origin": []string{s.public.String()}})
	require.NoError(t, err)
	defer socket.Close()
	require.NoError(t, socket.SetReadDeadline(time.Now().Add(time.Minute)))
	require.NoError(t,
		socket.WriteJSON(protocol.Join{Type: "join", Token: link.Fragment, Device: "device-1"}))
	var welcome protocol.Welcome
	require.NoError(t, socket.ReadJSON(&welcome))
	servers := welcome.ICEServers[0]
	require.Len(t, servers.URLs, 3)
	require.Equal(t, "turns:"+s.public.Host+"?transport=tcp", servers.URLs[2])

	conn, err := tls.Dial("tcp", address, insecure)
	require.NoError(t, err)
	defer conn.Close()
	client, err := pion.NewClient(&pion.ClientConfig{STUNServerAddr: address,
		TURNServerAddr: address, Conn: pion.NewSTUNConn(conn),
		Username: servers.Username, Password: servers.Credential})
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Listen())
	relayed, err := client.Allocate()
	require.NoError(t, err)
	require.Equal(t, 1, s.relay.Stats().Allocations)
	require.NoError(t, relayed.Close())

	config = testConfig(t)
	config.TLS, config.TURN.Enabled = certificateFiles(t), false
	without := start(t, config)
	response, _ := get(t, "https://"+without.webListener.Addr().String()+"/healthz")
	require.Equal(t, http.StatusOK, response.StatusCode)
	turnedAway, err := tls.Dial("tcp", without.webListener.Addr().String(), insecure)
	require.NoError(t, err)
	defer turnedAway.Close()
	_, err = turnedAway.Write([]byte{0, 3, 0, 0})
	require.NoError(t, err)
	require.NoError(t, turnedAway.SetReadDeadline(time.Now().Add(5*time.Second)))
	_, err = turnedAway.Read(make([]byte, 1))
	require.Error(t, err, "no relay")
}

// A client without UDP and without relay reaches the media plane over TCP.
func TestTransportStandsOverTCPAlone(t *testing.T) {
	t.Parallel()
	s := start(t, testConfig(t))
	socket, _ := s.join(t, s.link(t, protocol.RoleGuest))
	var settings webrtc.SettingEngine
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	settings.SetIncludeLoopbackCandidate(true)
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings),
		defaultCodecs(t)).NewPeerConnection(webrtc.Configuration{})
	require.NoError(t, err)
	defer pc.Close()
	pair := negotiate(t, pc, socket)
	require.Equal(t, webrtc.ICEProtocolTCP, pair.Remote.Protocol)
	require.NotZero(t, s.overTCP.Connections())
}

func defaultCodecs(t *testing.T) func(*webrtc.API) {
	t.Helper()
	var media webrtc.MediaEngine
	require.NoError(t, media.RegisterDefaultCodecs())
	return webrtc.WithMediaEngine(&media)
}
