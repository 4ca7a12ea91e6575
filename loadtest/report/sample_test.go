package report

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// sample is a telestaff of four, one of them on a thin link that dips for a while. Equal seeds give
// equal runs.
func sample(seed uint64) *Run {
	const seconds = 60
	r := rand.New(rand.NewPCG(seed, 0))
	run := &Run{
		Generator: "draille development", Started: time.Date(2026, 3, 4, 9, 30, 0, 0, time.UTC),
		DurationSeconds: seconds,
		Scenario: Scenario{Name: "telestaff",
			Summary: "4 professionals who take turns to speak, one of them on adsl-end", Rooms: 1,
			ParticipantsPerRoom: 4, Seed: seed},
		Links: []Link{{"fibre", "100/50 Mbit/s, round trip 10 ms"},
			{"adsl-end", "512/128 kbit/s over ATM, round trip 60 ms"}},
		Machine: Machine{System: "linux/amd64", Processor: "Example 3000", Cores: 2,
			MemoryBytes: 8e9},
		Server: Server{URL: "http://localhost:8080", Software: "development", Local: true,
			CPUCores: Measured(0.21), CPUCoresPeak: Measured(0.35),
			MemoryBytesPeak: Measured(61e6), PacketsPerSecond: Measured(1210),
			ForwardedPackets: Measured(71000), CPUMicrosPerPkt: Measured(4.31),
			GoroutinesStart: Measured(31), GoroutinesEnd: Measured(31),
			DroppedByReason: map[string]int{"pacer": 12}},
		Load: GeneratorLoad{CPUCores: Measured(0.4), MachineBusy: Measured(0.42),
			GoroutinesStart: Measured(4), GoroutinesEnd: Measured(4)},
	}
	for i := range 4 {
		p := Participant{ID: fmt.Sprint(i), Room: "room 1", Name: fmt.Sprintf("Clinician %d", i+1),
			Role: "clinician", Kind: "virtual", Link: "fibre", Joined: Measured(float64(i) / 2)}
		lost, frames, capacity := 0.001, 20.0, 100e6
		if i == 3 {
			p.Link, p.Name, lost, frames, capacity = "adsl-end", "Nurse", 0.004, 12, 512e3
		}
		for s := range seconds {
			dip := math.Exp(-math.Pow(float64(s-30)/6, 2))
			sample := PersonSample{Second: float64(s),
				AudioConcealed:  Measured(lost * (1 + 3*r.Float64()*dip)),
				FramesPerSecond: Measured(frames - 3*dip*r.Float64()),
				VideoDelay:      Measured(110 + 40*r.Float64()),
				AudioDelay:      Measured(90 + 20*r.Float64()),
				LinkDownBits:    Measured(capacity),
				EstimateBits: Measured(
					math.Min(2e6, capacity*(0.85-0.2*dip)*(0.97+0.06*r.Float64()))),
				ReceivedBits:    Measured(300e3 - 60e3*dip),
				RoundTripMillis: Measured(64 + 10*r.Float64()), Width: Measured(640),
				Height: Measured(360)}
			if s < 2 {
				sample.AudioConcealed, sample.FramesPerSecond = Value{}, Value{}
			}
			p.Samples = append(p.Samples, sample)
		}
		p.Figures = PersonFigures{AudioConcealed: Measured(lost), FramesPerSecond: Measured(frames),
			FrozenRatio: Measured(0.002), FrozenSeconds: Measured(0.12),
			Freezes: Measured(1), Width: Measured(640), Height: Measured(360),
			AudioDelay:       Delays{Measured(95), Measured(118), Measured(130)},
			VideoDelay:       Delays{Measured(120), Measured(163), Measured(201)},
			PacketsLostRatio: Measured(0.001), FirstFrame: Measured(0.9),
			LinkDownBits: Measured(capacity),
			EstimateBits: Measured(0.8 * capacity), ReceivedBits: Measured(290e3),
			RoundTripMillis: Measured(66)}
		run.Participants = append(run.Participants, p)
	}
	for s := range seconds {
		run.Server.Samples = append(run.Server.Samples,
			ServerSample{Second: float64(s), CPUCores: Measured(0.2 + 0.1*r.Float64()),
				MemoryBytes:     Measured(50e6 + 1e5*float64(s)),
				PacketsIn:       Measured(400 + 20*r.Float64()),
				PacketsOut:      Measured(1200 + 60*r.Float64()),
				Retransmitted:   Measured(8 * r.Float64()),
				CPUMicrosPerPkt: Measured(4 + r.Float64())})
		run.Load.Samples = append(run.Load.Samples,
			LoadSample{Second: float64(s), MachineBusy: Measured(0.4 + 0.1*r.Float64()),
				LateMillis: Measured(r.Float64())})
	}
	Judge(run)
	return run
}
