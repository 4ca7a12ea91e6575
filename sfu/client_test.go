package sfu

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"draille/sfu/congestion/receive"
	"draille/sfu/congestion/send"
	"draille/sfu/connect"
	"draille/sfu/negotiate"
	"draille/sfu/udp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 30 * time.Second

// eventually waits for a condition that other goroutines bring about.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, patience, 5*time.Millisecond, what)
}

// wire is what is between the clients and the server, to lose what a test wants lost: out is from
// the server.
type wire struct {
	mu      sync.Mutex // what loses is called one at a time
	loseOut atomic.Pointer[func([]byte) bool]
	loseIn  atomic.Pointer[func([]byte) bool]

	deadPeer atomic.Pointer[net.UDPAddr] // nothing comes from it or reaches it
}

// clientSocket is a client's end of the wire.
type clientSocket struct {
	net.PacketConn
	wire *wire
	tap  *tap // nil: nobody looks at what comes
}

func (s *clientSocket) loses(by *atomic.Pointer[func([]byte) bool], data []byte) bool {
	if dead := s.wire.deadPeer.Load(); dead != nil && s.LocalAddr().String() == dead.String() {
		return true
	}
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	lose := by.Load()
	return lose != nil && (*lose)(data)
}

func (s *clientSocket) WriteTo(data []byte, to net.Addr) (int, error) {
	if s.loses(&s.wire.loseIn, data) {
		return len(data), nil
	}
	return s.PacketConn.WriteTo(data, to)
}

func (s *clientSocket) ReadFrom(buffer []byte) (int, net.Addr, error) {
	for {
		n, from, err := s.PacketConn.ReadFrom(buffer)
		if err == nil && s.loses(&s.wire.loseOut, buffer[:n]) {
			continue
		}
		if err == nil && s.tap != nil {
			s.tap.see(buffer[:n])
		}
		return n, from, err
	}
}

// server is an engine on a loopback port.
type server struct {
	t      *testing.T
	udp    *udp.Socket
	engine *Engine
	room   *Room
	wire   *wire
	port   netip.AddrPort
}

func newServer(t *testing.T, change ...func(*Config)) *server {
	t.Helper()
	listener, err := udp.Listen("127.0.0.1:0")
	require.NoError(t, err)
	s := &server{t: t, udp: listener, wire: &wire{}, port: listener.LocalAddr()}
	config := Config{Socket: listener.Media(), Addresses: []netip.AddrPort{s.port},
		// A busy machine delays packets like a thin link does; what tests of the estimate want,
		// they say.
		Downlink: send.Config{StartBitrate: 3_000_000, MinBitrate: 3_000_000},
		Uplink:   receive.Config{Floor: receive.DefaultConfig.Ceiling}}
	for _, c := range change {
		c(&config)
	}
	s.engine, err = New(config)
	require.NoError(t, err)
	s.room = s.engine.NewRoom("room")
	t.Cleanup(func() {
		require.NoError(t, s.engine.Close())
		require.NoError(t, listener.Close())
	})
	return s
}

// received is what a client got in one receive-only section.
type received struct {
	mu      sync.Mutex
	packets []*rtp.Packet
}

func (r *received) add(p *rtp.Packet) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.packets = append(r.packets, p)
}

func (r *received) all() []*rtp.Packet {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.packets)
}

func (r *received) from(number uint32) int {
	count := 0
	for _, p := range r.all() {
		if len(p.CSRC) == 1 && p.CSRC[0] == number {
			count++
		}
	}
	return count
}

// client is a participant whose offer is shaped like a browser's.
type client struct {
	quiet       atomic.Bool // between words
	s           *server
	participant *Participant
	through     ice.UDPMux // nil: its own socket
	tap         *tap       // on its own socket; nil: none
	own         ice.UDPMux
	id          string
	connection  string
	pc          *webrtc.PeerConnection
	channel     *webrtc.DataChannel

	microphone *source
	camera     []*source // one an encoding
	screen     *source
	slots      map[string]*received // by mid
	reports    sync.Map             // mid → *rtcp.SenderReport

	mu       sync.Mutex
	told     []Slot
	tellings int // how often
	encode   map[Source][]Encoding
	speaking []string
	lossy    []string
	far      []string
	states   []TransportState
	messages []string
	pumps    *pumps
	stop     chan struct{}
}

