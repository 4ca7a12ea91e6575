package send

import (
	"math/rand/v2"
	"slices"
	"time"

	"draille/sfu/congestion/ablation"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const (
	ms     = time.Millisecond
	second = time.Second
)

// simLink is a bottleneck in virtual time: rate, drop-tail queue, delay, random loss, jitter.
type simLink struct {
	rate  func(t time.Duration) float64 // bit/s; 0: nothing gets through
	delay time.Duration
	// by which the way there takes longer; nil: it does not
	longer func(t time.Duration) time.Duration
	queue  time.Duration // what the queue holds at most, at the present rate
	loss   func(t time.Duration) float64
	jitter time.Duration // uniform, order kept
	free   time.Duration // when the link has sent what it was given
	last   time.Duration // arrival of the latest packet
	random *rand.Rand
}

func constant(v float64) func(time.Duration) float64 {
	return func(time.Duration) float64 { return v }
}

// steps returns a rate that changes at given times: value, time, value, time, value…
func steps(values ...float64) func(time.Duration) float64 {
	return func(t time.Duration) float64 {
		v := values[0]
		for i := 1; i < len(values); i += 2 {
			if t.Seconds() >= values[i] {
				v = values[i+1]
			}
		}
		return v
	}
}

func newLink(rate func(time.Duration) float64, delay, queue time.Duration) *simLink {
	return &simLink{rate: rate, delay: delay, queue: queue, loss: constant(0),
		random: rand.New(rand.NewPCG(1, 2))}
}

// send returns when a packet arrives and how long it waited; false: it is lost.
func (l *simLink) send(now time.Duration, size int) (arrival, waited time.Duration, ok bool) {
	rate := l.rate(now)
	waited = max(0, l.free-now)
	if rate == 0 || waited > l.queue {
		return 0, 0, false
	}
	l.free = max(l.free, now) + time.Duration(float64(size*8)/rate*float64(second))
	if l.random.Float64() < l.loss(now) {
		return 0, 0, false
	}
	arrival = l.free + l.delay
	if l.longer != nil {
		arrival += l.longer(now)
	}
	if l.jitter > 0 {
		arrival += time.Duration(l.random.Int64N(int64(l.jitter)))
	}
	l.last = max(l.last, arrival)
	return l.last, waited, true
}

type simPacket struct {
	seq     int64
	size    int
	arrival time.Duration
	ok      bool
}

// simFlow is one receiver: audio, video as much as the estimate allows (up to media), probes.
type simFlow struct {
	estimator    *Estimator
	start, stop  time.Duration
	audioSize    int
	audioEvery   time.Duration
	fps          int
	media        func(t time.Duration) float64       // bit/s of video the source has at most
	wanted       func(t time.Duration) float64       // bit/s told to Probe; nil: no probes
	feedback     time.Duration                       // interval
	muteBack     func(t time.Duration) bool          // feedback sent then is lost
	silent       func(t time.Duration) bool          // nothing is sent then
	clock        func(t time.Duration) time.Duration // what the receiver's clock is ahead
	crossTraffic *simTCP                             // shares the link
	busy         *busy                               // nil: every process runs when it wants to
	// media is taken as it comes, whatever the estimate
	exact  bool
	greets bool          // padding asks for the round trip while nothing flows
	reads  time.Duration // before, the receiver cannot decrypt what arrives, and says nothing

	seq        int64
	nextAudio  time.Duration
	nextFrame  time.Duration
	nextReport time.Duration
	nextTick   time.Duration
	queue      []int // bytes of video packets waiting
	credit     float64
	cluster    Cluster
	probeLeft  int
	probeUntil time.Duration
	waiting    []int // bytes of audio packets
	flying     []simPacket
	reports    []simReport
	random     *rand.Rand
	fates      []simFate
	history    []simSample
}

type simFate struct {
	sent, arrived, waited time.Duration
	bits                  float64
	ok                    bool
}

type simReport struct {
	at   time.Duration
	acks []Ack
}

type simSample struct {
	at       time.Duration
	estimate Estimate
}

func newFlow(config Config) *simFlow {
	config.Without = ablation.Without(Rules())
	return &simFlow{
		estimator: New(config), stop: time.Hour,
		audioSize: 120, audioEvery: 60 * ms, fps: 25,
		media: constant(20e6), wanted: constant(20e6), feedback: 100 * ms,
		muteBack: func(time.Duration) bool { return false }, silent: func(time.Duration) bool {
			return false
		},
		clock:  func(time.Duration) time.Duration { return 1234 * second },
		random: rand.New(rand.NewPCG(3, 4)),
	}
}

func audioOnly(config Config) *simFlow {
	f := newFlow(config)
	f.media = constant(0)
	return f
}

// simulate runs flows over one link.
func simulate(l *simLink, duration time.Duration, flows ...*simFlow) {
	for now := time.Duration(0); now < duration; now += ms {
		for _, f := range flows {
			if now >= f.start && now < f.stop {
				f.step(l, now)
			}
		}
	}
}

func (f *simFlow) step(l *simLink, now time.Duration) {
	if f.crossTraffic != nil && now >= f.crossTraffic.start {
		f.crossTraffic.step(l, now)
	}
	stalled := f.busy != nil && f.busy.sender.resumes(now) > now
	if stalled {
		f.produce(now)
		f.report(l, now)
		return
	}
	for len(f.reports) > 0 && f.reports[0].at <= now {
		f.estimator.OnFeedback(epoch.Add(now), f.reports[0].acks)
		f.reports = f.reports[1:]
	}
	if now >= f.nextTick {
		f.nextTick = now - now%(100*ms) + 100*ms
		f.estimator.Tick(epoch.Add(now))
		f.history = append(f.history, simSample{at: now, estimate: f.estimator.Estimate()})
	}
	f.produce(now)
	for _, size := range f.waiting {
		f.send(l, now, size)
		f.credit -= float64(size)
	}
	f.waiting = f.waiting[:0]
	if f.greets && f.estimator.Estimate().RTT == 0 && now%(300*ms) == 0 {
		f.send(l, now, 255)
	}
	if f.wanted != nil && f.probeLeft <= 0 && now%(10*ms) == 0 {
		if c, ok := f.estimator.Probe(epoch.Add(now), int(f.wanted(now))); ok {
			f.cluster, f.probeLeft, f.credit, f.probeUntil = c, c.Bytes, 0, now+c.Duration+250*ms
		}
	}
	f.pace(l, now)
	f.report(l, now)
}

func (f *simFlow) produce(now time.Duration) {
	if f.silent(now) {
		f.nextAudio, f.nextFrame = now+f.audioEvery, now+second/time.Duration(f.fps)
		return
	}
	if f.audioSize > 0 && now >= f.nextAudio {
		f.nextAudio = now + f.audioEvery
		f.waiting = append(f.waiting, f.audioSize)
	}
	if now >= f.nextFrame {
		f.nextFrame = now + second/time.Duration(f.fps)
		rate := f.media(now)
		if !f.exact {
			rate = min(rate, float64(f.estimator.Estimate().Bitrate)-f.audioRate())
		}
		bytes := int(rate / 8 / float64(f.fps) * (0.7 + 0.6*f.random.Float64()))
		for ; bytes > 0; bytes -= 1200 {
			f.queue = append(f.queue, min(1200, max(bytes, 60)))
		}
		limit := f.estimator.Estimate().Bitrate / 8 / 1200 / 2 // half a second
		f.queue = f.queue[max(0, len(f.queue)-max(3, limit)):]
	}
}

func (f *simFlow) audioRate() float64 { return float64(f.audioSize*8) / f.audioEvery.Seconds() }

func (f *simFlow) pace(l *simLink, now time.Duration) {
	if now > f.probeUntil {
		f.probeLeft = 0
	}
	rate := 1.1 * float64(f.estimator.Pacing(epoch.Add(now)))
	if f.probeLeft > 0 {
		rate = float64(f.cluster.Bitrate)
	}
	f.credit = min(f.credit+rate/8/1000, rate/8*0.005)
	for f.credit >= 0 {
		size := 0
		switch {
		case len(f.queue) > 0:
			size = f.queue[0]
			f.queue = f.queue[1:]
		case f.probeLeft > 0:
			size = min(1200, max(60, f.cluster.Bytes/f.cluster.Packets))
		default:
			return
		}
		f.send(l, now, size)
		f.credit -= float64(size)
	}
}

func (f *simFlow) send(l *simLink, now time.Duration, size int) {
	s := Sent{Seq: f.seq, Size: size, At: epoch.Add(now)}
	if f.probeLeft > 0 {
		s.Probe = f.cluster.ID
		f.probeLeft -= size
	}
	f.estimator.OnSent(s)
	left := now
	if f.busy != nil {
		left = f.busy.kernel.resumes(now)
	}
	arrival, waited, ok := l.send(left, size)
	if f.busy != nil {
		arrival = f.busy.receiver.resumes(arrival)
	}
	f.flying = append(f.flying, simPacket{seq: f.seq, size: size, arrival: arrival, ok: ok})
	f.fates = append(f.fates,
		simFate{sent: now, arrived: arrival, waited: waited, bits: float64(size * 8), ok: ok})
	f.seq++
}

// report is the receiver's side: everything up to the latest packet that arrived is reported.
func (f *simFlow) report(l *simLink, now time.Duration) {
	if now < f.nextReport {
		return
	}
	f.nextReport = now + f.feedback
	if now < f.reads {
		f.flying = f.flying[:0]
		return
	}
	latest := -1
	for i, p := range f.flying {
		if p.ok && p.arrival <= now {
			latest = i
		}
	}
	if latest < 0 {
		return
	}
	var acks []Ack
	for _, p := range f.flying[:latest+1] {
		acks = append(acks,
			Ack{Seq: p.seq, Received: p.ok, Arrival: p.arrival + f.clock(p.arrival)})
	}
	f.flying = f.flying[latest+1:]
	if !f.muteBack(now) {
		at := now + l.delay
		if f.busy != nil {
			at = f.busy.reporter.resumes(at)
		}
		f.reports = append(f.reports, simReport{at: at, acks: acks})
	}
}

// goodput returns the mean rate that arrived between two times.
func (f *simFlow) goodput(from, to time.Duration) float64 {
	bits := 0.0
	for _, p := range f.fates {
		if p.ok && p.arrived >= from && p.arrived < to {
			bits += p.bits
		}
	}
	return bits / (to - from).Seconds()
}

// lost returns the share of the packets sent between two times that were lost.
func (f *simFlow) lost(from, to time.Duration) float64 {
	sent, lost := 0.0, 0.0
	for _, p := range f.fates {
		if p.sent >= from && p.sent < to {
			sent++
			if !p.ok {
				lost++
			}
		}
	}
	return lost / sent
}

// waits returns how long the packets sent between two times waited at the bottleneck, rising.
func (f *simFlow) waits(from, to time.Duration) []time.Duration {
	var waits []time.Duration
	for _, p := range f.fates {
		if p.ok && p.sent >= from && p.sent < to {
			waits = append(waits, p.waited)
		}
	}
	slices.Sort(waits)
	return waits
}

// p95 returns the 95th percentile of the time that packets waited.
func (f *simFlow) p95(from time.Duration) time.Duration {
	waits := f.waits(from, time.Hour)
	return waits[len(waits)*95/100]
}

func percentile(rising []time.Duration, percent int) time.Duration {
	return rising[len(rising)*percent/100]
}

func (f *simFlow) longest(from, to time.Duration) time.Duration {
	waits := f.waits(from, to)
	return waits[len(waits)-1]
}

// at returns the estimate at a time.
func (f *simFlow) at(t time.Duration) Estimate {
	for _, s := range f.history {
		if s.at >= t {
			return s.estimate
		}
	}
	return f.estimator.Estimate()
}

// reaches returns when the estimate is first at least so much.
func (f *simFlow) reaches(from time.Duration, bitrate float64) time.Duration {
	for _, s := range f.history {
		if s.at >= from && float64(s.estimate.Bitrate) >= bitrate {
			return s.at
		}
	}
	return time.Hour
}

// reachesDown returns when the estimate is first at most so much.
func (f *simFlow) reachesDown(from time.Duration, bitrate float64) time.Duration {
	for _, s := range f.history {
		if s.at >= from && float64(s.estimate.Bitrate) <= bitrate {
			return s.at
		}
	}
	return time.Hour
}

// mean returns the mean estimate between two times.
func (f *simFlow) mean(from, to time.Duration) float64 {
	total, n := 0.0, 0
	for _, s := range f.history {
		if s.at >= from && s.at < to {
			total += float64(s.estimate.Bitrate)
			n++
		}
	}
	return total / float64(n)
}

// simTCP is a bulk transfer with Reno's congestion avoidance.
type simTCP struct {
	start    time.Duration
	stop     time.Duration // 0: never
	window   float64       // packets
	rtt      time.Duration
	inFlight []simSegment
	halved   time.Duration
}

type simSegment struct {
	due  time.Duration // when its fate is known
	lost bool
}

func (t *simTCP) step(l *simLink, now time.Duration) {
	kept := t.inFlight[:0]
	for _, s := range t.inFlight {
		switch {
		case s.due > now:
			kept = append(kept, s)
		case !s.lost:
			t.window += 1 / t.window
		case now-t.halved > 300*ms:
			t.window, t.halved = max(2, t.window/2), now
		}
	}
	t.inFlight = kept
	for len(t.inFlight) < int(t.window) && (t.stop == 0 || now < t.stop) {
		arrival, waited, ok := l.send(now, 1500)
		if !ok {
			arrival = now + max(waited, l.queue)
		}
		t.inFlight = append(t.inFlight, simSegment{due: arrival + t.rtt/2, lost: !ok})
	}
}
