package moving

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"draille/loadtest/link"
)

const (
	settles  = 8 * time.Second // from joining until a call is judged
	watchFor = 60 * time.Second
	// A fall comes just after joining, or when the call has settled, and is watched.
	early, settled = 3 * time.Second, 25 * time.Second
	fallWatched    = 20 * time.Second
	steadyFor      = 40 * time.Second
	// A link moves for historyFor before it is steady.
	historyFor = 20 * time.Second
)

// Plan is one call and what is read out of it.
type Plan struct {
	Group string // of calls that are judged together
	Call  Call
	// Fall is set for links that fall: the rates and the way.
	Fall *link.Fall
	// Steady is the time from which on the link is steady, and SteadyRate its rate; 0: never.
	Steady     time.Duration
	SteadyRate link.Bitrate
}

// Wandering plans calls over links that move around a mean rate.
func Wandering(mean link.Bitrate, seed uint64, count int) []Plan {
	var plans []Plan
	for i := range count {
		n := seed + uint64(i)
		plans = append(plans, Plan{Group: fmt.Sprintf("moving around %v", mean),
			Call: Call{Link: link.Moving(mean, n), Length: settles + watchFor, Seed: n}})
	}
	return plans
}

// WanderingAbove plans them with means from 350 kbit/s to a megabit, all as likely on a logarithmic
// scale.
func WanderingAbove(seed uint64, count int) []Plan {
	var plans []Plan
	random := rand.New(rand.NewPCG(seed, 0x350))
	for i := range count {
		mean := link.Bitrate(350*math.Pow(1000.0/350, random.Float64())) * link.Kbps
		plan := Wandering(mean, seed+uint64(i), 1)[0]
		plan.Group = "moving, mean ≥ 350 kbit/s"
		plans = append(plans, plan)
	}
	return plans
}

var (
	fallsFrom = []link.Bitrate{20 * link.Mbps, 2 * link.Mbps, link.Mbps, 500 * link.Kbps}
	fallsTo   = []link.Bitrate{60 * link.Kbps, 80 * link.Kbps, 100 * link.Kbps, 120 * link.Kbps,
		150 * link.Kbps, 200 * link.Kbps, 300 * link.Kbps}
	ways = []link.Way{link.Downwards, link.Upwards, link.BothWays}
)

// Falls plans the grid: every fall, every way, just after joining and settled.
func Falls(seed uint64) []Plan {
	var plans []Plan
	for _, at := range []time.Duration{early, settled} {
		for _, from := range fallsFrom {
			for _, to := range fallsTo {
				for _, way := range ways {
					when := "settled"
					if at == early {
						when = "just after joining"
					}
					seed++
					plans = append(plans, Plan{
						Group: fmt.Sprintf("falls, %s", when),
						Fall:  &link.Fall{From: from, To: to, Way: way, At: at},
						Call: Call{Link: link.FallOf(from, to, way, at),
							Length: at + fallWatched, Seed: seed},
						Steady: at, SteadyRate: to,
					})
				}
			}
		}
	}
	return plans
}

// Meetings plans meetings of three and of five, of whom one has 150 kbit/s both ways.
func Meetings(seed uint64, count int) []Plan {
	var plans []Plan
	for i := range count {
		for _, others := range []int{1, 3} {
			const thin = 150 * link.Kbps
			plans = append(plans, Plan{
				Group: fmt.Sprintf("meeting of %d, one on %v", others+2, thin),
				Call: Call{Link: link.FallOf(thin, thin, link.BothWays, time.Hour), Others: others,
					Length: settles + watchFor, Seed: seed + uint64(i)}})
		}
	}
	return plans
}

// healPrefix begins the name of a link of Healing; its seed follows.
const healPrefix = "heal:"

// Healing plans calls over links that move, and then are steady at a rate that carries a picture.
func Healing(seed uint64, count int) []Plan {
	var plans []Plan
	for i := range count {
		n := seed + uint64(i)
		random := rand.New(rand.NewPCG(n, 0x6ea1))
		mean := link.Bitrate(100*math.Pow(20, random.Float64())) * link.Kbps
		rate := healedRates[random.IntN(len(healedRates))]
		p := link.AnyMovement(mean, random).Draw(n, historyFor)
		p.Name = fmt.Sprintf("%s%d", healPrefix, n)
		for _, way := range []*link.Config{&p.Down, &p.Up} {
			end := link.Conditions{Rate: rate, Delay: way.Delay}
			way.Schedule = append(way.Schedule, link.Step{At: historyFor, Conditions: end})
		}
		plans = append(plans, Plan{Group: "after any movement, steady",
			Call:   Call{Link: p, Length: historyFor + fallWatched, Seed: n},
			Steady: historyFor, SteadyRate: rate})
	}
	return plans
}

// healedRates are those of links that are steady after they have moved.
var healedRates = []link.Bitrate{200 * link.Kbps, 300 * link.Kbps, 2 * link.Mbps}

// SteadyCall is the call that tells which picture a link of a rate carries when nothing moves.
func SteadyCall(rate link.Bitrate, way link.Way) Call {
	other := fallsFrom[0]
	p := link.FallOf(other, other, link.BothWays, time.Hour)
	if way != link.Upwards {
		p.Down.Rate = rate
	}
	if way != link.Downwards {
		p.Up.Rate = rate
	}
	return Call{Link: p, Length: steadyFor, Seed: uint64(rate) + uint64(way)}
}
