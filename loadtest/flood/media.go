package flood

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/transport/v4"

	"draille/loadtest/participant"
)

// media are the attacks of somebody who was let into the measured call itself.
//
// Long: a table.
func media() []Attack {
	return []Attack{
		{Name: "rtp-lies",
			Summary: "RTP whose lengths lie, from within the call: unauthenticated headers",
			Run: func(ctx context.Context, t *Target, tally *Tally) error {
				return intrude(ctx, t, func(p *participant.Participant, wire *tap) {
					steadily(ctx, t.Length, 10_000, 1, func(int) {
						tally.Try()
						wire.send(lyingRTP())
					})
				})
			}},
		{Name: "payload-lies",
			Summary: "the same authenticated, to somebody in another room: descriptors, " +
				"retransmissions and redundancy",
			Run: func(ctx context.Context, t *Target, tally *Tally) error {
				return elsewhere(ctx, t, func(t *Target) error {
					return intrude(ctx, t, func(p *participant.Participant, _ *tap) {
						steadily(ctx, t.Length, 2000, 1, func(int) { tally.Try(); lyingPayload(p) })
					})
				})
			}},
		{Name: "rtcp",
			Summary: "RTCP: negative acknowledgements of everything, feedback on nothing, " +
				"lying counts",
			Run: func(ctx context.Context, t *Target, tally *Tally) error {
				return intrude(ctx, t, func(p *participant.Participant, wire *tap) {
					ssrcs := p.Receives()
					steadily(ctx, t.Length, 1000, 1, func(int) {
						tally.Try()
						storm(p, wire, ssrcs)
					})
				})
			}},
		{Name: "feedback-bombs", Summary: "feedback of 40 bytes that claims 65,535 packets each, " +
			"fifty in a compound, 1 Mbit/s, from the lobby of another room", Run: bombFeedback},
		{Name: "nack-everything",
			Summary: "negative acknowledgements of all 65,536 numbers, from another room",
			Run: func(ctx context.Context, t *Target, tally *Tally) error {
				return elsewhere(ctx, t, func(t *Target) error {
					return intrude(ctx, t, func(p *participant.Participant, _ *tap) {
						ssrcs := p.Receives()
						next := uint16(0)
						steadily(ctx, t.Length, 1000, 1, func(int) {
							tally.Try()
							_ = p.SendRTCP(nackFrom(ssrcs[rand.IntN(len(ssrcs))], &next))
						})
					})
				})
			}},
		{Name: "pli", Summary: "requests for keyframes", Run: askKeyframes},
		{Name: "noise-in-call",
			Summary: "datagrams of noise from the address of somebody in the call",
			Run: func(ctx context.Context, t *Target, tally *Tally) error {
				return intrude(ctx, t, func(p *participant.Participant, wire *tap) {
					steadily(ctx, t.Length, 10_000, 1, func(int) {
						tally.Try()
						noise := make([]byte, 1+rand.IntN(1200))
						for i := range noise {
							noise[i] = byte(rand.Uint32())
						}
						noise[0] = []byte{20, 22, 23, 128, 144, 0}[rand.IntN(6)]
						wire.send(noise)
					})
				})
			}},
	}
}

// bombFeedback comes from somebody who was let in nowhere.
func bombFeedback(ctx context.Context, t *Target, tally *Tally) error {
	return loiter(ctx, t, func(p *participant.Participant) {
		compound := feedbackBombs(p.Receives()[0])
		const bits = 50 * 40 * 8 // of a compound
		steadily(ctx, t.Length, 1_000_000/bits, 1, func(int) {
			tally.Try()
			_ = p.SendRTCP(compound...)
		})
	})
}

func askKeyframes(ctx context.Context, t *Target, tally *Tally) error {
	return intrude(ctx, t, func(p *participant.Participant, _ *tap) {
		ssrcs := p.Receives()
		steadily(ctx, t.Length, 2000, 1, func(int) {
			tally.Try()
			ssrc := ssrcs[rand.IntN(len(ssrcs))]
			_ = p.SendRTCP(&rtcp.PictureLossIndication{MediaSSRC: ssrc},
				&rtcp.FullIntraRequest{MediaSSRC: ssrc,
					FIR: []rtcp.FIREntry{{SSRC: ssrc, SequenceNumber: uint8(rand.Uint32())}}})
		})
	})
}

