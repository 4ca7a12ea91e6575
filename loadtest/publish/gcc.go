package publish

import (
	"time"

	"draille/sfu/congestion/send"
)

const (
	gccLeast          = 5_000 // bit/s
	gccGroup          = 5 * time.Millisecond
	gccWindow         = 20  // groups
	gccSmoothing      = 0.9 // of the accumulated delay
	gccGain           = 4.0
	gccDeltas         = 60
	gccThreshold      = 12.5 // ms, at the beginning
	gccUp, gccDown    = 0.0087, 0.039
	gccOveruse        = 10.0 // ms
	gccBackoff        = 0.85 // of what arrives
	gccGrowth         = 0.08 // a second
	gccLeastGrowth    = 4_000
	gccAhead          = 1.5 // times what arrives,
	gccAheadBy        = 10_000
	gccRateSpan       = 500 * time.Millisecond
	gccLossSpan       = time.Second
	gccLossHigh       = 0.1
	gccLossInterval   = 300 * time.Millisecond
	gccProbes         = 2               // at the beginning: three and six times what it begins with
	gccProbeEvery     = 5 * time.Second // while less is sent than is allowed
	gccProbeSpan      = 15 * time.Millisecond
	gccLimited        = 0.65 // of the estimate is sent: application-limited
	gccPacket         = 1200 * 8
	gccProbedDiscount = 0.95
	gccProbePackets   = 6           // of a cluster at least,
	gccProbeBytes     = 2900        // and so much
	gccAllocatedAhead = 2.0         // probes reach for so many times what encoders may take
	gccDoubling       = 2.0         // of the estimate: one probe reaches no further
	gccProbeProves    = 0.7         // of its rate: then the next reaches further
	gccProbeAnswer    = time.Second // it takes no longer

	// Application-limited is who has saved up gccLimitedAt of what they may send in gccBudgetSpan,
	// gccLimited of the estimate, until less than gccUnlimitedAt is left (libwebrtc's AlrDetector).
	gccBudgetSpan  = 500 * time.Millisecond
	gccLimitedAt   = 0.8
	gccUnlimitedAt = 0.5
)

// gcc models Chromium's congestion control as far as it decides how much a page sends: the delay's
// trend and additive or multiplicative growth (draft-ietf-rmcat-gcc-02, and goog_cc of libwebrtc
// where it differs), a bound by losses, probes at the beginning, while less is sent than would be
// allowed (also when the most that encoders may take changes then), and the bound that the receiver
// sets (REMB). What it knows of a fall it knows late.
type gcc struct {
	bitrate  float64
	capacity float64 // that backing off found; 0: none
	limit    float64 // of REMB; 0: none
	rtt      time.Duration

	sent      map[int64]send.Sent
	oldest    int64
	group     gccArrivals // that is being filled
	before    gccArrivals
	points    []gccPoint
	delay     float64 // accumulated, ms
	smoothed  float64
	deltas    int
	threshold float64
	trend     float64
	overFor   float64 // ms
	overs     int
	state     send.State
	updated   time.Time
	adapted   time.Time

	arrived  []gccArrival // lately
	outcomes []gccOutcome
	backed   time.Time // when losses made it less last
	probes   int
	probed   time.Time
	probing  int // cluster under way
	cluster  gccArrivals

	saved     float64 // bits that were not sent of what may be, or less than 0
	savedAt   time.Time
	limited   bool    // by the application
	allocated float64 // bit/s that encoders and the voice may take
	reach     float64 // of probes that a change of that has asked for; 0: none
	tried     float64 // rate of the latest of them; 0: it was answered
}

type gccArrivals struct {
	known         bool
	first         time.Time // when its first packet left
	sent          time.Time // when its last one did
	begun, lasted time.Duration
	bytes, count  int
}

type gccPoint struct{ at, delay float64 } // ms

type gccArrival struct {
	at    time.Duration
	bytes int
}

type gccOutcome struct {
	at   time.Time
	lost bool
}

func newGCC() *gcc {
	return &gcc{bitrate: startBitrate, sent: map[int64]send.Sent{}, threshold: gccThreshold}
}

func (g *gcc) estimate() (bitrate int, trip time.Duration) {
	target := g.bitrate
	if g.limit > 0 {
		target = min(target, g.limit)
	}
	return int(max(target, gccLeast)), g.rtt
}

func (g *gcc) setLimit(bitsPerSecond int) { g.limit = float64(bitsPerSecond) }

// allocate takes the most that encoders and the voice may take. While the application limits what
// is sent, another than before is probed for where it is more than the estimate: libwebrtc's
// ProbeController::OnMaxTotalAllocatedBitrate, which Chromium is seen to do (make probing).
func (g *gcc) allocate(bitsPerSecond int) {
	is := float64(bitsPerSecond)
	if bitrate, _ := g.estimate(); g.allocated > 0 && is != g.allocated && is > float64(bitrate) &&
		g.limited && g.probes >= gccProbes && g.tried == 0 {
		g.reach = gccAllocatedAhead * is
	}
	g.allocated = is
}

