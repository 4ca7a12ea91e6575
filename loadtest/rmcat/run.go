package rmcat

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"draille/loadtest/link"
	"draille/loadtest/link/virtual"
)

// Options of a run.
type Options struct {
	// Seed of the encoder's noise and of TCP transfers.
	Seed uint64
	// Epoch is the wall-clock time that controllers see at the start; the zero value will do.
	Epoch time.Time
	// Advance and Settle, if set, let code that reads a clock of its own follow: Advance
	// before the time moves, Settle after feedback was given.
	Advance func(to time.Duration)
	Settle  func()
}

// simulation is one run of one case.
type simulation struct {
	loop    virtual.Loop
	options Options
}

func (s *simulation) wall() time.Time { return s.options.Epoch.Add(s.loop.Now()) }

func (s *simulation) settle() {
	if s.options.Settle != nil {
		s.options.Settle()
	}
}

// Run plays a case with a controller from the factory on each media flow. A controller that
// is an io.Closer is closed at the end.
func Run(c Case, factory Factory, options Options) (Result, error) {
	sim := &simulation{options: options}
	sim.loop.Advance = options.Advance
	forward, err := link.NewDirection(bottleneck(c.Forward), options.Seed)
	if err != nil {
		return Result{}, fmt.Errorf("case %s, forward: %w", c.Name, err)
	}
	backward, err := link.NewDirection(bottleneck(c.Backward), options.Seed+1)
	if err != nil {
		return Result{}, fmt.Errorf("case %s, backward: %w", c.Name, err)
	}

	flows := make([]*flow, len(c.Media))
	for i, config := range c.Media {
		f := &flow{
			sim: sim, config: config, there: forward, back: backward,
			noise: rand.New(rand.NewPCG(options.Seed, uint64(i))),
			// The encoder could use half more than the link ever has, so that it never is the
			// limit.
			max: int(c.peak()) * 3 / 2,
		}
		if config.Backward {
			f.there, f.back = backward, forward
		}
		f.control, err = factory(Limits{
			Start: int(300_000 * c.Scale), Min: 20_000, Max: 2 * int(c.peak()),
		})
		if err != nil {
			return Result{}, fmt.Errorf("case %s, controller of flow %d: %w", c.Name, i, err)
		}
		if closer, ok := f.control.(io.Closer); ok {
			defer func() { _ = closer.Close() }() // nothing of the result depends on it
		}
		flows[i] = f
		sim.loop.At(config.Start, f.start)
	}
	tcps := make([]*tcp, len(c.TCP))
	for i, config := range c.TCP {
		t := &tcp{
			sim: sim, config: config, there: forward, back: backward,
			draw: rand.New(rand.NewPCG(options.Seed, uint64(1000+i))),
		}
		tcps[i] = t
		sim.loop.At(config.Start, t.start)
	}
	sim.loop.Run(c.Duration)
	return summarise(c, flows, tcps), nil
}

// bin is the resolution at which goodput is kept.
const bin = 100 * time.Millisecond

// count adds bytes to the bin of t.
func count(bins *[]int, t time.Duration, bytes int) {
	i := int(t / bin)
	if missing := i + 1 - len(*bins); missing > 0 {
		*bins = append(*bins, make([]int, missing)...)
	}
	(*bins)[i] += bytes
}

// total of the bins in [from, to).
func total(bins []int, from, to time.Duration) int {
	sum := 0
	for i := int(from / bin); i < int(to/bin) && i < len(bins); i++ {
		sum += bins[i]
	}
	return sum
}

// flowStats is what happened to a flow's media. Padding is not media.
type flowStats struct {
	packets, lost int
	goodput       []int // bytes out of the bottleneck, by bin
	delays        []queueDelay
}

type queueDelay struct {
	at, wait time.Duration
}

func (s *flowStats) sent(now time.Duration, dep link.Departure, size int, media bool) {
	if !media {
		return
	}
	s.packets++
	if dep.Fate != link.Delivered {
		s.lost++
		return
	}
	count(&s.goodput, dep.Left, size)
	s.delays = append(s.delays, queueDelay{now, dep.Left - now})
}

// percentile of sorted values, 0…1.
func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(p*float64(len(sorted))), len(sorted)-1)]
}

// waits returns all queueing delays of the flows, sorted.
func waits(flows []*flow) []time.Duration {
	var all []time.Duration
	for _, f := range flows {
		for _, d := range f.stats.delays {
			all = append(all, d.wait)
		}
	}
	slices.Sort(all)
	return all
}
