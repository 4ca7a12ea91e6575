package sfu

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"draille/sfu/congestion/receive"
	"draille/sfu/congestion/send"
	"draille/sfu/demand"
	"draille/sfu/rtpx"
	"draille/sfu/voice"
)

// isVoice tells a protected packet that is as short as a voice's, and no RTCP.
func isVoice(
	packet []byte,
) bool {
	return packet[0]>>6 == 2 && len(packet) <= 200 && !isRTCP(packet)
}

// loseVoices loses a fifth of the packets that are as short as a voice's, to everybody, and shows
// each of them before, one at a time.
func loseVoices(s *server, see func(packet []byte)) {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(3, 4))
	lose := func(packet []byte) bool {
		if !isVoice(packet) {
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		see(packet)
		return random.Float64() < 0.2
	}
	s.wire.loseOut.Store(&lose)
}

func TestAVoiceIsRepeatedForWhoeverLosesIt(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	repeated := usual
	repeated.red = true
	a, modern, old := s.present("a", usual), s.present("modern", repeated), s.present("old", usual)
	eventually(
		t, "everybody hears",
		func() bool { return len(modern.heardFrom(a)) > 0 && len(old.heardFrom(a)) > 0 },
	)
	for _, packets := range modern.heardFrom(a) {
		require.EqualValues(t, 111, packets[0].PayloadType, "the first has nothing to repeat")
	}
	loseVoices(s, func([]byte) {})
	eventually(t, "what is lost comes with later packets", func() bool {
		for _, packets := range modern.heardFrom(a) {
			repaired := 0
			for i, p := range packets {
				if p.PayloadType != 63 {
					continue
				}
				blocks, err := rtpx.SplitRED(nil, p.Payload)
				require.NoError(t, err)
				require.Equal(t, "opus of a", string(blocks[len(blocks)-1].Data))
				for _, b := range blocks[:len(blocks)-1] {
					require.Equal(t, "opus of a", string(b.Data))
					require.EqualValues(t, 111, b.PayloadType)
					require.Zero(t, b.TimestampOffset%960, "offsets are whole frames")
					before := p.SequenceNumber - b.TimestampOffset/960
					if i > 0 && packets[i-1].SequenceNumber != before {
						repaired++
					}
				}
			}
			if repaired > 20 {
				return true
			}
		}
		return false
	})
	for _, packets := range modern.heardFrom(a) {
		for i, p := range packets[1:] {
			step := p.SequenceNumber - packets[i].SequenceNumber
			require.EqualValues(
				t, 960*uint32(step), p.Timestamp-packets[i].Timestamp,
				"one packet in, one packet out, at its own time",
			)
		}
	}
	for _, packets := range old.heardFrom(a) {
		for _, p := range packets {
			require.EqualValues(t, 111, p.PayloadType, "who takes no RED gets plain Opus")
		}
	}
}

// What is lost on the way up comes late to everybody, and only the server knows of it.
func TestPagesHearWhoseVoiceComesLate(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	numbered := usual
	numbered.numbers = true
	a, b := s.present("a", numbered), s.present("b", numbered)
	eventually(
		t, "they hear each other",
		func() bool { return len(a.heardFrom(b)) > 0 && len(b.heardFrom(a)) > 0 },
	)
	require.Empty(t, b.lastUplinkLoss())
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(3, 4))
	lose := func(packet []byte) bool {
		mu.Lock()
		defer mu.Unlock()
		return !isRTCP(packet) && packet[0]>>6 == 2 && random.Float64() < 0.2
	}
	s.wire.loseIn.Store(&lose)
	eventually(
		t, "both are worth waiting for",
		func() bool { return slices.Equal(a.lastUplinkLoss(), []string{"a", "b"}) },
	)
	late := s.present("late", usual)
	eventually(t, "whoever comes is told, too", func() bool {
		return slices.Contains(late.lastUplinkLoss(), "a") &&
			slices.Contains(late.lastUplinkLoss(), "b")
	})
}

// A line that falls holds up what is under way: whose is long enough to be one, pages hear, until
// it is short.
func TestPagesHearWhoseWayIsLong(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, b := s.present("a", usual), s.present("b", usual)
	eventually(t, "they hear each other", func() bool { return len(b.heardFrom(a)) > 0 })
	takes := func(roundTrip time.Duration) { // whatever loopback does on a busy machine
		var way demand.Way
		for since := 2 * time.Second; since >= 0; since -= time.Second {
			way.Observe(time.Now().Add(-since), roundTrip)
		}
		d := a.participant.transport.Load().down
		d.mu.Lock()
		d.way = way
		d.mu.Unlock()
	}
	eventually(t, "the other page hears of it", func() bool {
		takes(100 * time.Millisecond)
		return slices.Contains(b.lastFar(), "a")
	})
	eventually(t, "and that it is over", func() bool {
		takes(10 * time.Millisecond)
		return !slices.Contains(b.lastFar(), "a")
	})
}

