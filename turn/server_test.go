package turn

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"math/big"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/stun/v3"
	pion "github.com/pion/turn/v4"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"draille/turn/turntest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what comes at once: it only runs out when something is
// broken.
const patience = 30 * time.Second

var (
	secret    = bytes.Repeat([]byte{7}, minSecret)
	publicIP  = netip.MustParseAddr("203.0.113.9")
	mediaOne  = netip.MustParseAddrPort("203.0.113.9:3478")
	mediaTwo  = netip.MustParseAddrPort("10.20.30.40:3478")
	mediaIPv6 = netip.MustParseAddrPort("[2001:db8::9]:3478")
)

// newPlane answers bindings as the media plane does.
func newPlane() *turntest.Plane {
	return &turntest.Plane{
		Reply: func(packet []byte) {
			if class, _ := bindingMessage(packet); class == bindingRequest {
				binary.BigEndian.PutUint16(packet, 0x0101)
			}
		},
		From: &net.UDPAddr{
			IP:   net.IPv4zero,
			Port: 3478,
		}, // the SFU's own socket: the relay has to know better
	}
}

type bench struct {
	*Server
	plane    *turntest.Plane
	udp, tcp net.Addr
	tls      net.Addr
	roots    *x509.CertPool
}

func start(t *testing.T, change func(*Config)) *bench {
	t.Helper()
	udp, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	tcp, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	certificate, roots := selfSigned(t)
	secure, err := tls.Listen("tcp4", "127.0.0.1:0",
		&tls.Config{Certificates: []tls.Certificate{certificate}})
	require.NoError(t, err)
	b := &bench{
		plane: newPlane(),
		udp:   udp.LocalAddr(),
		tcp:   tcp.Addr(),
		tls:   secure.Addr(),
		roots: roots,
	}
	config := Config{
		Secret:        secret,
		PublicAddress: publicIP,
		Media:         []netip.AddrPort{mediaOne, mediaTwo, mediaIPv6},
		Peers:         b.plane,
		UDP:           udp,
		Listeners:     []net.Listener{tcp, secure},
		Logger:        zap.NewNop(),
	}
	if change != nil {
		change(&config)
	}
	b.Server, err = New(config)
	require.NoError(t, err)
	t.Cleanup(func() { b.Close() })
	return b
}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		DNSNames:              []string{"turn.test"},
		NotAfter:              time.Now().Add(time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// dial opens a client's way to the server over one of the three transports.
func (b *bench) dial(t *testing.T, transport string) net.PacketConn {
	t.Helper()
	switch transport {
	case "udp":
		conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { conn.Close() })
		return conn
	case "tcp":
		conn, err := net.Dial("tcp4", b.tcp.String())
		require.NoError(t, err)
		t.Cleanup(func() { conn.Close() })
		return pion.NewSTUNConn(conn)
	default:
		conn, err := tls.Dial("tcp4", b.tls.String(),
			&tls.Config{RootCAs: b.roots, ServerName: "turn.test"})
		require.NoError(t, err)
		t.Cleanup(func() { conn.Close() })
		return pion.NewSTUNConn(conn)
	}
}

func (b *bench) client(t *testing.T, transport, username, password string) *pion.Client {
	t.Helper()
	server := map[string]net.Addr{"udp": b.udp, "tcp": b.tcp, "tls": b.tls}[transport].String()
	client, err := pion.NewClient(&pion.ClientConfig{
		STUNServerAddr: server, TURNServerAddr: server, Conn: b.dial(t, transport),
		Username: username, Password: password, Realm: DefaultRealm,
		RTO: patience, // nothing is lost here, and what is asked for twice would be counted twice
	})
	require.NoError(t, err)
	require.NoError(t, client.Listen())
	t.Cleanup(client.Close)
	return client
}

