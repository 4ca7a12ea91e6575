package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	pion "github.com/pion/turn/v4"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
	"golang.org/x/crypto/acme/autocert"

	"draille/signaling/protocol"
	"draille/signaling/quota"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testConfig is a server on ports of its own, all on loopback.
func testConfig(t *testing.T) Config {
	config := defaultConfig()
	config.Listen = "localhost:0"
	config.UDPListen = "127.0.0.1:0"
	config.TURN.TCPListen = "127.0.0.1:0"
	config.Metrics.Listen = "127.0.0.1:0"
	config.DataDirectory = filepath.Join(t.TempDir(), "data")
	return config
}

type running struct {
	*server
	logs *observer.ObservedLogs
	stop func() error // ends the server as a signal would; more than once is fine
}

func start(t *testing.T, config Config) *running {
	t.Helper()
	core, logs := observer.New(zapcore.InfoLevel)
	s, err := newServer(config, zap.New(core))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.run(ctx) }()
	r := &running{server: s, logs: logs, stop: sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(time.Minute):
			return context.DeadlineExceeded
		}
	})}
	t.Cleanup(func() { require.NoError(t, r.stop()) })
	return r
}

func (r *running) url(path string) string {
	return "http://" + r.webListener.Addr().String() + path
}

func get(t *testing.T, target string) (*http.Response, string) {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	response, err := (&http.Client{Transport: transport}).Get(target)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(body)
}

// join opens a websocket with the token of a link and returns it with the Welcome.
func (r *running) join(t *testing.T, link string) (*websocket.Conn, protocol.Welcome) {
	t.Helper()
	parsed, err := url.Parse(link)
	require.NoError(t, err)
	dialer := websocket.Dialer{Subprotocols: []string{protocol.Subprotocol}}
	header := http.Header{"Origin": []string{r.public.String()}}
	socket, _, err := dialer.Dial("ws://"+r.webListener.Addr().String()+"/ws", header)
	require.NoError(t, err)
	t.Cleanup(func() { socket.Close() })
	require.NoError(t, socket.SetReadDeadline(time.Now().Add(time.Minute)))
	require.NoError(t,
		socket.WriteJSON(protocol.Join{Type: "join", Token: parsed.Fragment, Device: "device-1",
			Lang: "fr"}))
	var welcome protocol.Welcome
	require.NoError(t, socket.ReadJSON(&welcome))
	return socket, welcome
}

func (r *running) link(t *testing.T, role protocol.Role) string {
	t.Helper()
	link, err := r.invitations.Link("room-1", protocol.KindConsultation, role, "Mme Rey",
		time.Now(), time.Hour)
	require.NoError(t, err)
	return link
}

func TestServeAnswers(t *testing.T) {
	s := start(t, testConfig(t))
	response, body := get(t, s.url("/healthz"))
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, "ok\n", body)

	response, _ = get(t, s.url("/"))
	// built with or without client
	require.Contains(t, []int{http.StatusOK, http.StatusServiceUnavailable}, response.StatusCode)
	csp := response.Header.Get("Content-Security-Policy")
	_, port, err := net.SplitHostPort(s.webListener.Addr().String())
	require.NoError(t, err)
	require.Contains(t, csp, "default-src 'self'; connect-src 'self' ws://localhost:"+port+";")
	require.Contains(t, csp, "frame-ancestors 'none'")
	require.NotContains(t, csp, "unsafe")
	require.Equal(t, "no-referrer", response.Header.Get("Referrer-Policy"))
	require.Equal(t, "nosniff", response.Header.Get("X-Content-Type-Options"))
	for _, feature := range []string{"camera", "microphone", "display-capture", "screen-wake-lock",
		"autoplay"} {
		require.Contains(t, response.Header.Get("Permissions-Policy"), feature+"=(self)")
	}
	require.Empty(t, response.Header.Get("Strict-Transport-Security"), "not without TLS")
	require.Empty(t, response.Cookies())

	response, _ = get(t, s.url("/nothing"))
	require.Equal(t, http.StatusNotFound, response.StatusCode)
	require.Equal(t, csp, response.Header.Get("Content-Security-Policy"), "on every answer")
}

