package publish

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"draille/sfu/congestion/send"
)

// gccPath is a link with one queue between a gcc and its feedback.
type gccPath struct {
	rate   func(at time.Duration) float64 // bit/s
	caps   func(at time.Duration) int     // bit/s that encoders may take; nil: always the same
	free   time.Duration
	number int64
	acks   []send.Ack
}

const gccDelay = 30 * time.Millisecond

// play sends what is allowed, at most so much, and returns the estimate each second.
func (p *gccPath) play(g *gcc, length time.Duration, most float64) []int {
	var estimates []int
	debt := 0.0
	for at := time.Duration(0); at < length; at += 5 * time.Millisecond {
		bitrate, _ := g.estimate()
		sent := min(float64(bitrate), most)
		if p.caps != nil {
			sent = min(sent, float64(p.caps(at)))
		}
		for debt += sent / 8 * 0.005; debt >= 1000; debt -= 1000 {
			p.send(g, at, 1000, 0)
		}
		if at%(100*time.Millisecond) == 0 {
			if p.caps != nil {
				g.allocate(p.caps(at))
			}
			g.tick(epoch.Add(at))
			if c, ok := g.probe(epoch.Add(at), int(most)); ok {
				for i := range c.Bytes / 300 {
					left := float64(8*300*i) / float64(c.Bitrate)
					p.send(g, at+time.Duration(left*float64(time.Second)), 300, c.ID)
				}
			}
			p.report(g, at)
		}
		if at%time.Second == 0 {
			bitrate, _ := g.estimate()
			estimates = append(estimates, bitrate)
		}
	}
	return estimates
}

func (p *gccPath) send(g *gcc, at time.Duration, size, probe int) {
	p.number++
	g.onSent(send.Sent{Seq: p.number, Size: size, At: epoch.Add(at), Probe: probe})
	begin := max(p.free, at)
	ack := send.Ack{Seq: p.number}
	if begin-at < 300*time.Millisecond {
		p.free = begin + time.Duration(float64(8*size)/p.rate(begin)*float64(time.Second))
		ack.Received, ack.Arrival = true, p.free+gccDelay
	}
	p.acks = append(p.acks, ack)
}

// report gives the feedback of what has come by now.
func (p *gccPath) report(g *gcc, at time.Duration) {
	n := 0
	for n < len(p.acks) && p.acks[n].Arrival+gccDelay <= at {
		n++
	}
	g.onFeedback(epoch.Add(at), p.acks[:n])
	p.acks = p.acks[n:]
}

// It finds what a link carries, and follows a fall within seconds, not at once.
func TestTheModelOfChromiumFollowsALink(t *testing.T) {
	const falls = 30 * time.Second
	p := &gccPath{rate: func(at time.Duration) float64 {
		if at >= falls {
			return 150_000
		}
		return 1_000_000
	}}
	g := newGCC()
	estimates := p.play(g, time.Minute, 800_000)
	t.Log(estimates)
	assert.Greater(t, estimates[29], 600_000)
	assert.Less(t, estimates[29], 1_700_000)
	assert.Greater(t, estimates[30], 250_000, "it does not know at once")
	assert.Less(t, estimates[36], 180_000)
	assert.Greater(t, estimates[59], 80_000)
	assert.Less(t, estimates[59], 200_000)
}

// After a link was thin another cap is probed for while less is sent than is believed in, and only
// then: make probing.
func TestTheModelOfChromiumProbesForAnotherCap(t *testing.T) {
	const falls, back, dips, changes = 10 * time.Second, 20 * time.Second, 21 * time.Second,
		23 * time.Second
	estimates := func(dip, cap int) []int {
		p := &gccPath{rate: func(at time.Duration) float64 {
			if at >= falls && at < back {
				return 80_000
			}
			return 5_000_000
		}, caps: func(at time.Duration) int {
			switch {
			case at >= changes:
				return cap
			case at >= dips:
				return dip
			}
			return 490_000
		}}
		return p.play(newGCC(), 26*time.Second, 490_000)
	}
	probed := estimates(30_000, 500_000)
	t.Log(probed)
	assert.Less(t, probed[23], 250_000, "while it is limited it probes every five seconds, too")
	assert.Greater(t, probed[25], 450_000)
	assert.Less(t, probed[25], 1_100_000)
	for _, other := range [][]int{
		estimates(490_000, 490_000), // nothing changes
		estimates(490_000, 500_000), // what is believed in is sent
	} {
		t.Log(other)
		assert.Less(t, other[25], 250_000)
	}
}

func TestTheModelOfChromiumObeysItsReceiver(t *testing.T) {
	g := newGCC()
	g.setLimit(90_000)
	bitrate, _ := g.estimate()
	assert.Equal(t, 90_000, bitrate)
	g.setLimit(0)
	bitrate, _ = g.estimate()
	assert.Equal(t, startBitrate, bitrate)
}

func TestTheModelOfChromiumBacksOffWhereMuchIsLost(t *testing.T) {
	lossy := func(every int) int {
		g := newGCC()
		for n := range 400 {
			at := epoch.Add(time.Duration(n) * 10 * time.Millisecond)
			g.onSent(send.Sent{Seq: int64(n), Size: 500, At: at})
			g.onFeedback(at.Add(60*time.Millisecond), []send.Ack{{Seq: int64(n),
				Received: n%every != 0, Arrival: time.Duration(n)*10*time.Millisecond + gccDelay}})
		}
		bitrate, _ := g.estimate()
		return bitrate
	}
	assert.Less(t, lossy(4), startBitrate/2)
	assert.GreaterOrEqual(t, lossy(30), startBitrate)
}