// pumps are the goroutines of a client. Pion calls OnTrack in one of its own whenever it likes,
// also while the client hangs up: whoever begins after that has nothing to do.
type pumps struct {
	mu      sync.Mutex
	ended   bool
	running sync.WaitGroup
}

// begin counts one goroutine, which must call running.Done; false: the client hangs up.
func (p *pumps) begin() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		p.running.Add(1)
	}
	return !p.ended
}

// start runs something in a goroutine of its own, unless the client hangs up.
func (p *pumps) start(f func()) {
	if p.begin() {
		go func() {
			defer p.running.Done()
			f()
		}()
	}
}

// end waits for all, and lets nobody begin any more.
func (p *pumps) end() {
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	p.running.Wait()
}

// source is one encoding that a client sends.
type source struct {
	track  *webrtc.TrackLocalStaticRTP
	sender *webrtc.RTPSender
	rid    string
	mid    func() string
	plis   atomic.Int64
	key    atomic.Bool // the next frame must be a keyframe
	number uint16
	stamp  uint32
	frame  uint16
	mark   func([]byte) // writes into the last eight bytes of every packet; nil: nothing does
}

type shape struct {
	rids         []string // of the camera
	audio, video int      // receive-only sections
	red          bool     // takes repeated voice packets (RFC 2198), as Chromium does
	nacks        bool     // asks for lost packets of voices
	numbers      bool     // what it sends over all sections, as browsers do
}

var usual = shape{audio: 3, video: 4}

func (s *server) join(id string) *client {
	s.t.Helper()
	c := &client{s: s, id: id, encode: map[Source][]Encoding{}}
	var err error
	c.participant, err = s.room.Join(id, c)
	require.NoError(s.t, err)
	s.t.Cleanup(c.hangUp)
	s.t.Cleanup(c.participant.Close)
	return c
}

// connected is a client that has negotiated and is connected, but not admitted.
func (s *server) connected(id string, with shape) *client {
	s.t.Helper()
	c := s.join(id)
	c.dial("first", with)
	c.negotiate(nil)
	c.awaitConnected()
	return c
}

// present is a connected client who is admitted and sends microphone and camera.
func (s *server) present(id string, with shape) *client {
	s.t.Helper()
	c := s.connected(id, with)
	c.participant.SetLive(Live{Microphone: true, Camera: true})
	c.participant.SetAdmitted(true)
	c.send()
	return c
}

func (c *client) Slots(slots []Slot) {
	c.mu.Lock()
	c.told = slots
	c.tellings++
	c.mu.Unlock()
}
func (c *client) Encode(s Source, e []Encoding) { c.mu.Lock(); c.encode[s] = e; c.mu.Unlock() }
func (c *client) Speakers(ids []string)         { c.mu.Lock(); c.speaking = ids; c.mu.Unlock() }
func (c *client) UplinkLoss(lossy, far []string) {
	c.mu.Lock()
	c.lossy, c.far = lossy, far
	c.mu.Unlock()
}
func (c *client) Transport(state TransportState) {
	c.mu.Lock()
	c.states = append(c.states, state)
	c.mu.Unlock()
}

// timesTold is how often Slots was called.
func (c *client) timesTold() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tellings
}

func (c *client) lastSlots() []Slot {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.told)
}
func (c *client) lastEncode(s Source) []Encoding {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.encode[s])
}
func (c *client) lastSpeakers() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.speaking)
}
func (c *client) lastUplinkLoss() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.lossy)
}
func (c *client) lastFar() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.far)
}
func (c *client) transportStates() []TransportState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.states)
}

func (c *client) slotOf(other *client, source Source) (Slot, bool) {
	for _, s := range c.lastSlots() {
		if s.Participant == other.id && s.Source == source {
			return s, true
		}
	}
	return Slot{}, false
}

