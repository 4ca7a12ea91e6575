package link

import (
	"fmt"
	"math"
	"strings"
	"time"
)

func (c Config) over(o Overhead) Config {
	c.Overhead = o
	return c
}

// RateAt is the mean rate that the configuration offers over [from, to), with to
// after from, counted in bytes on the wire. limited is false where nothing limits it.
func (c *Config) RateAt(from, to time.Duration) (rate Bitrate, limited bool) {
	if c.Trace != nil {
		return c.Trace.RateBetween(from, to), true
	}
	s := newSchedule(c)
	var bits float64
	for t := from; t < to; {
		cond, end := s.at(t)
		end = min(end, to)
		if !cond.Stopped {
			if cond.Rate == 0 {
				return 0, false
			}
			bits += float64(cond.Rate) * (end - t).Seconds()
		}
		t = end
	}
	return Bitrate(bits/(to-from).Seconds() + 0.5), true
}

func (c *Config) sparkline(span time.Duration, width int) string {
	rates := make([]Bitrate, width)
	var low, high Bitrate
	for i := range rates {
		from, to := span*time.Duration(i)/time.Duration(width),
			span*time.Duration(i+1)/time.Duration(width)
		rate, limited := c.RateAt(from, to)
		if !limited {
			return strings.Repeat("█", width) + "  no limit"
		}
		rates[i] = rate
		if i == 0 {
			low = rate
		}
		low, high = min(low, rate), max(high, rate)
	}
	const blocks = "▁▂▃▄▅▆▇█"
	levels := []rune(blocks)
	var line strings.Builder
	for _, r := range rates {
		level := 0.0
		if r > 0 {
			level = max(0, float64(len(levels)-1)+math.Round(math.Log2(float64(r)/float64(high))))
		}
		line.WriteRune(levels[int(level)])
	}
	if low == high {
		return fmt.Sprintf("%s  %v", line.String(), high)
	}
	return fmt.Sprintf("%s  %v to %v", line.String(), low, high)
}
