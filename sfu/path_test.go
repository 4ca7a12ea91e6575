package sfu

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	pionsrtp "github.com/pion/srtp/v3"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"draille/sfu/congestion/send"
	"draille/sfu/negotiate"
	"draille/sfu/rtpx"
	"draille/sfu/srtp"
	"draille/sfu/udp"
)

// wholePath is a publisher and those who look at them, without ICE and DTLS: keys, slots and
// addresses are given.
type wholePath struct {
	tb         testing.TB
	engine     *Engine
	room       *Room
	from       *transport
	to         []*transport
	out        *udp.Batch
	raw        []byte
	now        time.Time
	number     uint16
	encryption *pionsrtp.Context
}

// participantOf returns whom a transport belongs to.
func participantOf(t *transport) *Participant { return t.owner.(*Participant) }

// deaf hears nothing.
type deaf struct{}

func (deaf) Slots([]Slot)              {}
func (deaf) Encode(Source, []Encoding) {}
func (deaf) Speakers([]string)         {}
func (deaf) UplinkLoss(_, _ []string)  {}
func (deaf) Transport(TransportState)  {}

const pathSSRC = 7

// newWholePath makes the path; to is where the receivers are, nil: nowhere.
func newWholePath(tb testing.TB, receivers int, to net.Addr) *wholePath {
	tb.Helper()
	socket, err := udp.Listen("127.0.0.1:0")
	require.NoError(tb, err)
	engine, err := New(
		Config{
			Socket: socket.Media(),
			Downlink: send.Config{
				StartBitrate: 50_000_000,
				MinBitrate:   50_000_000,
				MaxBitrate:   60_000_000,
			},
		},
	)
	require.NoError(tb, err)
	tb.Cleanup(func() {
		require.NoError(tb, engine.Close())
		require.NoError(tb, socket.Close())
	})
	p := &wholePath{
		tb:     tb,
		engine: engine,
		room:   engine.NewRoom("room"),
		out:    socket.Media().Batch(),
		now:    time.Now(),
	}
	destination := nowhere(tb, socket)
	if to != nil {
		destination = socket.Media().Destination(to.(*net.UDPAddr).AddrPort(), netip.Addr{})
	}
	p.from = p.join("publisher")
	participantOf(p.from).publications[Camera].live.Store(true)
	p.from.up.offered.Store(&uplinkFormat{
		offer: &negotiate.Offer{
			Streams: map[uint32]negotiate.Stream{pathSSRC: {Source: Camera}},
			RIDs:    map[Source][]string{},
		},
		sections: map[Source]negotiate.Section{
			Camera: {Payloads: map[uint8]negotiate.PayloadType{96: {Codec: rtpx.VP8, NACK: true}}},
		},
	})
	p.from.incoming.context, p.encryption = pathContext(tb, 0), pathContext(tb, 0)
	for i := range receivers {
		p.to = append(p.to, p.receiver(p.now, i, 0, destination))
	}
	packet := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 96, SSRC: pathSSRC},
		Payload: append(
			[]byte{0x90, 0xe0, 0x80, 0, 0, 0, 0, 0, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1},
			make([]byte, 1084)...)}
	p.raw, err = packet.Marshal()
	require.NoError(tb, err)
	p.step()
	p.raw[12+6] |= 1 // only the first is a keyframe
	return p
}

// pathContext returns a context with a key of its own.
func pathContext(tb testing.TB, key byte) *pionsrtp.Context {
	master := make([]byte, 16)
	master[0] = key
	c, err := pionsrtp.CreateContext(
		master, make([]byte, 12), pionsrtp.ProtectionProfileAeadAes128Gcm,
	)
	require.NoError(tb, err)
	return c
}

// pathSealer protects what pathContext opens.
func pathSealer(tb testing.TB, key byte) srtp.Sealer {
	master := make([]byte, 16)
	master[0] = key
	s, err := srtp.NewSealer(master, make([]byte, 12), pionsrtp.ProtectionProfileAeadAes128Gcm)
	require.NoError(tb, err)
	return s
}

