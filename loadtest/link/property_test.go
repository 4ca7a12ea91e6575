package link_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"draille/loadtest/link"
	"draille/loadtest/link/virtual"
)

// drawConditions makes any conditions that the model accepts.
func drawConditions(t *rapid.T) link.Conditions {
	c := link.Conditions{
		Rate: link.Bitrate(
			rapid.SampledFrom([]int{0, 20_000, 60_000, 333_333, 2_000_000, 1_000_000_000}).Draw(t,
				"rate")),
		Stopped: rapid.IntRange(0, 9).Draw(t, "stopped") == 0,
		Delay:   time.Duration(rapid.IntRange(0, 300).Draw(t, "delay ms")) * ms,
		Loss:    rapid.SampledFrom([]float64{0, 0, 0.01, 0.5, 1}).Draw(t, "loss"),
		Jitter: link.Jitter{
			Mean: time.Duration(rapid.SampledFrom([]int{0, 1, 40}).Draw(t, "jitter ms")) *
				ms,
			Correlation: rapid.Float64Range(0, 0.99).Draw(t, "correlation"),
		},
	}
	switch rapid.IntRange(0, 3).Draw(t, "bursts") {
	case 0:
		c.Bursts = link.PacketBursts(0.1, 4)
	case 1:
		c.Bursts = link.TimeBursts(0.2, 50*ms)
	}
	return c
}

func drawConfig(t *rapid.T) link.Config {
	c := link.Config{
		Conditions: drawConditions(t),
		Queue:      time.Duration(rapid.SampledFrom([]int{0, 10, 300}).Draw(t, "queue ms")) * ms,
		QueueBytes: rapid.SampledFrom([]int{4000, 60_000}).Draw(t, "queue bytes"),
	}
	if rapid.Bool().Draw(t, "atm") {
		c.Overhead = link.PPPoEoverATM
	}
	at := time.Duration(0)
	for range rapid.IntRange(0, 4).Draw(t, "steps") {
		at += time.Duration(rapid.IntRange(1, 500).Draw(t, "step ms")) * ms
		c.Schedule = append(c.Schedule, link.Step{At: at, Conditions: drawConditions(t)})
	}
	if rapid.Bool().Draw(t, "periodic") {
		c.Period = at + 100*ms
	}
	if rapid.IntRange(0, 3).Draw(t, "trace") == 0 {
		trace, err := link.NewTrace([]time.Duration{3 * ms, 3 * ms, 40 * ms, 90 * ms})
		if err != nil {
			t.Fatal(err)
		}
		c.Trace = trace
	}
	return c
}

// minDelay is the shortest propagation delay of the whole schedule.
func minDelay(c *link.Config) time.Duration {
	least := c.Delay
	for _, s := range c.Schedule {
		least = min(least, s.Delay)
	}
	return least
}

func TestEveryPacketHasOneFateAndTakesItsTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawConfig(t)
		d, err := link.NewDirection(c, rapid.Uint64().Draw(t, "seed"))
		if err != nil {
			t.Skip("a schedule that is stopped for ever is refused")
		}
		type packet struct {
			number int
			sent   time.Duration
		}
		var loop virtual.Loop
		last := -1
		pipe := virtual.NewPipe(&loop, d, func(p packet) {
			if p.number < last {
				t.Fatalf("packet %d arrived after packet %d", p.number, last)
			}
			last = p.number
			if took := loop.Now() - p.sent; took < minDelay(&c) {
				t.Fatalf("packet %d took %v, the delay is at least %v", p.number, took,
					minDelay(&c))
			}
		})
		for i := range rapid.IntRange(1, 80).Draw(t, "packets") {
			loop.Run(loop.Now() + time.Duration(rapid.IntRange(0, 60).Draw(t, "gap ms"))*ms)
			dep := pipe.Send(packet{i, loop.Now()}, rapid.IntRange(1, 1500).Draw(t, "size"))
			if dep.At < loop.Now() || dep.Left < loop.Now() {
				t.Fatalf("packet %d of %v leaves before it came: %+v", i, loop.Now(), dep)
			}
			balance(t, pipe.Counts())
			queued, bytes := d.Queued(loop.Now())
			if n := pipe.Counts(); queued > n.InFlight+n.Lost+n.Stuck ||
				queued == 0 != (bytes == 0) {
				t.Fatalf("%d packets of %d bytes are queued, yet %+v", queued, bytes, n)
			}
		}
		loop.Run(24 * time.Hour)
		n := pipe.Counts()
		balance(t, n)
		if n.InFlight != 0 {
			t.Fatalf("a day later %d packets are still on the way", n.InFlight)
		}
	})
}

func balance(t *rapid.T, n virtual.Counts) {
	if n.Sent != n.Delivered+n.Queue+n.Lost+n.Stuck+n.InFlight {
		t.Fatalf("packets appeared or vanished: %+v", n)
	}
}

func TestEqualSeedsGiveEqualFates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawConfig(t)
		seed := rapid.Uint64().Draw(t, "seed")
		a, err := link.NewDirection(c, seed)
		if err != nil {
			t.Skip("a schedule that is stopped for ever is refused")
		}
		b, _ := link.NewDirection(c, seed)
		now := time.Duration(0)
		for range 50 {
			now += time.Duration(rapid.IntRange(0, 30).Draw(t, "gap ms")) * ms
			size := rapid.IntRange(1, 1500).Draw(t, "size")
			if x, y := a.Send(now, size), b.Send(now, size); x != y {
				t.Fatalf("%+v and %+v", x, y)
			}
		}
	})
}

func TestTimeThatGoesBackCountsAsNow(t *testing.T) {
	d, err := link.NewDirection(link.Config{Conditions: link.Conditions{Rate: 80 * link.Kbps},
		Queue: time.Second}, 1)
	if err != nil {
		t.Fatal(err)
	}
	first := d.Send(100*ms, 100).At
	if second := d.Send(50*ms, 100).At; second != first+10*ms {
		t.Fatalf("the second packet arrives at %v, expected %v", second, first+10*ms)
	}
}

func FuzzParseTrace(f *testing.F) {
	f.Add("1\n2\n3\n")
	f.Add("0\n0\n1")
	f.Add(" 7 \n\n7\n")
	f.Add("-1")
	f.Add("5\n4\n")
	f.Add("99999999999999999999")
	f.Fuzz(func(t *testing.T, text string) {
		trace, err := link.ParseTrace(stringReader(text))
		if err != nil {
			return
		}
		d, err := link.NewDirection(link.Config{Trace: trace, QueueBytes: 50_000}, 1)
		if err != nil {
			t.Fatalf("a trace that was read is refused: %v", err)
		}
		var last time.Duration
		for i := range 20 {
			dep := d.Send(time.Duration(i)*ms, 1200)
			if dep.Fate == link.Delivered && (dep.At < last || dep.At < time.Duration(i)*ms) {
				t.Fatalf("packet %d at %v, the one before at %v", i, dep.At, last)
			}
			last = max(last, dep.At)
		}
	})
}
