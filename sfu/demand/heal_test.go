package demand

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/sfu/congestion/ablation"
	"draille/sfu/congestion/receive"
	"draille/sfu/media"
)

var (
	healHistories = flag.Int("heal.histories", 60, "histories of TestAnUplinkHeals")
	healSeed      = flag.Uint64("heal.seed", 0x6ea1, "first seed of the histories")
	healWorst     = flag.Int("heal.worst", 0, "so many of the worst histories are described")
)

const (
	healStep    = 5 * time.Millisecond
	healHorizon = 20 * time.Second // for which the steady link is watched
	healWithin  = 3 * time.Second
	linkQueue   = 300 * time.Millisecond // drop-tail
)

// uplinkOf tells a decider what a controller believes.
func uplinkOf(s receive.State) Uplink {
	return Uplink{Limit: s.Limit, Usual: s.Usual, Full: s.Full, Found: s.Found, Attempt: s.Attempt}
}

// episode is a stall of a device: its process runs late, and what has left its encoders waits for
// it.
type episode struct {
	from, until time.Duration
	late        time.Duration // by which everything is late,
	turn        time.Duration // or let go together, so often; 0: not
	starved     float64       // part of its frames that the encoder makes
}

// history is what happens to a link and to a device until everything is steady.
type history struct {
	rates    []float64 // bit/s, each from the time at the same index on
	rateAt   []time.Duration
	delays   []time.Duration // one way, likewise
	delayAt  []time.Duration
	loss     float64 // while the history lasts
	episodes []episode
	drift    float64       // of the sender's clock
	silent   bool          // who speaks is silent at times
	begins   time.Duration // DTLS is under way until then
	gaps     []episode     // of the feedback or, on the way up, of everything
	steady   time.Duration // from here on nothing happens any more

	thumbnail bool      // nobody looks at a larger picture
	mute      bool      // they say nothing at all
	device    []episode // in which it gets no processor
	server    []episode // likewise
}

func (h *history) rate(at time.Duration) float64 { return h.rates[index(h.rateAt, at)] }

func (h *history) delay(at time.Duration) time.Duration { return h.delays[index(h.delayAt, at)] }

// index is that of the latest of some times that has come.
func index(times []time.Duration, at time.Duration) int {
	i, found := slices.BinarySearch(times, at)
	if !found {
		i--
	}
	return i
}

// held returns when what leaves at some time really leaves.
func (h *history) held(at time.Duration) time.Duration {
	for _, e := range h.episodes {
		if at < e.from || at >= e.until {
			continue
		}
		if e.turn > 0 {
			return e.from + ((at-e.from)/e.turn+1)*e.turn + e.late
		}
		return at + e.late
	}
	return at
}

func (h *history) starved(at time.Duration) float64 {
	for _, e := range h.episodes {
		if at >= e.from && at < e.until+e.late {
			return e.starved
		}
	}
	return 1
}

func between(random *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(random.Float64()*float64(most-least))
}

// logUniform draws from a range in which every factor is as likely.
func logUniform(random *rand.Rand, least, most float64) float64 {
	return least * math.Pow(most/least, random.Float64())
}

// drawHistory draws one; the link that is steady in the end carries a picture.
func drawHistory(random *rand.Rand) *history {
	h := &history{
		steady: between(random, 4*time.Second, 30*time.Second),
		silent: random.IntN(2) == 0,
	}
	good := logUniform(random, 200_000, 20e6)
	h.rates, h.rateAt = []float64{good}, []time.Duration{0}
	if random.IntN(3) == 0 { // thin for a while
		from := between(random, 0, h.steady-time.Second)
		until := between(random, from, h.steady)
		h.rates, h.rateAt = append(
			h.rates, logUniform(random, 25_000, 150_000), good,
		), append(
			h.rateAt, from, until,
		)
	}
	way := between(random, 2*time.Millisecond, 40*time.Millisecond)
	h.delays, h.delayAt = []time.Duration{way}, []time.Duration{0}
	if random.IntN(3) == 0 { // another path, as late as the last moment
		h.delays, h.delayAt = append(
			h.delays, between(random, way, 300*time.Millisecond),
		), append(
			h.delayAt, between(random, 0, h.steady),
		)
	}
	if random.IntN(4) == 0 {
		h.loss = 0.1 * random.Float64()
	}
	if random.IntN(2) == 0 {
		h.drift = (random.Float64() - 0.5) * 400e-6
	}
	if random.IntN(3) == 0 {
		h.begins = between(random, 0, 3*time.Second)
	}
	if random.IntN(4) == 0 {
		from := between(random, 0, h.steady-time.Second)
		h.gaps = []episode{
			{
				from:  from,
				until: min(h.steady, from+between(random, 200*time.Millisecond, 4*time.Second)),
			},
		}
	}
	often := []float64{0, 0.1, 0.3, 1.5}[random.IntN(4)] // episodes a second
	for at := time.Duration(0); often > 0; {
		at += time.Duration(random.ExpFloat64() / often * float64(time.Second))
		e := episode{
			from:  at,
			until: at + between(random, 250*time.Millisecond, 900*time.Millisecond),
			late: between(
				random, 80*time.Millisecond, 250*time.Millisecond,
			),
			starved: random.Float64(),
		}
		if random.IntN(2) == 0 {
			e.turn, e.late = e.late, between(random, 0, 60*time.Millisecond)
		}
		if e.until+e.late+e.turn > h.steady {
			break
		}
		h.episodes = append(h.episodes, e)
		at = e.until + e.late + e.turn
	}
	return h
}