func (b *bench) allocate(t *testing.T, transport string) net.PacketConn {
	t.Helper()
	credentials, err := b.Credentials("p1", time.Now())
	require.NoError(t, err)
	relayed, err := b.client(t, transport, credentials.Username, credentials.Password).Allocate()
	require.NoError(t, err)
	t.Cleanup(func() { relayed.Close() })
	require.NoError(t, relayed.SetReadDeadline(time.Now().Add(patience)))
	return relayed
}

// connectivityCheck is a connectivity check as a browser sends it.
func connectivityCheck(id byte) []byte {
	m := stun.MustBuild(stun.NewTransactionIDSetter([12]byte{id}), stun.BindingRequest)
	return m.Raw
}

func TestAllowedPeerAnswers(t *testing.T) {
	for _, transport := range []string{"udp", "tcp", "tls"} {
		t.Run(transport, func(t *testing.T) {
			b := start(t, nil)
			relayed := b.allocate(t, transport)
			local := relayed.LocalAddr().(*net.UDPAddr)
			require.Equal(t, publicIP.String(), local.IP.String())
			require.GreaterOrEqual(t, local.Port, firstRelayPort)
			require.LessOrEqual(t, local.Port, lastRelayPort)

			buffer := make([]byte, 1600)
			for i, text := range []string{"voice", "media",
				string(bytes.Repeat([]byte("x"), 1200))} {
				_, err := relayed.WriteTo([]byte(text), net.UDPAddrFromAddrPort(mediaOne))
				require.NoError(t, err, i)
			}
			got := map[string]bool{}
			for range 3 {
				n, from, err := relayed.ReadFrom(buffer)
				require.NoError(t, err)
				require.Equal(t, mediaOne.String(), from.String())
				got[string(buffer[:n])] = true
			}
			require.Len(t, got, 3)
			stats := b.Stats()
			require.Equal(t, 1, stats.Allocations)
			require.EqualValues(t, 3, stats.PacketsIn)
			require.EqualValues(t, 3, stats.PacketsOut)
			require.EqualValues(t, 1210, stats.BytesIn)
			require.EqualValues(t, 1210, stats.BytesOut)
		})
	}
}

func TestNewAddressesServeWhatComes(t *testing.T) {
	b := start(t, nil)
	before := b.allocate(t, "udp")
	now := netip.MustParseAddrPort("203.0.113.10:3478")
	b.SetAddresses(now.Addr(), []netip.AddrPort{now})
	after := b.allocate(t, "udp")
	require.Equal(t, publicIP.String(), before.LocalAddr().(*net.UDPAddr).IP.String())
	require.Equal(t, now.Addr().String(), after.LocalAddr().(*net.UDPAddr).IP.String())
	for _, conn := range []net.PacketConn{before, after} {
		require.NoError(t, requireEcho(conn, mediaOne), "whoever has not heard of the new one")
		require.NoError(t, requireEcho(conn, now))
	}
	b.SetAddresses(now.Addr(), []netip.AddrPort{now})
	_, err := after.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(mediaTwo))
	require.Error(t, err, "those of long ago are nobody's of ours any more")
}

// A browser checks several media addresses through one relayed address at once: each answer must
// come from where it asked, and media from the address that it settled on.
func TestAnswersComeFromWhereTheClientAsked(t *testing.T) {
	b := start(t, nil)
	relayed := b.allocate(t, "udp")
	one, two := net.UDPAddrFromAddrPort(mediaOne), net.UDPAddrFromAddrPort(mediaTwo)
	for id, to := range map[byte]*net.UDPAddr{1: one, 2: two, 3: one} {
		_, err := relayed.WriteTo(connectivityCheck(id), to)
		require.NoError(t, err)
	}
	buffer := make([]byte, 1600)
	for range 3 {
		n, from, err := relayed.ReadFrom(buffer)
		require.NoError(t, err)
		_, id := bindingMessage(buffer[:n])
		want := map[byte]*net.UDPAddr{1: one, 2: two, 3: one}[id[0]]
		require.Equal(t, want.String(), from.String(), "check %d", id[0])
	}
	_, err := relayed.WriteTo([]byte("media"), two)
	require.NoError(t, err)
	_, err = relayed.WriteTo(
		connectivityCheck(4),
		one,
	) // a later check elsewhere does not move the media
	require.NoError(t, err)
	froms := map[bool]string{}
	for range 2 {
		n, from, err := relayed.ReadFrom(buffer)
		require.NoError(t, err)
		froms[string(buffer[:n]) == "media"] = from.String()
	}
	require.Equal(t, map[bool]string{true: two.String(), false: one.String()}, froms)
}

