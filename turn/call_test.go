package turn

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/logging"
	"github.com/pion/transport/v4/vnet"
	pion "github.com/pion/turn/v4"
	"github.com/stretchr/testify/require"

	"draille/turn/turntest"
)

// A voice that goes through the relay for two hours, with a credential of ten minutes, in virtual
// time: pion's client refreshes its allocation, its permission and its channel as browsers do. What
// it opens anew needs the fresh credential that a call is given meanwhile.
func TestARelayedCallOutlivesItsCredential(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const (
			lifetime = 10 * time.Minute
			length   = 2 * time.Hour
			spacing  = 200 * time.Millisecond
		)
		network := openNetwork(t)
		server, err := New(Config{
			Secret: secret, PublicAddress: publicIP, Media: []netip.AddrPort{mediaOne},
			Peers: &turntest.Plane{}, UDP: network.listen(t, "10.0.0.1:3478"), Lifetime: lifetime,
		})
		require.NoError(t, err)
		defer server.Close()
		began := time.Now()
		credentials, err := server.Credentials("p1", began)
		require.NoError(t, err)
		allocate := func(from string, c Credentials) (net.PacketConn, error) {
			return network.client(t, from, c).Allocate()
		}

		call, err := allocate("10.0.0.2:5000", credentials)
		require.NoError(t, err)
		defer call.Close()
		for sent := byte(0); time.Since(began) < length; sent++ {
			time.Sleep(spacing)
			require.Equal(t, sent, echo(t, call, sent), "%s into the call", time.Since(began))
		}

		_, err = allocate("10.0.0.2:5001", credentials)
		require.Error(t, err, "nothing new is opened with a credential that has expired")
		fresh, err := server.Credentials("p1", time.Now())
		require.NoError(t, err)
		restarted, err := allocate("10.0.0.2:5002", fresh)
		require.NoError(t, err, "an ICE restart allocates with the fresh one")
		defer restarted.Close()
		require.NotEqual(t, call.LocalAddr().String(), restarted.LocalAddr().String())
		require.EqualValues(t, 7, echo(t, restarted, 7))
		require.EqualValues(t, 8, echo(t, call, 8), "the old way stands until the page leaves it")
		time.Sleep(time.Second) // what is being asked for is answered
	})
}

// A call that goes on longer than its credential keeps its relay; nothing new is opened with it.
func TestAnAllocationOutlivesItsCredential(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := openNetwork(t)
		server, err := New(Config{
			Secret: secret, PublicAddress: publicIP, Media: []netip.AddrPort{mediaOne},
			Peers: &turntest.Plane{}, UDP: network.listen(t, "10.0.0.1:3478"),
		})
		require.NoError(t, err)
		defer server.Close()
		credentials := NewCredentials(secret, "p1", time.Now().Add(2*time.Second))
		client := network.client(t, "10.0.0.2:5000", credentials)
		relayed, err := client.Allocate()
		require.NoError(t, err)
		defer relayed.Close()
		time.Sleep(time.Until(credentials.Expires))
		require.NoError(t, client.CreatePermission(net.UDPAddrFromAddrPort(mediaOne)))
		_, err = network.client(t, "10.0.0.2:5001", credentials).Allocate()
		require.Error(t, err)
	})
}

// echo sends a packet through the relay and returns what comes back.
func echo(t *testing.T, relayed net.PacketConn, value byte) byte {
	t.Helper()
	_, err := relayed.WriteTo([]byte{value}, net.UDPAddrFromAddrPort(mediaOne))
	require.NoError(t, err)
	require.NoError(t, relayed.SetReadDeadline(time.Now().Add(time.Second)))
	var buffer [16]byte
	n, _, err := relayed.ReadFrom(buffer[:])
	require.NoError(t, err)
	require.Equal(t, 1, n)
	return buffer[0]
}

// network is one that exists in memory, so that its time is that of the test.
type network struct{ nets map[string]*vnet.Net }

func openNetwork(t *testing.T) *network {
	t.Helper()
	router, err := vnet.NewRouter(&vnet.RouterConfig{
		CIDR: "10.0.0.0/24", LoggerFactory: logging.NewDefaultLoggerFactory(),
	})
	require.NoError(t, err)
	n := &network{nets: map[string]*vnet.Net{}}
	for _, address := range []string{"10.0.0.1", "10.0.0.2"} {
		n.nets[address], err = vnet.NewNet(&vnet.NetConfig{StaticIPs: []string{address}})
		require.NoError(t, err)
		require.NoError(t, router.AddNet(n.nets[address]))
	}
	require.NoError(t, router.Start())
	t.Cleanup(func() { require.NoError(t, router.Stop()) })
	return n
}

func (n *network) listen(t *testing.T, address string) net.PacketConn {
	t.Helper()
	host, _, _ := strings.Cut(address, ":")
	conn, err := n.nets[host].ListenPacket("udp4", address)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn
}

func (n *network) client(t *testing.T, from string, c Credentials) *pion.Client {
	t.Helper()
	const server = "10.0.0.1:3478"
	host, _, _ := strings.Cut(from, ":")
	client, err := pion.NewClient(&pion.ClientConfig{
		STUNServerAddr: server, TURNServerAddr: server, Conn: n.listen(t, from),
		Username: c.Username, Password: c.Password, Realm: DefaultRealm, Net: n.nets[host],
	})
	require.NoError(t, err)
	require.NoError(t, client.Listen())
	t.Cleanup(client.Close)
	return client
}