// page is a publisher in virtual time: an encoder that does what it is told a little later, a
// pacer, and a device that is late.
type page struct {
	history    *history
	random     *rand.Rand
	controller *receive.Controller
	demand     Decider

	told     []toldAt
	free     time.Duration // of the link
	out      time.Duration // when the latest packet left the device
	last     time.Duration // arrival
	departed time.Duration
	paced    time.Duration // until when the pacer is busy
	number   uint16
	nextBeat time.Duration
	frame    time.Duration // when the latest was encoded
	active   bool
	inFlight []packetInFlight
	waits    []time.Duration // of the voice in the link's queue
	frames   []time.Duration // arrivals of whole frames that moved or not
	trace    func(at time.Duration)
}

type toldAt struct {
	at       time.Duration
	encoding Encoding
}

type packetInFlight struct {
	arrival time.Duration
	packet  receive.Packet
	frame   bool // the last of one
}

var healEpoch = time.Unix(1_790_000_000, 0)

// leave sends a packet over the device and the link.
func (p *page) leave(at time.Duration, size int, last, voice bool) {
	h := p.history
	p.number++
	p.departed = max(p.departed+50*time.Microsecond, at)
	p.out = max(p.out, resumed(h.device, h.held(p.departed)))
	out := p.out
	rate := h.rate(out)
	begin := max(p.free, out)
	for _, gap := range h.gaps {
		if out >= gap.from && out < gap.until {
			return
		}
	}
	if voice {
		p.waits = append(p.waits, begin-out)
	}
	if out < h.begins || begin-out > linkQueue || out < h.steady && p.random.Float64() < h.loss {
		return
	}
	p.free = begin + time.Duration(float64(8*size)/rate*float64(time.Second))
	p.last = max(p.last, resumed(h.server, p.free+h.delay(p.free)))
	stamp := uint32(int64(p.departed.Seconds() * (1 + h.drift) * (1 << 26)))
	p.inFlight = append(
		p.inFlight,
		packetInFlight{
			p.last,
			receive.Packet{
				Arrival:   healEpoch.Add(p.last),
				Size:      size,
				Number:    p.number,
				Numbered:  true,
				Timestamp: stamp,
				ClockRate: 1 << 26,
				Trust:     receive.OfDeparture,
			},
			last,
		},
	)
}

// encoding is what the page does by now.
func (p *page) encoding(at time.Duration) (e Encoding, heard bool) {
	lag := 60*time.Millisecond + p.history.delay(at)
	for i := len(p.told) - 1; i >= 0; i-- {
		if p.told[i].at+lag <= at {
			return p.told[i].encoding, true
		}
	}
	return Encoding{}, false
}

// speak sends the voice; encode the picture.
func (p *page) speak(at time.Duration, long bool) {
	frame, size := 20*time.Millisecond, 100
	if long {
		frame, size = 60*time.Millisecond, 165
	}
	if p.history.mute || p.history.silent && at/(2*time.Second)%2 == 1 {
		frame, size = 400*time.Millisecond, 70
	}
	if at < p.nextBeat {
		return
	}
	p.nextBeat = at + frame
	p.leave(at, size, false, true)
}

func (p *page) encode(at time.Duration) {
	if resumed(p.history.device, at) > at {
		return // nothing runs
	}
	e, heard := p.encoding(at)
	if !heard || !e.Active {
		p.active = false
		return
	}
	framerate := 20.0
	if e.MaxFramerate > 0 {
		framerate = min(framerate, e.MaxFramerate)
	}
	whole := framerate
	framerate = max(framerate*p.history.starved(at), 1)
	interval := time.Duration(float64(time.Second) / framerate)
	if at < p.frame+interval && p.active {
		return
	}
	size := float64(
		e.MaxBitrate,
	) / framerate / 8 * (0.7 + 0.6*p.random.Float64()) * framerate / whole
	if !p.active {
		size *= 2.5 // a keyframe
	}
	if c := e.Scale / 2; c > 1 { // of 90 lines: there is no more in it
		size /= c * c
	}
	p.frame, p.active = at, true
	for left := int(size); left > 0; left -= 1150 {
		p.paced = max(p.paced, at)
		bytes := max(min(left, 1150)+50, 100)
		p.leave(p.paced, bytes, left <= 1150, false)
		p.paced += time.Duration(
			float64(8*bytes) / (2.5 * max(float64(e.MaxBitrate), 200_000)) * float64(time.Second),
		)
	}
}

