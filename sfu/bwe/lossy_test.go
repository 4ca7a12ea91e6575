package bwe

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Where a fifth is lost, handshakes are too, and the receiver cannot read the first packets: then the rate must not begin at the
// floor, nor stay there for want of packets to judge by.
func TestALossyBeginning(t *testing.T) {
	for _, reads := range []time.Duration{0, 1500 * ms, 3500 * ms} {
		for _, media := range []float64{0, 300 * kbps} {
			least := math.Inf(1)
			for seed := range uint64(20) {
				f := newFlow(Config{})
				f.reads, f.random = reads, rand.New(rand.NewPCG(seed, 3))
				f.media, f.wanted = constant(media), constant(600*kbps)
				l := newLink(constant(300*kbps), 25*ms, 300*ms)
				l.loss, l.random = constant(0.2), rand.New(rand.NewPCG(seed, 4))
				simulate(l, reads+20*second, f)
				for _, s := range f.history {
					if s.at > reads+time.Second {
						least = min(least, float64(s.estimate.Bitrate))
					}
				}
			}
			t.Logf("read from %v on, %.0f kbit/s of pictures: never below %.0f kbit/s", reads, media/kbps, least/kbps)
			assert.Greater(t, least, 70*kbps, "a voice of 24 kbit/s that is repeated twice")
		}
	}
}
