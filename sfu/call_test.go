package sfu

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"draille/sfu/congestion/send"
	"draille/sfu/connect"
	"draille/sfu/demand"
	"draille/sfu/rtcpx"
	"draille/sfu/udp"
	"draille/sfu/voice"
)

func TestNothingFlowsBeforeAdmission(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	host, guest := s.present("host", usual), s.connected("guest", usual)
	guest.participant.SetLive(Live{Microphone: true, Camera: true})
	guest.send()
	host.participant.SetView([]Want{want(guest, Camera, 2)})
	guest.participant.SetView([]Want{want(host, Camera, 2)})

	blocked := func() uint64 {
		for _, p := range s.engine.Stats().Participants {
			if p.Participant == "guest" {
				return p.GateBlocked
			}
		}
		return 0
	}
	eventually(t, "the guest's packets reach the gate", func() bool { return blocked() > 50 })
	guestNumbers, hostNumbers := guest.participant.Numbers(), host.participant.Numbers()
	require.Zero(
		t, host.packetsFrom(guestNumbers[Camera])+host.packetsFrom(guestNumbers[Microphone]),
	)
	require.Zero(
		t, guest.packetsFrom(hostNumbers[Camera])+guest.packetsFrom(hostNumbers[Microphone]),
	)

	guest.participant.SetAdmitted(true)
	eventually(t, "the host sees and hears the guest", func() bool {
		return host.packetsFrom(guestNumbers[Camera]) > 10 &&
			host.packetsFrom(guestNumbers[Microphone]) > 10
	})
	eventually(t, "the guest sees and hears the host", func() bool {
		return guest.packetsFrom(hostNumbers[Camera]) > 10 &&
			guest.packetsFrom(hostNumbers[Microphone]) > 10
	})

	guest.participant.SetAdmitted(false)
	before := blocked()
	eventually(t, "the gate is closed again", func() bool { return blocked() > before+20 })
	seen := guest.packetsFrom(hostNumbers[Microphone])
	before = blocked()
	eventually(t, "time passes", func() bool { return blocked() > before+20 })
	require.Equal(t, seen, guest.packetsFrom(hostNumbers[Microphone]))
}

func TestFiveSeeAndHearEachOther(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var clients []*client
	for _, id := range ids(5) {
		clients = append(clients, s.present(id, shape{audio: 4, video: 4}))
	}
	everybody(clients...)
	for _, c := range clients {
		for _, other := range clients {
			if c == other {
				continue
			}
			eventually(t, c.id+" sees "+other.id, func() bool {
				return c.packetsFrom(other.participant.Numbers()[Camera]) > 5
			})
			slot, ok := c.slotOf(other, Camera)
			require.True(t, ok)
			require.Equal(t, other.participant.Numbers()[Camera], slot.Number)
			require.Positive(
				t, c.slot(slot.MID).from(slot.Number),
				"the slot named in Slots carries that source",
			)
		}
		heard := func() (voices int) {
			for _, other := range clients {
				if c.packetsFrom(other.participant.Numbers()[Microphone]) > 5 {
					voices++
				}
			}
			return voices
		}
		// On a busy machine a voice may be late, and another one is heard for a while.
		eventually(t, c.id+" hears as many as are sent at once", func() bool {
			return heard() >= voice.MaxVoices
		})
		require.Zero(
			t, c.packetsFrom(c.participant.Numbers()[Microphone]), "nobody hears themselves",
		)
		require.Zero(t, c.packetsFrom(c.participant.Numbers()[Camera]))
	}
	unique := map[uint32]bool{}
	for _, c := range clients {
		for _, number := range c.participant.Numbers() {
			require.False(t, unique[number])
			require.NotZero(t, number)
			unique[number] = true
		}
	}
	stats := s.engine.Stats()
	require.Equal(t, 1, stats.Rooms)
	require.Len(t, stats.Participants, 5)
	require.Positive(t, stats.Forwarded)
	require.Zero(t, stats.Dropped["write"])
}