// receiver adds somebody who looks at the publisher.
func (p *wholePath) receiver(
	now time.Time, i int, key byte, destination *udp.Destination,
) *transport {
	t := p.join(fmt.Sprint("receiver ", i))
	// In this order: the room follows the path from the beginning, and would undo what is
	// not proven.
	t.path.choose(now, destination.Address())
	t.path.prove(now, destination.Address())
	t.path.destination.Store(destination)
	t.down.protect(pathSealer(p.tb, key))
	t.path.connected.Store(true)
	s := t.down.newSubscription("1", true, 0)
	s.sender.ssrc, s.sender.transportCC, s.sender.bound = uint32(1000+i), 3, true
	s.sender.payloads = []webrtc.RTPCodecParameters{
		{
			PayloadType:        96,
			RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8},
		},
	}
	p.room.addSlot(t, s)
	participantOf(
		t,
	).SetView([]Want{{Participant: "publisher", Source: Camera, Width: 960, Height: 544,
		Priority: 2}})
	p.room.update(time.Now())
	return t
}

// nowhere is a destination that throws away what it is sent.
func nowhere(tb testing.TB, socket *udp.Socket) *udp.Destination {
	end, err := socket.Attach(netip.MustParseAddrPort("192.0.2.1:9"))
	require.NoError(tb, err)
	d := socket.Media().Destination(netip.MustParseAddrPort("192.0.2.1:9"), netip.Addr{})
	require.NoError(tb, end.Close())
	return d
}

func (p *wholePath) join(id string) *transport {
	participant, err := p.room.Join(id, deaf{})
	require.NoError(p.tb, err)
	participant.SetAdmitted(true)
	t, err := participant.newTransport("connection")
	require.NoError(p.tb, err)
	require.True(p.tb, p.room.replaceTransport(participant, t))
	return t
}

// step lets the next packet, a frame of its own, come in and leave.
func (p *wholePath) step() {
	p.comesIn(p.out)
	p.out.Flush()
}

// comesIn lets the next packet come in; what is forwarded is put into out.
func (p *wholePath) comesIn(out *udp.Batch) {
	p.number++
	p.now = p.now.Add(10 * time.Millisecond)
	binary.BigEndian.PutUint16(p.raw[2:], p.number)
	binary.BigEndian.PutUint32(p.raw[4:], 900*uint32(p.number))
	binary.BigEndian.PutUint16(p.raw[14:], 0x8000|p.number)
	protected, err := p.encryption.EncryptRTP(p.out.Buffer(), p.raw, &p.from.incoming.rtp)
	if err != nil {
		p.tb.Fatal(err)
	}
	// As in the socket's buffer: not in that of what leaves.
	n := copy(p.from.down.buffer[:], protected)
	p.from.ReceiveMedia(p.from.down.buffer[:n], netip.AddrPort{}, netip.Addr{}, p.now, out)
}

func (p *wholePath) forwarded() uint64 { return p.engine.counters.forwarded.Load() }

// TestSteadyPathDoesNotAllocate bounds what a packet that comes in may allocate, however many it is
// forwarded to: forwarding itself allocates nothing.
func TestSteadyPathDoesNotAllocate(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector's pools allocate")
	}
	for _, receivers := range []int{1, 20} {
		p := newWholePath(t, receivers, nil)
		for range 3000 {
			p.step()
		}
		require.EqualValues(t, 3001*receivers, p.forwarded())
		require.LessOrEqual(
			t, testing.AllocsPerRun(2000, p.step), 1.0, "rooms and the scheduler go on beside it",
		)
	}
}

