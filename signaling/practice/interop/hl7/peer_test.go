package hl7

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice/interop/hl7/er7"
	"draille/signaling/practice/interop/hl7/mllp"
)

// peerFolder holds a sender and a receiver that nobody here wrote.
const peerFolder = "../../../../web/e2e/hl7"

// peer is a command that runs it. The test is skipped where the client's packages are not
// installed, except in CI.
func peer(t *testing.T, arguments ...string) *exec.Cmd {
	t.Helper()
	if _, err := os.Stat(peerFolder + "/../../node_modules/node-hl7-client"); err != nil {
		if os.Getenv("CI") == "" {
			t.Skip("expected node-hl7-client, got none; run npm ci in web")
		}
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "node",
		append([]string{"peer.mjs"}, arguments...)...)
	command.Dir, command.Stderr = peerFolder, os.Stderr
	return command
}

func TestASenderThatNobodyHereWrote(t *testing.T) {
	w := newWard(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.receiver.Serve(ctx, listener, mllp.Config{}) }()
	texts := []string{
		message{event: "ADT^A28^ADT_A05", control: "N1", pid: withINS("1"),
			reliability: "VALI"}.text(),
		message{event: "SIU^S12^SIU_S12", control: "N2", pid: somebody("1"),
			extra: meeting("S12", "R-1", "202612011000").extra}.text(),
		message{event: "ADT^A28^ADT_A05", control: "N3", pid: []string{"", "", "", ""}}.text(),
		message{event: "ADT^A28^ADT_A05", control: "N1", pid: withINS("1"),
			reliability: "VALI"}.text(),
	}
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	command := peer(t, "send", port)
	command.Stdin = strings.NewReader(joinedFor(texts))
	said, err := command.Output()
	require.NoError(t, err)
	require.Equal(t, "AA N1\nAA N2\nAE N3\nAA N1\n", string(said))
	stop()
	require.NoError(t, <-ended)
	require.NotEmpty(t, w.patient("1").INS)
	require.Equal(t, 1, w.Count("SELECT COUNT(*) FROM appointments"))
	require.Equal(t, 3, w.Count("SELECT COUNT(*) FROM received"))
}

// joinedFor is messages as the peer reads them.
func joinedFor(texts []string) string {
	var trimmed []string
	for _, text := range texts {
		trimmed = append(trimmed, strings.ReplaceAll(strings.TrimSpace(text), "\r", "\n"))
	}
	return strings.Join(trimmed, "\n\n")
}

func TestAReceiverThatNobodyHereWrote(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, free.Close())
	address := free.Addr().(*net.TCPAddr)
	command := peer(t, "listen", strconv.Itoa(address.Port))
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	lines := bufio.NewScanner(output)
	require.True(t, lines.Scan())
	require.Equal(t, "listening", lines.Text())
	s := mllp.NewSender(mllp.SenderConfig{Address: address.String()})
	defer s.Close()
	for i, control := range []string{"D1", "D2", "D3"} {
		m, err := er7.Parse([]byte(message{event: "ADT^A28^ADT_A05", control: control,
			pid: somebody("1")}.text()))
		require.NoError(t, err)
		answer, err := Deliver(t.Context(), s, m)
		if i > 0 {
			// It answers the first message of a connection again and again: what is no answer to
			// this one is none, and the message is sent once more over a new connection.
			require.ErrorIs(t, err, mllp.ErrUnanswered)
			answer, err = Deliver(t.Context(), s, m)
		}
		require.NoError(t, err)
		for lines.Scan() && lines.Text() != control+" PAT-TROIS" {
			continue // what it read once more
		}
		require.Equal(t, control+" PAT-TROIS", lines.Text())
		require.Equal(t, "AA", answer.First("MSA").Field(1).Text())
	}
	require.NoError(t, command.Process.Kill())
	require.Error(t, command.Wait())
}
