package split

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/stun/v3"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return l
}

func dial(t *testing.T, to net.Addr) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", to.String())
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
	return conn
}

// name answers every connection with the name of its branch and what came first.
func name(l net.Listener, as string) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			var first [4]byte
			if _, err := io.ReadFull(conn, first[:]); err == nil {
				fmt.Fprintf(conn, "%s % x\n", as, first)
				_, _ = io.Copy(
					io.Discard,
					conn,
				) // closing with bytes unread would take the answer away
			}
		}()
	}
}

// line is the answer, without its end.
func line(t *testing.T, conn net.Conn) string {
	t.Helper()
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(answer, "\n")
}

func certificate(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		NextProtos:   []string{"h2", "http/1.1"},
	}
}

func secure(t *testing.T, to net.Addr, protocols ...string) *tls.Conn {
	t.Helper()
	conn := tls.Client(dial(t, to), &tls.Config{InsecureSkipVerify: true, NextProtos: protocols})
	require.NoError(t, conn.Handshake())
	return conn
}

// One port: pages over HTTP/2 and HTTP/1.1, and TURN, by whichever names the client negotiates.
func TestOnePortForPagesAndTURN(t *testing.T) {
	pages, turn := TLS(listen(t), certificate(t), zap.NewNop())
	defer turn.Close()
	server := &http.Server{
		TLSConfig: certificate(t),
		Handler: http.HandlerFunc(
			func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) }),
	}
	go server.Serve(pages)
	defer server.Close()
	go name(turn, "turn")

	for want, transport := range map[string]*http.Transport{
		"HTTP/2.0": {ForceAttemptHTTP2: true,
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
		"HTTP/1.1": {TLSClientConfig: &tls.Config{InsecureSkipVerify: true,
			NextProtos: []string{"http/1.1"}}},
	} {
		response, err := (&http.Client{Transport: transport}).Get(
			"https://" + pages.Addr().String())
		require.NoError(t, err, want)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		response.Body.Close()
		transport.CloseIdleConnections()
		require.Equal(t, want, string(body))
	}
	for _, protocols := range [][]string{nil, {"stun.turn"}, {"webrtc"}, {"http/1.1"}} {
		conn := secure(t, pages.Addr(), protocols...)
		_, err := conn.Write([]byte{0, 3, 0, 0})
		require.NoError(t, err)
		require.Equal(t, "turn 00 03 00 00", line(t, conn), "%v", protocols)
	}
	conn := secure(t, pages.Addr())
	_, err := conn.Write([]byte{0x80, 0, 0, 0})
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, 1))
	require.Error(t, err, "what is neither is cut off")
}

func TestOnePortForTURNAndICE(t *testing.T) {
	turn, ice := Plain(listen(t), zap.NewNop())
	defer turn.Close()
	defer ice.Close()
	go name(turn, "turn")
	go name(ice, "ice")
	message := stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw
	for want, bytes := range map[string][]byte{
		"turn 00 01 00 00": message,
		"ice 00 14 00 01":  append([]byte{0, byte(len(message))}, message...),
		"":                 []byte("GET / HTTP/1.1\r\n\r\n"),
	} {
		conn := dial(t, turn.Addr())
		_, err := conn.Write(bytes)
		require.NoError(t, err)
		require.Equal(t, want, line(t, conn))
	}
}

func TestThePortClosesWithItsLastBranch(t *testing.T) {
	real := listen(t)
	turn, ice := Plain(real, zap.NewNop())
	silent := dial(t, turn.Addr())
	require.NoError(t, turn.Close())
	require.NoError(t, turn.Close())
	_, err := turn.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
	ignored := dial(t, ice.Addr())
	_, err = ignored.Write(stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw)
	require.NoError(t, err)
	_, err = ignored.Read(make([]byte, 1))
	require.Error(t, err, "nobody speaks TURN any longer")
	require.NoError(t, ice.Close())
	_, err = silent.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	_, err = real.Accept() // what is free may be another's at once: its port is not called
	require.ErrorIs(t, err, net.ErrClosed)
}

// A listener that fails for a while is asked again.
func TestPassingFailuresArePassed(t *testing.T) {
	real := listen(t)
	turn, ice := Plain(&failing{Listener: real, times: 2}, zap.NewNop())
	defer turn.Close()
	defer ice.Close()
	go name(turn, "turn")
	conn := dial(t, real.Addr())
	_, err := conn.Write(stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw)
	require.NoError(t, err)
	require.Equal(t, "turn 00 01 00 00", line(t, conn))
}

// A fault where a stranger's first bytes are read ends that connection, and no other.
func TestAFaultEndsOneConnection(t *testing.T) {
	real := listen(t)
	var faults atomic.Int32
	turn := newPort(real, 1, zap.NewNop(), func(conn net.Conn) (net.Conn, int, error) {
		if faults.Add(1) == 1 {
			panic("a length that nobody thought of")
		}
		return conn, 0, nil
	})[0]
	defer turn.Close()
	_, err := dial(t, real.Addr()).Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	dial(t, real.Addr())
	conn, err := turn.Accept()
	require.NoError(t, err)
	require.NoError(t, conn.Close())
}

type failing struct {
	net.Listener
	times int
}

func (f *failing) Accept() (net.Conn, error) {
	if f.times--; f.times >= 0 {
		return nil, fmt.Errorf("too many open files")
	}
	return f.Listener.Accept()
}

func FuzzFirstBytes(f *testing.F) {
	f.Add([]byte{0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, 0, 0})
	f.Add([]byte{0, 0x14, 0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42})
	f.Add([]byte("GET / HTTP"))
	f.Fuzz(func(t *testing.T, bytes []byte) {
		var first [firstBytes]byte
		if copy(first[:], bytes) < firstBytes {
			return
		}
		branch, err := sortPlain(first)
		if err == nil && first[0] > 3 && first[2] > 3 {
			t.Fatalf("% x was taken for branch %d, but no STUN message begins there", first, branch)
		}
		if branch, err := sortSecure(first[0]); err == nil && branch == 0 &&
			(first[0] < 'A' || first[0] > 'Z') {
			t.Fatalf("%#02x was taken for HTTP", first[0])
		}
	})
}
