package forwarding

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/sdp/v3"
	"github.com/pion/transport/v4/packetio"
	"github.com/pion/webrtc/v4"
)

const audioLevelURI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

// receiveBuffer is asked of the kernel for a client's socket, in bytes: a client that waits for a processor must not lose
// packets that the server has delivered.
const receiveBuffer = 1 << 20

// certificate is shared by all clients of the process.
var certificate = sync.OnceValues(func() (*webrtc.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return webrtc.GenerateCertificate(key)
})

// peer is one PeerConnection over a socket of its own, with the sections of a page's offer.
type peer struct {
	pc           *webrtc.PeerConnection
	mux          *ice.UDPMuxDefault
	audio, video *outlet

	mu    sync.Mutex
	sinks []*sink
	done  bool
}

// receiver takes what is decrypted.
type receiver interface {
	receiveRTP(ssrc uint32, raw []byte)
	receiveRTCP(ssrc uint32, raw []byte)
}

func newPeer(r receiver, slots int) (*peer, error) {
	media, err := newMediaEngine()
	if err != nil {
		return nil, err
	}
	shared, err := certificate()
	if err != nil {
		return nil, fmt.Errorf("forwarding: cannot make a certificate: %w", err)
	}
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("forwarding: no socket for a client (more files than this user may open?): %w", err)
	}
	_ = socket.SetReadBuffer(receiveBuffer) // the kernel gives what it may
	p := &peer{mux: ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: socket, Logger: quiet{}})}
	settings := webrtc.SettingEngine{LoggerFactory: quiet{}}
	settings.BufferFactory = func(kind packetio.BufferPacketType, ssrc uint32) io.ReadWriteCloser { return p.sink(r, kind, ssrc) }
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEUDPMux(p.mux)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	api := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(settings), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	p.pc, err = api.NewPeerConnection(webrtc.Configuration{Certificates: []webrtc.Certificate{*shared}, BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("forwarding: cannot make a PeerConnection: %w", err), p.mux.Close())
	}
	if err := p.addSections(slots); err != nil {
		return nil, errors.Join(fmt.Errorf("forwarding: cannot make an offer: %w", err), p.close())
	}
	return p, nil
}

// addSections adds microphone, camera, screen, and a pair of slots for everybody who is seen.
func (p *peer) addSections(slots int) error {
	var err error
	send := func(kind webrtc.RTPCodecType, name string) *outlet {
		o := &outlet{kind: kind, name: name}
		if err == nil {
			_, err = p.pc.AddTransceiverFromTrack(o, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		}
		return o
	}
	p.audio = send(webrtc.RTPCodecTypeAudio, "microphone")
	p.video = send(webrtc.RTPCodecTypeVideo, "camera")
	send(webrtc.RTPCodecTypeVideo, "screen")
	for i := range 2 * slots {
		kind := webrtc.RTPCodecTypeVideo
		if i < slots {
			kind = webrtc.RTPCodecTypeAudio
		}
		if err == nil {
			_, err = p.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		}
	}
	if err == nil {
		_, err = p.pc.CreateDataChannel("draille", nil)
	}
	return err
}

// newMediaEngine registers Opus and VP8 with retransmissions.
func newMediaEngine() (*webrtc.MediaEngine, error) {
	m := &webrtc.MediaEngine{}
	transportCC := webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBTransportCC}
	nack := webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBNACK}
	err := errors.Join(
		m.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: 111, RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeOpus, ClockRate: 48_000, Channels: 2, RTCPFeedback: []webrtc.RTCPFeedback{transportCC}}}, webrtc.RTPCodecTypeAudio),
		m.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: 96, RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeVP8, ClockRate: 90_000, RTCPFeedback: []webrtc.RTCPFeedback{transportCC, nack,
				{Type: webrtc.TypeRTCPFBNACK, Parameter: "pli"}}}}, webrtc.RTPCodecTypeVideo),
		m.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: 97, RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeRTX, ClockRate: 90_000, SDPFmtpLine: "apt=96"}}, webrtc.RTPCodecTypeVideo),
		m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: sdp.TransportCCURI}, webrtc.RTPCodecTypeAudio),
		m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: sdp.TransportCCURI}, webrtc.RTPCodecTypeVideo),
		m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: audioLevelURI}, webrtc.RTPCodecTypeAudio),
	)
	if err != nil {
		return nil, fmt.Errorf("forwarding: cannot register codecs: %w", err)
	}
	return m, nil
}

// offer returns an offer with all candidates.
func (p *peer) offer() (string, error) {
	offer, err := p.pc.CreateOffer(nil)
	if err != nil {
		return "", fmt.Errorf("forwarding: cannot make an offer: %w", err)
	}
	gathered := webrtc.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(offer); err != nil {
		return "", fmt.Errorf("forwarding: cannot make an offer: %w", err)
	}
	<-gathered
	return p.pc.LocalDescription().SDP, nil
}

func (p *peer) close() error {
	p.mu.Lock()
	p.done = true
	sinks := p.sinks
	p.mu.Unlock()
	for _, s := range sinks {
		_ = s.Close()
	}
	return errors.Join(p.pc.GracefulClose(), p.mux.Close())
}

// sink stands where Pion would buffer decrypted packets.
type sink struct {
	receive func(raw []byte)
	done    chan struct{}
	once    sync.Once
}

func (p *peer) sink(r receiver, kind packetio.BufferPacketType, ssrc uint32) *sink {
	s := &sink{done: make(chan struct{}), receive: func(raw []byte) { r.receiveRTP(ssrc, raw) }}
	if kind == packetio.RTCPBufferPacket {
		s.receive = func(raw []byte) { r.receiveRTCP(ssrc, raw) }
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sinks = append(p.sinks, s)
	if p.done {
		_ = s.Close()
	}
	return s
}

func (s *sink) Write(packet []byte) (int, error) {
	select {
	case <-s.done:
		return 0, io.ErrClosedPipe
	default:
		s.receive(packet)
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

// quiet drops Pion's logs.
type quiet struct{}

func (quiet) NewLogger(string) logging.LeveledLogger { return quiet{} }

func (quiet) Trace(string)          {}
func (quiet) Tracef(string, ...any) {}
func (quiet) Debug(string)          {}
func (quiet) Debugf(string, ...any) {}
func (quiet) Info(string)           {}
func (quiet) Infof(string, ...any)  {}
func (quiet) Warn(string)           {}
func (quiet) Warnf(string, ...any)  {}
func (quiet) Error(string)          {}
func (quiet) Errorf(string, ...any) {}