func TestSTUNTellsTheReflexiveAddress(t *testing.T) {
	b := start(t, nil)
	client := b.client(t, "udp", "", "")
	mapped, err := client.SendBindingRequest()
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1", mapped.(*net.UDPAddr).IP.String())
}

// Every class of address that is not the SFU's own is refused when a permission is asked for, over
// UDP and TCP.
func TestForbiddenPeersAreRefused(t *testing.T) {
	classes := map[string]string{
		"loopback":         "127.0.0.1:3478",
		"loopback, else":   "127.8.9.10:80",
		"unspecified":      "0.0.0.0:3478",
		"private 10/8":     "10.20.30.41:3478",
		"private 172.16":   "172.16.0.1:22",
		"private 192.168":  "192.168.1.1:443",
		"carrier NAT":      "100.64.0.1:3478",
		"link-local":       "169.254.169.254:80",
		"multicast":        "224.0.0.251:5353",
		"broadcast":        "255.255.255.255:3478",
		"reserved":         "240.0.0.1:3478",
		"public":           "198.51.100.7:3478",
		"next to ours":     "203.0.113.10:3478",
		"IPv6 loopback":    "[::1]:3478",
		"IPv6 unspecified": "[::]:3478",
		"IPv6 link-local":  "[fe80::1]:3478",
		"IPv6 unique":      "[fd00::1]:3478",
		"IPv6 multicast":   "[ff02::1]:3478",
		"IPv6 public":      "[2001:db8::10]:3478",
		"IPv4 in IPv6":     "[::ffff:127.0.0.1]:3478",
		"NAT64":            "[64:ff9b::7f00:1]:3478",
	}
	for _, transport := range []string{"udp", "tcp"} {
		b := start(t, nil)
		credentials, err := b.Credentials("p1", time.Now())
		require.NoError(t, err)
		client := b.client(t, transport, credentials.Username, credentials.Password)
		relayed, err := client.Allocate()
		require.NoError(t, err)
		for name, address := range classes {
			t.Run(transport+" "+name, func(t *testing.T) {
				before := b.Stats().PermissionsRefused
				err := client.CreatePermission(
					net.UDPAddrFromAddrPort(netip.MustParseAddrPort(address)))
				require.Error(t, err)
				require.Equal(t, before+1, b.Stats().PermissionsRefused)
			})
		}
		require.NoError(t, relayed.Close())
	}
}

