package simulation

import "time"

// clock is a machine's. The zero of true time is that of the world.
type clock struct {
	offset time.Duration
	rate   float64 // 1 runs true
	// What other clocks would differ by: the nodes are not given those, but mutations give them.
	slept  time.Duration // CLOCK_MONOTONIC stops while the machine is suspended
	jumped time.Duration // the wall clock jumps
}

// read reads CLOCK_BOOTTIME: it goes on while the machine is suspended, and does not jump.
func (c *clock) read(now time.Duration) time.Duration {
	return c.offset + time.Duration(float64(now)*c.rate)
}

// until converts an instant of this clock to true time.
func (c *clock) until(now, instant time.Duration) time.Duration {
	return now + time.Duration(float64(instant-c.read(now))/c.rate)
}
