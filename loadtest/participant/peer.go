package participant

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/packetio"
	"github.com/pion/transport/v4/stdnet"
	"github.com/pion/webrtc/v4"

	"draille/sfu/rtpx"
)

const audioLevelURI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

// certificate is shared by all participants of the process: making one costs more than the rest of joining.
var certificate = sync.OnceValues(func() (*webrtc.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return webrtc.GenerateCertificate(key)
})

// receiver takes what comes in over a peer. Its methods are called one at a time for each SSRC.
type receiver interface {
	receiveRTP(ssrc uint32, raw []byte)
	receiveRTCP(ssrc uint32, raw []byte)
}

// peer is one PeerConnection with the sections of a browser's offer: microphone, camera, screen, slots, data channel. What it
// receives goes straight from the goroutine that decrypts to its receiver: Pion's interceptors and readers are not used.
type peer struct {
	id         string // in offers and answers
	pc         *webrtc.PeerConnection
	microphone *outlet
	camera     []*outlet // one an encoding
	screen     *outlet
	channel    *webrtc.DataChannel

	mu    sync.Mutex
	sinks []*sink
	done  bool
}

func newPeer(r receiver, network func(transport.Net) transport.Net, codec rtpx.Codec, rids []string, audioSlots, videoSlots int) (*peer, error) {
	p := &peer{}
	engine, err := newMediaEngine()
	if err != nil {
		return nil, err
	}
	settings := webrtc.SettingEngine{LoggerFactory: quiet{}}
	settings.BufferFactory = func(kind packetio.BufferPacketType, ssrc uint32) io.ReadWriteCloser { return p.sink(r, kind, ssrc) }
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	if network != nil {
		base, err := stdnet.NewNet()
		if err != nil {
			return nil, fmt.Errorf("participant: cannot list the network's interfaces: %w", err)
		}
		settings.SetNet(network(base))
	}
	shared, err := certificate()
	if err != nil {
		return nil, fmt.Errorf("participant: cannot make a DTLS certificate: %w", err)
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithSettingEngine(settings), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	p.pc, err = api.NewPeerConnection(webrtc.Configuration{Certificates: []webrtc.Certificate{*shared}, BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		return nil, fmt.Errorf("participant: cannot make a PeerConnection: %w", err)
	}
	if err := p.addSections(codec, rids, audioSlots, videoSlots); err != nil {
		return nil, errors.Join(fmt.Errorf("participant: cannot make an offer: %w", err), p.close())
	}
	return p, nil
}

func (p *peer) addSections(codec rtpx.Codec, rids []string, audioSlots, videoSlots int) error {
	var err error
	add := func(kind webrtc.RTPCodecType, name string, codec rtpx.Codec, rids ...string) (outlets []*outlet) {
		var transceiver *webrtc.RTPTransceiver
		for i, rid := range rids {
			o := &outlet{kind: kind, name: name, rid: rid, codec: codec}
			outlets = append(outlets, o)
			switch {
			case err != nil:
			case i == 0:
				transceiver, err = p.pc.AddTransceiverFromTrack(o, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
			default:
				err = transceiver.Sender().AddEncoding(o)
			}
			if err == nil {
				o.mid = transceiver.Mid
			}
		}
		return outlets
	}
	p.microphone = add(webrtc.RTPCodecTypeAudio, "microphone", rtpx.Opus, "")[0]
	p.camera = add(webrtc.RTPCodecTypeVideo, "camera", codec, rids...)
	p.screen = add(webrtc.RTPCodecTypeVideo, "screen", rtpx.VP8, "")[0]
	for i := range audioSlots + videoSlots {
		kind := webrtc.RTPCodecTypeVideo
		if i < audioSlots {
			kind = webrtc.RTPCodecTypeAudio
		}
		if err == nil {
			_, err = p.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		}
	}
	if err != nil {
		return err
	}
	ordered, retransmits := false, uint16(0)
	p.channel, err = p.pc.CreateDataChannel("draille", &webrtc.DataChannelInit{Ordered: &ordered, MaxRetransmits: &retransmits})
	return err
}

// newMediaEngine registers what Chromium offers, as far as this server takes it.
func newMediaEngine() (*webrtc.MediaEngine, error) {
	m := &webrtc.MediaEngine{}
	var err error
	register := func(kind webrtc.RTPCodecType, payload webrtc.PayloadType, mime string, rate uint32, channels uint16, fmtp string, feedback ...webrtc.RTCPFeedback) {
		if err == nil {
			err = m.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: payload, RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: mime, ClockRate: rate, Channels: channels, SDPFmtpLine: fmtp, RTCPFeedback: feedback,
			}}, kind)
		}
	}
	transportCC := webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBTransportCC}
	// Browsers do not offer NACK for voices, but our page makes them.
	register(webrtc.RTPCodecTypeAudio, 111, webrtc.MimeTypeOpus, 48_000, 2, "minptime=10;useinbandfec=1", transportCC, webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBNACK})
	register(webrtc.RTPCodecTypeAudio, 63, "audio/red", 48_000, 2, "111/111")
	for payload, codec := range map[webrtc.PayloadType][2]string{
		96: {webrtc.MimeTypeVP8, ""}, 98: {webrtc.MimeTypeVP9, "profile-id=0"}, 45: {webrtc.MimeTypeAV1, "level-idx=5;profile=0;tier=0"},
	} {
		register(webrtc.RTPCodecTypeVideo, payload, codec[0], 90_000, 0, codec[1], transportCC, webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBNACK},
			webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBNACK, Parameter: "pli"}, webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBCCM, Parameter: "fir"})
		register(webrtc.RTPCodecTypeVideo, payload+1, webrtc.MimeTypeRTX, 90_000, 0, fmt.Sprintf("apt=%d", payload))
	}
	extend := func(uri string, kinds ...webrtc.RTPCodecType) {
		for _, kind := range kinds {
			if err == nil {
				err = m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, kind)
			}
		}
	}
	extend(sdp.TransportCCURI, webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo)
	extend(sdp.SDESMidURI, webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo)
	extend(audioLevelURI, webrtc.RTPCodecTypeAudio)
	extend(sdp.SDESRTPStreamIDURI, webrtc.RTPCodecTypeVideo)
	extend(sdp.SDESRepairRTPStreamIDURI, webrtc.RTPCodecTypeVideo)
	if err != nil {
		return nil, fmt.Errorf("participant: cannot register codecs: %w", err)
	}
	return m, nil
}

