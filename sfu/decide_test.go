package sfu

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"draille/sfu/allocation"
	"draille/sfu/rtpx"
)

var epoch = time.Unix(1_700_000_000, 0)

func TestAssignerIsSticky(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var a assigner[int]
		n := rapid.IntRange(0, 5).Draw(t, "slots")
		a.grow(n)
		for range rapid.IntRange(1, 30).Draw(t, "rounds") {
			keys := rapid.SliceOfNDistinct(rapid.IntRange(0, 9), 0, 10, rapid.ID[int]).Draw(t, "keys")
			var claims []claim[int]
			for _, key := range keys {
				claims = append(claims, claim[int]{key: key, priority: rapid.IntRange(0, 3).Draw(t, "priority")})
			}
			before := slices.Clone(a.slots)
			unserved := a.assign(claims)
			served := map[int]int{}
			for i, s := range a.slots {
				if s.held {
					_, twice := served[s.key]
					require.False(t, twice, "one slot a key")
					require.Contains(t, keys, s.key, "nobody holds what he does not want")
					served[s.key] = i
				}
			}
			require.Len(t, served, min(n, len(claims)), "no slot is left unused")
			require.Len(t, unserved, len(claims)-len(served))
			lowest := func(key int) int {
				return claims[slices.IndexFunc(claims, func(c claim[int]) bool { return c.key == key })].priority
			}
			for i, s := range before {
				if _, still := served[s.key]; s.held && still {
					require.Equal(t, i, served[s.key], "who keeps a slot keeps the same one")
				}
			}
			for key := range served {
				for _, out := range unserved {
					require.GreaterOrEqual(t, lowest(key), lowest(out), "priority decides")
				}
			}
		}
	})
}

func TestAssignerReusesTheLongestFree(t *testing.T) {
	t.Parallel()
	var a assigner[string]
	a.grow(3)
	a.assign([]claim[string]{{key: "x"}, {key: "y"}})
	a.assign([]claim[string]{{key: "y"}})
	a.assign([]claim[string]{{key: "y"}, {key: "z"}})
	at := func(i int) string { key, _ := a.at(i); return key }
	require.Equal(t, []string{"", "y", "z"}, []string{at(0), at(1), at(2)}, "the slot never used comes first")
	a.assign([]claim[string]{{key: "z"}})
	a.assign([]claim[string]{{key: "z"}, {key: "w"}})
	require.Equal(t, []string{"w", "", "z"}, []string{at(0), at(1), at(2)})
	_, ok := a.at(7)
	require.False(t, ok)
}

// talk feeds 20 ms packets of constant levels for a while.
func talk(s *speakers, now *time.Time, span time.Duration, levels map[string]uint8) {
	for end := now.Add(span); now.Before(end); *now = now.Add(20 * time.Millisecond) {
		for _, id := range slices.Sorted(mapsKeys(levels)) {
			s.observe(id, levels[id], *now)
		}
	}
}

func mapsKeys(m map[string]uint8) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func TestSpeakersRank(t *testing.T) {
	t.Parallel()
	s, now := newSpeakers(), epoch
	all := []string{"a", "b", "c"}
	require.Equal(t, all, s.rank(now, all, 1), "nobody has spoken yet")
	talk(s, &now, time.Second, map[string]uint8{"a": 127, "b": 30, "c": 127})
	require.Equal(t, "b", s.rank(now, all, 1)[0])
	speaking, changed := s.announce(now, s.rank(now, all, 1))
	require.True(t, changed)
	require.Equal(t, []string{"b"}, speaking)
	_, changed = s.announce(now, s.rank(now, all, 1))
	require.False(t, changed, "no news")

	talk(s, &now, time.Second, map[string]uint8{"a": 27, "b": 30, "c": 127})
	require.Equal(t, "b", s.rank(now, all, 1)[0], "a little louder is not enough to take a slot over")
	talk(s, &now, time.Second, map[string]uint8{"a": 15, "b": 30, "c": 127})
	require.Equal(t, "a", s.rank(now, all, 1)[0], "much louder is")

	talk(s, &now, time.Second, map[string]uint8{"a": 127, "b": 127, "c": 127})
	require.Equal(t, "a", s.rank(now, all, 1)[0], "a pause for breath costs no slot")
	talk(s, &now, 3*time.Second, map[string]uint8{"a": 127, "b": 127, "c": 127})
	speaking, changed = s.announce(now, s.rank(now, all, 1))
	require.True(t, changed)
	require.Empty(t, speaking)
	s.remove("a")
	require.NotEqual(t, "a", s.rank(now, []string{"b", "c"}, 1)[0])
}

func TestSpeakersRankProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, now := newSpeakers(), epoch
		ids := []string{"a", "b", "c", "d", "e"}
		for range rapid.IntRange(1, 20).Draw(t, "turns") {
			levels := map[string]uint8{}
			for _, id := range ids {
				levels[id] = rapid.Uint8Range(0, 127).Draw(t, "level")
			}
			talk(s, &now, time.Duration(rapid.IntRange(20, 800).Draw(t, "ms"))*time.Millisecond, levels)
			order := s.rank(now, ids, 3)
			require.ElementsMatch(t, ids, order)
			silent := false
			for _, id := range order {
				speaking := s.voices[id].speaking(now)
				require.False(t, silent && speaking, "whoever speaks comes before whoever does not")
				silent = silent || !speaking
			}
		}
	})
}

func TestKeyframeRequests(t *testing.T) {
	t.Parallel()
	var k keyframes
	require.False(t, k.due(epoch))
	require.True(t, k.want(epoch))
	require.False(t, k.want(epoch.Add(100*time.Millisecond)))
	require.False(t, k.due(epoch.Add(400*time.Millisecond)))
	require.True(t, k.due(epoch.Add(500*time.Millisecond)), "it did not come: ask again")
	k.arrived(epoch.Add(time.Second))
	require.False(t, k.due(epoch.Add(2*time.Second)))
	require.False(t, k.want(epoch.Add(1050*time.Millisecond)), "one begins right now")
	require.False(t, k.due(epoch.Add(2*time.Second)))
	require.True(t, k.want(epoch.Add(2*time.Second)))

	k = keyframes{size: 5_000, uplink: 80_000}
	require.True(t, k.want(epoch))
	require.False(t, k.due(epoch.Add(1900*time.Millisecond)), "40 kbit every two seconds are a quarter of the uplink")
	require.True(t, k.due(epoch.Add(2*time.Second)))
	k.uplink = 20_000
	require.True(t, k.due(epoch.Add(6*time.Second)), "nobody waits for ever")
}

// feedbackPacket writes transport-wide feedback.
func feedbackPacket(base, count uint16, reference uint32, chunks []uint16, deltas ...byte) []byte {
	b := make([]byte, feedbackChunks)
	b[0], b[1] = 0x80|formatTransportWide, packetTypeFeedback
	binary.BigEndian.PutUint16(b[feedbackBase:], base)
	binary.BigEndian.PutUint16(b[feedbackCount:], count)
	binary.BigEndian.PutUint32(b[feedbackReference:], reference<<8)
	for _, chunk := range chunks {
		b = binary.BigEndian.AppendUint16(b, chunk)
	}
	return append(b, deltas...)
}

func TestFeedbackReader(t *testing.T) {
	t.Parallel()
	var r feedbackReader
	const (
		vector = 0xc000 | 1<<12 | 0<<10 | 2<<8 | 1<<6 | 3<<4 // of two bits each: 1, 0, 2, 1, 3, 0, 0
		run    = 1<<13 | 100
	)
	deltas := []byte{4, 0xff, 0xfe, 1, 1, 1} // 1 ms, −0.5 ms, 0.25 ms
	packet := func(reference uint32) []byte {
		return feedbackPacket(65534, 9, reference, []uint16{vector, run}, deltas...)
	}
	acks := slices.Clone(r.read(packet(1<<24-1), 65536+10))
	require.Len(t, acks, 9)
	base := (1<<24 - 1) * referenceUnit
	require.EqualValues(t, 65534, acks[0].Seq)
	require.Equal(t, base+time.Millisecond, acks[0].Arrival)
	require.False(t, acks[1].Received)
	require.EqualValues(t, 65536, acks[2].Seq)
	require.Equal(t, base+500*time.Microsecond, acks[2].Arrival)
	require.Equal(t, base+750*time.Microsecond, acks[3].Arrival)
	require.False(t, acks[4].Received, "a reserved symbol")
	require.Equal(t, base+1250*time.Microsecond, acks[8].Arrival)

	require.Equal(t, base+4*referenceUnit+time.Millisecond, r.read(packet(3), 65536+10)[0].Arrival, "wrapped")
	require.Equal(t, base-referenceUnit+time.Millisecond, r.read(packet(1<<24-2), 65536+10)[0].Arrival, "one from before comes late")
	bits := feedbackPacket(7, 14, 0, []uint16{0x8000 | 1<<13 | 1}, 4, 4)
	acks = r.read(bits, 100)
	require.Len(t, acks, 14)
	require.True(t, acks[0].Received && acks[13].Received && !acks[1].Received)
	deltas = deltas[:1]
	require.Len(t, r.read(packet(3), 65536+10), 2, "what lies about its length is read as far as it goes")
	require.Empty(t, r.read(packet(3)[:feedbackChunks-1], 100))
}

