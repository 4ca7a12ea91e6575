package allocation

// Range is what one picture can make use of whose encoder can be given any bit rate.
type Range struct {
	Priority    Priority
	Least, Most int // bit/s
}

// Rates shares a budget among pictures by the rule of Distribute, where each can be given any bit
// rate of its range, in bit/s. What the budget does not afford at all gets 0.
func Rates(budget int, audio []int, ranges []Range) []int {
	if rates, ok := most(budget-sum(audio), ranges); ok {
		return rates
	}
	pictures := make([]picture, len(ranges))
	for i, r := range ranges {
		pictures[i] = picture{video: &Video{Priority: r.Priority}, rungs: r.rungs(), at: -1}
	}
	distribute(remaining(budget-sum(audio)), pictures)
	rates := make([]int, len(pictures))
	for i := range pictures {
		rates[i] = pictures[i].bitrate()
	}
	return rates
}

// most gives every picture the most that it can make use of, where the budget affords it: the rule
// would come to the same, with more work.
func most(budget int, ranges []Range) (rates []int, ok bool) {
	rates = make([]int, len(ranges))
	for i, r := range ranges {
		rates[i] = max(r.Most, r.Least)
		budget -= rates[i]
	}
	return rates, budget >= 0
}

// rungs returns the bit rates of a range as layers that differ in nothing else.
func (r Range) rungs() []Layer {
	var rungs []Layer
	for bitrate := float64(r.Least); bitrate < float64(r.Most); bitrate *= rateStep {
		rungs = append(rungs, Layer{Temporal: len(rungs), Bitrate: int(bitrate)})
	}
	return append(rungs, Layer{Temporal: len(rungs), Bitrate: max(r.Most, r.Least)})
}
