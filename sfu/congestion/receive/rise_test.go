package receive

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// A publisher's machine that is busy lets a packet in five go late, and its encoder makes less of
// an easy scene than it may: what a link carries again is found all the same.
func TestARiseIsFoundThoughPacketsAreLate(t *testing.T) {
	const thinFrom, thinUntil = 5 * time.Second, 35 * time.Second
	var found []time.Duration
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 3))
		thin, late := 100_000+200_000*r.Float64(), map[time.Duration]time.Duration{}
		s := simulation{random: r, length: time.Minute, sender: talker(), path: path{
			rate: func(at time.Duration) float64 {
				if at >= thinFrom && at < thinUntil {
					return thin
				}
				return 2e6
			},
			queue: 300 * ms,
			delay: func(at time.Duration) time.Duration {
				turn := at / (40 * ms)
				if _, drawn := late[turn]; !drawn {
					late[turn] = 25 * ms
					if r.Float64() < 0.3 {
						late[turn] += 15*ms + time.Duration(25*r.Float64()*float64(ms))
					}
				}
				return late[turn]
			},
		}}
		s.sender.stamped, s.sender.modest = true, 0.6
		moments := s.run()[int(thinUntil/(100*ms)):]
		at := slices.IndexFunc(moments, func(m moment) bool {
			return m.state.Limit == 0 || m.state.Limit > 450_000
		})
		if at < 0 {
			at = len(moments)
		}
		found = append(found, time.Duration(at)*100*ms)
	}
	slices.Sort(found)
	t.Logf("found after %v, 90th percentile %v", found[len(found)/2], found[len(found)*9/10])
	assert.Less(t, found[len(found)/2], 3500*ms)
	assert.Less(t, found[len(found)*9/10], 8*time.Second)
}
