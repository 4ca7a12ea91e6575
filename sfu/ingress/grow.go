package ingress

import (
	"math"
	"time"
)

// grow raises the limit.
func (c *Controller) grow(now time.Time, elapsed time.Duration) {
	rate := c.meter.rate(now, provenWindow)
	c.proven.add(now, rate)
	if now.Before(c.growAt) || c.trial.running {
		return
	}
	if min(rate, c.meter.rate(now, time.Second)) > refuted*c.capacity {
		c.capacity = 0
	}
	most := provenFactor * max(c.proven.value(), provenFloor)
	if c.capacity > 0 {
		most = min(most, max(unproven*c.capacity, tryable))
		// what was found may have been too little, and nobody who sends less than that finds out
		if now.Sub(c.cutAt) > tryAfter {
			most = max(most, min(unproven*c.capacity, tryableLater))
		}
	}
	most = max(most, c.limit)
	factor := math.Pow(c.growth(now), elapsed.Seconds())
	c.limit = min(c.limit*factor, most, float64(c.config.Ceiling))
}

// growth returns the factor by which the limit grows in a second.
func (c *Controller) growth(now time.Time) float64 {
	switch {
	case c.capacity > 0 && c.limit < returnBelow*c.capacity:
		return returnGrowth
	case c.capacity > 0 && c.limit < c.capacity:
		return gentleGrowth
	case c.capacity > 0:
		return doubtGrowth
	case c.limit < carefulBelow && now.Sub(c.recall.at) >= recallFor:
		return carefulGrowth
	case c.cutAt.IsZero():
		return startGrowth
	case now.Sub(c.recall.at) < recallFor && c.limit < recallShare*c.recall.rate:
		return recallGrowth
	default:
		return climbGrowth
	}
}

// peak is the highest value of the last provenHold at least, twice that at most.
type peak struct {
	now, before float64
	since       time.Time
}

func (p *peak) add(now time.Time, value float64) {
	if now.Sub(p.since) >= provenHold {
		p.before, p.now, p.since = p.now, 0, now
	}
	p.now = max(p.now, value)
}

func (p *peak) value() float64 { return max(p.now, p.before) }