func (g *gcc) tick(now time.Time) {
	g.save(now, 0)
	if g.tried > 0 && now.Sub(g.probed) >= gccProbeAnswer {
		g.tried, g.reach = 0, 0
	}
}

// save notes bits that were sent.
func (g *gcc) save(now time.Time, bits float64) {
	may := gccLimited * g.bitrate
	most := gccBudgetSpan.Seconds() * may
	if !g.savedAt.IsZero() {
		g.saved = min(g.saved+now.Sub(g.savedAt).Seconds()*may, most)
	}
	g.saved, g.savedAt = max(g.saved-bits, -most), now
	switch {
	case g.saved > gccLimitedAt*most:
		g.limited = true
	case g.saved < gccUnlimitedAt*most:
		g.limited = false
	}
}

func (g *gcc) onSent(s send.Sent) {
	g.save(s.At, 8*float64(s.Size))
	if len(g.sent) == 0 {
		g.oldest = s.Seq
	}
	g.sent[s.Seq] = s
}

// onFeedback takes what the server says of packets, in rising order.
func (g *gcc) onFeedback(now time.Time, acks []send.Ack) {
	for _, ack := range acks {
		s, ok := g.sent[ack.Seq]
		if !ok {
			continue
		}
		delete(g.sent, ack.Seq)
		g.outcomes = append(g.outcomes, gccOutcome{now, !ack.Received})
		if !ack.Received {
			continue
		}
		g.rtt = now.Sub(s.At)
		g.arrived = append(g.arrived, gccArrival{ack.Arrival, s.Size})
		if s.Probe > 0 {
			g.onProbe(s, ack)
		}
		g.add(s, ack)
	}
	g.forget(now)
	g.adapt(now)
	g.lose(now)
}

// add puts a packet into its group, and compares groups once one is complete.
func (g *gcc) add(s send.Sent, ack send.Ack) {
	c := &g.group
	if c.known && s.At.Sub(c.first) <= gccGroup {
		c.sent, c.lasted, c.bytes = s.At, ack.Arrival, c.bytes+s.Size
		return
	}
	if c.known && g.before.known {
		g.compare(c)
	}
	if c.known {
		g.before = *c
	}
	*c = gccArrivals{known: true, first: s.At, sent: s.At, begun: ack.Arrival,
		lasted: ack.Arrival, bytes: s.Size}
}

// compare takes the variation of the delay from one group to the next into the trend.
func (g *gcc) compare(c *gccArrivals) {
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	left := ms(c.sent.Sub(g.before.sent))
	delta := ms(c.lasted-g.before.lasted) - left
	g.deltas = min(g.deltas+1, gccDeltas)
	g.delay += delta
	g.smoothed = gccSmoothing*g.smoothed + (1-gccSmoothing)*g.delay
	g.points = append(g.points, gccPoint{ms(c.lasted), g.smoothed})
	if len(g.points) > gccWindow {
		g.points = g.points[1:]
	}
	trend := g.trend
	if len(g.points) == gccWindow {
		trend = slope(g.points)
	}
	g.detect(trend, left, ms(c.lasted-g.before.lasted))
	g.trend = trend
}

// slope is that of the line through some points.
func slope(points []gccPoint) float64 {
	var x, y float64
	for _, p := range points {
		x, y = x+p.at, y+p.delay
	}
	n := float64(len(points))
	x, y = x/n, y/n
	var above, below float64
	for _, p := range points {
		above += (p.at - x) * (p.delay - y)
		below += (p.at - x) * (p.at - x)
	}
	if below == 0 {
		return 0
	}
	return above / below
}

// detect compares the trend with a threshold that follows it.
func (g *gcc) detect(trend, left, elapsed float64) {
	modified := float64(g.deltas) * trend * gccGain
	switch {
	case modified > g.threshold:
		g.overFor, g.overs = g.overFor+left, g.overs+1
		if g.overFor > gccOveruse && g.overs > 1 && trend >= g.trend {
			g.overFor, g.overs, g.state = 0, 0, send.Overusing
		}
	case modified < -g.threshold:
		g.overFor, g.overs, g.state = 0, 0, send.Underusing
	default:
		g.overFor, g.overs, g.state = 0, 0, send.Normal
	}
	off := max(modified, -modified)
	if off > g.threshold+15 {
		return
	}
	k := gccDown
	if off >= g.threshold {
		k = gccUp
	}
	g.threshold += k * (off - g.threshold) * min(elapsed, 100)
	g.threshold = min(max(g.threshold, 6), 600)
}

