package main

import (
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
)

// A link that is withdrawn opens nothing more, and whoever is inside with it is put out.
func TestRevoke(t *testing.T) {
	s := start(t, testConfig(t))
	directory := s.config.DataDirectory
	out, err := run(t, "invite", "--room", "a", "--seats", "3", "--json", "--public-url", s.url(""),
		"--data-directory", directory)
	require.NoError(t, err)
	var printed invitation
	require.NoError(t, json.Unmarshal([]byte(out), &printed))
	require.Equal(t, 3, printed.Seats)
	socket, _ := s.join(t, printed.Link)
	other, _ := s.join(t, s.link(t, protocol.RoleHost))

	out, err = run(t, "revoke", printed.Link, "--data-directory", directory)
	require.NoError(t, err)
	require.Equal(t, "Withdrawn: "+printed.ID+"\n", out)
	newUpkeep(s.server).revoke(time.Now())
	awaitMessage(t, socket, "bye")

	link, err := url.Parse(printed.Link)
	require.NoError(t, err)
	dialer := websocket.Dialer{Subprotocols: []string{protocol.Subprotocol}}
	again, response, err := dialer.Dial("ws://"+s.webListener.Addr().String()+"/ws", nil)
	require.NoError(t, err)
	response.Body.Close()
	defer again.Close()
	require.NoError(t,
		again.WriteJSON(map[string]string{"type": "join", "token": link.Fragment, "device": "d"}))
	var bye protocol.Bye
	require.NoError(t, again.ReadJSON(&bye))
	require.Equal(t, protocol.ByeRevoked, bye.Reason)
	require.NoError(t, other.WriteJSON(map[string]any{"type": "ping", "n": 1}))
	awaitMessage(t, other, "pong")

	_, err = run(t, "revoke", "not a link", "--data-directory", directory)
	require.ErrorContains(t, err, "neither a link")
	out, err = run(t, "revoke", "ANID", "--data-directory", directory)
	require.NoError(t, err)
	require.Equal(t, "Withdrawn, if this server has made it: ANID\n", out)
	_, err = run(t, "revoke", "https://other/#a.b.c", "--data-directory", directory)
	require.ErrorContains(t, err, "not made with the secret of this server")
}
