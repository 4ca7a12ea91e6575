package receive

import (
	"math"
	"time"
)

// grow raises the limit.
func (c *Controller) grow(now, elapsed time.Duration) {
	rate := c.meter.Throughput(now, provenWindow)
	proven := c.proven.At(now, 0)
	*proven = max(*proven, rate)
	if now < c.growAt || c.experiment.Running {
		return
	}
	if min(rate, c.meter.Throughput(now, time.Second)) > refuted*c.capacity {
		c.capacity = 0
	}
	most := provenFactor * max(c.provenRate(), provenFloor)
	if c.capacity > 0 {
		most = min(most, max(unproven*c.capacity, tryable))
	}
	if most = max(most, c.limit); !c.isOn(provenRule) {
		most = math.Inf(1)
	}
	factor := math.Pow(c.growth(now), elapsed.Seconds())
	c.limit = min(c.limit*factor, most, float64(c.config.Ceiling))
}

// growth returns the factor by which the limit grows in a second.
func (c *Controller) growth(now time.Duration) float64 {
	known := c.capacity > 0 && c.isOn(capacityRule)
	recalled := now-c.recall.at < recallFor && c.isOn(recallRule)
	switch {
	case known && c.limit < returnBelow*c.capacity:
		return returnGrowth
	case known && c.limit < c.capacity:
		return gentleGrowth
	case known:
		return aboveGrowth
	case c.limit < carefulBelow && !recalled && c.isOn(carefulRule):
		return carefulGrowth
	case c.cutAt == 0:
		return startGrowth
	case recalled && c.limit < recallShare*c.recall.rate:
		return recallGrowth
	default:
		return climbGrowth
	}
}

// provenRate returns the most that got through lately without a queue, in bit/s: of the latest
// provenHold at least, twice that at most.
func (c *Controller) provenRate() float64 {
	most := 0.0
	for rate := range c.proven.All() {
		most = max(most, rate)
	}
	return most
}
