package link

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"
	"time"
)

// OpportunityBytes is what one line of a Mahimahi trace can carry.
const OpportunityBytes = 1504

// maxTraceLines bounds what a trace may make us hold: an hour at 100 Mbit/s.
const maxTraceLines = 32 << 20

// Trace is a recorded link: the moments at which it could have carried
// OpportunityBytes. It repeats after its last moment, like Mahimahi's mm-link
// (Netravali et al., "Mahimahi: accurate record-and-replay for HTTP", USENIX ATC
// 2015). An opportunity that finds the queue empty is lost; one that is larger
// than a packet carries the next one too; a packet larger than what is left
// continues in the next opportunity.
type Trace struct {
	at     []time.Duration
	period time.Duration
}

// ParseTrace reads a trace in Mahimahi's format: on each line, in increasing
// order, the millisecond of one delivery opportunity.
func ParseTrace(r io.Reader) (*Trace, error) {
	var at []time.Duration
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" {
			continue
		}
		ms, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return nil, fmt.Errorf(
				"link: trace line %d: expected a whole number of milliseconds, got %.20q", n, text)
		}
		if len(at) == maxTraceLines {
			return nil, fmt.Errorf(
				"link: trace line %d: expected at most %d delivery opportunities", n, maxTraceLines)
		}
		at = append(at, time.Duration(ms)*time.Millisecond)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("link: reading the trace: %w", err)
	}
	return NewTrace(at)
}

// NewTrace makes a trace of delivery opportunities, in increasing order. It keeps at.
func NewTrace(at []time.Duration) (*Trace, error) {
	if len(at) == 0 {
		return nil, errors.New("link: the trace is empty: expected one delivery opportunity a line")
	}
	if at[0] < 0 {
		return nil, fmt.Errorf("link: opportunity 0 at %v: expected no negative time", at[0])
	}
	for i := 1; i < len(at); i++ {
		if at[i] < at[i-1] {
			return nil, fmt.Errorf(
				"link: opportunity %d at %v comes before the one at %v: expected increasing times",
				i, at[i], at[i-1])
		}
	}
	period := at[len(at)-1]
	if period <= 0 {
		return nil, errors.New(
			"link: the trace lasts no time: expected its last opportunity after 0")
	}
	return &Trace{at: at, period: period}, nil
}

// Duration of the trace, after which it repeats.
func (t *Trace) Duration() time.Duration { return t.period }

// Rate is the mean rate of the trace.
func (t *Trace) Rate() Bitrate {
	return Bitrate(float64(len(t.at)) * OpportunityBytes * 8 / t.period.Seconds())
}

// RateBetween is the mean rate offered in [from, to), with to after from.
func (t *Trace) RateBetween(from, to time.Duration) Bitrate {
	n := t.first(to) - t.first(from)
	return Bitrate(float64(n) * OpportunityBytes * 8 / (to - from).Seconds())
}

// time of opportunity i, counted through all repetitions.
func (t *Trace) time(i int64) time.Duration {
	n := int64(len(t.at))
	return time.Duration(i/n)*t.period + t.at[i%n]
}

// first is the number of the first opportunity at d or later.
func (t *Trace) first(d time.Duration) int64 {
	d = max(d, 0)
	round := int64(d / t.period)
	rel := d % t.period
	if rel == 0 && round > 0 {
		// The last opportunities of one round fall together with the beginning of the next.
		round, rel = round-1, t.period
	}
	i := sort.Search(len(t.at), func(i int) bool { return t.at[i] >= rel })
	return round*int64(len(t.at)) + int64(i)
}

// playback is a position in a trace.
type playback struct {
	trace  *Trace
	origin time.Duration
	next   int64 // opportunity in use
	left   int   // bytes left in it
}

func newPlayback(t *Trace, origin time.Duration) *playback {
	return &playback{trace: t, origin: origin, left: OpportunityBytes}
}

// serve returns when a packet of size bytes has left, if it is at the head of the queue at start.
func (p *playback) serve(start time.Duration, size int) time.Duration {
	if rel := start - p.origin; p.trace.time(p.next) < rel {
		p.next, p.left = p.trace.first(rel), OpportunityBytes
	}
	for size > p.left {
		size -= p.left
		p.next++
		p.left = OpportunityBytes
	}
	p.left -= size
	return p.origin + p.trace.time(p.next)
}