// A permission names no port (RFC 8656 §9): the relayed connection itself must refuse the wrong
// one, and anything else that got past the permission.
func TestForbiddenPacketsAreRefused(t *testing.T) {
	b := start(t, nil)
	relayed := b.allocate(t, "udp")
	require.NoError(t, requireEcho(relayed, mediaOne)) // the permission for the address stands now

	wrongPort := netip.AddrPortFrom(mediaOne.Addr(), 22)
	_, err := relayed.WriteTo([]byte("not for you"), net.UDPAddrFromAddrPort(wrongPort))
	require.NoError(t, err) // a Send indication has no answer
	require.NoError(t, requireEcho(relayed, mediaOne))
	require.EqualValues(t, 1, b.Stats().PacketsRefused)
	peers, waiting := b.plane.Names()
	require.Len(t, peers, 1)
	require.Zero(t, waiting)

	conn, _, err := b.relay.AllocatePacketConn("udp4", 0)
	require.NoError(t, err)
	defer conn.Close()
	for _, to := range []net.Addr{
		&net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 3478},
		&net.UDPAddr{IP: net.IPv4(192, 168, 1, 1), Port: 3478},
		&net.UDPAddr{IP: net.IPv4(8, 8, 8, 8), Port: 53},
		&net.UDPAddr{IP: net.ParseIP("fe80::1"), Port: 3478, Zone: "eth0"},
		&net.UDPAddr{IP: net.IPv4(203, 0, 113, 9), Port: 3479},
		&net.UDPAddr{IP: net.ParseIP("2001:db8::9"), Port: 3478, Zone: "eth0"},
		&net.UDPAddr{},
		&net.TCPAddr{IP: net.IPv4(203, 0, 113, 9), Port: 3478},
	} {
		_, err := conn.WriteTo([]byte("x"), to)
		require.ErrorIs(t, err, errForbiddenPeer, to)
	}
	for _, to := range []netip.AddrPort{mediaOne, mediaTwo, mediaIPv6} {
		_, err := conn.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(to))
		require.NoError(t, err)
	}
}

// requireEcho sends more than four bytes: the library's stream framing holds back shorter
// ChannelData until more comes.
func requireEcho(conn net.PacketConn, peer netip.AddrPort) error {
	if _, err := conn.WriteTo([]byte("ping pong"), net.UDPAddrFromAddrPort(peer)); err != nil {
		return err
	}
	n, from, err := conn.ReadFrom(make([]byte, 100))
	if err == nil && (n != 9 || from.String() != peer.String()) {
		return errors.New("another packet than the one sent, from " + from.String())
	}
	return err
}

func TestCredentialsAreChecked(t *testing.T) {
	b := start(t, nil)
	good, err := b.Credentials("p1", time.Now())
	require.NoError(t, err)
	expired, err := b.Credentials("p1", time.Now().Add(-DefaultLifetime-time.Second))
	require.NoError(t, err)
	foreign := NewCredentials(bytes.Repeat([]byte{8}, 32), "p1", time.Now().Add(time.Hour))
	for name, c := range map[string]Credentials{
		"wrong password": {Username: good.Username, Password: "wrong"},
		"expired":        expired,
		"another secret": foreign,
		"another's name": {Username: good.Username + "x", Password: good.Password},
		"malformed":      {Username: "p1", Password: password(secret, "p1")},
		"without a name": {Username: "99999999999:", Password: password(secret, "99999999999:")},
		"second spelling": {Username: "0" + good.Username,
			Password: password(secret, "0"+good.Username)},
		"empty": {Username: "", Password: ""},
		"expiry beyond use": {Username: "9999999999999:p1",
			Password: password(secret, "9999999999999:p1")},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.client(t, "udp", c.Username, c.Password).Allocate()
			require.Error(t, err)
			require.Zero(t, b.Stats().Allocations)
		})
	}
	require.GreaterOrEqual(t, b.Stats().Unauthorized, uint64(8))
	require.Equal(t, DefaultLifetime, time.Until(good.Expires).Round(time.Minute))
	_, err = b.Credentials("two words", time.Now())
	require.Error(t, err)

	_, ok := b.authenticate(good.Username, "another realm", nil)
	require.False(t, ok)
}

// perParticipant lets each participant hold so many.
type perParticipant struct {
	most int
	mu   sync.Mutex
	held map[string]int
}

func newPerParticipant(most int) *perParticipant {
	return &perParticipant{most: most, held: map[string]int{}}
}

func (q *perParticipant) Hold(participant string, client netip.Addr) (func(), bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.held[participant] >= q.most || !client.IsLoopback() {
		return nil, false
	}
	q.held[participant]++
	return func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.held[participant]--
	}, true
}