func TestNothingReachesWhoHasLeft(t *testing.T) {
	sink, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer sink.Close()
	p := newWholePath(t, 2, sink.LocalAddr())
	gone, stays := p.to[0], p.to[1]
	before := participantOf(gone).traffic.out.Load()
	require.NotZero(t, before)
	participantOf(gone).Close()
	for range 10 {
		p.step()
	}
	require.Equal(t, before, participantOf(gone).traffic.out.Load())
	require.Equal(t, before+10, participantOf(stays).traffic.out.Load())
}

// TestPicturesWaitForProofOfAPath lets a check move the path to an address from which nothing else
// has come.
func TestPicturesWaitForProofOfAPath(t *testing.T) {
	p := newWholePath(t, 1, nil)
	moved := p.to[0]
	elsewhere := netip.MustParseAddrPort("198.51.100.99:4711")
	moved.path.choose(p.now, elsewhere)
	moved.follow(p.now)
	require.Equal(t, elsewhere, moved.path.destination.Load().Address(), "voices go there")
	moved.down.tick(p.now, p.out)
	before := participantOf(moved).traffic.out.Load()
	p.step()
	require.Equal(t, before, participantOf(moved).traffic.out.Load(), "pictures wait")
	moved.path.prove(p.now, elsewhere)
	p.now = p.now.Add(unprovenHold)
	p.step()
	require.Greater(t, participantOf(moved).traffic.out.Load(), before, "and leave")
}

// TestAHandshakeProvesNothingOnceThereAreKeys lets what looks like DTLS come from where a check has
// come from: anybody can send it.
func TestAHandshakeProvesNothingOnceThereAreKeys(t *testing.T) {
	p := newWholePath(t, 1, nil)
	moved, elsewhere := p.to[0], netip.MustParseAddrPort("198.51.100.99:4711")
	moved.path.choose(p.now, elsewhere)
	moved.protected.Store(true)
	moved.ReceiveDTLS(falseServerHello(1), elsewhere)
	require.False(t, moved.path.isProven(p.now))
	moved.protected.Store(false)
	moved.ReceiveDTLS(falseServerHello(1), elsewhere)
	require.True(t, moved.path.isProven(p.now), "before, DTLS is all there is")
}

// TestAPathThatIsNeverProvenIsLeft lets a check name an address that never sends anything else.
func TestAPathThatIsNeverProvenIsLeft(t *testing.T) {
	p := newWholePath(t, 1, nil)
	moved := p.to[0]
	moved.scheduler.Remove(moved.entry.Load()) // time is the test's
	home := moved.path.destination.Load().Address()
	moved.path.choose(p.now, netip.MustParseAddrPort("198.51.100.99:4711"))
	moved.follow(p.now)
	for range 50 {
		p.now = p.now.Add(tickInterval)
		moved.path.prove(p.now, home)
		moved.Run(p.now, p.out)
	}
	require.Equal(t, home, moved.path.destination.Load().Address())
	require.True(t, moved.path.isProven(p.now), "pictures may leave, too")

	// They are heard nowhere any more, while somebody goes on sending checks.
	moved.path.choose(p.now, netip.MustParseAddrPort("198.51.100.99:4711"))
	for range 400 {
		p.now = p.now.Add(tickInterval)
		moved.Run(p.now, p.out)
	}
	require.Nil(t, moved.path.destination.Load())
}

// TestBatchesDoNotOvertakeEachOther lets a packet come in over another goroutine while the one
// before it has not left yet.
func TestBatchesDoNotOvertakeEachOther(t *testing.T) {
	sink, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer sink.Close()
	p := newWholePath(t, 1, sink.LocalAddr())
	buffer := make([]byte, 2048)
	next := func() uint16 {
		_, err := sink.Read(buffer)
		require.NoError(t, err)
		return binary.BigEndian.Uint16(buffer[2:])
	}
	first, socket := next(), p.engine.config.Socket
	slow := socket.Batch()
	p.comesIn(slow)
	p.step() // and leaves, if it may
	socket.Release(slow)
	require.Equal(t, []uint16{first + 1, first + 2}, []uint16{next(), next()})
}