func TestServeWelcomesAndSaysGoodbye(t *testing.T) {
	s := start(t, testConfig(t))
	socket, welcome := s.join(t, s.link(t, protocol.RoleGuest))
	require.Equal(t, "welcome", welcome.Type)
	require.Equal(t, "Mme Rey", welcome.Name)
	require.Equal(t, protocol.RoleGuest, welcome.Role)
	require.Equal(t, protocol.RoomInfo{ID: "room-1", Kind: protocol.KindConsultation}, welcome.Room)
	require.Equal(t, version(), welcome.Server)

	ended := make(chan error, 1)
	go func() { ended <- s.stop() }()
	for {
		var bye protocol.Bye
		require.NoError(t, socket.ReadJSON(&bye))
		if bye.Type == "bye" {
			require.Equal(t, protocol.ByeShutdown, bye.Reason)
			require.True(t, bye.Retry)
			break
		}
	}
	socket.Close()
	require.NoError(t, <-ended)
	_, err := s.webListener.Accept() // its port may be another's at once
	require.ErrorIs(t, err, net.ErrClosed)
}

// The whole way: a welcome's credentials allocate at the relay on both transports, and the relay
// reaches the media port and nothing else.
func TestServeRelays(t *testing.T) {
	s := start(t, testConfig(t))
	_, welcome := s.join(t, s.link(t, protocol.RoleGuest))
	require.Len(t, welcome.ICEServers, 1)
	server := welcome.ICEServers[0]
	require.Len(t, server.URLs, 2)
	for i, transport := range []string{"udp", "tcp"} {
		match := regexp.MustCompile(`^turn:127\.0\.0\.1:(\d+)\?transport=` + transport +
			`$`).FindStringSubmatch(server.URLs[i])
		require.NotNil(t, match, server.URLs[i])
		address := "127.0.0.1:" + match[1]
		var conn net.PacketConn
		if transport == "udp" {
			socket, err := net.ListenPacket("udp4", "127.0.0.1:0")
			require.NoError(t, err)
			conn = socket
		} else {
			stream, err := net.Dial("tcp4", address)
			require.NoError(t, err)
			conn = pion.NewSTUNConn(stream)
		}
		client, err := pion.NewClient(&pion.ClientConfig{
			TURNServerAddr: address, Conn: conn, Username: server.Username,
			Password: server.Credential, Realm: "draille",
		})
		require.NoError(t, err)
		require.NoError(t, client.Listen())
		relayed, err := client.Allocate()
		require.NoError(t, err)
		require.NoError(t, client.CreatePermission(net.UDPAddrFromAddrPort(s.socket.LocalAddr())))
		require.Error(t, client.CreatePermission(&net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 9}))
		require.NoError(t, relayed.Close())
		client.Close()
		conn.Close()
	}
}

func TestServeWithoutRelayAndMetrics(t *testing.T) {
	config := testConfig(t)
	config.TURN.Enabled, config.Metrics.Listen = false, ""
	s := start(t, config)
	_, welcome := s.join(t, s.link(t, protocol.RoleHost))
	require.Empty(t, welcome.ICEServers)
	require.Nil(t, s.metrics)
}

func TestServeRefusesForeignOrigins(t *testing.T) {
	config := testConfig(t)
	config.PublicURL = "http://visio.example.org"
	config.AllowedOrigins = []string{"https://portail.example.org"}
	s := start(t, config)
	dialer := websocket.Dialer{Subprotocols: []string{protocol.Subprotocol}}
	for origin, allowed := range map[string]bool{
		"http://visio.example.org": true, "https://portail.example.org": true,
		"https://evil.example": false, "null": false,
	} {
		socket, _, err := dialer.Dial("ws://"+s.webListener.Addr().String()+"/ws",
			http.Header{"Origin": []string{origin}})
		require.Equal(t, allowed, err == nil, origin)
		if err == nil {
			socket.Close()
		}
	}
}

