package main

import (
	"context"
	"crypto/tls"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"draille/signaling/protocol"
)

func TestMemoryIsGivenBackOnceAfterTheLastRoom(t *testing.T) {
	freed := 0
	i := idleness{free: func() { freed++ }}
	at := func(seconds, rooms, want int) {
		t.Helper()
		i.tick(time.Duration(seconds)*time.Second, rooms)
		require.Equal(t, want, freed)
	}
	at(0, 0, 0)
	at(60, 0, 0) // nothing was used
	at(65, 3, 0)
	at(70, 0, 0)
	at(75, 0, 0)
	at(78, 1, 0) // somebody came back
	at(80, 0, 0)
	at(85, 0, 0)
	at(90, 0, 1)
	at(95, 0, 1)
	at(500, 0, 1)
	at(505, 1, 1)
	at(510, 0, 1)
	at(520, 0, 2)
}

func TestClockSteps(t *testing.T) {
	var c clock
	day := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	require.Zero(t, c.tick(0, day))
	require.Zero(t, c.tick(5*time.Second, day.Add(5*time.Second)))
	require.Zero(t, c.tick(10*time.Second, day.Add(10*time.Second+50*time.Millisecond)), "drift")
	require.Equal(t, time.Hour,
		c.tick(15*time.Second, day.Add(time.Hour+15*time.Second+50*time.Millisecond)))
	require.Zero(t, c.tick(20*time.Second, day.Add(time.Hour+20*time.Second)))
	require.Equal(t, -time.Hour, c.tick(25*time.Second, day.Add(25*time.Second)))
}

func TestClockStepIsLoggedAndServedOn(t *testing.T) {
	s := start(t, testConfig(t))
	u := newUpkeep(s.server)
	day := time.Now()
	u.tick(0, day)
	u.tick(5*time.Second, day.Add(30*24*time.Hour))
	require.Equal(t, 1, s.logs.FilterMessageSnippet("clock of this machine was stepped").Len())
	_, welcome := s.join(t, s.link(t, protocol.RoleGuest))
	require.NotEmpty(t, welcome.Participant)
}

// served is the serial number of the certificate that the web server shows.
func served(t *testing.T, s *running) string {
	t.Helper()
	c, err := tls.Dial("tcp", s.webListener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	require.NoError(t, err)
	defer c.Close()
	return string(c.ConnectionState().PeerCertificates[0].Raw)
}

func TestCertificateIsRenewedWhileRunning(t *testing.T) {
	config := testConfig(t)
	config.TLS = certificateFiles(t)
	s := start(t, config)
	first := served(t, s)
	renewed := certificateFiles(t)
	replaceFile := func(from, to string) {
		data, err := os.ReadFile(from)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(to, data, 0o600))
	}
	u := newUpkeep(s.server)
	u.tick(0, time.Now())

	// Half renewed: chain and key do not belong together.
	replaceFile(renewed.Cert, config.TLS.Cert)
	require.NoError(t, os.Chtimes(config.TLS.Cert, time.Time{}, time.Now().Add(time.Second)))
	u.tick(0, time.Now().Add(renewEvery))
	require.Equal(t, 1, s.logs.FilterMessageSnippet("the one before goes on").Len())
	require.Equal(t, first, served(t, s))

	replaceFile(renewed.Key, config.TLS.Key)
	require.NoError(t, os.Chtimes(config.TLS.Key, time.Time{}, time.Now().Add(time.Second)))
	u.tick(0, time.Now().Add(2*renewEvery))
	require.Equal(t, 1,
		s.logs.FilterMessageSnippet("read again").FilterLevelExact(zapcore.InfoLevel).Len())
	second := served(t, s)
	require.NotEqual(t, first, second)
	u.tick(0, time.Now().Add(3*renewEvery))
	require.Equal(t, second, served(t, s))
	require.Equal(t, 1, s.logs.FilterMessage("the certificate was read again").Len(),
		"not without a change")
}

func TestReload(t *testing.T) {
	config := testConfig(t)
	config.TLS = certificateFiles(t)
	s := start(t, config)
	level := zap.NewAtomicLevelAt(zapcore.InfoLevel)
	s.reload(Config{}, level, os.ErrNotExist)
	require.Equal(t, 1, s.logs.FilterMessageSnippet("cannot be read again").Len())
	config.Log.Level = "debug"
	s.reload(config, level, nil)
	require.Equal(t, zapcore.DebugLevel, level.Level())
	require.Equal(t, 1, s.logs.FilterMessage("the certificate was read again").Len())
}

