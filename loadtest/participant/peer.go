package participant

import (
	"errors"
	"fmt"

	"github.com/pion/sdp/v3"
	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
	"github.com/pion/webrtc/v4"

	"draille/loadtest/rtc"
	"draille/sfu/rtpx"
)

// peer is one PeerConnection with the sections of a browser's offer: microphone, camera, screen,
// slots, data channel.
type peer struct {
	id         string // in offers and answers
	offer      string // that was made; guarded by the participant's lock, as is the next
	answered   bool
	pc         *rtc.Connection
	microphone *outlet
	camera     []*outlet // one an encoding
	screen     *outlet
	channel    *webrtc.DataChannel
}

func newPeer(r rtc.Receiver, network func(transport.Net) transport.Net, codec rtpx.Codec,
	rids []string, slotPairs int) (*peer, error) {
	media, err := newMediaEngine()
	if err != nil {
		return nil, err
	}
	var settings webrtc.SettingEngine
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	if network != nil {
		base, err := stdnet.NewNet()
		if err != nil {
			return nil, fmt.Errorf("participant: cannot list the network's interfaces: %w", err)
		}
		settings.SetNet(network(base))
	}
	pc, err := rtc.New(r, media, settings)
	if err != nil {
		return nil, err
	}
	p := &peer{pc: pc}
	if err := p.addSections(codec, rids, slotPairs); err != nil {
		return nil, errors.Join(fmt.Errorf("participant: cannot make an offer: %w", err),
			pc.Close())
	}
	return p, nil
}

// addSections adds those of an offer. As in our page there are as many slots for voices as for
// pictures.
func (p *peer) addSections(codec rtpx.Codec, rids []string, slotPairs int) error {
	var err error
	add := func(kind webrtc.RTPCodecType, name string, codec rtpx.Codec,
		rids ...string) (outlets []*outlet) {
		var transceiver *webrtc.RTPTransceiver
		for i, rid := range rids {
			o := &outlet{kind: kind, name: name, rid: rid, codec: codec}
			outlets = append(outlets, o)
			switch {
			case err != nil:
			case i == 0:
				transceiver, err = p.pc.AddTransceiverFromTrack(o,
					webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
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
	for i := range 2 * slotPairs {
		kind := webrtc.RTPCodecTypeVideo
		if i < slotPairs {
			kind = webrtc.RTPCodecTypeAudio
		}
		if err == nil {
			_, err = p.pc.AddTransceiverFromKind(kind,
				webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		}
	}
	if err != nil {
		return err
	}
	ordered, retransmits := false, uint16(0)
	p.channel, err = p.pc.CreateDataChannel("draille",
		&webrtc.DataChannelInit{Ordered: &ordered, MaxRetransmits: &retransmits})
	return err
}

// newMediaEngine registers what Chromium offers, as far as this server takes it.
func newMediaEngine() (*webrtc.MediaEngine, error) {
	m := &webrtc.MediaEngine{}
	var err error
	register := func(kind webrtc.RTPCodecType, payload webrtc.PayloadType, mime string, rate uint32,
		channels uint16, fmtp string, feedback ...webrtc.RTCPFeedback) {
		if err == nil {
			err = m.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: payload,
				RTPCodecCapability: webrtc.RTPCodecCapability{
					MimeType: mime, ClockRate: rate, Channels: channels, SDPFmtpLine: fmtp,
					RTCPFeedback: feedback,
				}}, kind)
		}
	}
	transportCC := webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBTransportCC}
	// Browsers do not offer NACK for voices, but our page makes them.
	register(webrtc.RTPCodecTypeAudio, 111, webrtc.MimeTypeOpus, 48_000, 2,
		"minptime=10;useinbandfec=1", transportCC, webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBNACK})
	register(webrtc.RTPCodecTypeAudio, 63, "audio/red", 48_000, 2, "111/111")
	for payload, codec := range map[webrtc.PayloadType][2]string{
		96: {webrtc.MimeTypeVP8, ""}, 98: {webrtc.MimeTypeVP9, "profile-id=0"},
		45: {webrtc.MimeTypeAV1, "level-idx=5;profile=0;tier=0"},
	} {
		register(webrtc.RTPCodecTypeVideo, payload, codec[0], 90_000, 0, codec[1], transportCC,
			webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBNACK},
			webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBNACK, Parameter: "pli"},
			webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBCCM, Parameter: "fir"})
		register(webrtc.RTPCodecTypeVideo, payload+1, webrtc.MimeTypeRTX, 90_000, 0,
			fmt.Sprintf("apt=%d", payload))
	}
	extend := func(uri string, kinds ...webrtc.RTPCodecType) {
		for _, kind := range kinds {
			if err == nil {
				err = m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, kind)
			}
		}
	}
	extend(sdp.TransportCCURI, webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo)
	extend(sdp.ABSSendTimeURI, webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo)
	extend(sdp.SDESMidURI, webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo)
	extend(sdp.AudioLevelURI, webrtc.RTPCodecTypeAudio)
	extend(sdp.SDESRTPStreamIDURI, webrtc.RTPCodecTypeVideo)
	extend(sdp.SDESRepairRTPStreamIDURI, webrtc.RTPCodecTypeVideo)
	if err != nil {
		return nil, fmt.Errorf("participant: cannot register codecs: %w", err)
	}
	return m, nil
}
