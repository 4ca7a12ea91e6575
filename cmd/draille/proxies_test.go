package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
)

var proxies = flag.Bool("proxies", false,
	"put the reverse proxies of README.md before a server; they must be installed")

// example returns the lines of code of a README that follow the line which begins with a name.
func example(t *testing.T, readme, name string) string {
	t.Helper()
	text, err := os.ReadFile(readme)
	require.NoError(t, err)
	found := regexp.MustCompile(`(?m)^` + name + `.*\n\n((?:(?:    .*)?\n)+)`).FindSubmatch(text)
	require.NotNil(t, found, "%s has no example for %s", readme, name)
	return string(found[1])
}

// replace puts what a test has in place of what an example has; it must be there.
func replace(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		require.Contains(t, text, pairs[i])
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return portText(listener.Addr())
}

func portText(address net.Addr) string { return fmt.Sprint(address.(*net.TCPAddr).Port) }

// runProxy starts a program and waits until it listens.
func runProxy(t *testing.T, port, program string, args ...string) {
	t.Helper()
	command := exec.Command(program, args...)
	command.Stderr = os.Stderr
	require.NoError(t, command.Start())
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM) // it ends its own processes
		<-ended
	})
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			conn.Close()
		}
		return err == nil
	}, 10*time.Second, 10*time.Millisecond)
}

// nginx writes its configuration around the example's two parts: the inside of a server for HTTP,
// and what passes connections through.
func nginx(t *testing.T, port, inside, stream string) {
	t.Helper()
	folder := t.TempDir()
	main := fmt.Sprintf("daemon off; master_process off; pid %s/pid; error_log stderr; "+
		"events {}\n", folder) + stream
	if module := "/usr/lib/nginx/modules/ngx_stream_module.so"; stream != "" {
		if _, err := os.Stat(module); err == nil { // otherwise it is built in
			main = "load_module " + module + ";\n" + main
		}
	}
	if inside != "" {
		main += "http { access_log off; map $http_upgrade $connection_upgrade " +
			"{ default upgrade; '' close; }\n"
		for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
			main += fmt.Sprintf("%s_temp_path %s/%s;\n", kind, folder, kind)
		}
		main += fmt.Sprintf("server { listen 127.0.0.1:%s;\n%s\n} }\n", port, inside)
	}
	file := filepath.Join(folder, "nginx.conf")
	require.NoError(t, os.WriteFile(file, []byte(main), 0o600))
	runProxy(t, port, "nginx", "-e", "stderr", "-c", file)
}

func apache(t *testing.T, port, inside string) {
	t.Helper()
	folder := t.TempDir()
	config := fmt.Sprintf("User www-data\nGroup www-data\nServerRoot %[1]s\n"+
		"ServerName localhost\nPidFile %[1]s/pid\nDefaultRuntimeDir %[1]s\n"+
		"ErrorLog /dev/stderr\nListen 127.0.0.1:%[2]s\n", folder, port)
	for _, module := range []string{"mpm_event", "authz_core", "proxy", "proxy_http"} {
		config += fmt.Sprintf("LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n", module,
			module)
	}
	file := filepath.Join(folder, "apache.conf")
	require.NoError(t, os.WriteFile(file, []byte(config+inside), 0o600))
	runProxy(t, port, "apache2", "-DFOREGROUND", "-f", file)
}

// Every example of a reverse proxy, in both languages: nginx and Apache as Debian has them.
func TestBehindTheProxiesOfTheREADME(t *testing.T) {
	if !*proxies {
		t.Skip("make proxies runs it")
	}
	for _, readme := range []string{"README.md", "README.fr.md"} {
		t.Run(readme, func(t *testing.T) {
			blocks := example(t, readme, "nginx")
			at := strings.Index(blocks, "    stream")
			require.Positive(t, at)
			overHTTP, through := blocks[:at], blocks[at:]
			t.Run("nginx", func(t *testing.T) {
				endsTLS(t, func(t *testing.T, port, server string) {
					nginx(t, port, replace(t, overHTTP, "127.0.0.1:8080", server), "")
				})
			})
			t.Run("nginx, layer 4", func(t *testing.T) {
				passesThrough(t, func(t *testing.T, port, server string) {
					nginx(t, port, "", replace(t, through, "listen 443",
						"listen 127.0.0.1:"+port, "10.0.0.5:443", server))
				})
			})
			t.Run("Apache", func(t *testing.T) {
				endsTLS(t, func(t *testing.T, port, server string) {
					apache(t, port, replace(t, example(t, readme, "Apache"), "127.0.0.1:8080",
						server))
				})
			})
		})
	}
}

// endsTLS judges a proxy of layer 7: the page and the websocket pass.
func endsTLS(t *testing.T, proxy func(t *testing.T, port, server string)) {
	port := freePort(t)
	config := testConfig(t)
	config.PublicURL = "http://127.0.0.1:" + port
	s := start(t, config)
	proxy(t, port, s.webListener.Addr().String())
	response, body := get(t, config.PublicURL+"/readyz")
	require.Equal(t, http.StatusOK, response.StatusCode, body)
	require.Contains(t, response.Header.Get("Content-Security-Policy"), "default-src 'self'")
	link, err := url.Parse(s.link(t, protocol.RoleGuest))
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:"+port, link.Host, "links lead to the proxy")

	dialer := websocket.Dialer{Subprotocols: []string{protocol.Subprotocol},
		EnableCompression: true}
	socket, _, err := dialer.Dial("ws://127.0.0.1:"+port+"/ws",
		http.Header{"Origin": []string{config.PublicURL}})
	require.NoError(t, err)
	defer socket.Close()
	require.NoError(t, socket.SetReadDeadline(time.Now().Add(time.Minute)))
	require.NoError(t, socket.WriteJSON(protocol.Join{Type: "join", Token: link.Fragment,
		Device: "device-1", Lang: "fr"}))
	var welcome protocol.Welcome
	require.NoError(t, socket.ReadJSON(&welcome))
	require.Equal(t, "welcome", welcome.Type)
}

// passesThrough judges a proxy of layer 4: page and relay pass, on one port.
func passesThrough(t *testing.T, proxy func(t *testing.T, port, server string)) {
	port := freePort(t)
	config := testConfig(t)
	config.TLS = certificateFiles(t)
	config.PublicURL = "https://localhost:" + port
	s := start(t, config)
	proxy(t, port, s.webListener.Addr().String())
	response, body := get(t, "https://127.0.0.1:"+port+"/readyz")
	require.Equal(t, http.StatusOK, response.StatusCode, body)
	credentials, err := s.relay.Credentials("p1", time.Now())
	require.NoError(t, err)
	require.NoError(t, allocate(context.Background(), "TLS", "127.0.0.1:"+port, relayTrial{
		media: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"),
			s.socket.LocalAddr().Port()),
		credentials: credentials,
	}))
}
