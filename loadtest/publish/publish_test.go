package publish

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"draille/loadtest/media"
	"draille/sfu/congestion/send"
	"draille/sfu/rtpx"
)

const millisecond = time.Millisecond

var epoch = time.UnixMilli(1_790_000_000_000)

func seeded() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

func library(t testing.TB) *media.Library {
	l, err := media.Load()
	require.NoError(t, err)
	return l
}

// filmed is what a camera made in some time.
type filmed struct {
	frames, keyframes, bytes []int // by encoding
	heights                  []int // last of each encoding
}

func film(c *Camera, from time.Time, length time.Duration) (f filmed) {
	n := len(c.encodings)
	f = filmed{make([]int, n), make([]int, n), make([]int, n), make([]int, n)}
	for at := from; at.Before(from.Add(length)); at = at.Add(10 * millisecond) {
		for _, coded := range c.Capture(at, false, nil) {
			f.frames[coded.Encoding]++
			f.bytes[coded.Encoding] += len(coded.Frame.Data)
			f.heights[coded.Encoding] = coded.Clip.Height
			if coded.Frame.Keyframe {
				f.keyframes[coded.Encoding]++
			}
		}
	}
	return f
}

func TestCameraKeepsItsRate(t *testing.T) {
	for _, codec := range []rtpx.Codec{rtpx.VP8, rtpx.VP9, rtpx.AV1} {
		for _, budget := range []int{50_000, 100_000, 300_000, 900_000} {
			c := NewCamera(library(t), codec, false, seeded())
			c.SetBudget(budget)
			film(c, epoch, 4*time.Second)
			f := film(c, epoch.Add(4*time.Second), 24*time.Second)
			rate := 8 * f.bytes[0] / 24
			assert.Less(t, rate, budget*11/10, "%s at %d", codec, budget)
			if budget <= 300_000 {
				assert.Greater(t, rate, budget/3, "%s at %d", codec, budget)
			}
			assert.Greater(t, f.frames[0], 24*10, "%s at %d", codec, budget)
		}
	}
}

func TestSimulcastSharesTheBudget(t *testing.T) {
	c := NewCamera(library(t), rtpx.VP8, true, seeded())
	for _, want := range []struct {
		budget        int
		small, larger bool
	}{
		{60_000, true, false}, {300_000, true, false}, {600_000, true, true}, {0, true, false},
	} {
		c.SetBudget(want.budget)
		assert.Equal(t, want.small, c.encodings[0].target > 0)
		assert.Equal(t, want.larger, c.encodings[1].target > 0, want.budget)
	}
	assert.Equal(t, floorBitrate, c.encodings[0].target,
		"a camera that is on is never starved altogether")

	c.SetBudget(600_000)
	f := film(c, epoch, 4*time.Second)
	assert.Equal(t, []int{180, 360}, f.heights)
	assert.InDelta(t, 80, f.frames[1], 6)
	// One viewer wants the larger alone: it gets everything.
	c.SetDemand(map[int]Demand{0: {Active: false}, 1: {Active: true}, 5: {}})
	f = film(c, epoch.Add(4*time.Second), 4*time.Second)
	assert.Zero(t, f.frames[0])
	assert.Greater(t, c.encodings[1].target, 500_000)
	// An encoding that comes back begins with a keyframe.
	c.SetDemand(map[int]Demand{0: {Active: true}})
	f = film(c, epoch.Add(8*time.Second), time.Second)
	assert.Equal(t, 1, f.keyframes[0])
}

func TestCameraObeysDemand(t *testing.T) {
	c := NewCamera(library(t), rtpx.VP8, false, seeded())
	c.SetBudget(2_000_000)
	f := film(c, epoch, 4*time.Second)
	assert.Equal(t, 360, f.heights[0])
	assert.Greater(t, c.Wanted(), 400_000)
	c.SetDemand(map[int]Demand{0: {Active: true, MaxBitrate: 100_000, MaxFramerate: 10, Scale: 2}})
	f = film(c, epoch.Add(4*time.Second), 8*time.Second)
	assert.Equal(t, 180, f.heights[0])
	assert.InDelta(t, 80, f.frames[0], 6)
	assert.Less(t, 8*f.bytes[0]/8, 110_000)
	assert.Equal(t, 100_000, c.Wanted())
	c.SetDemand(map[int]Demand{0: {}})
	assert.Zero(t, c.Wanted())
	assert.Zero(t, film(c, epoch.Add(12*time.Second), time.Second).frames[0])
	counts := c.Counts()
	assert.Positive(t, counts.Frames)
	assert.Positive(t, counts.Held)
}