func TestSlotChangesHandsAtAKeyframe(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	viewer := s.connected("viewer", shape{audio: 1, video: 1})
	viewer.participant.SetAdmitted(true)
	a, b := s.present("a", shape{}), s.present("b", shape{})
	eventuallySees := func(other *client, n int) {
		t.Helper()
		before := viewer.packetsFrom(other.participant.Numbers()[Camera])
		eventually(
			t,
			"the viewer sees "+other.id,
			func() bool {
				return viewer.packetsFrom(other.participant.Numbers()[Camera]) > before+n
			},
		)
	}
	viewer.participant.SetView([]Want{want(a, Camera, 2)})
	eventuallySees(a, 20)
	viewer.participant.SetView([]Want{want(b, Camera, 2)})
	eventuallySees(b, 20)
	viewer.participant.SetView([]Want{want(a, Camera, 2)})
	eventuallySees(a, 20)

	slot, ok := viewer.slotOf(a, Camera)
	require.True(t, ok)
	packets := viewer.slot(slot.MID).all()
	require.True(t, isKey(packets[0]), "the first picture is a keyframe")
	switches := 0
	for i := 1; i < len(packets); i++ {
		p, q := packets[i-1], packets[i]
		require.Equal(t, p.SequenceNumber+1, q.SequenceNumber, "no gap, packet %d", i)
		require.Greater(t, int32(q.Timestamp-p.Timestamp), int32(0))
		if p.CSRC[0] != q.CSRC[0] {
			switches++
			require.True(t, isKey(q), "the slot changes hands at a keyframe")
		}
		pid := func(b []byte) uint16 { return (uint16(b[2])<<8 | uint16(b[3])) & 0x7fff }
		require.Equal(t, (pid(p.Payload)+1)&0x7fff, pid(q.Payload), "picture ids go on")
	}
	require.Equal(t, 2, switches)
}

func TestLossIsRepairedDownstream(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, viewer := s.present("a", usual), s.present("viewer", usual)
	viewer.participant.SetView([]Want{want(a, Camera, 2)})
	number := a.participant.Numbers()[Camera]
	eventually(t, "the viewer sees", func() bool { return viewer.packetsFrom(number) > 20 })
	losePictures(&s.wire.loseOut)
	// Until then something is lost: of what is sent again some may be lost, or come too late.
	eventually(t, "what was lost has come again", func() bool { return repaired(viewer, a) > 5 })
	s.wire.loseOut.Store(nil)
	require.Greater(t, s.engine.Stats().Retransmitted, uint64(5))
}

// losePictures loses one of ten packets of pictures, their retransmissions too.
func losePictures(way *atomic.Pointer[func([]byte) bool]) {
	count := 0
	lose := func(packet []byte) bool {
		// Pictures alone are longer than 300 bytes; their retransmissions are longer by two.
		if packet[0]>>6 != 2 || len(packet) < 300 {
			return false
		}
		count++
		return count%10 == 0
	}
	way.Store(&lose)
}

// repaired counts the packets that a viewer has got after later ones. How many of those that were
// lost these are depends on the machine: what is asked for too late is given up (sfu/nack judges
// that in virtual time).
func repaired(viewer, other *client) int {
	count := 0
	packets := viewerPackets(viewer, other)
	newest := packets[0].SequenceNumber
	for _, p := range packets[1:] {
		if int16(p.SequenceNumber-newest) < 0 {
			count++
		} else {
			newest = p.SequenceNumber
		}
	}
	return count
}

func TestLossIsRepairedUpstream(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, viewer := s.present("a", usual), s.present("viewer", usual)
	viewer.participant.SetView([]Want{want(a, Camera, 2)})
	number := a.participant.Numbers()[Camera]
	eventually(t, "the viewer sees", func() bool { return viewer.packetsFrom(number) > 20 })
	losePictures(&s.wire.loseIn)
	eventually(t, "what was lost has come again", func() bool { return repaired(viewer, a) > 5 })
	s.wire.loseIn.Store(nil)
}

func viewerPackets(viewer, other *client) []*rtp.Packet {
	slot, _ := viewer.slotOf(other, Camera)
	return viewer.slot(slot.MID).all()
}