// offer returns an offer with all candidates.
func (p *peer) offer() (string, error) {
	offer, err := p.pc.CreateOffer(nil)
	if err != nil {
		return "", fmt.Errorf("participant: cannot make an offer: %w", err)
	}
	gathered := webrtc.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(offer); err != nil {
		return "", fmt.Errorf("participant: cannot make an offer: %w", err)
	}
	<-gathered
	return p.pc.LocalDescription().SDP, nil
}

// close ends the connection and waits for its goroutines.
func (p *peer) close() error {
	p.mu.Lock()
	p.done = true
	sinks := p.sinks
	p.mu.Unlock()
	for _, s := range sinks {
		_ = s.Close()
	}
	return p.pc.GracefulClose()
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

// outlet is one encoding that leaves: what Pion takes for a track.
type outlet struct {
	kind      webrtc.RTPCodecType
	name, rid string
	codec     rtpx.Codec
	mid       func() string

	mu            sync.Mutex
	writer        webrtc.TrackLocalWriter
	ssrc, rtxSSRC uint32
	payload, rtx  uint8
	red           uint8 // 0: not negotiated
	ids           struct{ transportCC, mid, rid, repairedRID, level uint8 }
	header        rtp.Header
	extension     [3]byte // transport-wide number and level, rewritten in place
}

var errNoCodec = errors.New("participant: the server does not take the codec")

// Bind implements webrtc.TrackLocal.
func (o *outlet) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ssrc, o.rtxSSRC, o.writer = uint32(c.SSRC()), uint32(c.SSRCRetransmission()), c.WriteStream()
	for _, e := range c.HeaderExtensions() {
		switch e.URI {
		case sdp.TransportCCURI:
			o.ids.transportCC = uint8(e.ID)
		case sdp.SDESMidURI:
			o.ids.mid = uint8(e.ID)
		case sdp.SDESRTPStreamIDURI:
			o.ids.rid = uint8(e.ID)
		case sdp.SDESRepairRTPStreamIDURI:
			o.ids.repairedRID = uint8(e.ID)
		case audioLevelURI:
			o.ids.level = uint8(e.ID)
		}
	}
	for _, codec := range c.CodecParameters() {
		if rtpx.CodecOf(codec.MimeType) == rtpx.RED {
			o.red = uint8(codec.PayloadType)
		}
	}
	for _, codec := range c.CodecParameters() {
		if rtpx.CodecOf(codec.MimeType) != o.codec {
			continue
		}
		o.payload = uint8(codec.PayloadType)
		apt := fmt.Sprintf("apt=%d", codec.PayloadType)
		for _, repair := range c.CodecParameters() {
			if strings.EqualFold(repair.MimeType, webrtc.MimeTypeRTX) && repair.SDPFmtpLine == apt {
				o.rtx = uint8(repair.PayloadType)
			}
		}
		return codec, nil
	}
	return webrtc.RTPCodecParameters{}, fmt.Errorf("%w: %s", errNoCodec, o.codec)
}

