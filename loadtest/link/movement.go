package link

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Movement is a kind of link that moves. [Movement.Draw] makes one of them.
type Movement struct {
	// Mean of the rates, each way.
	Mean Bitrate
	// Spread is the standard deviation of the logarithm of the rate: successive rates are a
	// log-normal autoregressive process of the first order.
	Spread float64
	// Memory, in [0, 1), is the correlation of that logarithm from one rate to the next.
	Memory float64
	// Every is how long a rate lasts.
	Every time.Duration
	// Apart lets both ways move independently of each other.
	Apart bool
	// Delay is the propagation delay, one way; every Delays or so, if set, both ways have another
	// one, of between half and LongestDelay.
	Delay, Delays, LongestDelay time.Duration
	// Loss is the share of packets lost each on its own, at most.
	Loss float64
	// Bursts lose everything for BurstLength, every Bursts or so; 0: none.
	Bursts, BurstLength time.Duration
	// Dead holds everything up for DeadLength at most, every Dead or so; 0: never.
	Dead, DeadLength time.Duration
	// Queue is the longest a packet waits.
	Queue time.Duration
}

const (
	slowestRate = 20 * Kbps
	fastestRate = 50 * Mbps
)

// change is something that becomes otherwise at some time.
type change struct {
	at    time.Duration
	apply func(c *Conditions)
}

// Draw draws a link that moves for some time, and then goes on as it is then.
func (m Movement) Draw(seed uint64, length time.Duration) Profile {
	random := rand.New(rand.NewPCG(seed, 0x6d6f_7665))
	loss := m.Loss * random.Float64()
	rates := []([]change){m.rates(random, length), nil}
	if rates[1] = rates[0]; m.Apart {
		rates[1] = m.rates(random, length)
	}
	both := slices.Concat(m.delays(random, length), m.spells(random, length, m.Bursts,
		func(c *Conditions, bad bool) {
			if c.Loss = loss; bad {
				c.Loss = 1
			}
		}, func() time.Duration { return m.BurstLength }),
		m.spells(random, length, m.Dead, func(c *Conditions, bad bool) { c.Stopped = bad },
			func() time.Duration {
				return time.Duration((0.2 + 0.8*random.Float64()) * float64(m.DeadLength))
			}))
	way := func(rates []change) Config {
		c := Config{Conditions: Conditions{Delay: m.Delay, Loss: loss}, Queue: m.Queue}
		c.Schedule = scheduleOf(c.Conditions, slices.Concat(rates, both))
		c.Conditions = c.Schedule[0].Conditions
		return c
	}
	return Profile{
		Summary: fmt.Sprintf("around %v, another rate every %v", m.Mean, m.Every),
		Down:    way(rates[0]), Up: way(rates[1]),
	}
}

// scheduleOf puts changes in order. Those of the same moment make one step.
func scheduleOf(now Conditions, changes []change) []Step {
	slices.SortStableFunc(changes, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	var steps []Step
	for _, c := range changes {
		c.apply(&now)
		if n := len(steps); n > 0 && steps[n-1].At == c.at {
			steps[n-1].Conditions = now
			continue
		}
		steps = append(steps, Step{At: c.at, Conditions: now})
	}
	return steps
}

// rates draws the rates of one way.
func (m Movement) rates(random *rand.Rand, length time.Duration) []change {
	var changes []change
	median := math.Log(float64(m.Mean)) - m.Spread*m.Spread/2
	x := random.NormFloat64()
	for at := time.Duration(0); at == 0 || at < length && m.Every > 0; at += m.Every {
		rate := Bitrate(math.Exp(median + m.Spread*x))
		rate = min(max(rate, slowestRate), fastestRate)
		changes = append(changes, change{at, func(c *Conditions) { c.Rate = rate }})
		x = m.Memory*x + math.Sqrt(1-m.Memory*m.Memory)*random.NormFloat64()
	}
	return changes
}

// delays draws when the path changes: every delay is as likely on a logarithmic scale.
func (m Movement) delays(random *rand.Rand, length time.Duration) []change {
	var changes []change
	for at := exponential(random, m.Delays); m.Delays > 0 && at < length; {
		least := float64(max(m.Delay/2, time.Millisecond))
		delay := time.Duration(least * math.Pow(float64(m.LongestDelay)/least, random.Float64()))
		changes = append(changes, change{at, func(c *Conditions) { c.Delay = delay }})
		at += time.Second + exponential(random, m.Delays)
	}
	return changes
}

// spells draws when something begins and ends again.
func (m Movement) spells(random *rand.Rand, length, every time.Duration,
	set func(c *Conditions, bad bool), lasts func() time.Duration) []change {
	var changes []change
	for at := exponential(random, every); every > 0; at += exponential(random, every) {
		end := at + lasts()
		if end > length {
			break
		}
		changes = append(changes, change{at, func(c *Conditions) { set(c, true) }},
			change{end, func(c *Conditions) { set(c, false) }})
		at = end
	}
	return changes
}

// exponential draws a time with that mean, of at least a millisecond.
func exponential(random *rand.Rand, mean time.Duration) time.Duration {
	return max(time.Millisecond, time.Duration(random.ExpFloat64()*float64(mean)))
}

// AnyMovement draws a kind of link that moves around a mean rate.
func AnyMovement(mean Bitrate, random *rand.Rand) Movement {
	within := func(least, most time.Duration) time.Duration {
		return least + time.Duration(random.Float64()*float64(most-least))
	}
	sometimes := func(oneIn int, least, most time.Duration) time.Duration {
		if random.IntN(oneIn) > 0 {
			return 0
		}
		return within(least, most)
	}
	return Movement{
		Mean: mean, Spread: 0.3 + 0.7*random.Float64(), Memory: 0.9 * random.Float64(),
		Every: within(500*time.Millisecond, 5*time.Second), Apart: random.IntN(2) == 0,
		Delay:  within(5*time.Millisecond, 60*time.Millisecond),
		Delays: sometimes(4, 8*time.Second, 20*time.Second), LongestDelay: 300 * time.Millisecond,
		Loss:   0.02 * random.Float64(),
		Bursts: sometimes(4, 5*time.Second, 15*time.Second), BurstLength: 120 * time.Millisecond,
		Dead: sometimes(4, 10*time.Second, 30*time.Second), DeadLength: 1500 * time.Millisecond,
		Queue: within(200*time.Millisecond, 500*time.Millisecond),
	}
}

// Way says which directions of a link something happens to.
type Way int

// Ways of a link.
const (
	Downwards Way = iota
	Upwards
	BothWays
)

// String names the way.
func (w Way) String() string { return [...]string{"down", "up", "both"}[w] }

// Fall is a link that carries less from some time on.
type Fall struct {
	From, To Bitrate
	At       time.Duration
	Way      Way
	Delay    time.Duration // one way
	Queue    time.Duration // drop-tail
}

// Profile is the link that falls.
func (f Fall) Profile() Profile {
	before := simple(f.From, f.Delay, f.Queue)
	after := before
	after.Schedule = []Step{{At: f.At, Conditions: Conditions{Rate: f.To, Delay: f.Delay}}}
	p := Profile{
		Summary: fmt.Sprintf("%v, %v from %v on (%v)", f.From, f.To, f.At, f.Way),
		Down:    before, Up: before,
	}
	if f.Way != Upwards {
		p.Down = after
	}
	if f.Way != Downwards {
		p.Up = after
	}
	return p
}