func TestKeyframeRequestsAreCoalesced(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	// From the beginning: what was asked for just before comes any time later, and is enough for
	// whoever wants the picture then.
	start := time.Now()
	a := s.present("a", usual)
	var viewers []*client
	for _, id := range ids(4) {
		viewers = append(viewers, s.present(id, usual))
	}
	for range 3 {
		for _, v := range viewers {
			v.participant.SetView(nil)
			v.participant.SetView([]Want{want(a, Camera, 2)})
		}
	}
	for _, v := range viewers {
		eventually(
			t, v.id+" sees",
			func() bool { return v.packetsFrom(a.participant.Numbers()[Camera]) > 5 },
		)
	}
	asked := a.camera[0].plis.Load()
	require.LessOrEqual(t, asked, int64(time.Since(start)/demand.KeyframeInterval)+1)
	require.Positive(t, asked)
}

func TestThinLinkPausesVideoAndKeepsAudio(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(c *Config) {
		c.Downlink = send.Config{StartBitrate: 26_000, MinBitrate: 20_000, MaxBitrate: 28_000}
	})
	a, viewer := s.present("a", usual), s.present("viewer", usual)
	viewer.participant.SetView([]Want{want(a, Camera, 2)})
	eventually(t, "the picture is paused for the link", func() bool {
		slot, ok := viewer.slotOf(a, Camera)
		return ok && slot.Paused && slot.Reason == ReasonDownlink
	})
	numbers := a.participant.Numbers()
	hears := func(more int) {
		heard := viewer.packetsFrom(numbers[Microphone])
		eventually(t, "the voice goes on", func() bool {
			return viewer.packetsFrom(numbers[Microphone]) > heard+more
		})
	}
	// A voice that is late, on a busy machine, leaves room for a still: the viewer is told before.
	paused := func() (times int, now bool) {
		slot, _ := viewer.slotOf(a, Camera)
		return viewer.timesTold(), slot.Paused
	}
	for quiet := false; !quiet; {
		told, was := paused()
		hears(20) // what was under way has arrived
		seen := viewer.packetsFrom(numbers[Camera])
		hears(50)
		shown := viewer.packetsFrom(numbers[Camera]) - seen
		after, still := paused()
		if quiet = was && still && told == after; quiet {
			require.Zero(t, shown, "packets of a picture that is paused")
		}
	}
}

func TestReloadReplacesTheTransport(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, b := s.present("a", usual), s.present("b", usual)
	everybody(a, b)
	numbers := a.participant.Numbers()
	eventually(t, "b sees a", func() bool { return b.packetsFrom(numbers[Camera]) > 10 })

	a.hangUp()
	a.dial("second", usual)
	a.negotiate(nil)
	a.awaitConnected()
	a.send()
	require.Equal(t, numbers, a.participant.Numbers())
	seen, heard := b.packetsFrom(numbers[Camera]), b.packetsFrom(numbers[Microphone])
	eventually(t, "b sees and hears a again", func() bool {
		return b.packetsFrom(numbers[Camera]) > seen+10 &&
			b.packetsFrom(numbers[Microphone]) > heard+10
	})
	eventually(t, "a sees and hears b again", func() bool {
		return a.packetsFrom(b.participant.Numbers()[Camera]) > 10 &&
			a.packetsFrom(b.participant.Numbers()[Microphone]) > 10
	})
	require.Error(t, a.participant.AddCandidate("first", "candidate:1", "0"))
	require.NoError(t, a.participant.AddCandidate("second", "candidate:1", "0"))
}

func TestICERestartAndMoreSlots(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, b := s.present("a", shape{audio: 1, video: 1}), s.present("b", shape{audio: 2, video: 1})
	// b has a slot for each of the two voices: with one alone, whoever falls silent for the restart
	// would lose it.
	c := s.present("c", shape{audio: 1, video: 1})
	a.participant.SetView([]Want{want(b, Camera, 2), want(c, Camera, 1)})
	eventually(
		t, "a sees b", func() bool { return a.packetsFrom(b.participant.Numbers()[Camera]) > 10 },
	)
	eventually(t, "a is told that there is no slot for c", func() bool {
		slot, ok := a.slotOf(c, Camera)
		return ok && slot.MID == "" && slot.Paused && slot.Reason == ReasonSlots
	})

	a.addSlots(shape{audio: 1, video: 1})
	a.negotiate(nil)
	eventually(
		t, "a sees c in the new slot",
		func() bool { return a.packetsFrom(c.participant.Numbers()[Camera]) > 10 },
	)
	eventually(t, "a hears both", func() bool {
		return a.packetsFrom(b.participant.Numbers()[Microphone]) > 5 &&
			a.packetsFrom(c.participant.Numbers()[Microphone]) > 5
	})

	for range 2 {
		first := a.pc.RemoteDescription().SDP
		answer := a.negotiate(&webrtc.OfferOptions{ICERestart: true})
		require.NotEqual(t, ufrag(t, first), ufrag(t, answer))
		require.Contains(t, answer, "a=ice-lite")
		a.awaitConnected()
		seen, hears := a.packetsFrom(
			b.participant.Numbers()[Camera],
		), b.packetsFrom(
			a.participant.Numbers()[Microphone],
		)
		eventually(
			t, "a sees b after the restart",
			func() bool { return a.packetsFrom(b.participant.Numbers()[Camera]) > seen+20 },
		)
		eventually(
			t, "b hears a after the restart",
			func() bool { return b.packetsFrom(a.participant.Numbers()[Microphone]) > hears+20 },
		)
	}
}