// dial makes a PeerConnection with the sections of a browser's first offer.
func (c *client) dial(connection string, with shape) {
	t := c.s.t
	t.Helper()
	c.connection, c.stop = connection, make(chan struct{})
	c.mu.Lock()
	c.slots = map[string]*received{} // what an earlier page still receives counts as this one's
	c.mu.Unlock()
	if c.pumps == nil {
		c.pumps = &pumps{}
	}
	media := &webrtc.MediaEngine{}
	require.NoError(t, media.RegisterDefaultCodecs())
	if with.red {
		require.NoError(
			t,
			media.RegisterCodec(
				webrtc.RTPCodecParameters{
					PayloadType: 63,
					RTPCodecCapability: webrtc.RTPCodecCapability{
						MimeType: "audio/red", ClockRate: 48_000, Channels: 2,
						SDPFmtpLine: "111/111",
					},
				},
				webrtc.RTPCodecTypeAudio,
			),
		)
	}
	if with.nacks {
		media.RegisterFeedback(
			webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBNACK}, webrtc.RTPCodecTypeAudio,
		)
	}
	require.NoError(
		t,
		media.RegisterHeaderExtension(
			webrtc.RTPHeaderExtensionCapability{URI: negotiate.AudioLevelURI},
			webrtc.RTPCodecTypeAudio,
		),
	)
	registry := &interceptor.Registry{}
	require.NoError(
		t,
		webrtc.RegisterDefaultInterceptorsWithOptions(
			media, registry, webrtc.WithInterceptorLoggerFactory(connect.QuietLoggers{}),
		),
	)
	if with.numbers {
		require.NoError(t, webrtc.ConfigureTWCCHeaderExtensionSender(media, registry))
	}
	settings := webrtc.SettingEngine{LoggerFactory: connect.QuietLoggers{}}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetICETimeouts(time.Second, patience, 200*time.Millisecond)
	if c.tap != nil {
		settings.SetDTLSKeyLogWriter(&c.tap.handshake)
		settings.SetDTLSServerHelloMessageHook(c.tap.handshake.ServerHello)
	}
	if c.through == nil {
		socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		require.NoError(t, err)
		require.NoError(t, socket.SetReadBuffer(1<<20)) // a busy machine is no lossy link
		c.own = ice.NewUDPMuxDefault(
			ice.UDPMuxParams{
				Logger:  connect.QuietLoggers{}.NewLogger(""),
				UDPConn: &clientSocket{socket, c.s.wire, c.tap},
			},
		)
		settings.SetICEUDPMux(c.own)
	} else {
		settings.SetICEUDPMux(c.through)
	}
	api := webrtc.NewAPI(
		webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry),
		webrtc.WithSettingEngine(settings),
	)
	var err error
	c.pc, err = api.NewPeerConnection(webrtc.Configuration{})
	require.NoError(t, err)
	pumps := c.pumps
	c.pc.OnTrack(
		func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
			if pumps.begin() {
				defer pumps.running.Done()
				c.collect(pumps, track, receiver)
			}
		},
	)

	c.microphone = c.add("microphone", webrtc.MimeTypeOpus, nil)[0]
	c.camera = c.add("camera", webrtc.MimeTypeVP8, with.rids)
	c.screen = c.add("screen", webrtc.MimeTypeVP8, nil)[0]
	c.addSlots(with)
	c.channel, err = c.pc.CreateDataChannel(controlLabel, nil)
	require.NoError(t, err)
	c.channel.OnMessage(func(m webrtc.DataChannelMessage) {
		c.mu.Lock()
		c.messages = append(c.messages, string(m.Data))
		c.mu.Unlock()
	})
}

func (c *client) addSlots(with shape) {
	recvonly := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
	for range with.audio {
		_, err := c.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, recvonly)
		require.NoError(c.s.t, err)
	}
	for range with.video {
		_, err := c.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, recvonly)
		require.NoError(c.s.t, err)
	}
}

func (c *client) add(name, mime string, rids []string) []*source {
	t := c.s.t
	t.Helper()
	if len(rids) == 0 {
		rids = []string{""}
	}
	var sources []*source
	for _, rid := range rids {
		var options []func(*webrtc.TrackLocalStaticRTP)
		if rid != "" {
			options = append(options, webrtc.WithRTPStreamID(rid))
		}
		track, err := webrtc.NewTrackLocalStaticRTP(
			webrtc.RTPCodecCapability{MimeType: mime},
			name,
			c.id,
			options...)
		require.NoError(t, err)
		sources = append(sources, &source{track: track, rid: rid})
	}
	transceiver, err := c.pc.AddTransceiverFromTrack(
		sources[0].track,
		webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly},
	)
	require.NoError(t, err)
	for _, s := range sources[1:] {
		require.NoError(t, transceiver.Sender().AddEncoding(s.track))
	}
	for i, s := range sources {
		s.sender, s.mid = transceiver.Sender(), transceiver.Mid
		c.pumps.start(func() { s.readRTCP(rids[i]) })
	}
	return sources
}