// FuzzFeedbackReader compares with what package rtcp reads.
func FuzzFeedbackReader(f *testing.F) {
	valid := &rtcp.TransportLayerCC{
		Header:             rtcp.Header{Count: rtcp.FormatTCC, Type: rtcp.TypeTransportSpecificFeedback, Length: 5, Padding: true},
		BaseSequenceNumber: 153, PacketStatusCount: 1, ReferenceTime: 4057090, FbPktCount: 23,
		PacketChunks: []rtcp.PacketStatusChunk{&rtcp.RunLengthChunk{Type: rtcp.TypeTCCRunLengthChunk, PacketStatusSymbol: 1, RunLength: 1}},
		RecvDeltas:   []*rtcp.RecvDelta{{Type: rtcp.TypeTCCPacketReceivedSmallDelta, Delta: 37000}},
	}
	raw, err := valid.Marshal()
	require.NoError(f, err)
	f.Add(raw)
	f.Add(feedbackPacket(7, 14, 0, []uint16{0x8000 | 1<<13 | 1}, 4, 4))
	f.Add(feedbackPacket(7, 7, 0, []uint16{0xc000 | 1<<12 | 2<<8}, 4, 0xff, 0xfe, 0))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var r feedbackReader
		const sent = 100_000
		acks := r.read(raw, sent)
		for i, ack := range acks {
			require.Equal(t, acks[0].Seq+int64(i), ack.Seq)
		}
		var packet rtcp.TransportLayerCC
		if packet.Unmarshal(raw) != nil {
			return
		}
		require.LessOrEqual(t, len(acks), int(packet.PacketStatusCount))
		arrival, deltas := time.Duration(packet.ReferenceTime)*referenceUnit, packet.RecvDeltas
		for _, ack := range acks {
			require.Less(t, ack.Seq, int64(sent+1<<16))
			if ack.Received && len(deltas) > 0 {
				arrival += time.Duration(deltas[0].Delta) * time.Microsecond
				deltas = deltas[1:]
				require.Equal(t, arrival, ack.Arrival)
			}
		}
	})
}

func TestReceiverStats(t *testing.T) {
	t.Parallel()
	var r receiverStats
	_, ok := r.block(epoch, 7, senderReport{})
	require.False(t, ok)
	for i := range 100 {
		if i%10 == 9 {
			continue
		}
		r.arrived(&rtpx.Packet{SequenceNumber: uint16(65500 + i), Timestamp: uint32(i * 960), Arrival: epoch.Add(time.Duration(i) * 20 * time.Millisecond)}, 48_000)
	}
	r.arrived(&rtpx.Packet{SequenceNumber: uint16(65500 + 100 - 65536), Timestamp: 96_000, Arrival: epoch.Add(2010 * time.Millisecond)}, 48_000)
	block, ok := r.block(epoch.Add(time.Second), 7, senderReport{ntp: 0x1234_5678_9abc_def0, arrived: epoch})
	require.True(t, ok)
	require.EqualValues(t, 7, block.SSRC)
	require.EqualValues(t, 10, block.TotalLost)
	require.EqualValues(t, 10*256/101, block.FractionLost)
	require.EqualValues(t, 65600, block.LastSequenceNumber)
	require.EqualValues(t, 0x5678_9abc, block.LastSenderReport)
	require.EqualValues(t, 65536, block.Delay)
	require.InDelta(t, 480.0/16, block.Jitter, 2, "one packet was 10 ms late")
}