// Unbind implements webrtc.TrackLocal.
func (o *outlet) Unbind(webrtc.TrackLocalContext) error { return nil }

// ID implements webrtc.TrackLocal.
func (o *outlet) ID() string { return o.name }

// RID implements webrtc.TrackLocal.
func (o *outlet) RID() string { return o.rid }

// StreamID implements webrtc.TrackLocal.
func (o *outlet) StreamID() string { return "virtual" }

// Kind implements webrtc.TrackLocal.
func (o *outlet) Kind() webrtc.RTPCodecType { return o.kind }

// takesRED tells whether the server takes repeated voice packets (RFC 2198).
func (o *outlet) takesRED() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.red != 0
}

// bound tells whether it has been negotiated, and its SSRC.
func (o *outlet) bound() (ssrc uint32, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ssrc, o.writer != nil
}

// slots is what the answer says of the receive-only sections.
type slots struct {
	byMID       map[string]*slotSection
	bySSRC      map[uint32]*slotSection
	payloads    map[uint8]payload
	transportCC uint8
}

// slotSection is one of them.
type slotSection struct {
	mid           string
	video         bool
	ssrc, rtxSSRC uint32
}

type payload struct {
	codec  rtpx.Codec
	repair bool
	apt    uint8
}

// readAnswer reads which SSRC of the server stands for which slot.
func readAnswer(text string) (*slots, error) {
	var description sdp.SessionDescription
	if err := description.UnmarshalString(text); err != nil {
		return nil, fmt.Errorf("participant: expected an answer in SDP, got a syntax error: %w", err)
	}
	s := &slots{byMID: map[string]*slotSection{}, bySSRC: map[uint32]*slotSection{}, payloads: map[uint8]payload{}}
	for _, m := range description.MediaDescriptions {
		mid, _ := m.Attribute(sdp.AttrKeyMID)
		section := &slotSection{mid: mid, video: m.MediaName.Media == "video"}
		_, sends := m.Attribute(sdp.AttrKeySendOnly)
		for _, a := range m.Attributes {
			s.readAttribute(section, m.MediaName.Media, a)
		}
		if !sends || m.MediaName.Media == "application" {
			continue
		}
		s.byMID[mid] = section
		s.bySSRC[section.ssrc] = section
		if section.rtxSSRC != 0 {
			s.bySSRC[section.rtxSSRC] = section
		}
	}
	return s, nil
}

func (s *slots) readAttribute(section *slotSection, kind string, a sdp.Attribute) {
	fields := strings.Fields(a.Value)
	number := func(i, bits int) uint64 {
		if i >= len(fields) {
			return 0
		}
		text, _, _ := strings.Cut(fields[i], "/")
		n, err := strconv.ParseUint(text, 10, bits)
		if err != nil {
			return 0
		}
		return n
	}
	switch {
	case len(fields) < 2:
	case a.Key == sdp.AttrKeySSRC && section.ssrc == 0:
		section.ssrc = uint32(number(0, 32))
	case a.Key == sdp.AttrKeySSRCGroup && fields[0] == sdp.SemanticTokenFlowIdentification:
		section.ssrc, section.rtxSSRC = uint32(number(1, 32)), uint32(number(2, 32))
	case a.Key == "rtpmap":
		name, _, _ := strings.Cut(fields[1], "/")
		id := uint8(number(0, 8))
		p := s.payloads[id]
		p.codec, p.repair = rtpx.CodecOf(kind+"/"+name), strings.EqualFold(name, "rtx")
		s.payloads[id] = p
	case a.Key == "fmtp" && strings.HasPrefix(fields[1], "apt="):
		apt, err := strconv.ParseUint(strings.TrimPrefix(fields[1], "apt="), 10, 8)
		if err == nil {
			id := uint8(number(0, 8))
			p := s.payloads[id]
			p.apt = uint8(apt)
			s.payloads[id] = p
		}
	case a.Key == sdp.AttrKeyExtMap && fields[1] == sdp.TransportCCURI:
		s.transportCC = uint8(number(0, 8))
	}
}

// ntpTime turns a time into an NTP timestamp (RFC 3550 section 4).
func ntpTime(t time.Time) uint64 {
	const since1900 = 2_208_988_800
	nanoseconds := uint64(t.UnixNano())
	return (nanoseconds/1e9+since1900)<<32 | nanoseconds%1e9<<32/1e9
}

// quiet drops Pion's logs: they hold addresses and SDP.
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