// run plays the history and what comes after it.
func (p *page) run() {
	one := []Watcher{{Height: 360, Bitrate: 500_000, Selected: 1}}
	if p.history.thumbnail {
		one = []Watcher{{Height: 90, Bitrate: 60_000, Selected: 1}}
	}
	congested := false
	for at := time.Duration(0); at < p.history.steady+healHorizon; at += healStep {
		state := p.controller.State()
		long := state.Full && state.Usual > 0 && state.Usual < 200_000
		p.speak(at, long)
		p.encode(at)
		for len(p.inFlight) > 0 && p.inFlight[0].arrival <= at {
			p.controller.Arrived(p.inFlight[0].packet)
			if p.inFlight[0].frame {
				p.frames = append(p.frames, at)
			}
			p.inFlight = p.inFlight[1:]
		}
		now := healEpoch.Add(at)
		if at%(25*time.Millisecond) == 0 {
			p.controller.Tick(now)
		}
		if edge := p.controller.State().Congested && !congested; edge ||
			at%(100*time.Millisecond) == 0 {
			voice := 40_000
			if long {
				voice = 22_000
			}
			encodings, news := p.demand.decide(
				now, face, one,
				Divide(uplinkOf(p.controller.State()), voice, true, false)[media.Camera],
			)
			p.controller.Need(p.demand.Needs(voice, 1))
			if news {
				p.told = append(p.told, toldAt{at, encodings[1]})
			}
		}
		congested = p.controller.State().Congested
		if p.trace != nil {
			p.trace(at)
		}
	}
}

// healed returns how long after the history the picture moved for good: from when on six frames a
// second arrived at least.
func healed(steady time.Duration, frames []time.Duration) time.Duration {
	const window = time.Second
	const least = 6
	last := time.Duration(0)
	first, next := 0, 0
	for at := steady + window; at <= steady+healHorizon-window; at += 50 * time.Millisecond {
		for next < len(frames) && frames[next] <= at {
			next++
		}
		for first < next && frames[first] <= at-window {
			first++
		}
		if next-first < least {
			last = at - steady
		}
	}
	return last
}

// outcome is how long one history took to heal.
type outcome struct {
	seed   uint64
	healed time.Duration
}

// histories plays as many as the flags say.
func histories(t *testing.T, play func(h *history, random *rand.Rand) time.Duration) []outcome {
	outcomes := make([]outcome, *healHistories)
	for i := range outcomes {
		seed := *healSeed + uint64(i)
		random := rand.New(rand.NewPCG(seed, 0x5eed))
		outcomes[i] = outcome{seed, play(drawHistory(random), random)}
	}
	slices.SortFunc(outcomes, func(a, b outcome) int { return int(a.healed - b.healed) })
	n := len(outcomes)
	over := 0
	for _, o := range outcomes {
		if o.healed > healWithin {
			over++
		}
	}
	t.Logf(
		"%d histories: median %v, p90 %v, p99 %v, worst %v; %.2f %% longer than %v", n,
		outcomes[n/2].healed, outcomes[n*9/10].healed, outcomes[n*99/100].healed,
		outcomes[n-1].healed, 100*float64(over)/float64(n), healWithin,
	)
	for _, o := range outcomes[n-min(*healWorst, n):] {
		random := rand.New(rand.NewPCG(o.seed, 0x5eed))
		t.Logf("seed %#x: %v: %s", o.seed, o.healed, drawHistory(random))
	}
	return outcomes
}

func (h *history) String() string {
	s := fmt.Sprintf(
		"steady at %v, begins %v, drift %.0f ppm, loss %.3f, silent %v", h.steady, h.begins,
		1e6*h.drift, h.loss, h.silent,
	)
	for i, r := range h.rates {
		s += fmt.Sprintf("; %v %.0fk", h.rateAt[i], r/1000)
	}
	for i, d := range h.delays {
		s += fmt.Sprintf("; %v %v", h.delayAt[i], d)
	}
	for _, e := range h.episodes {
		s += fmt.Sprintf(
			"; stall %v–%v late %v turn %v starved %.2f", e.from, e.until, e.late, e.turn,
			e.starved,
		)
	}
	for _, e := range h.gaps {
		s += fmt.Sprintf("; gap %v–%v", e.from, e.until)
	}
	return s
}

// requireHealed accepts one in a hundred histories that takes longer, and what chance makes of it.
func requireHealed(t *testing.T, outcomes []outcome) {
	n := float64(len(outcomes))
	longer := 0.01*n + 2*math.Sqrt(0.01*n)
	require.LessOrEqual(t, outcomes[len(outcomes)-1-int(longer)].healed, healWithin)
}

func newController() *receive.Controller {
	return receive.New(receive.Config{Without: ablation.Without(receive.Rules())})
}

// Whatever was believed of an uplink, one that carries a picture shows it within three seconds.
func TestAnUplinkHeals(t *testing.T) {
	t.Parallel()
	outcomes := histories(t, func(h *history, random *rand.Rand) time.Duration {
		p := &page{history: h, random: random, controller: newController()}
		p.run()
		return healed(h.steady, p.frames)
	})
	requireHealed(t, outcomes)
}
