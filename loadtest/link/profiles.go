package link

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"time"
)

// Find returns the profile of that name, or an error that lists the known ones. trace:FILE, or
// trace:DOWN,UP, plays recorded links in Mahimahi's format, moving:KBITS,SEED is one that moves,
// and fall:KBITS,KBITS,WAY,AT one that falls.
func Find(name string) (Profile, error) {
	switch {
	case strings.HasPrefix(name, recordedPrefix):
		return recorded(name)
	case strings.HasPrefix(name, movingPrefix):
		return moving(name)
	case strings.HasPrefix(name, fallPrefix):
		return falling(name)
	}
	all := Profiles()
	i := slices.IndexFunc(all, func(p Profile) bool { return p.Name == name })
	if i < 0 {
		names := make([]string, len(all))
		for i := range all {
			names[i] = all[i].Name
		}
		return Profile{},
			fmt.Errorf("link: unknown profile %q: expected one of %s, a recorded one, "+
				"trace:FILE, or one that moves, moving:KBITS,SEED", name, strings.Join(names, ", "))
	}
	return all[i], nil
}

// Profiles lists the named links, from the best to the worst of each kind.
func Profiles() []Profile {
	return []Profile{
		fibre(), adsl(), adslLong(), adslEnd(), thirdGeneration(), fourthGeneration(),
		geoSatellite(), leoSatellite(), ehpadWiFi(), drop30s(), fibreDrop30s(),
		thin("thin-60", 60*Kbps, 0), thin("thin-100", 100*Kbps, 0), thin("thin-150", 150*Kbps, 0),
		thin("thin-300-lossy", 300*Kbps, 0.05), thin("thin-300-noisy", 300*Kbps, 0.2),
		thin300Bursty(), thin200Down(),
	}
}

// simple is a direction whose conditions never change.
func simple(rate Bitrate, delay, queue time.Duration) Config {
	return Config{Conditions: Conditions{Rate: rate, Delay: delay}, Queue: queue}
}

// fibre: a home FTTH offer is 1 Gbit/s or near it. 100/50 Mbit/s is as unlimited to
// a call, and what a hospital's or home's Wi-Fi lets through; 10 ms of round trip
// are those of a national server.
func fibre() Profile {
	return Profile{
		Name: "fibre", Summary: "100/50 Mbit/s, round trip 10 ms",
		Down: simple(100*Mbps, 5*time.Millisecond, 50*time.Millisecond).over(Ethernet),
		Up:   simple(50*Mbps, 5*time.Millisecond, 50*time.Millisecond).over(Ethernet),
	}
}

// adsl: a line of about 3 km: 8 Mbit/s down is the ceiling of G.992.1 (ADSL), of which uplinks get
// a tenth. Interleaving makes a round trip of 30 ms. Uplink buffers of half a second and more are
// usual: Kreibich et al., "Netalyzr: illuminating the edge network", IMC 2010, §5.2. The rates are
// those of the ATM layer.
func adsl() Profile {
	return Profile{
		Name: "adsl", Summary: "8 Mbit/s / 800 kbit/s over ATM, round trip 30 ms",
		Down: simple(8*Mbps, 15*time.Millisecond, 200*time.Millisecond).over(PPPoEoverATM),
		Up:   simple(800*Kbps, 15*time.Millisecond, 500*time.Millisecond).over(PPPoEoverATM),
	}
}

// adsl-long: between 5.75 km (2.0 Mbit/s down) and ReADSL's reach (0.5): attenuation
// tables of ADSL lines; long lines run with deep interleaving. Buffers as for adsl.
func adslLong() Profile {
	return Profile{
		Name: "adsl-long", Summary: "1.5 Mbit/s / 256 kbit/s over ATM, round trip 50 ms",
		Down: simple(1500*Kbps, 25*time.Millisecond, 300*time.Millisecond).over(PPPoEoverATM),
		Up:   simple(256*Kbps, 25*time.Millisecond, 600*time.Millisecond).over(PPPoEoverATM),
	}
}

// adsl-end: the end of the line: ReADSL (G.992.3 Annex L) still gives 512/128 kbit/s
// beyond 6 km. PPPoE in ATM cells costs Opus at 24 kbit/s, 20 ms, 84.8 kbit/s.
func adslEnd() Profile {
	return Profile{
		Name: "adsl-end", Summary: "512/128 kbit/s over ATM, round trip 60 ms",
		Down: simple(512*Kbps, 30*time.Millisecond, 300*time.Millisecond).over(PPPoEoverATM),
		Up:   simple(128*Kbps, 30*time.Millisecond, 600*time.Millisecond).over(PPPoEoverATM),
	}
}