// readRTCP counts keyframe requests and obeys them.
func (s *source) readRTCP(rid string) {
	for {
		var packets []rtcp.Packet
		var err error
		if rid == "" {
			packets, _, err = s.sender.ReadRTCP()
		} else {
			packets, _, err = s.sender.ReadSimulcastRTCP(rid)
		}
		if err != nil {
			return
		}
		for _, p := range packets {
			if _, ok := p.(*rtcp.PictureLossIndication); ok {
				s.plis.Add(1)
				s.key.Store(true)
			}
		}
	}
}

func (c *client) collect(
	pumps *pumps, track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver,
) {
	mid := receiver.RTPTransceiver().Mid()
	r := c.slot(mid)
	pumps.start(func() {
		for {
			packets, _, err := receiver.ReadRTCP()
			if err != nil {
				return
			}
			for _, p := range packets {
				if report, ok := p.(*rtcp.SenderReport); ok {
					c.reports.Store(mid, report)
				}
			}
		}
	})
	for {
		p, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		if c.tap == nil { // or it has been looked at already
			r.add(p)
		}
	}
}

func (c *client) slot(mid string) *received {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.slots[mid] == nil {
		c.slots[mid] = &received{}
	}
	return c.slots[mid]
}

// packetsFrom counts packets with that CSRC in all sections.
func (c *client) packetsFrom(number uint32) int {
	c.mu.Lock()
	slots := make([]*received, 0, len(c.slots))
	for _, r := range c.slots {
		slots = append(slots, r)
	}
	c.mu.Unlock()
	count := 0
	for _, r := range slots {
		count += r.from(number)
	}
	return count
}

// offer makes an offer with all candidates.
func (c *client) offer(options *webrtc.OfferOptions) string {
	t := c.s.t
	t.Helper()
	offer, err := c.pc.CreateOffer(options)
	require.NoError(t, err)
	gathered := webrtc.GatheringCompletePromise(c.pc)
	require.NoError(t, c.pc.SetLocalDescription(offer))
	<-gathered
	return c.pc.LocalDescription().SDP
}

func (c *client) negotiate(options *webrtc.OfferOptions) (answer string) {
	t := c.s.t
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	answer, err := c.participant.Answer(ctx, c.connection, c.offer(options))
	require.NoError(t, err)
	require.NoError(
		t,
		c.pc.SetRemoteDescription(
			webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer},
		),
	)
	return answer
}

func (c *client) awaitConnected() {
	c.s.t.Helper()
	eventually(
		c.s.t, c.id+" connects",
		func() bool { return c.pc.ConnectionState() == webrtc.PeerConnectionStateConnected },
	)
	eventually(
		c.s.t, c.id+"'s data channel opens",
		func() bool { return c.channel.ReadyState() == webrtc.DataChannelStateOpen },
	)
}

func (c *client) hangUp() {
	if c.pc == nil {
		return
	}
	close(c.stop)
	require.NoError(c.s.t, c.pc.GracefulClose())
	c.pumps.end()
	c.pumps = nil
	if c.own != nil {
		require.NoError(c.s.t, c.own.Close())
		c.own = nil
	}
	c.pc = nil
}

// send sends microphone and camera until the client hangs up: 50 audio packets and 50 small
// pictures a second.
func (c *client) send() { c.pump(c.speak, c.film) }

// pump calls the senders every 20 ms.
func (c *client) pump(senders ...func()) { c.pumpEvery(20*time.Millisecond, senders...) }

func (c *client) pumpEvery(interval time.Duration, senders ...func()) {
	stop := c.stop
	c.pumps.start(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-stop:
				return
			case <-ticker.C:
				for _, send := range senders {
					send()
				}
			}
		}
	})
}

func (c *client) speak() {
	level := byte(30)
	if c.quiet.Load() {
		level = 100
	}
	c.speakAt(level)
}