// A rate that falls or rises steeply is obeyed at once, as is another size.
func TestCameraFollowsTheRate(t *testing.T) {
	c := NewCamera(library(t), rtpx.VP8, false, seeded())
	c.SetBudget(1_000_000)
	film(c, epoch, time.Second)
	c.SetBudget(60_000)
	film(c, epoch.Add(time.Second), time.Second)
	f := film(c, epoch.Add(2*time.Second), 3*time.Second)
	assert.Less(t, 8*f.bytes[0]/3, 75_000)
	assert.Equal(t, 180, f.heights[0])
	c.SetBudget(1_000_000)
	f = film(c, epoch.Add(5*time.Second), time.Second)
	assert.Equal(t, 360, f.heights[0])
	c.SetDemand(map[int]Demand{0: {Active: true, Scale: 2}})
	f = film(c, epoch.Add(6*time.Second), time.Second)
	assert.Equal(t, 180, f.heights[0])
	c.SetDemand(map[int]Demand{0: {Active: true, Scale: 1}})
	f = film(c, epoch.Add(7*time.Second), time.Second)
	assert.Equal(t, 360, f.heights[0])
}

func TestKeyframesOnRequest(t *testing.T) {
	c := NewScreen(library(t), seeded())
	c.SetBudget(500_000)
	f := film(c, epoch, time.Second)
	assert.Equal(t, 540, f.heights[0])
	assert.Equal(t, 1, f.keyframes[0])
	c.RequestKeyframe(0)
	f = film(c, epoch.Add(time.Second), time.Second)
	assert.Equal(t, 1, f.keyframes[0])
	c.Restart()
	assert.True(t, c.Next().IsZero())
	f = film(c, epoch.Add(10*time.Second), time.Second)
	assert.Equal(t, 1, f.keyframes[0])
	assert.Zero(t, c.Counts().Missed)
	c.Capture(epoch.Add(15*time.Second), false, nil)
	assert.InDelta(t, 19, c.Counts().Missed, 2, "a machine that is held up loses frames")
	assert.Empty(t, c.Capture(epoch.Add(16*time.Second), true, nil), "congested")
}

// What leaves is decodable: every frame's parent left before it.
func TestStampsTellTheTruth(t *testing.T) {
	c := NewCamera(library(t), rtpx.VP8, false, seeded())
	random := seeded()
	known := map[uint32]bool{}
	for n := range 1000 {
		if n%50 == 0 {
			c.SetBudget(30_000 + random.IntN(900_000))
		}
		if random.IntN(60) == 0 {
			c.RequestKeyframe(0)
		}
		now := epoch.Add(time.Duration(n) * 50 * millisecond)
		for _, f := range c.Capture(now, random.IntN(10) == 0, nil) {
			s, ok := media.ReadStamp(rtpx.VP8, f.Frame.Data, now)
			require.True(t, ok)
			if s.Parent == 0 {
				require.True(t, f.Frame.Keyframe)
				clear(known)
			} else {
				require.True(t, known[s.Number-uint32(s.Parent)])
			}
			known[s.Number] = true
			require.InDelta(t, 90*50*n, f.Timestamp-c.timestamp, 9)
		}
	}
}

func TestMicrophone(t *testing.T) {
	for _, length := range []time.Duration{20 * millisecond, 40 * millisecond, 60 * millisecond} {
		m := NewMicrophone(library(t), seeded())
		m.SetFrameLength(length)
		m.SetFrameLength(time.Second) // not one of those
		record := func(from time.Time, seconds int) (packets []VoicePacket) {
			for at := from; at.Before(from.Add(time.Duration(seconds) * time.Second)); at =
				at.Add(10 * millisecond) {
				for m.Next().IsZero() || !m.Next().After(at) {
					if p, ok := m.Capture(at); ok {
						packets = append(packets, p)
					}
				}
			}
			return packets
		}
		// Nobody speaks: a frame every 400 ms, announced as the last.
		quiet := record(epoch, 10)
		assert.InDelta(t, 2*10/0.4, len(quiet), 6)
		for _, p := range quiet {
			assert.False(t, p.Voice)
			assert.EqualValues(t, silentLevel, p.Level)
			assert.Equal(t, p.Marker, !media.OpusDTX(p.Payload))
		}
		m.Speak(true)
		voice := record(epoch.Add(10*time.Second), 20)
		spoken, markers, stamps := 0, 0, 0
		for i, p := range voice {
			if p.Voice {
				spoken++
			}
			if p.Marker {
				markers++
				require.True(t, i == 0 || media.OpusDTX(voice[i-1].Payload))
			}
			if _, ok := media.ReadVoiceStamp(p.Payload, epoch.Add(time.Minute)); ok {
				stamps++
			}
		}
		assert.InDelta(t, 15*time.Second/length, spoken, float64(3*time.Second/length))
		assert.Positive(t, markers)
		assert.InDelta(t, 15, stamps, 5)
		assert.Greater(t, m.Bitrate(), 24_000)
		m.SetLoss(0.1)
		assert.True(t, m.key.FEC)
		m.SetBitrate(12_000)
		assert.Equal(t, media.VoiceKey{FrameLength: length, Low: true}, m.key)
		m.SetLoss(0.1)
		assert.False(t, m.key.FEC, "there are no bits for it")
		m.SetBitrate(0)
		assert.False(t, m.key.Low)
		m.Restart()
		_, ok := m.Capture(epoch.Add(time.Hour))
		assert.True(t, ok)
		_, ok = m.Capture(epoch.Add(time.Hour))
		assert.False(t, ok, "not yet")
	}
}

