package userspace_test

import (
	"net"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/transport/v4/stdnet"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"draille/loadtest/link"
	"draille/loadtest/link/userspace"
)

// TestPeerConnectionBehindTheLink sends messages between two peers, one of which is behind
// a link of 20 ms each way, once with a Net of its own and once with a mux over one socket.
func TestPeerConnectionBehindTheLink(t *testing.T) {
	for name, settings := range map[string]func(*testing.T, *userspace.Link) webrtc.SettingEngine{
		"net": func(t *testing.T, l *userspace.Link) webrtc.SettingEngine {
			base, err := stdnet.NewNet()
			require.NoError(t, err)
			var s webrtc.SettingEngine
			s.SetNet(l.Net(base))
			return s
		},
		"mux": func(t *testing.T, l *userspace.Link) webrtc.SettingEngine {
			mux := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: l.Wrap(loopback(t))})
			t.Cleanup(func() { _ = mux.Close() })
			var s webrtc.SettingEngine
			s.SetICEUDPMux(mux)
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLink(t, both(link.Config{Conditions: link.Conditions{Delay: 20 * ms}}))
			thin := peer(t, settings(t, l))
			free := peer(t, webrtc.SettingEngine{})
			rtt := roundTrip(t, thin, free)
			assert.GreaterOrEqual(t, rtt, 40*ms)
			assert.Positive(t, l.Counters().Up.DeliveredPackets)
			assert.Positive(t, l.Counters().Down.DeliveredPackets)
		})
	}
}

func loopback(t *testing.T) *net.UDPConn {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	return conn
}

func peer(t *testing.T, s webrtc.SettingEngine) *webrtc.PeerConnection {
	s.SetIncludeLoopbackCandidate(true)
	s.SetIPFilter(net.IP.IsLoopback) // the machine's interfaces may come and go
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(s)).NewPeerConnection(webrtc.Configuration{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = pc.GracefulClose() })
	return pc
}

// roundTrip connects both peers and returns the shortest of some round trips over a data channel.
func roundTrip(t *testing.T, a, b *webrtc.PeerConnection) time.Duration {
	answers := make(chan struct{}, 1)
	opened := make(chan struct{})
	b.OnDataChannel(func(c *webrtc.DataChannel) {
		c.OnMessage(func(m webrtc.DataChannelMessage) { _ = c.Send(m.Data) })
	})
	channel, err := a.CreateDataChannel("echo", nil)
	require.NoError(t, err)
	channel.OnOpen(func() { close(opened) })
	channel.OnMessage(func(webrtc.DataChannelMessage) { answers <- struct{}{} })

	offer, err := a.CreateOffer(nil)
	require.NoError(t, err)
	gathered := webrtc.GatheringCompletePromise(a)
	require.NoError(t, a.SetLocalDescription(offer))
	<-gathered
	require.NoError(t, b.SetRemoteDescription(*a.LocalDescription()))
	answer, err := b.CreateAnswer(nil)
	require.NoError(t, err)
	gathered = webrtc.GatheringCompletePromise(b)
	require.NoError(t, b.SetLocalDescription(answer))
	<-gathered
	require.NoError(t, a.SetRemoteDescription(*b.LocalDescription()))

	timeout := time.After(20 * time.Second)
	wait := func(c <-chan struct{}) {
		select {
		case <-c:
		case <-timeout:
			require.FailNow(t, "no connection within 20 s")
		}
	}
	wait(opened)
	best := time.Hour
	for range 5 {
		start := time.Now()
		require.NoError(t, channel.SendText("?"))
		wait(answers)
		best = min(best, time.Since(start))
	}
	return best
}