func TestMetrics(t *testing.T) {
	s := start(t, testConfig(t))
	_, welcome := s.join(t, s.link(t, protocol.RoleGuest))
	response, body := get(t, "http://"+s.metricsListen.Addr().String()+"/metrics")
	require.Equal(t, http.StatusOK, response.StatusCode)
	for _, want := range []string{
		`draille_participants{place="lobby"} 1`, // whoever is welcomed is counted
		`draille_signaling_messages_total{direction="sent",type="welcome"} 1`,
		"draille_rooms 1\n", `draille_websocket_connections 1`,
		`draille_signaling_messages_total{direction="received",type="join"} 1`,
		"draille_turn_allocations 0",
		`draille_media_packets_total{direction="in"} 0`,
		`draille_media_dropped_total{reason="gate"} 0`,
		`draille_participant_admitted{participant="` + welcome.Participant + `",room="room-1"} 0`,
		`draille_participant_gate_blocked_total{participant="` + welcome.Participant +
			`",room="room-1"} 0`,
		`draille_udp_dropped_total{reason="malformed"} 0`, "go_goroutines ",
		"process_cpu_seconds_total ", "draille_build_info{",
	} {
		require.Contains(t, body, want)
	}
	// Every metric of ours is explained.
	for _, line := range strings.Split(body, "\n") {
		if name, found := strings.CutPrefix(line, "# TYPE draille_"); found {
			name, _, _ = strings.Cut(name, " ")
			require.Regexp(t, `# HELP draille_`+name+` .{15,}`, body)
		}
	}
	response, _ = get(t, s.url("/metrics"))
	require.Equal(t, http.StatusNotFound, response.StatusCode, "not on the public port")
}

func TestServeOverTLS(t *testing.T) {
	config := testConfig(t)
	config.TLS = certificateFiles(t)
	s := start(t, config)
	require.Equal(t, "https", s.public.Scheme)
	response, _ := get(t, "https://"+s.webListener.Addr().String()+"/")
	require.Equal(t, "max-age=31536000", response.Header.Get("Strict-Transport-Security"))
	require.Contains(t, response.Header.Get("Content-Security-Policy"),
		"connect-src 'self' wss://localhost:")
	require.GreaterOrEqual(t, response.TLS.Version, uint16(tls.VersionTLS12))
}

func certificateFiles(t *testing.T) TLSConfig {
	t.Helper()
	return certificateUntil(t, time.Now().Add(time.Hour))
}

func certificateUntil(t *testing.T, ends time.Time) TLSConfig {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"},
		NotAfter: ends}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	files := TLSConfig{Mode: tlsFiles, Cert: filepath.Join(t.TempDir(), "cert.pem"),
		Key: filepath.Join(t.TempDir(), "key.pem")}
	require.NoError(t,
		os.WriteFile(files.Cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
			0o600))
	require.NoError(t,
		os.WriteFile(files.Key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
			0o600))
	return files
}

func TestACMEIsPrepared(t *testing.T) {
	config := testConfig(t)
	config.TLS = TLSConfig{Mode: tlsACME, ACMEDomains: []string{"visio.example.org"}}
	made, _, err := newTLS(config, autocert.DirCache(t.TempDir()))
	require.NoError(t, err)
	require.Contains(t, made.NextProtos, "acme-tls/1")
	_, err = made.GetCertificate(&tls.ClientHelloInfo{ServerName: "evil.example.org"})
	require.ErrorContains(t, err, "not configured", "no certificate is asked for a stranger's name")
}

func TestStartFailsInWords(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	takenUDP, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	defer takenUDP.Close()
	for want, change := range map[string]func(*Config){
		"choose another port with --listen": func(c *Config) {
			c.Listen = taken.Addr().String()
		},
		"choose another port with --turn.tcp-listen": func(c *Config) {
			c.TURN.TCPListen = taken.Addr().String()
		},
		"choose another port with --metrics.listen": func(c *Config) {
			c.Metrics.Listen = taken.Addr().String()
		},
		"choose another port with --udp-listen": func(c *Config) {
			c.UDPListen = takenUDP.LocalAddr().String()
		},
		"does not have that address":  func(c *Config) { c.Listen = "203.0.113.254:0" },
		"which cannot be listened on": func(c *Config) { c.Listen = "no.such.host.invalid:0" },
		"cannot be used": func(c *Config) {
			c.TLS = TLSConfig{Mode: tlsFiles, Cert: "/nowhere", Key: "/nowhere"}
		},
		"openssl rand": func(c *Config) { c.SecretFile = "/nowhere/secret" },
	} {
		config := testConfig(t)
		change(&config)
		_, err := newServer(config, zap.NewNop())
		require.ErrorContains(t, err, want)
	}
	require.ErrorContains(t, listenError("listen", ":80", os.ErrPermission), "CAP_NET_BIND_SERVICE")
}