// The command itself hears SIGHUP and reads its configuration file again.
func TestHangupReloads(t *testing.T) {
	directory := t.TempDir()
	file := filepath.Join(directory, "draille.yaml")
	require.NoError(t, os.WriteFile(file, []byte("log: {level: info, format: json}"), 0o600))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	log := &logWatcher{wanted: map[string]func(){
		"draille is running": func() {
			require.NoError(t, os.WriteFile(file, []byte("log: {level: debug, format: json}"),
				0o600))
			require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
		},
		"the log level was changed": cancel,
	}}
	root := newRoot(testProgram)
	root.SetErr(log)
	root.SetArgs([]string{"serve", "--listen=localhost:0", "--udp-listen=127.0.0.1:0",
		"--turn.tcp-listen=127.0.0.1:0",
		"--metrics.listen=", "--data-directory=" + directory, "--config=" + file})
	require.NoError(t, root.ExecuteContext(ctx))
	require.Contains(t, log.String(), `"level":"debug"`)
}

func TestReadyUntilItStops(t *testing.T) {
	s := start(t, testConfig(t))
	response, body := get(t, s.url("/readyz"))
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, "ready\n", body)
	s.stopping.Store(true)
	response, body = get(t, s.url("/readyz"))
	require.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
	require.Equal(t, "stopping\n", body)
	require.Equal(t, readyAgain, response.Header.Get("Retry-After"))
	response, _ = get(t, s.url("/healthz"))
	require.Equal(t, http.StatusOK, response.StatusCode)
	_, body = get(t, "http://"+s.metricsListen.Addr().String()+"/metrics")
	require.Contains(t, body, "draille_ready 0\n")
}

func awaitMessage(t *testing.T, socket *websocket.Conn, kind string) {
	t.Helper()
	var message struct{ Type string }
	for message.Type != kind {
		require.NoError(t, socket.ReadJSON(&message))
	}
}

func TestTooManyOfOneAddress(t *testing.T) {
	config := testConfig(t)
	config.Limits.OpensAtOnce, config.Limits.OpensPerSecond = 1, 1
	s := start(t, config)
	s.join(t, s.link(t, protocol.RoleGuest))
	status := 0
	for status != http.StatusTooManyRequests { // the first may still be let in, one second later
		response, err := http.DefaultClient.Do(upgrade(t, s.url("/ws")))
		require.NoError(t, err)
		response.Body.Close()
		status = response.StatusCode
		require.Contains(t, []int{http.StatusTooManyRequests, http.StatusSwitchingProtocols},
			status)
	}
	_, body := get(t, "http://"+s.metricsListen.Addr().String()+"/metrics")
	require.Regexp(t, `draille_refused_total\{cost="opens",scope="address"\} [1-9]`, body)
	http.DefaultClient.CloseIdleConnections()
}

func upgrade(t *testing.T, target string) *http.Request {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, target, nil)
	require.NoError(t, err)
	for name, value := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket",
		"Sec-WebSocket-Version":  "13",
		"Sec-WebSocket-Key":      "dGhlIHNhbXBsZSBub25jZQ==",
		"Sec-WebSocket-Protocol": protocol.Subprotocol} {
		request.Header.Set(name, value)
	}
	return request
}

// A restart of the whole server: what was kept is found, in files that nobody else reads.
func TestRoomsAreFoundAfterARestart(t *testing.T) {
	config := testConfig(t)
	core, _ := observer.New(zapcore.InfoLevel)
	s, err := newServer(config, zap.New(core))
	require.NoError(t, err)
	first := &running{server: s}
	s.serve()
	host := first.link(t, protocol.RoleHost)
	socket, welcome := first.join(t, host)
	require.NoError(t, socket.WriteJSON(protocol.Enter{Type: "enter", Name: "Dr Vidal"}))
	awaitMessage(t, socket, "admitted")
	s.shutdown()

	kept := filepath.Join(config.DataDirectory, "rooms", "room-1.json")
	info, err := os.Stat(kept)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	content, err := os.ReadFile(kept)
	require.NoError(t, err)
	for _, secret := range []string{"Vidal", "Mme Rey", welcome.Resume,
		strings.SplitAfter(host, "#")[1]} {
		require.NotContains(t, string(content), secret)
	}

	again := start(t, config)
	_, back := again.join(t, host)
	require.Equal(t, protocol.PlaceRoom, back.Place)
	require.Equal(t, welcome.Participant, back.Participant)
	require.Equal(t, protocol.RoleHost, back.Role)
}

func dialSocket(r *running) (*websocket.Conn, error) {
	dialer := websocket.Dialer{Subprotocols: []string{protocol.Subprotocol}}
	socket, _, err := dialer.Dial("ws://"+r.webListener.Addr().String()+"/ws",
		http.Header{"Origin": []string{r.public.String()}})
	if err == nil {
		err = socket.SetReadDeadline(time.Now().Add(time.Minute))
	}
	return socket, err
}
