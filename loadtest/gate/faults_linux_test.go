package gate

import (
	"context"
	"math/rand/v2"
	"os"
	"time"
)

// fault is one thing that goes wrong for a while.
type fault struct {
	name string
	// begin does it; what it returns makes it good again, if it is not nil.
	begin func(c *cluster, one int, random *rand.Rand) (end func())
	again time.Duration // how often it begins and ends while it lasts, 0: once
}

// others are the nodes beside one.
func others(one int) []int { return []int{(one + 1) % nodes, (one + 2) % nodes} }

func restart(c *cluster, which ...int) func() {
	return func() {
		for _, i := range which {
			c.nodes[i].start()
		}
	}
}

func hearAgain(c *cluster) func() {
	return func() {
		for _, n := range c.nodes {
			n.deafTo()
		}
	}
}

// faults are all that the gate does.
func faults() []fault {
	all := append(processFaults(), networkFaults()...)
	all = append(all, diskFaults()...)
	if _, err := os.Stat(throttles + "/blkio.throttle.write_iops_device"); err == nil {
		all = append(all, slowDisks()...)
	}
	return all
}

func processFaults() []fault {
	kill := func(c *cluster, which ...int) func() {
		for _, i := range which {
			c.nodes[i].kill()
		}
		return restart(c, which...)
	}
	pause := func(c *cluster, which ...int) func() {
		for _, i := range which {
			c.nodes[i].pause()
		}
		return func() {
			for _, i := range which {
				c.nodes[i].resume()
			}
		}
	}
	return []fault{
		{name: "kill -9 of one", begin: func(c *cluster, one int, _ *rand.Rand) func() {
			return kill(c, one)
		}},
		{name: "kill -9 of two", begin: func(c *cluster, one int, _ *rand.Rand) func() {
			return kill(c, one, others(one)[0])
		}},
		{name: "kill -9 of all", begin: func(c *cluster, _ int, _ *rand.Rand) func() {
			return kill(c, 0, 1, 2)
		}},
		{name: "kill -9 again and again", again: 1500 * time.Millisecond,
			begin: func(c *cluster, one int, _ *rand.Rand) func() { return kill(c, one) }},
		{name: "SIGSTOP of one", begin: func(c *cluster, one int, _ *rand.Rand) func() {
			return pause(c, one)
		}},
		{name: "SIGSTOP of two", begin: func(c *cluster, one int, _ *rand.Rand) func() {
			return pause(c, one, others(one)[0])
		}},
		{name: "SIGSTOP again and again", again: 800 * time.Millisecond,
			begin: func(c *cluster, one int, _ *rand.Rand) func() { return pause(c, one) }},
	}
}

// isolate cuts one node off from the two others, both ways.
func isolate(c *cluster, one int) func() {
	c.nodes[one].deafTo(others(one)...)
	for _, other := range others(one) {
		c.nodes[other].deafTo(one)
	}
	return hearAgain(c)
}

func networkFaults() []fault {
	return []fault{
		{name: "one cut off", begin: func(c *cluster, one int, _ *rand.Rand) func() {
			return isolate(c, one)
		}},
		{name: "all cut off", begin: func(c *cluster, _ int, _ *rand.Rand) func() {
			for i, n := range c.nodes {
				n.deafTo(others(i)...)
			}
			return hearAgain(c)
		}},
		{name: "one hears nobody", begin: func(c *cluster, one int, _ *rand.Rand) func() {
			c.nodes[one].deafTo(others(one)...)
			return hearAgain(c)
		}},
		{name: "nobody hears one", begin: func(c *cluster, one int, _ *rand.Rand) func() {
			for _, other := range others(one) {
				c.nodes[other].deafTo(one)
			}
			return hearAgain(c)
		}},
		{name: "one does not hear another", begin: func(c *cluster, one int, _ *rand.Rand) func() {
			c.nodes[one].deafTo(others(one)[0])
			return hearAgain(c)
		}},
		{name: "two apart, the third between them", begin: func(c *cluster, one int,
			_ *rand.Rand) func() {
			second := others(one)[0]
			c.nodes[one].deafTo(second)
			c.nodes[second].deafTo(one)
			return hearAgain(c)
		}},
		{name: "one cut off again and again", again: 700 * time.Millisecond,
			begin: func(c *cluster, one int, _ *rand.Rand) func() { return isolate(c, one) }},
	}
}

func diskFaults() []fault {
	power := func(c *cluster, which ...int) func() {
		for _, i := range which {
			c.nodes[i].losePower()
		}
		return restart(c, which...)
	}
	return []fault{
		{name: "power lost by one", begin: func(c *cluster, one int, _ *rand.Rand) func() {
			return power(c, one)
		}},
		{name: "power lost by all", begin: func(c *cluster, _ int, _ *rand.Rand) func() {
			return power(c, 0, 1, 2)
		}},
		// Whoever finds its disk full stays out until it is started again.
		{name: "disk of one full", begin: func(c *cluster, one int, _ *rand.Rand) func() {
			free := c.nodes[one].fill()
			return func() {
				free()
				c.nodes[one].kill()
				c.nodes[one].start()
			}
		}},
	}
}

func slowDisks() []fault {
	slow := func(c *cluster, random *rand.Rand, which ...int) func() {
		for _, i := range which {
			c.nodes[i].throttle(4 + random.IntN(17))
		}
		return func() {
			for _, i := range which {
				c.nodes[i].throttle(0)
			}
		}
	}
	return []fault{
		{name: "disk of one slow", begin: func(c *cluster, one int, random *rand.Rand) func() {
			return slow(c, random, one)
		}},
		{name: "disk of all slow", begin: func(c *cluster, _ int, random *rand.Rand) func() {
			return slow(c, random, 0, 1, 2)
		}},
	}
}

// victim is the leader more often than not: it matters most.
func victim(c *cluster, random *rand.Rand) int {
	if random.IntN(5) < 3 {
		if leader := c.leader(); leader >= 0 {
			return leader
		}
	}
	return random.IntN(nodes)
}

// happen lets a fault last a while, and heals it.
func (f fault) happen(ctx context.Context, c *cluster, random *rand.Rand) {
	one := victim(c, random)
	// An election takes four to nine seconds: some faults are over before it, some outlast two.
	lasts := 500*time.Millisecond + time.Duration(random.Int64N(int64(14*time.Second)))
	if f.again == 0 {
		end := f.begin(c, one, random)
		pause(ctx, lasts)
		end()
		return
	}
	for until := time.Now().Add(lasts); time.Now().Before(until) && ctx.Err() == nil; {
		end := f.begin(c, one, random)
		pause(ctx, time.Duration(random.Int64N(int64(2*f.again))))
		end()
		pause(ctx, time.Duration(random.Int64N(int64(2*f.again))))
	}
}