const (
	joinTimeout   = 10 * time.Second
	elsewhereRoom = "flood-elsewhere"
)

// elsewhere does harm in another room, to somebody who listens and looks: what is sent there are
// pictures and a voice, and nonsense in the call itself would be lost voice whatever the server
// did.
func elsewhere(ctx context.Context, t *Target, harm func(*Target) error) error {
	other := *t
	other.Room = elsewhereRoom
	link, err := t.Link(other.Room, "host")
	if err != nil {
		return err
	}
	joining, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	victim, err := participant.Join(joining,
		participant.Options{URL: link, Name: "Victim", Seed: rand.Uint64(), AutoAdmit: true,
			Insecure: true})
	if err != nil {
		return err
	}
	defer func() { _ = victim.Leave(context.WithoutCancel(ctx)) }()
	return harm(&other)
}

// intrude is let into the measured call, does harm, and leaves.
func intrude(ctx context.Context, t *Target, harm func(*participant.Participant, *tap)) error {
	link, err := t.Link(t.Room, "guest")
	if err != nil {
		return err
	}
	wire := &tap{}
	joining, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	p, err := participant.Join(joining,
		participant.Options{URL: link, Name: "Intruder", Seed: rand.Uint64(), Camera: true,
			Microphone: t.Room == elsewhereRoom,
			Insecure:   true, Net: wire.wrap})
	if err != nil {
		return err
	}
	defer func() { _ = p.Leave(context.WithoutCancel(ctx)) }()
	if err := p.AwaitAdmission(joining); err != nil {
		return err
	}
	if err := p.AwaitConnection(joining); err != nil {
		return err
	}
	harm(p, wire)
	return nil
}

// loiter waits in another room, does harm, and leaves.
func loiter(ctx context.Context, t *Target, harm func(*participant.Participant)) error {
	link, err := t.Link(elsewhereRoom, "guest")
	if err != nil {
		return err
	}
	joining, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	p, err := participant.Join(joining, participant.Options{URL: link, Name: "Loiterer",
		Seed: rand.Uint64(), Insecure: true})
	if err != nil {
		return err
	}
	defer func() { _ = p.Leave(context.WithoutCancel(ctx)) }()
	if err := p.AwaitConnection(joining); err != nil {
		return err
	}
	harm(p)
	return nil
}

// tap is the network of the intruder: it remembers where their packets go, to send others there.
type tap struct {
	transport.Net
	mu   sync.Mutex
	conn transport.UDPConn
	to   net.Addr
}

func (t *tap) wrap(base transport.Net) transport.Net {
	t.Net = base
	return t
}

// ListenUDP implements transport.Net.
func (t *tap) ListenUDP(network string, address *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := t.Net.ListenUDP(network, address)
	if err != nil {
		return nil, err
	}
	return &tapped{UDPConn: conn, tap: t}, nil
}

// send sends a datagram where the last one went that was authentic.
func (t *tap) send(datagram []byte) {
	t.mu.Lock()
	conn, to := t.conn, t.to
	t.mu.Unlock()
	if conn != nil {
		_, _ = conn.WriteTo(datagram, to)
	}
}

type tapped struct {
	transport.UDPConn
	tap *tap
}

// WriteTo implements net.PacketConn.
func (c *tapped) WriteTo(datagram []byte, to net.Addr) (int, error) {
	if len(datagram) > 0 && datagram[0] >= 128 { // media flows: this is the way that was chosen
		c.tap.mu.Lock()
		c.tap.conn, c.tap.to = c.UDPConn, to
		c.tap.mu.Unlock()
	}
	return c.UDPConn.WriteTo(datagram, to)
}

// lyingRTP is a packet whose counts of sources, words of extension or bytes of padding are more
// than it holds.
func lyingRTP() []byte {
	packet := make([]byte, 12+rand.IntN(40))
	packet[0] = 0x80
	packet[1] = 96
	binary.BigEndian.PutUint16(packet[2:], uint16(rand.Uint32()))
	binary.BigEndian.PutUint32(packet[8:], rand.Uint32N(16))
	switch rand.IntN(4) {
	case 0:
		packet[0] |= 0x0f // 15 contributing sources
	case 1:
		packet[0] |= 0x10
		if len(packet) >= 16 {
			binary.BigEndian.PutUint32(packet[12:], 0xbede<<16|0xffff)
		}
	case 2:
		packet[0] |= 0x20
		packet[len(packet)-1] = 255
	case 3:
		packet = packet[:1+rand.IntN(11)]
	}
	return packet
}