// speakAt sends one audio packet of that level, in −dBov.
func (c *client) speakAt(level byte) {
	p := &rtp.Packet{
		Header: rtp.Header{
			Version:        2,
			SequenceNumber: c.microphone.number,
			Timestamp:      c.microphone.stamp,
		},
		Payload: []byte("opus of " + c.id),
	}
	if c.microphone.mark != nil {
		p.Payload = append(p.Payload, make([]byte, 8)...)
		c.microphone.mark(p.Payload[len(p.Payload)-8:])
	}
	for _, e := range c.microphone.sender.GetParameters().HeaderExtensions {
		if e.URI == negotiate.AudioLevelURI {
			_ = p.SetExtension(uint8(e.ID), []byte{0x80 | level})
		}
	}
	c.microphone.number++
	c.microphone.stamp += 960
	_ = c.microphone.track.WriteRTP(p)
}

func (c *client) film() {
	for i, s := range c.camera {
		s.picture(1, 320<<i, 180<<i, 300)
	}
}

func (c *client) share() { c.screen.picture(1, 1280, 720, 300) }

// picture sends one VP8 frame of so many packets of that size.
func (s *source) picture(packets, width, height, size int) {
	key := s.frame == 0 || s.key.Swap(false)
	for i := range packets {
		payload := make([]byte, size)
		copy(payload, []byte{0x80, 0x80, 0x80 | byte(s.frame>>8), byte(s.frame)})
		header := payload[4:]
		if i == 0 {
			payload[0] |= 0x10
			header[0] = 1
			if key {
				copy(header, []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a})
				binary.LittleEndian.PutUint16(header[6:], uint16(width))
				binary.LittleEndian.PutUint16(header[8:], uint16(height))
			}
		}
		if s.mark != nil {
			s.mark(payload[size-8:])
		}
		p := &rtp.Packet{
			Header: rtp.Header{
				Version:        2,
				SequenceNumber: s.number,
				Timestamp:      s.stamp,
				Marker:         i == packets-1,
			},
			Payload: payload,
		}
		if s.rid != "" {
			for _, e := range s.sender.GetParameters().HeaderExtensions {
				switch e.URI {
				case sdp.SDESMidURI:
					_ = p.SetExtension(uint8(e.ID), []byte(s.mid()))
				case sdp.SDESRTPStreamIDURI:
					_ = p.SetExtension(uint8(e.ID), []byte(s.rid))
				}
			}
		}
		_ = s.track.WriteRTP(p)
		s.number++
	}
	s.frame = (s.frame + 1) & 0x7fff
	s.stamp += 1800
}

// isKey reports whether a received VP8 packet begins a keyframe.
func isKey(p *rtp.Packet) bool {
	return len(p.Payload) > 5 && p.Payload[0]&0x10 != 0 && p.Payload[4]&1 == 0
}

func want(c *client, source Source, priority Priority) Want {
	return Want{Participant: c.id, Source: source, Width: 640, Height: 360, Priority: priority}
}

// everybody makes all clients watch and hear all others.
func everybody(clients ...*client) {
	for _, c := range clients {
		var view []Want
		for _, other := range clients {
			if other != c {
				view = append(view, want(other, Camera, 1))
			}
		}
		c.participant.SetView(view)
	}
}

func ids(n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("p%d", i))
	}
	return all
}

// lastAudio returns the newest packet of the client's only audio slot.
func (c *client) lastAudio() *rtp.Packet {
	for _, transceiver := range c.pc.GetTransceivers() {
		if transceiver.Kind() == webrtc.RTPCodecTypeAudio &&
			transceiver.Direction() == webrtc.RTPTransceiverDirectionRecvonly {
			if packets := c.slot(transceiver.Mid()).all(); len(packets) > 0 {
				return packets[len(packets)-1]
			}
		}
	}
	return nil
}

func (c *client) receivedSlots() map[string]*received {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.slots)
}

// heardFrom returns the packets of a voice, by slot.
func (c *client) heardFrom(other *client) map[string][]*rtp.Packet {
	number := other.participant.Numbers()[Microphone]
	heard := map[string][]*rtp.Packet{}
	for mid, r := range c.receivedSlots() {
		for _, p := range r.all() {
			if len(p.CSRC) == 1 && p.CSRC[0] == number {
				heard[mid] = append(heard[mid], p)
			}
		}
	}
	return heard
}

// openTest opens a channel of a connection test.
func (c *client) openTest(label string) *webrtc.DataChannel {
	ordered, repeats := false, uint16(0)
	channel, err := c.pc.CreateDataChannel(
		label, &webrtc.DataChannelInit{Ordered: &ordered, MaxRetransmits: &repeats},
	)
	require.NoError(c.s.t, err)
	return channel
}