// TestChurn lets receivers come and go while packets flow: each gets what is protected with its own
// key, and nothing once it has left.
func TestChurn(t *testing.T) {
	const places, visits = 12, 60
	p := newWholePath(t, 0, nil)
	stop := make(chan struct{})
	var flows sync.WaitGroup
	flows.Go(func() {
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-stop:
				return
			case <-ticker.C:
				p.now = time.Now()
				p.raw[12+6] &^= 1 // all keyframes: whoever comes is served at once
				p.step()
			}
		}
	})
	var all sync.WaitGroup
	for place := range places {
		all.Go(func() {
			for visit := range visits / places {
				p.visit(place*1000+visit, byte(1+place*visits/places+visit))
			}
		})
	}
	all.Wait()
	close(stop)
	flows.Wait()
	require.Len(t, p.engine.Stats().Participants, 1)
}

// visit joins, reads some packets, and leaves.
func (p *wholePath) visit(i int, key byte) {
	sink, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(p.tb, err)
	defer sink.Close()
	require.NoError(p.tb, sink.SetReadDeadline(time.Now().Add(patience)))
	to := p.engine.config.Socket.Destination(
		sink.LocalAddr().(*net.UDPAddr).AddrPort(), netip.Addr{},
	)
	receiver := p.receiver(time.Now(), i, key, to)
	context, buffer := pathContext(p.tb, key), make([]byte, 2048)
	for range 20 {
		n, err := sink.Read(buffer)
		require.NoError(p.tb, err)
		if isRTCP(buffer[:n]) {
			continue
		}
		_, err = context.DecryptRTP(nil, buffer[:n], nil)
		require.NoError(p.tb, err, "protected with its own key")
	}
	participantOf(receiver).Close()
	sent := participantOf(receiver).traffic.out.Load()
	before := p.forwarded()
	eventually(
		p.tb, "packets flow on",
		func() bool { return p.forwarded() > before || len(participantsNow(p.room)) < 2 },
	)
	require.Equal(
		p.tb, sent, participantOf(receiver).traffic.out.Load(), "nothing is sent to who has left",
	)
}

// participantsNow lists who is in a room.
func participantsNow(r *Room) []*Participant {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.everybody
}

func TestMediaOfStrangersIsDropped(t *testing.T) {
	p := newWholePath(t, 1, nil)
	forwarded := p.forwarded()
	forged := make([]byte, 200)
	forged[0], forged[1] = 0x80, 96
	p.from.ReceiveMedia(forged, netip.AddrPort{}, netip.Addr{}, p.now, p.out)
	forged[1] = 200
	p.from.ReceiveMedia(forged, netip.AddrPort{}, netip.Addr{}, p.now, p.out)
	require.Equal(t, forwarded, p.forwarded())
	eventually(t, "both are dropped", func() bool {
		return p.engine.counters.dropped[dropProtection].Load() == 2
	})
}

// control lets RTCP of the publisher come in.
func (p *wholePath) control(packets ...rtcp.Packet) {
	raw, err := rtcp.Marshal(packets)
	require.NoError(p.tb, err)
	protected, err := p.encryption.EncryptRTCP(nil, raw, nil)
	require.NoError(p.tb, err)
	p.from.ReceiveMedia(protected, netip.AddrPort{}, netip.Addr{}, p.now, p.out)
}

func TestWhoReadsTheSocketHandsRTCPOver(t *testing.T) {
	p := newWholePath(t, 1, nil)
	report := &rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: 1}}}
	p.from.scheduler.Remove(p.from.entry.Load()) // the room's part is played by this test
	p.from.down.mu.Lock()                        // who handles a report waits for it
	p.control(report)
	var room sync.WaitGroup
	room.Go(func() { p.from.receiveWaiting(p.engine.config.Socket.Batch()) })
	eventually(t, "the room handles the first", func() bool {
		p.from.rtcp.mu.Lock()
		defer p.from.rtcp.mu.Unlock()
		return len(p.from.rtcp.waiting) == 0
	})
	for range 2 * maxWaitingRTCP {
		p.control(report)
	}
	p.from.down.mu.Unlock()
	room.Wait()
	require.NotZero(t, p.engine.counters.dropped[dropEffort].Load(), "what waits is bounded")
}