// A new credential of the same participant is no new quota.
func TestRenewedCredentialsShareTheQuota(t *testing.T) {
	b := start(t, func(c *Config) { c.Quota = newPerParticipant(2) })
	for n := range 4 {
		credentials, err := b.Credentials("p1", time.Now().Add(time.Duration(n)*time.Second))
		require.NoError(t, err)
		relayed, err := b.client(t, "udp", credentials.Username, credentials.Password).Allocate()
		if n < 2 {
			require.NoError(t, err)
			t.Cleanup(func() { relayed.Close() })
		} else {
			require.ErrorContains(t, err, "486")
		}
	}
}

// A connection is a participant's from its first request with a good credential on.
func TestAuthenticatedConnections(t *testing.T) {
	heard := make(chan net.Addr, 64)
	b := start(t, func(c *Config) {
		c.Authenticated = func(conn net.Conn) { heard <- conn.RemoteAddr() }
	})
	stranger := b.client(t, "tcp", "1:nobody", "x")
	_, err := stranger.Allocate()
	require.Error(t, err)
	require.Empty(t, heard)
	credentials, err := b.Credentials("p1", time.Now())
	require.NoError(t, err)
	relayed, err := b.client(t, "tcp", credentials.Username, credentials.Password).Allocate()
	require.NoError(t, err)
	defer relayed.Close()
	require.Equal(t, "tcp", (<-heard).Network())
}

func TestQuota(t *testing.T) {
	b := start(t, func(c *Config) { c.Quota, c.Allocations = newPerParticipant(2), 3 })
	one, err := b.Credentials("p1", time.Now())
	require.NoError(t, err)
	two, err := b.Credentials("p2", time.Now())
	require.NoError(t, err)

	first, err := b.client(t, "udp", one.Username, one.Password).Allocate()
	require.NoError(t, err)
	second, err := b.client(t, "tcp", one.Username, one.Password).Allocate()
	require.NoError(t, err)
	_, err = b.client(t, "udp", one.Username, one.Password).Allocate()
	require.ErrorContains(t, err, "486")

	other, err := b.client(t, "udp", two.Username, two.Password).Allocate()
	require.NoError(t, err)
	_, err = b.client(t, "tcp", two.Username, two.Password).Allocate()
	require.ErrorContains(t, err, "486", "three are all there are")
	require.EqualValues(t, 2, b.Stats().OverQuota)

	require.NoError(t, first.Close())
	require.Eventually(t, func() bool { return b.Stats().Allocations == 2 }, patience,
		time.Millisecond)
	again, err := b.client(t, "udp", one.Username, one.Password).Allocate()
	require.NoError(t, err)
	for _, c := range []net.PacketConn{second, other, again} {
		require.NoError(t, c.Close())
	}
	require.Eventually(t, func() bool { return b.Stats().Allocations == 0 }, patience,
		time.Millisecond)
}

func TestAllocationThatCannotBeMadeCountsNot(t *testing.T) {
	b := start(t, func(c *Config) { c.Quota = newPerParticipant(1) })
	credentials, err := b.Credentials("p1", time.Now())
	require.NoError(t, err)
	b.plane.Deny(errors.New("shutting down"))
	_, err = b.client(t, "udp", credentials.Username, credentials.Password).Allocate()
	require.ErrorContains(t, err, "508")
	b.plane.Deny(nil)
	require.Eventually(t, func() bool { return b.Stats().Allocations == 0 }, patience,
		time.Millisecond)
	relayed, err := b.client(t, "udp", credentials.Username, credentials.Password).Allocate()
	require.NoError(t, err)
	require.NoError(t, relayed.Close())
}

func TestLostConnectionFreesItsAllocation(t *testing.T) {
	b := start(t, nil)
	credentials, err := b.Credentials("p1", time.Now())
	require.NoError(t, err)
	conn, err := net.Dial("tcp4", b.tcp.String())
	require.NoError(t, err)
	client, err := pion.NewClient(&pion.ClientConfig{
		TURNServerAddr: b.tcp.String(), Conn: pion.NewSTUNConn(conn),
		Username: credentials.Username, Password: credentials.Password, Realm: DefaultRealm,
	})
	require.NoError(t, err)
	require.NoError(t, client.Listen())
	relayed, err := client.Allocate()
	require.NoError(t, err)
	require.Equal(t, 1, b.Stats().Connections)
	conn.Close()
	require.Eventually(t, func() bool {
		s := b.Stats()
		return s.Allocations == 0 && s.Connections == 0
	}, patience, time.Millisecond)
	relayed.Close() // stops the client's timers; nothing can be sent any more
	client.Close()
}