// path carries an uplink's packets over a bottleneck and brings feedback back.
type path struct {
	u        *Uplink
	rate     float64 // bytes/s
	delay    time.Duration
	free     time.Time
	acks     []send.Ack
	arrivals []time.Time
	seen     map[bool]int // packets and repairs
}

func (p *path) run(from time.Time, length time.Duration, wanted int, each func(now time.Time)) {
	feedback := from
	for now := from; now.Before(from.Add(length)); now = now.Add(5 * millisecond) {
		each(now)
		for {
			packet, ok := p.u.Pop(now)
			if !ok {
				break
			}
			size := len(packet.Payload) + packet.Padding + HeaderSize
			if p.free.Before(now) {
				p.free = now
			}
			ack := send.Ack{Seq: packet.Transport}
			if p.free.Sub(now) < 300*millisecond {
				p.free = p.free.Add(time.Duration(float64(size) / p.rate * float64(time.Second)))
				ack.Received, ack.Arrival = true, p.free.Add(p.delay).Sub(epoch)
			}
			p.seen[packet.Again]++
			p.acks, p.arrivals = append(p.acks, ack), append(p.arrivals, p.free.Add(p.delay))
		}
		if now.Sub(feedback) >= 100*millisecond {
			feedback = now
			n := 0
			for n < len(p.acks) && p.arrivals[n].Add(p.delay).Before(now) {
				n++
			}
			p.u.OnFeedback(now, p.acks[:n])
			p.acks, p.arrivals = p.acks[n:], p.arrivals[n:]
			p.u.Tick(now, wanted, 0)
		}
	}
}

// The uplink finds what a link carries, and its camera with it.
func TestUplinkFindsTheRate(t *testing.T) {
	for _, rate := range []int{150_000, 400_000, 2_000_000} {
		var broken int
		u := NewUplink(func(*Stream) { broken++ })
		c := NewCamera(library(t), rtpx.VP8, false, seeded())
		s := u.NewStream(true, 1)
		packetizer := media.Packetizer{Codec: rtpx.VP8}
		p := &path{u: u, rate: float64(rate) / 8, delay: 25 * millisecond, seen: map[bool]int{}}
		p.run(epoch, 30*time.Second, c.Wanted(), func(now time.Time) {
			c.SetBudget(u.Bitrate())
			for _, f := range c.Capture(now, u.Congested(), nil) {
				u.PushFrame(now, s, 1, f,
					packetizer.Packetize(f.Frame, f.Clip.Width, f.Clip.Height))
			}
			if at, waiting := u.Due(now); waiting {
				require.Less(t, at.Sub(now), 5*time.Second)
			}
		})
		bitrate := u.Bitrate()
		t.Logf("%d bit/s: estimate %d, RTT %v, %+v, broken %d", rate, bitrate,
			u.Trip(), u.Counts(), broken)
		assert.Less(t, bitrate, rate*12/10)
		assert.Greater(t, bitrate, min(rate, c.Wanted())*6/10)
		assert.Positive(t, s.Packets)
		assert.Positive(t, s.Octets)
	}
}