func TestNewAddressesAreToldFromThenOn(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a := s.connected("a", shape{audio: 1, video: 1})
	moved := netip.MustParseAddrPort("127.0.0.2:4711")
	s.engine.SetAddresses([]netip.AddrPort{moved},
		[]netip.AddrPort{netip.MustParseAddrPort("127.0.0.2:4712")})
	b := s.join("b")
	b.dial("first", shape{audio: 1})
	for name, answer := range map[string]string{
		"an ICE restart":   a.negotiate(&webrtc.OfferOptions{ICERestart: true}),
		"a new connection": b.negotiate(nil),
	} {
		require.Contains(t, answer, " 127.0.0.2 4711 typ host", name)
		require.Contains(t, answer, " 127.0.0.2 4712 typ host tcptype passive", name)
		require.NotContains(t, answer, " 127.0.0.1 ", name)
	}
}

func ufrag(t *testing.T, sdp string) string {
	t.Helper()
	_, rest, ok := strings.Cut(sdp, "a=ice-ufrag:")
	require.True(t, ok)
	line, _, _ := strings.Cut(rest, "\r\n")
	return line
}

func TestMuteIsEnforced(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, b := s.present("a", usual), s.present("b", usual)
	everybody(a, b)
	numbers := a.participant.Numbers()
	eventually(t, "b sees and hears a", func() bool {
		return b.packetsFrom(numbers[Camera]) > 10 && b.packetsFrom(numbers[Microphone]) > 10
	})
	a.participant.SetLive(Live{})
	muted := func() uint64 { return s.engine.Stats().Dropped["muted"] }
	before := muted()
	eventually(t, "what a still sends is dropped", func() bool { return muted() > before+10 })
	eventually(t, "b is told", func() bool {
		slot, ok := b.slotOf(a, Camera)
		return ok && slot.Paused && slot.Reason == ReasonPublisher
	})
	seen, heard := b.packetsFrom(numbers[Camera]), b.packetsFrom(numbers[Microphone])
	before = muted()
	eventually(t, "time passes", func() bool { return muted() > before+50 })
	require.Equal(t, seen, b.packetsFrom(numbers[Camera]))
	require.Equal(t, heard, b.packetsFrom(numbers[Microphone]))

	a.participant.SetLive(Live{Microphone: true, Camera: true})
	eventually(t, "b sees and hears a again", func() bool {
		return b.packetsFrom(numbers[Camera]) > seen+10 &&
			b.packetsFrom(numbers[Microphone]) > heard+10
	})
	eventually(t, "b is told that the picture is back", func() bool {
		slot, ok := b.slotOf(a, Camera)
		return ok && !slot.Paused
	})
}

func TestScreenSharesTheSlots(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, b := s.present("a", usual), s.present("b", usual)
	a.participant.SetLive(Live{Microphone: true, Camera: true, Screen: true})
	a.pump(a.share)
	b.participant.SetView([]Want{want(a, Camera, 0), want(a, Screen, 3)})
	eventually(t, "b sees both", func() bool {
		return b.packetsFrom(a.participant.Numbers()[Camera]) > 10 &&
			b.packetsFrom(a.participant.Numbers()[Screen]) > 10
	})
	camera, _ := b.slotOf(a, Camera)
	screen, _ := b.slotOf(a, Screen)
	require.NotEqual(t, camera.MID, screen.MID)
}

