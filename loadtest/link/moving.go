package link

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

const (
	movingPrefix, fallPrefix = "moving:", "fall:"
	// movesFor is how long a link moves that is found by its name.
	movesFor = 3 * time.Minute
	// fallDelay and fallQueue are those of the links of thin-60 and others.
	fallDelay, fallQueue = 25 * time.Millisecond, 300 * time.Millisecond
)

// Moving is the link that moves around a mean rate, as a seed has it. Its name finds it again.
func Moving(mean Bitrate, seed uint64) Profile {
	p := AnyMovement(mean, rand.New(rand.NewPCG(seed, uint64(mean)))).Draw(seed, movesFor)
	p.Name = fmt.Sprintf("%s%d,%d", movingPrefix, mean/Kbps, seed)
	return p
}

// moving finds moving:KBITS,SEED.
func moving(name string) (Profile, error) {
	mean, seed, ok := strings.Cut(strings.TrimPrefix(name, movingPrefix), ",")
	rate, err := strconv.ParseUint(mean, 10, 20)
	number, err2 := strconv.ParseUint(seed, 10, 64)
	if !ok || err != nil || err2 != nil || rate == 0 {
		return Profile{}, fmt.Errorf("link: %q: expected %sKBITS,SEED, as in %s350,7: a link that "+
			"moves around 350 kbit/s", name, movingPrefix, movingPrefix)
	}
	return Moving(Bitrate(rate)*Kbps, number), nil
}

// FallOf is the link that falls from one rate to another. Its name finds it again.
func FallOf(from, to Bitrate, way Way, at time.Duration) Profile {
	p := Fall{From: from, To: to, At: at, Way: way, Delay: fallDelay, Queue: fallQueue}.Profile()
	p.Name = fmt.Sprintf("%s%d,%d,%v,%v", fallPrefix, from/Kbps, to/Kbps, way, at)
	return p
}

// falling finds fall:KBITS,KBITS,WAY,AT.
func falling(name string) (Profile, error) {
	parts := strings.Split(strings.TrimPrefix(name, fallPrefix), ",")
	if len(parts) == 4 {
		from, err := strconv.ParseUint(parts[0], 10, 20)
		to, err2 := strconv.ParseUint(parts[1], 10, 20)
		at, err3 := time.ParseDuration(parts[3])
		for _, way := range []Way{Downwards, Upwards, BothWays} {
			if err == nil && err2 == nil && err3 == nil && from > 0 && to > 0 && at > 0 &&
				way.String() == parts[2] {
				return FallOf(Bitrate(from)*Kbps, Bitrate(to)*Kbps, way, at), nil
			}
		}
	}
	return Profile{}, fmt.Errorf("link: %q: expected %sKBITS,KBITS,WAY,AT, as in "+
		"%s2000,100,both,25s: a link of 2 Mbit/s that carries 100 kbit/s both ways after 25 s; "+
		"WAY is down, up or both", name, fallPrefix, fallPrefix)
}