// One nonce must protect one packet only: what is sent again under its old number is the same to
// the last bit.
func TestAVoiceIsRepairedWithTheVeryPacket(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	asking := usual
	asking.red, asking.nacks = true, true
	a, listener := s.present("a", usual), s.present("listener", asking)
	eventually(t, "somebody hears", func() bool { return len(listener.heardFrom(a)) > 0 })
	var mu sync.Mutex
	var differ, again int
	first := map[uint64]string{} // by SSRC and sequence number
	loseVoices(s, func(packet []byte) {
		mu.Lock()
		defer mu.Unlock()
		name := uint64(
			binary.BigEndian.Uint32(packet[8:]),
		)<<16 | uint64(
			binary.BigEndian.Uint16(packet[2:]),
		)
		if before, known := first[name]; !known {
			first[name] = string(packet)
		} else if again++; before != string(packet) {
			differ++
		}
	})
	eventually(
		t, "lost packets come again",
		func() bool { mu.Lock(); defer mu.Unlock(); return again > 20 },
	)
	mu.Lock()
	defer mu.Unlock()
	require.Zero(t, differ, "of %d that were sent again", again)
}

func TestAThinLinkHearsTheLoudestAndAsksForLongFrames(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(c *Config) {
		// Whatever a busy machine makes of the estimate, it is that of a thin link.
		c.Downlink = send.Config{StartBitrate: 50_000, MinBitrate: 50_000, MaxBitrate: 55_000}
	})
	listener := s.connected("listener", shape{audio: 3})
	listener.participant.SetAdmitted(true)
	var talkers []*client
	for i, id := range ids(3) {
		c := s.connected(id, shape{})
		c.participant.SetLive(Live{Microphone: true})
		c.participant.SetAdmitted(true)
		c.pump(func() { c.speakAt(byte(20 + 10*i)) })
		talkers = append(talkers, c)
	}
	count := func(c *client) int {
		return listener.packetsFrom(c.participant.Numbers()[Microphone])
	}
	eventually(t, "the loudest is heard", func() bool { return count(talkers[0]) > 100 })
	// It is 16 kbit/s, or 12 where the loudest was late and shared the link with another: for long,
	// since a link of so little is not soon trusted with more. Package voice tells when it is what.
	eventually(t, "they are asked for frames of 60 ms", func() bool {
		told := talkers[0].lastEncode(Microphone)
		return len(told) == 1 && told[0].Active && told[0].FrameLength == 60*time.Millisecond &&
			(told[0].MaxBitrate == 16_000 || told[0].MaxBitrate == 12_000)
	})
	others := func() int { return count(talkers[1]) + count(talkers[2]) }
	from, quiet := count(talkers[0]), others()
	eventually(t, "the loudest alone goes on being heard", func() bool {
		if others() != quiet { // on a busy machine the loudest may be late, and another heard
			from, quiet = count(talkers[0]), others()
		}
		return count(talkers[0]) > from+60
	})
}

func TestAnExpectedThinLinkBeginsThin(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(c *Config) { c.Downlink, c.Uplink = send.Config{}, receive.Config{} })
	guest := s.join("guest")
	guest.participant.Expect(50_000)
	next, err := guest.participant.newTransport("next")
	require.NoError(t, err)
	assert.Equal(t, 50_000, next.down.estimate().Bitrate)
	next.close()
	guest.dial("first", usual)
	guest.negotiate(nil)
	guest.awaitConnected()
	guest.participant.SetLive(Live{Microphone: true, Camera: true})
	thin := func() bool {
		voice, camera := guest.lastEncode(Microphone), guest.lastEncode(Camera)
		return len(voice) == 1 && voice[0].FrameLength == 60*time.Millisecond &&
			voice[0].MaxBitrate == 16_000 &&
			len(camera) > 0 &&
			camera[len(camera)-1].MaxFramerate == demand.StillFramerate
	}
	eventually(
		t, "before they are admitted they are told to begin with long frames and a still picture",
		thin,
	)
}

func TestTheCostOfAPacketIsCountedAlike(t *testing.T) {
	assert.Equal(t, rtpx.PacketOverhead, voice.PacketOverhead)
}

func TestRepeatingAllocatesNothing(t *testing.T) {
	s, l := fakeVoice()
	p := rtpx.Packet{Payload: make([]byte, 80), Codec: rtpx.Opus, Arrival: time.Unix(0, 0)}
	next := func() {
		p.SequenceNumber++
		p.Timestamp += 960
		l.history.Put(&p)
		s.repeat(&p, rtpx.Out{Source: l.id})
	}
	for range 1000 {
		next() // the history grows until it holds what it should
	}
	assert.Zero(t, testing.AllocsPerRun(200, next))
}

// fakeVoice is an audio slot that carries a voice, without any network.
func fakeVoice() (*subscription, *layer) {
	d := &downlink{}
	l := &layer{id: 7, history: rtpx.NewHistory(rtpx.AudioHistory)}
	s := &subscription{voices: &d.voices, from: []*layer{l}}
	s.sender.red, s.outgoing.payload = 63, 111
	d.voices.Redundancy = voice.Double
	return s, l
}