func TestPlainHTTPForOthersIsWarnedOf(t *testing.T) {
	for listen, want := range map[string]int{"localhost:0": 0, "0.0.0.0:0": 1} {
		config := testConfig(t)
		config.Listen = listen
		s := start(t, config)
		require.NoError(t, s.stop())
		require.Equal(t, want, s.logs.FilterMessageSnippet("refuse camera and microphone").Len(),
			listen)
	}
}

// The command itself, from its flags to the printed links and the end.
func TestServeCommand(t *testing.T) {
	directory := t.TempDir()
	arguments := []string{"serve", "--listen=localhost:0", "--udp-listen=127.0.0.1:0",
		"--turn.tcp-listen=127.0.0.1:0",
		"--metrics.listen=", "--data-directory=" + directory, "--log.format=json"}
	for _, c := range []struct {
		name      string
		arguments []string
		links     int
	}{
		{"tried out", nil, 2},
		{"no invite", []string{"--no-invite"}, 0},
		{"configured", []string{"--config=draille.example.yaml"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			root := newRoot(testProgram)
			var out bytes.Buffer
			log := &logWatcher{wanted: map[string]func(){"draille is running": cancel}}
			root.SetOut(&out)
			root.SetErr(log)
			root.SetArgs(append(arguments, c.arguments...))
			// ends as soon as the log says that it runs
			require.NoError(t, root.ExecuteContext(ctx))
			links := regexp.MustCompile(`http://localhost:\d+/#\S+`).FindAllString(out.String(), -1)
			require.Len(t, links, c.links)
			for i, role := range []protocol.Role{protocol.RoleHost, protocol.RoleGuest}[:c.links] {
				got, err := verify(t, directory, links[i], time.Now().Add(23*time.Hour))
				require.NoError(t, err)
				require.Equal(t, role, got.Role)
				require.NotContains(t, log.String(), links[i])
			}
			require.Contains(t, log.String(), `"msg":"stopped"`)
		})
	}
}

// logWatcher keeps a log, and does something when it says what is wanted.
type logWatcher struct {
	wanted map[string]func()
	mu     sync.Mutex
	text   bytes.Buffer
}

func (w *logWatcher) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for text, do := range w.wanted {
		if bytes.Contains(p, []byte(text)) {
			do()
		}
	}
	return w.text.Write(p)
}

func (w *logWatcher) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

func TestPartThatFailsEndsTheServer(t *testing.T) {
	core, logs := observer.New(zapcore.InfoLevel)
	s, err := newServer(testConfig(t), zap.New(core))
	require.NoError(t, err)
	s.webListener.Close()
	require.ErrorContains(t, s.run(context.Background()), "the web server stopped")
	require.Equal(t, 1, logs.FilterMessage("stopped").Len())
}