// lyingPayload sends a payload that promises more than it holds: descriptors of pictures, a
// retransmission of nothing, voice whose redundancy is longer than the packet.
func lyingPayload(p *participant.Participant) {
	payload := make([]byte, rand.IntN(60))
	for i := range payload {
		payload[i] = byte(rand.Uint32())
	}
	if len(payload) > 0 && rand.IntN(2) == 0 {
		payload[0] = 0xff // every extension of a descriptor that there is
	}
	number, timestamp := uint16(rand.Uint32()), rand.Uint32()
	switch rand.IntN(3) {
	case 0:
		p.SendVoice(number, timestamp, payload)
	default:
		p.SendCamera(number, timestamp, rand.IntN(2) == 0, payload)
	}
}

// storm sends one compound of RTCP that asks for much or says nothing true.
func storm(p *participant.Participant, wire *tap, ssrcs []uint32) {
	ssrc := ssrcs[rand.IntN(len(ssrcs))]
	switch rand.IntN(4) {
	case 0:
		var pairs []rtcp.NackPair
		for i := range uint16(60) {
			pairs = append(pairs,
				rtcp.NackPair{PacketID: uint16(rand.Uint32()) + 17*i, LostPackets: 0xffff})
		}
		_ = p.SendRTCP(&rtcp.TransportLayerNack{MediaSSRC: ssrc, Nacks: pairs})
	case 1:
		// 65,535 packets arrived, in one chunk that says so.
		_ = p.SendRTCP(&rtcp.TransportLayerCC{MediaSSRC: ssrc,
			BaseSequenceNumber: uint16(rand.Uint32()), PacketStatusCount: 8191,
			Header: rtcp.Header{Count: rtcp.FormatTCC,
				Type: rtcp.TypeTransportSpecificFeedback, Length: 5},
			PacketChunks: []rtcp.PacketStatusChunk{
				&rtcp.RunLengthChunk{Type: rtcp.TypeTCCRunLengthChunk,
					PacketStatusSymbol: rtcp.TypeTCCPacketNotReceived, RunLength: 8191}}})
	case 2:
		_ = p.SendRTCP(
			&rtcp.ReceiverReport{SSRC: ssrc,
				Reports: []rtcp.ReceptionReport{
					{SSRC: ssrc, FractionLost: 255, TotalLost: 1<<24 - 1, Jitter: 1<<32 - 1}}},
			&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 1, SSRCs: ssrcs})
	case 3:
		noise := make([]byte, 8+rand.IntN(100))
		for i := range noise {
			noise[i] = byte(rand.Uint32())
		}
		noise[0], noise[1] = 0x9f, byte(200+rand.IntN(8))
		wire.send(noise)
	}
}

// feedbackBombs is a compound of fifty feedback packets, each of nine runs of 8,191 packets that
// did not arrive.
func feedbackBombs(ssrc uint32) []rtcp.Packet {
	const runs, longest, bombs = 9, 8191, 50
	bomb := &rtcp.TransportLayerCC{MediaSSRC: ssrc, PacketStatusCount: 65535,
		Header: rtcp.Header{Count: rtcp.FormatTCC, Type: rtcp.TypeTransportSpecificFeedback,
			Length: 9}} // in words of four bytes, less one
	for range runs + 1 { // the tenth fills the last word
		bomb.PacketChunks = append(bomb.PacketChunks, &rtcp.RunLengthChunk{
			Type:               rtcp.TypeTCCRunLengthChunk,
			PacketStatusSymbol: rtcp.TypeTCCPacketNotReceived, RunLength: longest})
	}
	var compound []rtcp.Packet
	for range bombs {
		compound = append(compound, bomb)
	}
	return compound
}

// nackFrom asks for the next thousand numbers.
func nackFrom(ssrc uint32, next *uint16) *rtcp.TransportLayerNack {
	const pairs, numbers = 60, 17
	nack := &rtcp.TransportLayerNack{MediaSSRC: ssrc}
	for range pairs {
		nack.Nacks = append(nack.Nacks, rtcp.NackPair{PacketID: *next, LostPackets: 0xffff})
		*next += numbers
	}
	return nack
}