func TestUplinkRepairs(t *testing.T) {
	u := NewUplink(func(*Stream) {})
	video, voice := u.NewStream(true, 100), u.NewStream(false, 200)
	u.PushVoice(epoch, voice, VoicePacket{Payload: []byte{1, 2, 3}, Timestamp: 7, Level: 30,
		Voice: true, Marker: true})
	f := CodedFrame{Frame: media.Frame{Keyframe: true}, Timestamp: 9}
	u.PushFrame(epoch, video, 1, f, [][]byte{{1, 1, 1}, {2, 2, 2}})
	var left []Packet
	pop := func(now time.Time) {
		for {
			p, ok := u.Pop(now)
			if !ok {
				return
			}
			p.Payload = append([]byte(nil), p.Payload...)
			left = append(left, p)
		}
	}
	pop(epoch.Add(time.Second))
	require.Len(t, left, 3)
	assert.Equal(t, uint16(0x80|30), left[0].Tag)
	assert.True(t, left[0].Marker && left[2].Marker && !left[1].Marker)
	assert.Equal(t, []uint16{201, 101, 102},
		[]uint16{left[0].Number, left[1].Number, left[2].Number})
	assert.Equal(t, []int64{1, 2, 3},
		[]int64{left[0].Transport, left[1].Transport, left[2].Transport})
	assert.EqualValues(t, 4, u.NextTransport())

	now := epoch.Add(1100 * millisecond)
	u.Lost(now, voice, 1, []uint16{201, 201})
	u.Lost(now, video, 2, []uint16{102, 400, 102})
	pop(now.Add(100 * millisecond))
	require.Len(t, left, 5, "what is known is sent again, once a round trip")
	assert.True(t, left[3].Repeated && !left[3].Again, "a voice as it was")
	assert.EqualValues(t, 201, left[3].Number)
	assert.Equal(t, []byte{1, 2, 3}, left[3].Payload)
	assert.True(t, left[4].Again)
	assert.Equal(t, []byte{0, 102, 2, 2, 2}, left[4].Payload)
	assert.EqualValues(t, 9, left[4].Timestamp)
	assert.Equal(t, 2, u.Counts().Retransmitted)
}

func TestMicrophoneRepeatsTheFrameBefore(t *testing.T) {
	m := NewMicrophone(library(t), seeded())
	m.Speak(true)
	plain := m.Bitrate()
	m.SetRedundant(true)
	assert.Greater(t, m.Bitrate(), plain*5/4)
	var before []byte
	repeated := 0
	for at := epoch; at.Before(epoch.Add(10 * time.Second)); at = at.Add(20 * millisecond) {
		p, ok := m.Capture(at)
		if !ok {
			continue
		}
		primary := p.Payload
		if p.RED {
			blocks, err := rtpx.SplitRED(nil, p.Payload)
			require.NoError(t, err)
			require.Len(t, blocks, 2)
			assert.Equal(t, before, blocks[0].Data)
			primary = blocks[1].Data
			repeated++
		}
		before = primary
	}
	assert.Greater(t, repeated, 100)
	m.SetRedundant(false)
	for at := epoch.Add(10 * time.Second); at.Before(epoch.Add(11 * time.Second)); at =
		at.Add(20 * millisecond) {
		p, _ := m.Capture(at)
		assert.False(t, p.RED)
	}
}

// What is asked for in less height is another picture, not a part of one: browsers decode it.
func TestScaledPicturesAreWhole(t *testing.T) {
	for _, codec := range []rtpx.Codec{rtpx.VP8, rtpx.VP9, rtpx.AV1} {
		for _, want := range []struct {
			simulcast bool
			demand    map[int]Demand
			heights   []int
		}{
			{true, nil, []int{180, 360}},
			{true, map[int]Demand{0: {Active: true, Scale: 2}}, []int{180, 360}},
			{true, map[int]Demand{0: {Active: true, Scale: 4}}, []int{90, 360}},
			{true, map[int]Demand{0: {}, 1: {Active: true, Scale: 2}}, []int{0, 180}},
			{true, map[int]Demand{0: {}, 1: {Active: true, Scale: 4}}, []int{0, 90}},
			{false, map[int]Demand{0: {Active: true, Scale: 4}}, []int{90}},
			{false, map[int]Demand{0: {Active: true, Scale: 16}}, []int{90}},
		} {
			c := NewCamera(library(t), codec, want.simulcast, seeded())
			c.SetDemand(want.demand)
			c.SetBudget(2_000_000)
			heights := make([]int, len(c.encodings))
			played := make([]int, len(c.encodings))
			for at := epoch; at.Before(epoch.Add(time.Second)); at = at.Add(10 * millisecond) {
				for _, coded := range c.Capture(at, false, nil) {
					stored := coded.Clip.Frames[played[coded.Encoding]]
					played[coded.Encoding]++
					require.Equal(t, stored.Data, coded.Frame.Data[:len(stored.Data)])
					heights[coded.Encoding] = coded.Clip.Height
				}
			}
			assert.Equal(t, want.heights, heights, "%s, %+v", codec, want.demand)
		}
	}
}