func TestTheFirstPictureDoesNotWaitForTheView(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	host := s.present("host", shape{rids: []string{"q", "f"}, audio: 1, video: 4})
	guest := s.connected("guest", usual)
	eventually(t, "a guest who waits is told what to encode, should they be admitted", func() bool {
		encodings := guest.lastEncode(Camera)
		return len(encodings) == 1 && encodings[0].Active
	})
	guest.participant.SetAdmitted(true)
	eventually(t, "the guest sees the host without having asked", func() bool {
		return guest.packetsFrom(host.participant.Numbers()[Camera]) > 10
	})
	encodings := host.lastEncode(Camera)
	require.True(t, encodings[1].Active)
	require.False(t, encodings[0].Active)
	guest.participant.SetView([]Want{})
	eventually(
		t, "who wants nothing gets nothing", func() bool { return len(guest.lastSlots()) == 0 },
	)
}

func TestDemandFollowsWhatIsWatched(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, b := s.present(
		"a", shape{rids: []string{"q", "f"}, audio: 1, video: 1},
	), s.present(
		"b", usual,
	)
	active := func() map[string]bool {
		active := map[string]bool{}
		for _, e := range a.lastEncode(Camera) {
			active[e.RID] = e.Active
		}
		return active
	}
	b.participant.SetView(nil)
	eventually(t, "nobody watches: nothing is to be sent", func() bool {
		encodings := active()
		return len(encodings) == 2 && !encodings["q"] && !encodings["f"]
	})
	b.participant.SetView(
		[]Want{{Participant: "a", Source: Camera, Width: 1280, Height: 720, Priority: 2}},
	)
	eventually(
		t, "one large picture: the large encoding alone",
		func() bool { return active()["f"] && !active()["q"] },
	)
	c := s.present("c", usual)
	c.participant.SetView(
		[]Want{{Participant: "a", Source: Camera, Width: 160, Height: 90, Priority: 0}},
	)
	eventually(
		t, "a thumbnail besides: both", func() bool { return active()["f"] && active()["q"] },
	)
	b.participant.SetView(
		[]Want{{Participant: "a", Source: Camera, Width: 160, Height: 90, Priority: 0}},
	)
	eventually(
		t, "two thumbnails: the small encoding alone",
		func() bool { return active()["q"] && !active()["f"] },
	)
	eventually(
		t, "b sees", func() bool { return b.packetsFrom(a.participant.Numbers()[Camera]) > 10 },
	)
}

// A camera of 720 lines is asked for half of them, and for all where they are looked at over a
// short way.
func TestAFineCameraIsAskedForItsLines(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, b := s.present("a", shape{rids: []string{"q", "f"}, audio: 1}), s.present("b", usual)
	a.participant.SetCapture(720)
	scale := func() float64 {
		encodings := a.lastEncode(Camera)
		return encodings[len(encodings)-1].Scale
	}
	look := func(width, height int) {
		b.participant.SetView(
			[]Want{{Participant: "a", Source: Camera, Width: width, Height: height, Priority: 2}},
		)
	}
	near := func() { // a busy machine answers as late as one that is far away
		var short demand.Way
		short.Observe(time.Now().Add(-time.Hour), time.Millisecond)
		require.True(t, short.Observe(time.Now(), time.Millisecond))
		for _, c := range []*client{a, b} {
			d := c.participant.transport.Load().down
			d.mu.Lock()
			d.way = short
			d.mu.Unlock()
		}
	}
	look(1280, 720)
	eventually(t, "all of it is looked at", func() bool { near(); return scale() == 0.5 })
	look(640, 360)
	eventually(t, "half of it is", func() bool { return scale() == 1 })
}

