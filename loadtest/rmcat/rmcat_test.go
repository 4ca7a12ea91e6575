package rmcat

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fixed is a controller that never changes its mind.
type fixed struct {
	bitrate int
	cluster Cluster // asked for once
	sent    []Packet
	acks    []Ack
	wanted  []int
}

func (f *fixed) OnSent(p Packet)                   { f.sent = append(f.sent, p) }
func (f *fixed) OnFeedback(_ time.Time, ack []Ack) { f.acks = append(f.acks, ack...) }
func (f *fixed) Tick(time.Time)                    {}
func (f *fixed) Target() int                       { return f.bitrate }

func (f *fixed) Probe(_ time.Time, wanted int) (Cluster, bool) {
	f.wanted = append(f.wanted, wanted)
	c := f.cluster
	f.cluster = Cluster{}
	return c, c.ID != 0
}

func at(bitrate int) Factory {
	return func(Limits) (Controller, error) { return &fixed{bitrate: bitrate}, nil }
}

// oneFlow on a constant capacity.
func oneFlow(capacity Capacity) Case {
	return Case{
		Name: "one", Duration: 60 * time.Second, Scale: 1,
		Forward: []Capacity{capacity}, Media: []MediaFlow{{Delay: pathDelay}},
	}
}

func play(t testing.TB, c Case, factory Factory) Result {
	t.Helper()
	r, err := Run(c, factory, Options{Seed: 1})
	require.NoError(t, err)
	return r
}

func TestSenderBelowCapacityGetsWhatItSends(t *testing.T) {
	r := play(t, oneFlow(Capacity{0, mbps}), at(800_000))
	assert.InDelta(t, 0.8, r.Utilisation, 0.01)
	assert.Zero(t, r.Loss)
	assert.Less(t, r.QueueP95, 60*time.Millisecond)
	assert.False(t, r.Rises[0].Reached, "80 % never are 95 %")
	assert.InDelta(t, 0.8, r.Flows[0], 0.01)
}

func TestSenderAtCapacityReachesItAtOnce(t *testing.T) {
	r := play(t, oneFlow(Capacity{0, mbps}), at(980_000))
	assert.True(t, r.Rises[0].Reached)
	assert.Less(t, r.Rises[0].Took, 2*time.Second)
}

func TestSenderAboveCapacityFillsTheQueueAndLosesTheRest(t *testing.T) {
	r := play(t, oneFlow(Capacity{0, mbps}), at(1_400_000))
	assert.InDelta(t, 1, r.Utilisation, 0.02)
	assert.InDelta(t, 0.3, float64(r.QueueP50)/float64(time.Second), 0.03)
	assert.InDelta(t, 1-1/1.4, r.Loss, 0.06)
}

func TestEncoderStaysBelowItsMaximum(t *testing.T) {
	r := play(t, oneFlow(Capacity{0, mbps}), at(50_000_000))
	// Half more than the capacity is sent; of packets, fewer are lost than of bytes, since small
	// ones fit more often.
	assert.InDelta(t, 1-1/1.5, r.Loss, 0.1)
}

func TestVoiceAloneWhenTheTargetIsSmall(t *testing.T) {
	r := play(t, oneFlow(Capacity{0, mbps}), at(20_000))
	assert.InDelta(t, float64(audioBitrate)/1e6, r.Utilisation, 0.001)
}

func TestFallOfCapacityIsMeasured(t *testing.T) {
	c := oneFlow(Capacity{0, mbps})
	c.Forward = append(c.Forward, Capacity{20 * time.Second, mbps / 2},
		Capacity{40 * time.Second, mbps})
	r := play(t, c, at(900_000))
	assert.Equal(t, 20*time.Second, r.Drained, "a deaf sender never drains it")
	require.Len(t, r.Rises, 2)
	assert.Equal(t, 40*time.Second, r.Rises[1].At)
	r = play(t, c, at(400_000))
	assert.Zero(t, r.Drained)
}

func TestFeedbackTellsTheFateOfEveryPacket(t *testing.T) {
	control := &fixed{bitrate: 1_400_000}
	play(t, oneFlow(Capacity{0, mbps}), func(Limits) (Controller, error) { return control, nil })
	received := 0
	var last Ack
	for i, ack := range control.acks {
		require.Equal(t, int64(i), ack.Seq)
		require.Equal(t, control.sent[i].Seq, ack.Seq)
		if !ack.Received {
			continue
		}
		received++
		require.GreaterOrEqual(t, ack.Arrival, last.Arrival)
		require.Zero(t, ack.Arrival%arrivalUnit)
		require.GreaterOrEqual(t, ack.Arrival, control.sent[i].At.Sub(time.Time{})+pathDelay-
			arrivalUnit)
		last = ack
	}
	assert.InDelta(t, 1/1.4, float64(received)/float64(len(control.acks)), 0.06)
	assert.Greater(t, len(control.acks), len(control.sent)-200,
		"only the last ones are not yet told")
}