// rate is what arrived lately, in bit/s; 0: not known.
func (g *gcc) rate() float64 {
	n := len(g.arrived)
	if n < 2 {
		return 0
	}
	bytes := 0
	for _, a := range g.arrived {
		bytes += a.bytes
	}
	span := max(g.arrived[n-1].at-g.arrived[0].at, gccRateSpan/2)
	return float64(8*bytes) / span.Seconds()
}

// adapt is the controller of additive and multiplicative increase, and multiplicative decrease.
func (g *gcc) adapt(now time.Time) {
	elapsed := min(now.Sub(g.adapted).Seconds(), 1)
	if g.adapted.IsZero() {
		elapsed = 0
	}
	g.adapted = now
	rate := g.rate()
	switch g.state {
	case send.Overusing:
		if rate > 0 && now.Sub(g.updated) >= min(max(g.rtt, 10*time.Millisecond),
			200*time.Millisecond) {
			if g.capacity > 0 && rate < 0.7*g.capacity {
				g.capacity = 0
			}
			g.bitrate = min(g.bitrate, gccBackoff*rate)
			g.capacity, g.updated = rate, now
		}
	case send.Normal:
		if g.capacity > 0 && rate > 1.2*g.capacity {
			g.capacity = 0
		}
		grown := g.bitrate * gccGrowth
		if g.capacity > 0 {
			response := 2 * (g.rtt + 100*time.Millisecond)
			grown = max(gccLeastGrowth, gccPacket/response.Seconds())
		}
		if most := gccAhead*rate + gccAheadBy; rate > 0 && g.bitrate < most {
			g.bitrate = min(g.bitrate+grown*elapsed, most)
		}
	}
}

// lose bounds the rate where more is lost than chance does on most links.
func (g *gcc) lose(now time.Time) {
	lost := 0
	for _, o := range g.outcomes {
		if o.lost {
			lost++
		}
	}
	share := float64(lost) / float64(max(1, len(g.outcomes)))
	if len(g.outcomes) >= 20 && share > gccLossHigh && now.Sub(g.backed) >= gccLossInterval+g.rtt {
		g.bitrate, g.backed = g.bitrate*(1-share/2), now
	}
}

// forget drops what is not of the present any more.
func (g *gcc) forget(now time.Time) {
	for n := len(g.arrived); n > 0 && g.arrived[n-1].at-g.arrived[0].at > gccRateSpan; n-- {
		g.arrived = g.arrived[1:]
	}
	for len(g.outcomes) > 0 && now.Sub(g.outcomes[0].at) > gccLossSpan {
		g.outcomes = g.outcomes[1:]
	}
}

// probe says whether to send a cluster of packets faster than what is known to fit.
func (g *gcc) probe(now time.Time, wanted int) (c send.Cluster, ok bool) {
	bitrate := 0.0
	since := now.Sub(g.probed)
	switch {
	case g.rtt == 0 || g.tried > 0:
		return c, false
	case g.reach > g.bitrate:
		bitrate = min(gccDoubling*g.bitrate, g.reach)
		g.tried = bitrate
	case since < time.Second:
		return c, false
	case g.probes < gccProbes:
		bitrate = min(float64(3*(g.probes+1))*g.bitrate, 2*float64(wanted))
		g.probes++
	case since >= gccProbeEvery && g.rate() < gccLimited*g.bitrate && g.state == send.Normal:
		bitrate = min(gccDoubling*g.bitrate, 2*float64(wanted))
	default:
		g.reach = 0
		return c, false
	}
	g.probed = now
	if bitrate <= g.bitrate {
		return c, false
	}
	g.probing, g.cluster = g.probing+1, gccArrivals{}
	return send.Cluster{ID: g.probing, Bitrate: int(bitrate),
		Bytes: max(int(bitrate/8*gccProbeSpan.Seconds()), gccProbeBytes)}, true
}

// onProbe takes a packet of the latest cluster: what it shows is believed at once.
func (g *gcc) onProbe(s send.Sent, ack send.Ack) {
	c := &g.cluster
	if s.Probe != g.probing {
		return
	}
	if !c.known {
		*c = gccArrivals{known: true, first: s.At, begun: ack.Arrival}
		return
	}
	c.sent, c.lasted, c.bytes, c.count = s.At, ack.Arrival, c.bytes+s.Size, c.count+1
	left, came := c.sent.Sub(c.first), c.lasted-c.begun
	if c.count < 4 || left <= 0 || came <= 0 {
		return
	}
	rate := float64(8*c.bytes) / max(left, came).Seconds()
	if came > left*11/10 {
		rate *= gccProbedDiscount
	}
	if c.count < gccProbePackets-1 {
		return
	}
	switch {
	case g.tried == 0:
	case rate > gccProbeProves*g.tried:
		g.tried = 0
	default:
		g.tried, g.reach = 0, 0
	}
	if rate > g.bitrate {
		g.bitrate = min(rate, gccDoubling*g.bitrate)
	}
}
