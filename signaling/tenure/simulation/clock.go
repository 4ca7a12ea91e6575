package simulation

import "time"

// clock is a machine's. The zero of true time is that of the world.
type clock struct {
	offset time.Duration
	rate   float64       // 1 runs true
	slept  time.Duration // while the machine was suspended, in all
	jumped time.Duration // of the wall clock, in all
}

// boottime reads CLOCK_BOOTTIME: it goes on while the machine is suspended, and does not jump.
func (c *clock) boottime(now time.Duration) time.Duration {
	return c.offset + time.Duration(float64(now)*c.rate)
}

// monotonic reads CLOCK_MONOTONIC, which stops while the machine is suspended.
func (c *clock) monotonic(now time.Duration) time.Duration { return c.boottime(now) - c.slept }

// wall reads the wall clock, which jumps.
func (c *clock) wall(now time.Duration) time.Duration { return c.boottime(now) + c.jumped }

// read is the clock that the nodes are given.
func (c *clock) read(now time.Duration) time.Duration { return c.boottime(now) }

// until converts an instant of this clock to true time.
func (c *clock) until(now, instant time.Duration) time.Duration {
	return now + time.Duration(float64(instant-c.read(now))/c.rate)
}