func TestProbeIsSentAtItsRateWithPaddingWhereMediaLacks(t *testing.T) {
	control := &fixed{bitrate: 100_000,
		cluster: Cluster{ID: 7, Bitrate: 900_000, Bytes: 9000, Packets: 20}}
	r := play(t, oneFlow(Capacity{0, mbps}), func(Limits) (Controller, error) {
		return control, nil
	})
	var first, last time.Time
	bytes, packets := 0, 0
	for _, p := range control.sent {
		if p.Probe != 7 {
			continue
		}
		if packets == 0 {
			first = p.At
		}
		last = p.At
		bytes += p.Size
		packets++
	}
	assert.GreaterOrEqual(t, packets, 20)
	assert.InDelta(t, 9000, bytes, 1200)
	assert.InDelta(t, 0.08, last.Sub(first).Seconds(), 0.02)
	assert.InDelta(t, 0.1, r.Utilisation, 0.005, "padding is no goodput")
}

func TestPausedFlowSendsNothingAndWantsNothing(t *testing.T) {
	c := oneFlow(Capacity{0, mbps})
	c.Media[0].PauseFrom, c.Media[0].PauseTo = 20*time.Second, 40*time.Second
	control := &fixed{bitrate: 500_000}
	play(t, c, func(Limits) (Controller, error) { return control, nil })
	for _, p := range control.sent {
		at := p.At.Sub(time.Time{})
		require.False(t, at > 20*time.Second+maxBacklog && at < 40*time.Second, "a packet at %v",
			at)
	}
	assert.Contains(t, control.wanted, 0)
	assert.Contains(t, control.wanted, 1_500_000)
}

func TestTCPFillsAnEmptyLinkAndSharesIt(t *testing.T) {
	c := Case{Name: "tcp", Duration: 120 * time.Second, Forward: []Capacity{{0, 2 * mbps}},
		TCP: []TCPFlow{{Delay: pathDelay}}}
	r := play(t, c, at(0))
	assert.Greater(t, r.TCP, 0.9)
	assert.LessOrEqual(t, r.TCP, 1.0)

	c.TCP = append(c.TCP, TCPFlow{Delay: pathDelay})
	assert.Greater(t, play(t, c, at(0)).TCP, 0.9)

	c.Media = []MediaFlow{{Delay: pathDelay}}
	r = play(t, c, at(500_000))
	assert.Greater(t, r.TCP, 0.6, "TCP takes what a polite sender leaves")
	assert.Greater(t, r.Loss, 0.0, "and drops some of its packets")
	assert.Empty(t, r.Rises)
}

func TestShortTransfersEndAndBeginAgain(t *testing.T) {
	c := Case{Name: "tcp", Duration: 120 * time.Second, Forward: []Capacity{{0, 20 * mbps}},
		TCP: []TCPFlow{
			{Delay: pathDelay, MinBytes: 100_000, MaxBytes: 1_000_000, Pause: 10 * time.Second}}}
	r := play(t, c, at(0))
	// About 550 kB every ten seconds and the transfer itself.
	assert.InDelta(t, 550_000*8/10.0/20e6, r.TCP, 0.01)
}

func TestCases(t *testing.T) {
	full, fifth := Cases(1), Cases(0.2)
	require.Len(t, full, 8)
	require.Len(t, fifth, 8)
	for i := range full {
		assert.Equal(t, full[i].Name+" ×0.2", fifth[i].Name)
		assert.EqualValues(t, full[i].Forward[0].Rate/5, fifth[i].Forward[0].Rate)
		r := play(t, fifth[i], at(100_000))
		assert.Len(t, r.Flows, len(full[i].Media))
		assert.Positive(t, r.Utilisation)
	}
	assert.Equal(t, 200_000, fifth[6].TCP[0].MaxBytes)
	assert.Equal(t, 10*time.Millisecond, full[4].Media[0].Delay)
}