func TestBadFramesEndTheConnection(t *testing.T) {
	b := start(t, nil)
	for name, bytes := range map[string][]byte{
		"HTTP": []byte("GET / HTTP/1.1\r\n\r\n"),
		"length that overflows": append([]byte{0x00, 0x01, 0xFF, 0xEC, 0x21, 0x12, 0xA4,
			0x42}, make([]byte, 12)...),
		"channel data that overflows": append([]byte{0x40, 0x00, 0xFF, 0xFC}, make([]byte, 16)...),
		"length not a multiple of 4": append([]byte{0x00, 0x01, 0x00, 0x03, 0x21, 0x12, 0xA4,
			0x42}, make([]byte, 12)...),
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp4", b.tcp.String())
			require.NoError(t, err)
			defer conn.Close()
			_, err = conn.Write(bytes)
			require.NoError(t, err)
			require.NoError(t, conn.SetReadDeadline(time.Now().Add(patience)))
			_, err = conn.Read(make([]byte, 10))
			var timeout net.Error
			require.False(t, errors.As(err, &timeout) && timeout.Timeout(),
				"the connection must be closed")
			require.Error(t, err)
		})
	}
}

func TestCloseEndsConnections(t *testing.T) {
	b := start(t, nil)
	relayed := b.allocate(t, "tcp")
	require.NoError(t, requireEcho(relayed, mediaOne))
	idle, err := net.Dial("tcp4", b.tcp.String())
	require.NoError(t, err)
	defer idle.Close()
	require.Eventually(t, func() bool { return b.Stats().Connections == 2 }, patience,
		time.Millisecond)
	require.NoError(t, b.Close())
	require.NoError(t, idle.SetReadDeadline(time.Now().Add(patience)))
	_, err = idle.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	require.Zero(t, b.Stats().Connections)
}

func newUDP(t *testing.T) net.PacketConn {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	return conn
}

func TestConfigIsChecked(t *testing.T) {
	udp := newUDP(t)
	defer udp.Close()
	valid := Config{
		Secret:        secret,
		PublicAddress: publicIP,
		Media:         []netip.AddrPort{mediaOne},
		Peers:         newPlane(),
		UDP:           udp,
	}
	for want, change := range map[string]func(*Config){
		"at least 32":     func(c *Config) { c.Secret = []byte("short") },
		"of this machine": func(c *Config) { c.PublicAddress = netip.IPv6Unspecified() },
		"media address":   func(c *Config) { c.Media = nil },
		"Peers":           func(c *Config) { c.Peers = nil },
		"neither":         func(c *Config) { c.UDP = nil },
		"positive":        func(c *Config) { c.Lifetime = -1 },
		"at most 11384":   func(c *Config) { c.Allocations = 20000 },
	} {
		config := valid
		change(&config)
		_, err := New(config)
		require.ErrorContains(t, err, want)
	}
}

func TestRelayServesNoReservationAndNoTCP(t *testing.T) {
	r := newRelay(publicIP, []netip.AddrPort{mediaOne}, newPlane())
	require.NoError(t, r.Validate())
	_, _, err := r.AllocatePacketConn("udp4", 12000)
	require.ErrorIs(t, err, errReservation)
	_, _, err = r.AllocateConn("tcp4", 0)
	require.ErrorIs(t, err, errNoRelayTCP)
	full := newPlane()
	full.Deny(errors.New("full"))
	r.peers = full
	_, _, err = r.AllocatePacketConn("udp4", 0)
	require.ErrorIs(t, err, errPortsTaken)
}