func TestParticipantClock(t *testing.T) {
	t.Parallel()
	var c participantClock
	behind := func(ms int64) uint64 { return ntpTime(epoch.Add(-time.Duration(ms) * time.Millisecond)) }
	c.observe(behind(500), epoch)
	c.observe(behind(400), epoch)
	require.Equal(t, ntpTime(epoch), c.toServer(behind(400)))
	c.observe(behind(900), epoch)
	moved := float64(int64(c.toServer(behind(400))-ntpTime(epoch))) / (1 << 32)
	require.InDelta(t, 0.001, moved, 1e-6, "a slow report moves the clock by a millisecond at most")
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	var r roundTrip
	ntp := ntpTime(epoch)
	r.reported(ntp, epoch.Add(3*time.Second))
	rtt, ok := r.measure(rtcp.ReceptionReport{LastSenderReport: uint32(ntp >> 16), Delay: 65536 / 2}, epoch.Add(3600*time.Millisecond))
	require.True(t, ok)
	require.Equal(t, 100*time.Millisecond, rtt)
	_, ok = r.measure(rtcp.ReceptionReport{LastSenderReport: 5}, epoch)
	require.False(t, ok)
}

func TestMeter(t *testing.T) {
	t.Parallel()
	var m meter
	require.Zero(t, m.perSecond(epoch))
	for i := range 30 {
		m.add(epoch.Add(time.Duration(i)*100*time.Millisecond), 10)
	}
	require.Equal(t, 100.0, m.perSecond(epoch.Add(2900*time.Millisecond)))
	require.Equal(t, 50.0, m.perSecond(epoch.Add(3400*time.Millisecond)))
	require.Zero(t, m.perSecond(epoch.Add(time.Minute)))
}

func TestNotifierTellsTheLatestInOrder(t *testing.T) {
	t.Parallel()
	l := &slowListener{enter: make(chan string), leave: make(chan struct{})}
	n := newNotifier(l)
	state := func(s string) { n.tell("transport", func(l Listener) { l.Transport(TransportState(s)) }) }
	state("first")
	require.Equal(t, "first", <-l.enter)
	state("second")
	n.tell("speakers", func(l Listener) { l.Speakers([]string{"x"}) })
	state("third")
	l.leave <- struct{}{}
	require.Equal(t, "third", <-l.enter)
	l.leave <- struct{}{}
	require.Equal(t, "speakers", <-l.enter)
	n.close()
	l.leave <- struct{}{}
	n.ended.Wait()
}

type slowListener struct {
	enter chan string
	leave chan struct{}
}

func (l *slowListener) hear(what string)              { l.enter <- what; <-l.leave }
func (l *slowListener) Slots([]Slot)                  { l.hear("slots") }
func (l *slowListener) Encode(s Source, _ []Encoding) { l.hear(fmt.Sprint("encode ", s)) }
func (l *slowListener) Speakers([]string)             { l.hear("speakers") }
func (l *slowListener) Patchy([]string)               { l.hear("patchy") }
func (l *slowListener) Transport(s TransportState)    { l.hear(string(s)) }

// Just after a fall a picture counts as what its publisher is told to make of it, unless others watch it, too.
func TestAPictureIsGivenTimeToAdapt(t *testing.T) {
	alone, shared := &publication{}, &publication{}
	subs := []*subscription{{publication: alone}, {publication: shared}}
	one, two := subs[:1], subs
	alone.subs.Store(&one)
	shared.subs.Store(&two)
	layers := func() []allocation.Layer {
		return []allocation.Layer{{Bitrate: 200_000}, {Temporal: 1, Bitrate: 400_000}, {Temporal: 2, Bitrate: 800_000}}
	}
	p := plan{likely: 400_000, watching: subs, pictures: []picture{{sub: subs[0]}, {sub: subs[1]}}}
	p.wishes = []wish{{priority: allocation.LookedAt, most: 800_000}, {priority: allocation.LookedAt, most: 800_000}}
	p.request.Videos = []allocation.Video{{Layers: layers()}, {Layers: layers()}}
	p.adapt()
	granted := p.grants()[0]
	require.Less(t, granted, 400_000)
	adapted := p.request.Videos[0].Layers
	require.Equal(t, granted, adapted[2].Bitrate)
	require.InDelta(t, granted/4, adapted[0].Bitrate, 1)
	require.Equal(t, layers(), p.request.Videos[1].Layers)
	p.likely = 4_000_000
	p.adapt()
	require.Equal(t, granted, adapted[2].Bitrate, "never more than is measured")
}
