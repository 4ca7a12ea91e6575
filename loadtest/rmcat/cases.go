package rmcat

import (
	"time"

	"draille/loadtest/link"
)

// Case is one situation: a bottleneck in each direction, and who shares it.
type Case struct {
	// Name is the section of RFC 8867, with the scale if there is one ("5.1", "5.1 ×0.2").
	Name  string
	Title string
	// Duration of the call.
	Duration time.Duration
	// Forward and Backward are the capacities of both directions over time. None: no limit.
	Forward, Backward []Capacity
	// Media flows. TCP flows, all forward.
	Media []MediaFlow
	TCP   []TCPFlow
	// Scale of all rates and of transfer sizes, 1 for the RFC's own.
	Scale float64
}

// Capacity holds from At on.
type Capacity struct {
	At   time.Duration
	Rate link.Bitrate
}

// MediaFlow is a sender of audio and video.
type MediaFlow struct {
	Start    time.Duration
	Backward bool          // it sends against the others
	Delay    time.Duration // one-way propagation delay, both ways
	// PauseFrom and PauseTo bound a time without any media, if PauseTo is set.
	PauseFrom, PauseTo time.Duration
}

// TCPFlow is a bulk sender: one transfer without end, or transfers with pauses.
type TCPFlow struct {
	Start time.Duration
	Delay time.Duration
	// Transfers, if set, are of a uniformly drawn size in bytes between the two, with
	// exponential pauses of mean Pause.
	MinBytes, MaxBytes int
	Pause              time.Duration
}

// Queue is the drop-tail queue of every bottleneck.
const Queue = 300 * time.Millisecond

const (
	pathDelay = 50 * time.Millisecond
	mbps      = link.Mbps
)

// Cases returns RFC 8867's cases 5.1 to 5.8 with all rates multiplied by scale.
func Cases(scale float64) []Case {
	media := func(starts ...time.Duration) []MediaFlow {
		flows := make([]MediaFlow, len(starts))
		for i, start := range starts {
			flows[i] = MediaFlow{Start: start, Delay: pathDelay}
		}
		return flows
	}
	s := func(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
	bothWays := append(media(0), MediaFlow{Backward: true, Delay: pathDelay})
	fiveDelays := media(0, s(10), s(20), s(30), s(40))
	for i, delay := range []time.Duration{10, 25, 50, 100, 150} {
		fiveDelays[i].Delay = delay * time.Millisecond
	}
	paused := media(0, 0, 0)
	paused[0].PauseFrom, paused[0].PauseTo = s(40), s(60)
	shortTCP := make([]TCPFlow, 10)
	for i := range shortTCP {
		// Web-like transfers; together they would like to have about twice the capacity.
		shortTCP[i] = TCPFlow{Start: s(float64(i)), Delay: pathDelay, MinBytes: 100_000,
			MaxBytes: 1_000_000, Pause: s(10)}
	}

	cases := []Case{
		{Name: "5.1", Title: "capacity varies, one flow", Duration: s(100), Media: media(0),
			Forward: []Capacity{{0, mbps}, {s(40), 5 * mbps / 2}, {s(60), 3 * mbps / 5},
				{s(80), mbps}}},
		{Name: "5.2", Title: "capacity varies, two flows", Duration: s(125), Media: media(0, 0),
			Forward: []Capacity{{0, 4 * mbps}, {s(25), 2 * mbps}, {s(50), 7 * mbps / 2},
				{s(75), mbps}, {s(100), 2 * mbps}}},
		{Name: "5.3", Title: "congested feedback, both ways", Duration: s(100), Media: bothWays,
			Forward: []Capacity{{0, 2 * mbps}, {s(20), mbps}, {s(40), mbps / 2},
				{s(60), 2 * mbps}},
			Backward: []Capacity{{0, 2 * mbps}, {s(35), 4 * mbps / 5}, {s(70), 2 * mbps}}},
		{Name: "5.4", Title: "three flows compete", Duration: s(120), Media: media(0, s(20), s(40)),
			Forward: []Capacity{{0, 7 * mbps / 2}}},
		{Name: "5.5", Title: "five round-trip times", Duration: s(300), Media: fiveDelays,
			Forward: []Capacity{{0, 4 * mbps}}},
		{Name: "5.6", Title: "against one long TCP", Duration: s(120), Media: media(0),
			Forward: []Capacity{{0, 2 * mbps}}, TCP: []TCPFlow{{Delay: pathDelay}}},
		{Name: "5.7", Title: "against ten short TCPs", Duration: s(120), Media: media(0),
			Forward: []Capacity{{0, 2 * mbps}}, TCP: shortTCP},
		{Name: "5.8", Title: "one of three pauses", Duration: s(120), Media: paused,
			Forward: []Capacity{{0, 7 * mbps / 2}}},
	}
	for i := range cases {
		cases[i].scale(scale)
	}
	return cases
}

func (c *Case) scale(by float64) {
	c.Scale = by
	if by == 1 {
		return
	}
	c.Name += " ×" + trimFloat(by)
	for _, way := range [][]Capacity{c.Forward, c.Backward} {
		for i := range way {
			way[i].Rate = link.Bitrate(float64(way[i].Rate) * by)
		}
	}
	for i := range c.TCP {
		c.TCP[i].MinBytes = int(float64(c.TCP[i].MinBytes) * by)
		c.TCP[i].MaxBytes = int(float64(c.TCP[i].MaxBytes) * by)
	}
}

// bottleneck is the link behind a direction's capacities. Propagation is added
// per flow, since flows of different delays share it.
func bottleneck(capacities []Capacity) link.Config {
	if len(capacities) == 0 {
		return link.Config{}
	}
	c := link.Config{Conditions: link.Conditions{Rate: capacities[0].Rate}, Queue: Queue}
	for _, step := range capacities[1:] {
		c.Schedule = append(c.Schedule,
			link.Step{At: step.At, Conditions: link.Conditions{Rate: step.Rate}})
	}
	return c
}

// peak is the highest capacity that media will meet.
func (c *Case) peak() link.Bitrate {
	var most link.Bitrate
	for _, way := range [][]Capacity{c.Forward, c.Backward} {
		for _, step := range way {
			most = max(most, step.Rate)
		}
	}
	return most
}