func TestEqualSeedsGiveEqualResults(t *testing.T) {
	all := Cases(0.2)
	for _, c := range []Case{all[2], all[4], all[6]} { // both ways, many flows, many transfers
		a, err := Run(c, Draille, Options{Seed: 5})
		require.NoError(t, err)
		b, err := Run(c, Draille, Options{Seed: 5})
		require.NoError(t, err)
		assert.Equal(t, a, b)
	}
}

func TestWhatCannotRunIsRefused(t *testing.T) {
	c := oneFlow(Capacity{0, -1})
	_, err := Run(c, at(1), Options{})
	assert.ErrorContains(t, err, "case one, forward")
	c = oneFlow(Capacity{0, mbps})
	c.Backward = []Capacity{{0, -1}}
	_, err = Run(c, at(1), Options{})
	assert.ErrorContains(t, err, "backward")
	c.Backward = nil
	_, err = Run(c, func(Limits) (Controller, error) {
		return nil, errors.New("no controller today")
	}, Options{})
	assert.ErrorContains(t, err, "controller of flow 0: no controller today")
}

func TestTable(t *testing.T) {
	result := Result{
		Case: "5.1", Title: "capacity varies", Utilisation: 0.876, QueueP50: 12 * time.Millisecond,
		QueueP95: 80 * time.Millisecond,
		Loss:     0.0123, Rises: []Rise{{Took: 1500 * time.Millisecond, Reached: true}, {}},
		Drained: 2 * time.Second,
		Flows:   []float64{0.5, 0.25}, TCP: 0.2,
	}
	better := result
	better.QueueP95 /= 2
	text := Table([]Judged{{"draille", []Result{result}}, {"one", []Result{result}},
		{"two", []Result{better}}}, false)
	assert.Contains(t, text, "5.1   capacity varies  draille             88 %      12 ms  80 ms  "+
		"1.23 %  1.5 –       2.0 s    50 25 TCP 20\n")
	assert.Contains(t, text, "neither\n")
	assert.Contains(t, text, "better\n")
	assert.Contains(t, text, Legend)
	markdown := Table([]Judged{{"draille", []Result{result}}}, true)
	assert.Contains(t, markdown, "| 5.1 | capacity varies | draille | 88 % | 12 ms | 80 ms | "+
		"1.23 % | 1.5 – | 2.0 s | 50 25 TCP 20 |  |\n")
	assert.NotEmpty(t, Table(nil, false))
}

func TestBetterIsWorseInNothing(t *testing.T) {
	r := func(share float64, wait time.Duration) *Result {
		return &Result{Utilisation: share, QueueP95: wait * time.Millisecond}
	}
	assert.True(t, r(0.93, 100).Better(r(0.94, 290)))
	assert.True(t, r(0.40, 290).Better(r(0.35, 290)))
	assert.False(t, r(0.40, 290).Better(r(0.35, 200)), "for a longer queue")
	assert.False(t, r(0.90, 100).Better(r(0.94, 290)), "for less")
	assert.False(t, r(0.90, 100).Better(r(0.90, 100)))
	assert.Equal(t, "worse", r(0.9, 200).verdict(r(0.9, 100)))
}

func TestMean(t *testing.T) {
	a := Result{Utilisation: 0.8, QueueP50: 10, QueueP95: 100, Loss: 0.2, Drained: 2,
		Flows: []float64{0.2, 0.6}, TCP: 0.1,
		Rises: []Rise{{Took: 2, Reached: true}, {Took: 4, Reached: true}}}
	b := Result{Utilisation: 0.6, QueueP50: 30, QueueP95: 300, Loss: 0, Drained: 4,
		Flows: []float64{0.4, 0.2}, TCP: 0.3,
		Rises: []Rise{{Took: 4, Reached: true}, {}}}
	m := Mean([]Result{a, b})
	assert.InDelta(t, 0.7, m.Utilisation, 1e-9)
	assert.InDelta(t, 0.1, m.Loss, 1e-9)
	assert.InDelta(t, 0.2, m.TCP, 1e-9)
	assert.InDeltaSlice(t, []float64{0.3, 0.4}, m.Flows, 1e-9)
	assert.Equal(t, []time.Duration{20, 200, 3}, []time.Duration{m.QueueP50, m.QueueP95, m.Drained})
	assert.Equal(t, []Rise{{Took: 3, Reached: true}, {Took: 2}}, m.Rises)
	assert.Equal(t, []float64{0.2, 0.6}, a.Flows, "what it is made of stays")
}

func BenchmarkRun(b *testing.B) {
	c := Cases(1)[0]
	for b.Loop() {
		play(b, c, at(800_000))
	}
}