func TestOnlyTheLoudestAreHeard(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	listener := s.connected("listener", shape{audio: 1})
	listener.participant.SetAdmitted(true)
	var talkers []*client
	var levels [3]atomic.Int32
	for i, id := range ids(3) {
		c := s.connected(id, shape{})
		c.participant.SetLive(Live{Microphone: true})
		c.participant.SetAdmitted(true)
		levels[i].Store(127)
		c.pump(func() { c.speakAt(byte(levels[i].Load())) })
		talkers = append(talkers, c)
	}
	for i, c := range talkers {
		levels[i].Store(20)
		eventually(t, "the listener hears "+c.id, func() bool {
			packets := listener.lastAudio()
			return packets != nil && packets.CSRC[0] == c.participant.Numbers()[Microphone]
		})
		eventually(
			t, c.id+" is announced",
			func() bool { return slices.Equal(listener.lastSpeakers(), []string{c.id}) },
		)
		levels[i].Store(127)
	}
	eventually(t, "nobody is announced", func() bool { return len(listener.lastSpeakers()) == 0 })
}

func TestDataChannel(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a := s.connected("a", usual)
	eventually(
		t, "the server can send",
		func() bool { return a.participant.Send([]byte(`{"type":"speakers"}`)) },
	)
	eventually(t, "the message arrives", func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		return len(a.messages) > 0 && a.messages[0] == `{"type":"speakers"}`
	})
	b := s.join("b")
	require.False(t, b.participant.Send([]byte("x")))
	require.Contains(t, a.transportStates(), TransportConnected)
}

func TestSenderReportsShareOneClock(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, b := s.present("a", usual), s.present("b", usual)
	everybody(a, b)
	report := func(source Source) *rtcp.SenderReport {
		for mid, r := range b.receivedSlots() {
			if r.from(a.participant.Numbers()[source]) > 0 {
				if report, ok := b.reports.Load(mid); ok {
					return report.(*rtcp.SenderReport)
				}
			}
		}
		return nil
	}
	eventually(
		t, "reports of voice and picture arrive",
		func() bool { return report(Microphone) != nil && report(Camera) != nil },
	)
	now := rtcpx.NtpTime(time.Now())
	for _, source := range []Source{Microphone, Camera} {
		age := float64(now-report(source).NTPTime) / (1 << 32)
		require.InDelta(t, 0, age, 5, "by the server's clock")
	}
}

func TestCloseAtAnyTime(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for i, id := range ids(6) {
		c := s.join(id)
		c.dial("first", usual)
		offer := c.offer(nil)
		var both sync.WaitGroup
		both.Go(func() {
			_, err := c.participant.Answer(context.Background(), "first", offer)
			if err == nil && i%2 == 0 {
				_, _ = c.participant.Answer(context.Background(), "second", offer)
			}
		})
		both.Go(func() { c.participant.Close() })
		both.Wait()
		_, err := c.participant.Answer(context.Background(), "first", offer)
		require.ErrorIs(t, err, errClosed)
		require.ErrorIs(t, c.participant.AddCandidate("first", "", ""), errClosed)
	}
	require.Empty(t, s.engine.Stats().Participants)
}

func TestRoomsAndEngineRefuseInWords(t *testing.T) {
	t.Parallel()
	_, err := New(Config{})
	require.ErrorContains(t, err, "Config.Socket")
	everywhere, err := udp.Listen(":0")
	require.NoError(t, err)
	defer func() { require.NoError(t, everywhere.Close()) }()
	_, err = New(Config{Socket: everywhere.Media()})
	require.ErrorContains(t, err, "Config.Addresses")

	s := newServer(t)
	_, err = s.room.Join("", nil)
	require.Error(t, err)
	a := s.join("a")
	_, err = s.room.Join("a", a)
	require.ErrorContains(t, err, "in the room already")
	s.room.Close()
	_, err = s.room.Join("b", a)
	require.ErrorContains(t, err, "closed")
	require.Zero(t, s.engine.Stats().Rooms)
	a.participant.Close()
}

func TestVirtualPeerIsAPeer(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	far, err := s.udp.Attach(netip.MustParseAddrPort("198.51.100.7:40000"))
	require.NoError(t, err)
	through := ice.NewUDPMuxDefault(ice.UDPMuxParams{Logger: connect.QuietLoggers{}.NewLogger(""),
		UDPConn: far})
	defer func() { require.NoError(t, through.Close()) }()
	a := s.join("a")
	a.through = through
	a.dial("first", usual)
	a.negotiate(nil)
	a.awaitConnected()
	b := s.present("b", usual)
	a.participant.SetAdmitted(true)
	eventually(
		t, "a hears b through memory",
		func() bool { return a.packetsFrom(b.participant.Numbers()[Microphone]) > 20 },
	)
	a.hangUp()
}

