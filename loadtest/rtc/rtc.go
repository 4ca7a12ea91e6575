// Package rtc is a PeerConnection as clients of the load test use one: what is decrypted goes
// straight to its receiver, in the goroutine that decrypts it. Pion's interceptors and readers are
// not used, its logs are dropped, and all connections of a process share a certificate.
package rtc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/transport/v4/packetio"
	"github.com/pion/webrtc/v4"
)

// certificate is shared by all connections: making one costs more than the rest of joining.
var certificate = sync.OnceValues(func() (*webrtc.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return webrtc.GenerateCertificate(key)
})

// Quiet drops Pion's logs: they hold addresses and SDP.
var Quiet logging.LoggerFactory = &logging.DefaultLoggerFactory{
	DefaultLogLevel: logging.LogLevelDisabled}

// Receiver takes what is decrypted. Its functions are called one at a time for each SSRC, and must
// not keep raw.
type Receiver struct{ RTP, RTCP func(ssrc uint32, raw []byte) }

// Connection is a PeerConnection with a Receiver.
type Connection struct {
	*webrtc.PeerConnection
	receiver Receiver

	mu    sync.Mutex
	sinks []*sink
	done  bool
}

// firstRetransmission is how soon a browser repeats what it has said of a handshake, when there is
// no answer; then twice as late each time.
const firstRetransmission = 50 * time.Millisecond

// New makes a connection. The settings say which sockets and networks it uses; the rest of them is
// filled in.
func New(receiver Receiver, media *webrtc.MediaEngine,
	settings webrtc.SettingEngine) (*Connection, error) {
	shared, err := certificate()
	if err != nil {
		return nil, fmt.Errorf("rtc: cannot make a DTLS certificate: %w", err)
	}
	c := &Connection{receiver: receiver}
	settings.LoggerFactory = Quiet
	settings.BufferFactory = c.sink
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetDTLSRetransmissionInterval(firstRetransmission)
	api := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(settings),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	c.PeerConnection, err = api.NewPeerConnection(
		webrtc.Configuration{Certificates: []webrtc.Certificate{*shared},
			BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		return nil, fmt.Errorf("rtc: cannot make a PeerConnection: %w", err)
	}
	return c, nil
}

// Offer returns an offer with all candidates.
func (c *Connection) Offer() (string, error) {
	offer, err := c.CreateOffer(nil)
	if err != nil {
		return "", fmt.Errorf("rtc: cannot make an offer: %w", err)
	}
	gathered := webrtc.GatheringCompletePromise(c.PeerConnection)
	if err := c.SetLocalDescription(offer); err != nil {
		return "", fmt.Errorf("rtc: cannot make an offer: %w", err)
	}
	<-gathered
	return c.LocalDescription().SDP, nil
}

// Close ends the connection and waits for its goroutines.
func (c *Connection) Close() error {
	c.mu.Lock()
	c.done = true
	sinks := c.sinks
	c.mu.Unlock()
	for _, s := range sinks {
		_ = s.Close()
	}
	return c.GracefulClose()
}

// sink stands where Pion would buffer the decrypted packets of one SSRC.
type sink struct {
	receive func(ssrc uint32, raw []byte)
	ssrc    uint32
	done    chan struct{}
	once    sync.Once
}

func (c *Connection) sink(kind packetio.BufferPacketType, ssrc uint32) io.ReadWriteCloser {
	s := &sink{receive: c.receiver.RTP, ssrc: ssrc, done: make(chan struct{})}
	if kind == packetio.RTCPBufferPacket {
		s.receive = c.receiver.RTCP
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sinks = append(c.sinks, s)
	if c.done {
		_ = s.Close()
	}
	return s
}

func (s *sink) Write(packet []byte) (int, error) {
	select {
	case <-s.done:
		return 0, io.ErrClosedPipe
	default:
		s.receive(s.ssrc, packet)
		return len(packet), nil
	}
}

// Read keeps Pion's own readers waiting until the end.
func (s *sink) Read([]byte) (int, error) {
	<-s.done
	return 0, io.EOF
}

func (s *sink) Close() error {
	s.once.Do(func() { close(s.done) })
	return nil
}