func TestRTCPMakesBoundedWork(t *testing.T) {
	p := newWholePath(t, 1, nil)
	var compound []rtcp.Packet
	for range 50 {
		compound = append(compound, &rtcp.PictureLossIndication{MediaSSRC: 1})
	}
	dropped := &p.engine.counters.dropped[dropEffort]
	for range 20 { // more than is saved up, at one moment
		p.control(compound...)
	}
	eventually(t, "the rest is not read", func() bool { return dropped.Load() > 0 })
}

func TestNACKsAskTheBudgetBeforeAnythingIsCopied(t *testing.T) {
	p := newWholePath(t, 1, nil)
	for range 200 {
		p.step()
	}
	d, nack := p.to[0].down, &rtcp.TransportLayerNack{MediaSSRC: 1000}
	d.mu.Lock()
	for number := range 1 << 16 {
		if _, sent := d.subs[0].rewriter.Sent(uint16(number)); sent {
			nack.Nacks = append(nack.Nacks, rtcp.NackPair{PacketID: uint16(number)})
		}
	}
	for i := range d.buffer {
		d.buffer[i] = 0xee
	}
	before := d.buffer
	d.mu.Unlock()
	require.Greater(t, len(nack.Nacks), 150, "what is asked for could be had")
	d.onNACK(p.now, nack, p.out)
	d.mu.Lock()
	defer d.mu.Unlock()
	require.True(t, before == d.buffer, "nothing is copied out of the history")
}

func benchmarkPath(b *testing.B, receivers int, to net.Addr) {
	p := newWholePath(b, receivers, to)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		p.step()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*receivers), "ns/forwarded")
}

func BenchmarkPathNullSocket(b *testing.B) {
	for _, receivers := range []int{1, 10, 50} {
		b.Run(fmt.Sprint("to=", receivers), func(b *testing.B) { benchmarkPath(b, receivers, nil) })
	}
}

func BenchmarkPathRealSocket(b *testing.B) {
	sink, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(b, err)
	defer sink.Close()
	for _, receivers := range []int{1, 10, 50} {
		b.Run(
			fmt.Sprint("to=", receivers),
			func(b *testing.B) { benchmarkPath(b, receivers, sink.LocalAddr()) },
		)
	}
}

// BenchmarkLook is what a room does ten times a second: with one who sends, and so many who look at
// them.
func BenchmarkLook(b *testing.B) {
	for _, receivers := range []int{10, 50, 300} {
		b.Run(fmt.Sprint("to=", receivers), func(b *testing.B) {
			p := newWholePath(b, receivers, nil)
			b.ReportAllocs()
			for range b.N {
				p.now = p.now.Add(roomInterval)
				p.room.update(p.now)
			}
		})
	}
}

// BenchmarkTick is what each of them costs ten times a second.
func BenchmarkTick(b *testing.B) {
	p := newWholePath(b, 50, nil)
	b.ReportAllocs()
	for i := range b.N {
		if i%len(p.to) == 0 {
			p.now = p.now.Add(feedbackInterval)
			p.step()
		}
		p.to[i%len(p.to)].Run(p.now, p.out)
	}
}

// BenchmarkPathOfConsultations is one packet of each of so many rooms in turn: what it needs has
// not been looked at since the room's packet before.
func BenchmarkPathOfConsultations(b *testing.B) {
	for _, rooms := range []int{1, 10, 80} {
		b.Run(fmt.Sprint("rooms=", rooms), func(b *testing.B) {
			paths := make([]*wholePath, rooms)
			for i := range paths {
				paths[i] = newWholePath(b, 1, nil)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				paths[i%rooms].step()
			}
		})
	}
}
