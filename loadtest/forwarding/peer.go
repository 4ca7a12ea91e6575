package forwarding

import (
	"errors"
	"fmt"
	"net"

	"github.com/pion/ice/v4"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"draille/loadtest/rtc"
)

// receiveBuffer is asked of the kernel for a client's socket, in bytes: a client that waits for a
// processor must not lose packets that the server has delivered.
const receiveBuffer = 1 << 20

// peer is one PeerConnection over a socket of its own, with the sections of a page's offer.
type peer struct {
	pc           *rtc.Connection
	mux          *ice.UDPMuxDefault
	audio, video *outlet
}

// newPeer makes one that closes the socket.
func newPeer(socket *net.UDPConn, receiver rtc.Receiver, slots int) (*peer, error) {
	media, err := newMediaEngine()
	if err != nil {
		return nil, errors.Join(err, socket.Close())
	}
	_ = socket.SetReadBuffer(receiveBuffer) // the kernel gives what it may
	p := &peer{mux: ice.NewUDPMuxDefault(
		ice.UDPMuxParams{UDPConn: socket, Logger: rtc.Quiet.NewLogger("ice")})}
	var settings webrtc.SettingEngine
	settings.SetICEUDPMux(p.mux)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	if p.pc, err = rtc.New(receiver, media, settings); err != nil {
		return nil, errors.Join(err, p.mux.Close())
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
			_, err = p.pc.AddTransceiverFromTrack(o,
				webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
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
			_, err = p.pc.AddTransceiverFromKind(kind,
				webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
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
		m.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: 111,
			RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: webrtc.MimeTypeOpus, ClockRate: 48_000, Channels: 2,
				RTCPFeedback: []webrtc.RTCPFeedback{transportCC}}}, webrtc.RTPCodecTypeAudio),
		m.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: 96,
			RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: webrtc.MimeTypeVP8, ClockRate: 90_000,
				RTCPFeedback: []webrtc.RTCPFeedback{transportCC, nack,
					{Type: webrtc.TypeRTCPFBNACK, Parameter: "pli"}}}}, webrtc.RTPCodecTypeVideo),
		m.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: 97,
			RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: webrtc.MimeTypeRTX, ClockRate: 90_000, SDPFmtpLine: "apt=96"}},
			webrtc.RTPCodecTypeVideo),
		m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: sdp.TransportCCURI},
			webrtc.RTPCodecTypeAudio),
		m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: sdp.TransportCCURI},
			webrtc.RTPCodecTypeVideo),
		m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: sdp.AudioLevelURI},
			webrtc.RTPCodecTypeAudio),
	)
	if err != nil {
		return nil, fmt.Errorf("forwarding: cannot register codecs: %w", err)
	}
	return m, nil
}

func (p *peer) close() error { return errors.Join(p.pc.Close(), p.mux.Close()) }
