package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
)

// logBuffer keeps a log that is still written to when it is read: the relay's goroutines say
// goodbye in their own time.
type logBuffer struct {
	mu   sync.Mutex
	kept bytes.Buffer
}

func (b *logBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.kept.Write(line)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.kept.String()
}

// Nothing that opens a room, tells who is in it, or was said there comes into the log or onto the
// disk, however much is logged and whatever is sent wrong.
func TestNothingPrivateIsLoggedOrStored(t *testing.T) {
	t.Parallel()
	config := testConfig(t)
	config.Log = LogConfig{Level: "debug", Format: "json"}
	var log logBuffer
	logger, _, err := newLogger(config.Log, &log)
	require.NoError(t, err)
	s, err := newServer(config, logger)
	require.NoError(t, err)
	r := &running{server: s}
	s.serve()

	const name, chat, note, sdp, bad = "Nom-Marqué", "Parole-Marquée", "Mot-Marqué", "SDP-Marqué",
		"Faute-Marquée"
	hostLink, guestLink := r.link(t, protocol.RoleHost), r.link(t, protocol.RoleGuest)
	host, hostWelcome := r.join(t, hostLink)
	send := func(message any) {
		t.Helper()
		require.NoError(t, host.WriteJSON(message))
	}
	send(protocol.Enter{Type: "enter", Name: name})
	awaitMessage(t, host, "admitted")
	guest, guestWelcome := r.join(t, guestLink)
	require.NoError(t, guest.WriteJSON(protocol.Enter{Type: "enter", Name: name + "-2"}))
	awaitMessage(t, guest, "waiting")
	send(protocol.Admit{Type: "admit", Participant: guestWelcome.Participant})
	awaitMessage(t, guest, "admitted")
	send(protocol.Note{Type: "note", Text: note})
	send(protocol.Say{Type: "say", Text: chat})
	awaitMessage(t, guest, "chat")
	send(protocol.Offer{Type: "offer", Connection: "c", SDP: "v=0 " + sdp})
	awaitMessage(t, host, "error")
	send(protocol.Candidate{Type: "candidate", Connection: "c", Candidate: "candidate:" + sdp})
	send(map[string]any{"type": bad, bad: bad})
	awaitMessage(t, host, "error")
	require.NoError(t, host.WriteMessage(2, []byte(bad)))
	awaitMessage(t, host, "error")
	// Tokens that are refused, and one in a place where it would be logged by a careless server.
	forged := strings.SplitAfter(guestLink, "#")[1] + "x"
	_, _ = get(t, r.url("/?token="+forged))
	stranger, err := dialSocket(r)
	require.NoError(t, err)
	require.NoError(t,
		stranger.WriteJSON(protocol.Join{Type: "join", Token: forged, Device: "device",
			Name: name}))
	awaitMessage(t, stranger, "bye")
	stranger.Close()
	send(protocol.Remove{Type: "remove", Participant: guestWelcome.Participant})
	awaitMessage(t, guest, "bye")
	s.shutdown()

	secrets := []string{name, chat, note, sdp, bad, "Mme Rey", strings.SplitAfter(hostLink, "#")[1],
		strings.SplitAfter(guestLink, "#")[1], forged,
		hostWelcome.Resume, guestWelcome.Resume, hostWelcome.ICEServers[0].Credential,
		guestWelcome.ICEServers[0].Credential, "device-1"}
	require.Contains(t, log.String(), `"level":"debug"`)
	require.Contains(t, log.String(), hostWelcome.Participant, "ids are what is logged")
	for _, secret := range secrets {
		require.NotContains(t, log.String(), secret)
	}
	require.NoError(t,
		filepath.WalkDir(config.DataDirectory,
			func(path string, entry os.DirEntry, err error) error {
				require.NoError(t, err)
				if entry.IsDir() {
					return nil
				}
				info, err := entry.Info()
				require.NoError(t, err)
				require.Zero(t, info.Mode().Perm()&0o077, path)
				content, err := os.ReadFile(path)
				require.NoError(t, err)
				for _, secret := range secrets {
					require.NotContains(t, string(content), secret, path)
				}
				return nil
			}))
}

// Every answer over TLS keeps a page from doing what it need not, and none sets a cookie.
func TestHeaders(t *testing.T) {
	config := testConfig(t)
	config.TLS = certificateFiles(t)
	s := start(t, config)
	for _, path := range []string{"/", "/healthz", "/readyz", "/nothing", "/ws", "/index.html",
		"/assets/"} {
		response, _ := get(t, "https://"+s.webListener.Addr().String()+path)
		h := response.Header
		csp := h.Get("Content-Security-Policy")
		require.Contains(t, csp, "default-src 'self'", path)
		// the icon: nothing that runs, and no pixel from elsewhere
		csp = strings.Replace(csp, "img-src 'self' data:;", "", 1)
		for _, forbidden := range []string{"unsafe-inline", "unsafe-eval", "*", "data:"} {
			require.NotContains(t, csp, forbidden, path)
		}
		for _, directive := range []string{"object-src 'none'", "base-uri 'none'",
			"form-action 'none'", "frame-ancestors 'none'"} {
			require.Contains(t, csp, directive, path)
		}
		require.Regexp(t, `^max-age=\d{8}`, h.Get("Strict-Transport-Security"), path)
		require.Equal(t, "no-referrer", h.Get("Referrer-Policy"), path)
		require.Contains(t, h.Get("Permissions-Policy"), "camera=(self)", path)
		require.Contains(t, h.Get("Permissions-Policy"), "geolocation=()", path)
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), path)
		require.Equal(t, "same-origin", h.Get("Cross-Origin-Opener-Policy"), path)
		require.Empty(t, h.Values("Set-Cookie"), path)
		require.Empty(t, h.Get("Server"), path)
	}
}

// What is too large is answered, and not read.
func TestLargeRequestsAreRefused(t *testing.T) {
	s := start(t, testConfig(t))
	request, err := http.NewRequest(http.MethodGet, s.url("/"), nil)
	require.NoError(t, err)
	request.Header.Set("X-Large", strings.Repeat("a", 1<<20))
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true},
		Timeout: 10 * time.Second}
	response, err := client.Do(request)
	require.NoError(t, err)
	response.Body.Close()
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, response.StatusCode)
	response, err = client.Post(s.url("/"), "text/plain", strings.NewReader("a"))
	require.NoError(t, err)
	response.Body.Close()
	require.Equal(t, http.StatusMethodNotAllowed, response.StatusCode)
}