func TestWhatIsRepeated(t *testing.T) {
	voiced := []byte("a voice")
	packet := func(number uint16, timestamp uint32, payload []byte) *rtpx.Packet {
		return &rtpx.Packet{
			SequenceNumber: number,
			Timestamp:      timestamp,
			Payload:        payload,
			Codec:          rtpx.Opus,
			Arrival:        time.Unix(0, 0),
		}
	}
	offsets := func(payload []byte) []uint16 {
		blocks, err := rtpx.SplitRED(nil, payload)
		require.NoError(t, err)
		var offsets []uint16
		for _, b := range blocks[:len(blocks)-1] {
			offsets = append(offsets, b.TimestampOffset)
		}
		return offsets
	}
	s, l := fakeVoice()
	send := func(p *rtpx.Packet, switched bool) ([]byte, uint8) {
		l.history.Put(p)
		return s.repeat(p, rtpx.Out{Source: l.id, Switched: switched})
	}
	l.history.Put(packet(9, 0, voiced)) // before the slot carried it

	payload, kind := send(packet(10, 960, voiced), true)
	assert.EqualValues(t, 111, kind, "the first packet after a switch repeats nobody else's voice")
	assert.Equal(t, voiced, payload)
	payload, kind = send(packet(11, 1920, voiced), false)
	assert.EqualValues(t, 63, kind)
	assert.Equal(t, []uint16{960}, offsets(payload))
	payload, _ = send(packet(12, 2880, voiced), false)
	assert.Equal(t, []uint16{1920, 960}, offsets(payload))
	_, kind = send(packet(13, 3840, []byte{8}), false)
	assert.EqualValues(t, 111, kind, "silence repeats nothing")
	payload, _ = send(packet(14, 4800, voiced), false)
	assert.Equal(t, []uint16{1920}, offsets(payload), "nor is it repeated")
	_, kind = send(packet(15, 4800+20_000, voiced), false)
	assert.EqualValues(t, 111, kind, "what is older than 341 ms does not fit")
	payload, _ = send(packet(17, 4800+20_000+1920, voiced), false)
	assert.Equal(t, []uint16{1920}, offsets(payload), "one is missing")
	_, kind = send(packet(18, 4800+20_000+2880, make([]byte, maxVoicePayload+1)), false)
	assert.EqualValues(t, 111, kind, "no voice is that long")

	s.sender.red = 0
	_, kind = send(packet(19, 4800+20_000+3840, voiced), false)
	assert.EqualValues(t, 111, kind)
	s.sender.red, s.voices.Redundancy = 63, voice.Plain
	_, kind = send(packet(20, 4800+20_000+4800, voiced), false)
	assert.EqualValues(t, 111, kind)
}

func TestWhatAPublisherRepeatsIsRestored(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	repeating := usual
	repeating.red, repeating.nacks = true, true
	a, listener := s.connected("a", repeating), s.connected("listener", usual)
	a.participant.SetLive(Live{Microphone: true})
	a.participant.SetAdmitted(true)
	listener.participant.SetAdmitted(true)
	eventually(
		t, "there is a slot for the voice",
		func() bool { return len(*a.participant.publications[Microphone].subs.Load()) == 1 },
	)
	// Every third packet never comes; the one after it repeats it. (A client of Pion sends no RED,
	// so it comes in here.)
	up := a.participant.transport.Load().up
	out := s.engine.config.Socket.Batch()
	in := &incoming{ssrc: uint32(a.microphone.sender.GetParameters().Encodings[0].SSRC)}
	for n := uint16(1); n <= 300; n++ {
		if n%3 == 0 {
			continue
		}
		frame := func(n uint16) []byte { return []byte{'f', byte(n >> 8), byte(n)} }
		payload, err := rtpx.AppendRED(
			nil, 111, frame(n),
			[]rtpx.REDBlock{{PayloadType: 111, TimestampOffset: 960, Data: frame(n - 1)}},
		)
		require.NoError(t, err)
		raw, err := (&rtp.Packet{Header: rtp.Header{
			Version: 2, PayloadType: 63, SSRC: in.ssrc, SequenceNumber: 1000 + n,
			Timestamp: 960 * uint32(n),
		}, Payload: payload}).Marshal()
		require.NoError(t, err)
		up.receive(in, raw, time.Now(), out)
	}
	s.engine.config.Socket.Release(out)
	require.NotNil(t, in.layer.lost, "what is lost besides is asked for again")
	eventually(t, "the listener hears", func() bool {
		for _, packets := range listener.heardFrom(a) {
			return len(packets) >= 290
		}
		return false
	})
	for _, packets := range listener.heardFrom(a) {
		for i, p := range packets[1:] {
			require.Equal(
				t, packets[i].SequenceNumber+1, p.SequenceNumber,
				"nothing is missing, nothing comes twice",
			)
			require.Equal(t, packets[i].Timestamp+960, p.Timestamp)
			require.EqualValues(t, 111, p.PayloadType)
			require.Len(t, p.Payload, 3)
		}
	}
}