// 3g-edge: mean and share of bad seconds of the EVDO downlink among Mahimahi's
// recorded traces: 522 kbit/s, 37 % of seconds below 300 kbit/s. The uplink of the same
// terminal is taken as half of it. Buffers of more than a second: Jiang et al., "Tackling
// bufferbloat in 3G/4G networks", IMC 2012. Round trip and jitter of HSPA: 120 ms, 10 ms.
func thirdGeneration() Profile {
	base := Conditions{Delay: 60 * time.Millisecond,
		Jitter: Jitter{Mean: 10 * time.Millisecond, Correlation: 0.9}}
	return Profile{
		Name:    "3g-edge",
		Summary: "cell edge: around 520/260 kbit/s, moving each second, round trip 120 ms",
		Down: fading(base, fade{mean: 522 * Kbps, below: 300 * Kbps, share: 0.37, seed: 3},
			time.Second),
		Up: fading(base, fade{mean: 261 * Kbps, below: 150 * Kbps, share: 0.37, seed: 4},
			time.Second),
	}
}

// 4g-edge: mean and share of bad seconds of the UMTS downlink (2,025 kbit/s, 14 % of seconds
// below 300 kbit/s: the nearest in the set to LTE at its edge) and the ATT LTE uplink
// (836 kbit/s, 17 %) among Mahimahi's recorded traces. Round trip 70 ms, 5 ms of jitter.
func fourthGeneration() Profile {
	base := Conditions{Delay: 35 * time.Millisecond,
		Jitter: Jitter{Mean: 5 * time.Millisecond, Correlation: 0.9}}
	return Profile{
		Name:    "4g-edge",
		Summary: "cell edge: around 2 Mbit/s / 840 kbit/s, moving each second, round trip 70 ms",
		Down: fading(base, fade{mean: 2025 * Kbps, below: 300 * Kbps, share: 0.14, seed: 5},
			600*time.Millisecond),
		Up: fading(base, fade{mean: 836 * Kbps, below: 300 * Kbps, share: 0.17, seed: 6},
			600*time.Millisecond),
	}
}

// geo-satellite: 35,786 km up and down twice make 480 ms at least, with framing and
// access a round trip of 550 ms or more is seen; 600 here. 512 kbit/s is the entry
// class of such offers. Modems hold about a second. DVB-S2 is quasi error free.
func geoSatellite() Profile {
	return Profile{
		Name: "geo-satellite", Summary: "512 kbit/s both ways, round trip 600 ms",
		Down: simple(512*Kbps, 300*time.Millisecond, time.Second),
		Up:   simple(512*Kbps, 300*time.Millisecond, time.Second),
	}
}

// leo-satellite: Starlink assigns satellites anew every 15 s: rate and delay jump, with losses
// around the moment. Mohan et al., "A multifaceted look at Starlink performance", WWW 2024;
// Kassem et al., "A browser-side view of Starlink connectivity", IMC 2022.
func leoSatellite() Profile {
	return Profile{
		Name:    "leo-satellite",
		Summary: "around 80/10 Mbit/s, round trip 50 ms, everything jumps each 15 s",
		Down:    reconfiguring(80 * Mbps), Up: reconfiguring(10 * Mbps),
	}
}

// reconfiguring is one direction of four satellites in turn, 15 s each: 60 ms without
// any service, then 150 ms at half of the packets lost, then steady with rare losses.
func reconfiguring(mean Bitrate) Config {
	c := Config{Period: time.Minute, Queue: 150 * time.Millisecond}
	for i, satellite := range []struct {
		rate  float64
		delay time.Duration
	}{{1.2, 22 * time.Millisecond}, {0.7, 31 * time.Millisecond}, {1.3, 18 * time.Millisecond},
		{0.8, 27 * time.Millisecond}} {
		at := time.Duration(i) * 15 * time.Second
		steady := Conditions{
			Rate: Bitrate(satellite.rate * float64(mean)), Delay: satellite.delay,
			Jitter: Jitter{Mean: 2 * time.Millisecond, Correlation: 0.7}, Loss: 0.001,
		}
		off, lossy := steady, steady
		off.Stopped = true
		lossy.Loss = 0.5
		c.Schedule = append(c.Schedule,
			Step{at, off}, Step{at + 60*time.Millisecond, lossy},
			Step{at + 210*time.Millisecond, steady})
	}
	return c
}

// ehpad-wifi: a tablet far from the access point of a nursing home, behind a fair ADSL line.
// Interference loses everything for a tenth of a second at a time (time-based Gilbert process:
// Hasslinger and Hohlfeld, "The Gilbert-Elliott model for packet loss in real time services on the
// Internet", MMB 2008). The figures, 3 % in spells of 100 ms and 4 ms of jitter, are this project's
// assumption.
func ehpadWiFi() Profile {
	way := func(rate Bitrate, queue time.Duration) Config {
		c := simple(rate, 20*time.Millisecond, queue)
		c.Jitter = Jitter{Mean: 4 * time.Millisecond, Correlation: 0.8}
		c.Bursts = TimeBursts(0.03, 100*time.Millisecond)
		return c
	}
	return Profile{
		Name:    "ehpad-wifi",
		Summary: "2 Mbit/s / 512 kbit/s, round trip 40 ms, 3 % lost in spells of 100 ms",
		Down:    way(2*Mbps, 300*time.Millisecond), Up: way(512*Kbps, 500*time.Millisecond),
	}
}