func TestAddressesForMedia(t *testing.T) {
	bound := netip.MustParseAddrPort("0.0.0.0:3478")
	outside := []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}
	translated := []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:3478"),
		netip.MustParseAddrPort("[2001:db8::1]:3478")}
	inside := netip.MustParseAddrPort("10.0.0.7:3478")
	got, err := mediaAddresses(outside, inside)
	require.NoError(t, err)
	require.Equal(t, append(translated, inside), got, "people inside may reach no other")
	got, err = mediaAddresses(outside, bound)
	require.NoError(t, err)
	require.Equal(t, translated, got[:2], "the public ones come first")
	for _, local := range got[2:] {
		require.False(t, local.Addr().IsLoopback(), "%v leads nowhere from elsewhere", local)
	}
	got, err = mediaAddresses([]netip.Addr{inside.Addr()}, inside)
	require.NoError(t, err)
	require.Equal(t, []netip.AddrPort{inside}, got, "nothing is translated")
	got, err = mediaAddresses(nil, netip.MustParseAddrPort("127.0.0.1:9"))
	require.NoError(t, err)
	require.Equal(t, []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:9")}, got)
	got, err = mediaAddresses(nil, bound)
	require.NoError(t, err)
	require.NotEmpty(t, got)

	for want, media := range map[string][]string{
		"192.0.2.1":   {"127.0.0.1:1", "[2001:db8::1]:1", "192.0.2.1:1", "192.0.2.2:1"},
		"127.0.0.1":   {"[::1]:1", "127.0.0.1:1"},
		"2001:db8::1": {"[::1]:1", "[2001:db8::1]:1"},
	} {
		var addresses []netip.AddrPort
		for _, m := range media {
			addresses = append(addresses, netip.MustParseAddrPort(m))
		}
		require.Equal(t, want, relayedAddress(addresses).String())
	}

	public := &url.URL{Scheme: "https", Host: "visio.example.org:8443"}
	relayed := netip.MustParseAddr("192.0.2.1")
	require.Equal(t, []string{"turn:visio.example.org:3478?transport=udp"},
		relayURLs(public, nil, relayed, relayPorts{udp: 3478}))
	require.Equal(t, []string{
		"turn:[2001:db8::1]:3478?transport=udp", "turn:192.0.2.7:3478?transport=udp",
		"turn:[2001:db8::1]:5349?transport=tcp", "turn:192.0.2.7:5349?transport=tcp",
	}, relayURLs(public,
		[]netip.Addr{netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("192.0.2.7"),
			netip.MustParseAddr("192.0.2.8")},
		relayed, relayPorts{udp: 3478, tcp: 5349}))
	require.Equal(t,
		[]string{"turn:192.0.2.1:3478?transport=udp"},
		relayURLs(&url.URL{Scheme: "https", Host: "localhost"}, nil, relayed,
			relayPorts{udp: 3478}))
}

func TestLogger(t *testing.T) {
	var out bytes.Buffer
	logger, _, err := newLogger(LogConfig{Level: "warn", Format: "console"}, &out)
	require.NoError(t, err)
	logger.Info("hidden")
	logger.Warn("shown", zap.String("room", "a"))
	require.Regexp(t, `^\d\d:\d\d:\d\d\.\d{3}  WARN  shown  \{"room": "a"\}\n$`, out.String())
	_, _, err = newLogger(LogConfig{Level: "loud"}, &out)
	require.Error(t, err)
	debugLog(logger).Print("hidden too")
	require.NotContains(t, out.String(), "hidden")
}

// A stranger who makes the server say the same again and again does not fill its disk.
func TestTheSameLineIsNotLoggedWithoutEnd(t *testing.T) {
	var out bytes.Buffer
	logger, _, err := newLogger(LogConfig{Level: "info", Format: "console"}, &out)
	require.NoError(t, err)
	for range 20_000 {
		logger.Info("websocket refused")
	}
	logger.Info("another")
	lines := strings.Count(out.String(), "\n")
	require.Greater(t, lines, logFirst)
	require.Less(t, lines, 2000, "over however many seconds a busy machine took")
	require.Contains(t, out.String(), "another")
}

// Files are put down to the address that asks for them, and to the one behind a trusted proxy.
func TestFilesAreBounded(t *testing.T) {
	config := testConfig(t)
	r := start(t, config)
	ask := func(forwarded string) int {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.RemoteAddr = "127.0.0.1:1"
		request.Header.Set("X-Forwarded-For", forwarded)
		answer := httptest.NewRecorder()
		r.web.Handler.ServeHTTP(answer, request)
		return answer.Code
	}
	burst := quota.DefaultConfig().Rates[quota.Files].Address.Burst
	last := 0
	for range 3 * burst { // more than come again meanwhile
		if last = ask("192.0.2.1"); last == http.StatusTooManyRequests {
			break
		}
	}
	require.Equal(t, http.StatusTooManyRequests, last)
	require.NotEqual(t, http.StatusTooManyRequests, ask("192.0.2.2"))
}