func TestEveryAddressOfTheMachine(t *testing.T) {
	t.Parallel()
	listener, err := udp.Listen(":0")
	require.NoError(t, err)
	addresses, err := udp.HostAddresses(listener.LocalAddr().Port())
	require.NoError(t, err)
	s := newServer(t, func(c *Config) { c.Socket, c.Addresses = listener.Media(), addresses })
	t.Cleanup(func() { require.NoError(t, listener.Close()) })
	a := s.join("a")
	a.dial("first", usual)
	answer := a.negotiate(nil)
	for _, address := range addresses {
		require.Contains(t, answer, fmt.Sprintf(" %s %d typ host", address.Addr(), address.Port()))
	}
	a.awaitConnected()
}

// The last flight of the browser's handshake is a round trip behind ours: media does not wait for
// it.
func TestMediaFollowsOurHandshake(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a := s.present("a", usual)
	b := s.join("b")
	// a flight that begins with ChangeCipherSpec
	withheld := func(data []byte) bool { return len(data) > 0 && data[0] == 20 }
	s.wire.loseIn.Store(&withheld)
	b.participant.SetAdmitted(true)
	b.dial("first", usual)
	b.negotiate(nil)
	numbers := a.participant.Numbers()
	eventually(t, "the voice is heard and the picture seen", func() bool {
		return b.packetsFrom(numbers[Microphone]) > 0 && b.packetsFrom(numbers[Camera]) > 0
	})
	require.NotContains(t, b.transportStates(), TransportConnected, "Pion has not connected")
	s.wire.loseIn.Store(nil)
	b.awaitConnected()
}

// Whoever is admitted while their transport is still being set up sees a keyframe first.
func TestThePictureBeginsWhenItCanLeave(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, other := s.present("a", usual), s.present("other", usual)
	camera := a.participant.Numbers()[Camera]
	b := s.join("b")
	withheld := func(data []byte) bool { return len(data) > 0 && data[0] >= 20 && data[0] <= 63 }
	s.wire.loseIn.Store(&withheld)
	b.participant.SetAdmitted(true)
	b.dial("first", usual)
	b.negotiate(nil)
	eventually(
		t, "b has a place for the picture", func() bool { _, ok := b.slotOf(a, Camera); return ok },
	)
	seen := other.packetsFrom(camera)
	eventually(t, "the picture goes on", func() bool { return other.packetsFrom(camera) > seen+40 })
	s.wire.loseIn.Store(nil)
	eventually(t, "b sees a", func() bool { return b.packetsFrom(camera) > 5 })
	slot, ok := b.slotOf(a, Camera)
	require.True(t, ok)
	require.True(t, isKey(b.slot(slot.MID).all()[0]))
}

func TestDeadPathAndBack(t *testing.T) {
	t.Parallel()
	s := newServer(
		t,
		func(c *Config) {
			c.DisconnectedTimeout, c.FailedTimeout = 500*time.Millisecond, 500*time.Millisecond
		},
	)
	a, b := s.present("a", usual), s.present("b", usual)
	eventually(
		t, "b hears a",
		func() bool { return b.packetsFrom(a.participant.Numbers()[Microphone]) > 10 },
	)
	pair, err := a.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	require.NoError(t, err)
	s.wire.deadPeer.Store(
		&net.UDPAddr{IP: net.ParseIP(pair.Local.Address), Port: int(pair.Local.Port)},
	)
	eventually(t, "the server notices", func() bool {
		states := a.transportStates()
		return slices.Contains(states, TransportDisconnected) &&
			slices.Contains(states, TransportFailed)
	})
	s.wire.deadPeer.Store(nil)
	a.negotiate(&webrtc.OfferOptions{ICERestart: true})
	heard := b.packetsFrom(a.participant.Numbers()[Microphone])
	eventually(
		t, "b hears a again",
		func() bool { return b.packetsFrom(a.participant.Numbers()[Microphone]) > heard+10 },
	)
	eventually(t, "a hears b again, and knows it", func() bool {
		states := a.transportStates()
		return states[len(states)-1] == TransportConnected
	})
}