// drop-30s: the disturbance with which call programs are compared: MacMillan et al., "Measuring the
// performance and network utilization of popular video conferencing applications", IMC 2021, §4 (30
// s at 250 kbit/s).
func drop30s() Profile {
	c := simple(2*Mbps, 25*time.Millisecond, 300*time.Millisecond)
	low := c.Conditions
	low.Rate = 250 * Kbps
	c.Schedule = []Step{{30 * time.Second, low}, {60 * time.Second, c.Conditions}}
	return Profile{
		Name: "drop-30s", Summary: "2 Mbit/s, 250 kbit/s from 30 s to 60 s, round trip 50 ms",
		Up: c, Down: c,
	}
}

// fibreDrop30s: the same on fibre, whose queue is that of the fall: a router that shapes late.
func fibreDrop30s() Profile {
	c := simple(50*Mbps, 5*time.Millisecond, 300*time.Millisecond)
	low := c.Conditions
	low.Rate = 250 * Kbps
	c.Schedule = []Step{{30 * time.Second, low}, {60 * time.Second, c.Conditions}}
	return Profile{
		Name:    "fibre-drop-30s",
		Summary: "50 Mbit/s, 250 kbit/s from 30 s to 60 s, round trip 10 ms",
		Up:      c, Down: c,
	}
}

// thin: the bench of this project: thin both ways, 25 ms each way, 300 ms of drop-tail.
// On these links Galène, LiveKit and Chromium peer to peer were measured.
func thin(name string, rate Bitrate, loss float64) Profile {
	c := simple(rate, 25*time.Millisecond, 300*time.Millisecond)
	c.Loss = loss
	summary := fmt.Sprintf("%v both ways, round trip 50 ms", rate)
	if loss > 0 {
		summary += fmt.Sprintf(", %v %% lost", 100*loss)
	}
	return Profile{Name: name, Summary: summary, Up: c, Down: c}
}

// thin-300-bursty: 5 % lost in bursts of 5 packets (Gilbert's process), the other way of losing as
// much as thin-300-lossy.
func thin300Bursty() Profile {
	p := thin("thin-300-bursty", 300*Kbps, 0)
	p.Up.Bursts, p.Down.Bursts = PacketBursts(0.05, 5), PacketBursts(0.05, 5)
	p.Summary += ", 5 % lost in bursts of 5"
	return p
}

// thin-200-down: the one of a telestaff whose downlink is thin and whose uplink is not the
// question.
func thin200Down() Profile {
	return Profile{
		Name: "thin-200-down", Summary: "200 kbit/s down, 10 Mbit/s up, round trip 50 ms",
		Down: simple(200*Kbps, 25*time.Millisecond, 300*time.Millisecond),
		Up:   simple(10*Mbps, 25*time.Millisecond, 300*time.Millisecond),
	}
}

// fade describes a rate that moves: its mean, and the share of seconds below a rate.
type fade struct {
	mean, below Bitrate
	share       float64
	seed        uint64
}

// fading is a direction whose rate changes each second for two minutes, then again from the start.
// The order of the rates is a slow random walk; their distribution is Weibull's, as is usual for
// faded channels, with the mean and the share of bad seconds asked for.
func fading(base Conditions, f fade, queue time.Duration) Config {
	const seconds = 120
	c := Config{Conditions: base, Period: seconds * time.Second, Queue: queue}
	for i, rate := range f.rates(seconds) {
		now := base
		now.Rate = rate
		c.Schedule = append(c.Schedule, Step{time.Duration(i) * time.Second, now})
	}
	return c
}

func (f fade) rates(n int) []Bitrate {
	const correlation = 0.85 // from one second to the next
	rng := rand.New(rand.NewPCG(f.seed, 0))
	walk := make([]float64, n)
	order := make([]int, n)
	x := rng.NormFloat64()
	for i := range walk {
		walk[i], order[i] = x, i
		x = correlation*x + math.Sqrt(1-correlation*correlation)*rng.NormFloat64()
	}
	sort.Slice(order, func(a, b int) bool { return walk[order[a]] < walk[order[b]] })

	shape := f.shape()
	scale := float64(f.mean) / math.Gamma(1+1/shape)
	rates := make([]Bitrate, n)
	var sum float64
	for rank, i := range order {
		q := (float64(rank) + 0.5) / float64(n)
		r := scale * math.Pow(-math.Log(1-q), 1/shape)
		rates[i] = Bitrate(r)
		sum += r
	}
	// Finite samples miss the far tail: give the missing mean to the best second.
	missing := float64(f.mean)*float64(n) - sum
	rates[order[n-1]] += Bitrate(missing)
	return rates
}

// shape of the Weibull distribution with the mean and the share asked for, by bisection: the
// share of seconds below a rate under the mean falls as the shape grows.
func (f fade) shape() float64 {
	low, high := 0.3, 20.0
	for range 60 {
		k := (low + high) / 2
		scaled := float64(f.below) / float64(f.mean) * math.Gamma(1+1/k)
		if 1-math.Exp(-math.Pow(scaled, k)) > f.share {
			low = k
		} else {
			high = k
		}
	}
	return (low + high) / 2
}
