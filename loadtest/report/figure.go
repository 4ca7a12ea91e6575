package report

import (
	"fmt"
	"math"
	"strings"
)

// Figure is one kind of result, known by its name.
type Figure struct {
	Name  string
	Unit  Unit
	Help  string
	Lower bool // less is better
	// Noise is the least difference, in the figure's unit, that means anything between two runs.
	Noise float64

	person func(*Participant) Value // one participant's, or nil
	run    func(*Run) Value         // the whole run's, or nil
}

// Personal reports whether every participant has a value of their own.
func (f *Figure) Personal() bool { return f.person != nil }

// Of returns one participant's value; only personal figures have any.
func (f *Figure) Of(p *Participant) Value {
	if f.person == nil {
		return Value{}
	}
	return f.person(p)
}

// Worst returns the value of the run. For a personal figure that is the worst that anybody behind
// the link got (behind any link, if it is empty), and the participant who got it.
func (f *Figure) Worst(r *Run, link string) (Value, *Participant) {
	if f.run != nil {
		return f.run(r), nil
	}
	var worst Value
	var who *Participant
	for i := range r.Participants {
		p := &r.Participants[i]
		v, known := f.person(p).Get()
		if !known || link != "" && p.Link != link {
			continue
		}
		if who == nil || f.Lower == (v > worst.number) && v != worst.number {
			worst, who = Measured(v), p
		}
	}
	return worst, who
}

// Mean returns the mean over the participants behind the link, or the run's own value.
func (f *Figure) Mean(r *Run, link string) Value {
	if f.run != nil {
		return f.run(r)
	}
	sum, count := 0.0, 0
	for i := range r.Participants {
		v, known := f.person(&r.Participants[i]).Get()
		if known && (link == "" || r.Participants[i].Link == link) {
			sum += v
			count++
		}
	}
	if count == 0 {
		return Value{}
	}
	return Measured(sum / float64(count))
}

// FindFigure returns the figure of that name, or an error that lists the known ones.
func FindFigure(name string) (*Figure, error) {
	for i := range figures {
		if figures[i].Name == name {
			return &figures[i], nil
		}
	}
	names := make([]string, len(figures))
	for i := range figures {
		names[i] = figures[i].Name
	}
	return nil, fmt.Errorf("%q is not a figure of a load test: the known ones are %s", name,
		strings.Join(names, ", "))
}

func personal(name string, unit Unit, lower bool, noise float64, help string,
	of func(*PersonFigures) Value) Figure {
	return Figure{Name: name, Unit: unit, Lower: lower, Noise: noise, Help: help,
		person: func(p *Participant) Value { return of(&p.Figures) }}
}

func whole(name string, unit Unit, lower bool, noise float64, help string,
	of func(*Run) Value) Figure {
	return Figure{Name: name, Unit: unit, Lower: lower, Noise: noise, Help: help, run: of}
}

const (
	lowerIsBetter  = true
	higherIsBetter = false
)

var figures = []Figure{
	personal("audio.concealed", Ratio, lowerIsBetter, 0.002, "share of the voice that was "+
		"invented because it did not arrive in time (silence not counted)",
		func(f *PersonFigures) Value { return f.AudioConcealed }),
	personal("audio.delay.p50", Milliseconds, lowerIsBetter, 10, "delay from mouth to ear, median",
		func(f *PersonFigures) Value { return f.AudioDelay.P50 }),
	personal("audio.delay.p95", Milliseconds, lowerIsBetter, 20,
		"delay from mouth to ear, 95th percentile",
		func(f *PersonFigures) Value { return f.AudioDelay.P95 }),
	personal("audio.first", Seconds, lowerIsBetter, 0.2,
		"time from opening the link to the first voice",
		func(f *PersonFigures) Value { return f.FirstAudio }),
	personal("video.fps", PerSecond, higherIsBetter, 0.7,
		"frames/s of the picture looked at, complete and decodable",
		func(f *PersonFigures) Value { return f.FramesPerSecond }),
	personal("video.frozen", Ratio, lowerIsBetter, 0.005,
		"share of the time in which the picture was frozen",
		func(f *PersonFigures) Value { return f.FrozenRatio }),
	personal("video.height", Pixels, higherIsBetter, 20,
		"height of the picture looked at, in pixels",
		func(f *PersonFigures) Value { return f.Height }),
	personal("video.delay.p50", Milliseconds, lowerIsBetter, 10,
		"delay of the picture from end to end, median",
		func(f *PersonFigures) Value { return f.VideoDelay.P50 }),
	personal("video.delay.p95", Milliseconds, lowerIsBetter, 25,
		"delay of the picture from end to end, 95th percentile",
		func(f *PersonFigures) Value { return f.VideoDelay.P95 }),
	personal("video.delay.p99", Milliseconds, lowerIsBetter, 50,
		"delay of the picture from end to end, 99th percentile",
		func(f *PersonFigures) Value { return f.VideoDelay.P99 }),
	personal("video.first", Seconds, lowerIsBetter, 0.3,
		"time from opening the link to the first frame",
		func(f *PersonFigures) Value { return f.FirstFrame }),
	personal("video.admitted", Seconds, lowerIsBetter, 0.3,
		"time from the host's admission to the first frame",
		func(f *PersonFigures) Value { return f.AdmitToFrame }),
	personal("video.ssim", Score, higherIsBetter, 0.01,
		"likeness of the picture to its source (SSIM)",
		func(f *PersonFigures) Value { return f.SSIM }),
	personal("document.fps", PerSecond, higherIsBetter, 0.5, "frames/s of the shared document",
		func(f *PersonFigures) Value { return f.DocumentFrames }),
	personal("document.delay.p95", Milliseconds, lowerIsBetter, 50,
		"delay of the shared document, 95th percentile",
		func(f *PersonFigures) Value { return f.DocumentDelay.P95 }),
	personal("document.ssim", Score, higherIsBetter, 0.01, "likeness of the shared document to "+
		"its source five seconds after it was shared (SSIM; real browsers)",
		func(f *PersonFigures) Value { return f.DocumentSSIM }),
	personal("document.readable", Seconds, lowerIsBetter, 0.5, "time from sharing a document "+
		"until it is readable at its full size (SSIM 0.95; real browsers)",
		func(f *PersonFigures) Value { return f.DocumentReadable }),
	personal("link.lost", Ratio, lowerIsBetter, 0.003, "share of the packets that never arrived",
		func(f *PersonFigures) Value { return f.PacketsLostRatio }),
	personal("link.rtt", Milliseconds, lowerIsBetter, 10, "round trip, with the queues on the way",
		func(f *PersonFigures) Value { return f.RoundTripMillis }),
	personal("link.received", BitRate, higherIsBetter, 20e3, "bits/s that arrived",
		func(f *PersonFigures) Value { return f.ReceivedBits }),
	whole("join.failed", Count, lowerIsBetter, 0, "participants that did not get in, or fell out",
		failedJoins),
	whole("server.cpu", Cores, lowerIsBetter, 0.03, "cores that the server used, mean",
		func(r *Run) Value { return r.Server.CPUCores }),
	whole("server.cpu-per-packet", Microseconds, lowerIsBetter, 0.3,
		"CPU time of the server for each packet forwarded",
		func(r *Run) Value { return r.Server.CPUMicrosPerPkt }),
	whole("server.memory", Bytes, lowerIsBetter, 5e6, "memory of the server, peak",
		func(r *Run) Value { return r.Server.MemoryBytesPeak }),
	whole("server.packets", PerSecond, higherIsBetter, 50, "packets/s that the server sent",
		func(r *Run) Value { return r.Server.PacketsPerSecond }),
	whole("server.goroutines.left", Count, lowerIsBetter, 3,
		"goroutines of the server after the run, above those before",
		func(r *Run) Value { return difference(r.Server.GoroutinesEnd, r.Server.GoroutinesStart) }),
	whole("server.files.left", Count, lowerIsBetter, 3,
		"open files of the server after the run, above those before",
		func(r *Run) Value { return difference(r.Server.OpenFilesEnd, r.Server.OpenFilesStart) }),
	whole("server.memory.left", Bytes, lowerIsBetter, 10e6,
		"resident memory of the server after the run, above that before",
		func(r *Run) Value {
			return difference(r.Server.MemoryBytesEnd, r.Server.MemoryBytesStart)
		}),
	whole("server.heap.left", Bytes, lowerIsBetter, 5e6,
		"heap of the server after the run, above that before",
		func(r *Run) Value { return difference(r.Server.HeapBytesEnd, r.Server.HeapBytesStart) }),
	whole("generator.goroutines.left", Count, lowerIsBetter, 3,
		"goroutines of the generator after the run, above those before",
		func(r *Run) Value { return difference(r.Load.GoroutinesEnd, r.Load.GoroutinesStart) }),
	whole("generator.files.left", Count, lowerIsBetter, 3,
		"open files of the generator after the run, above those before",
		func(r *Run) Value { return difference(r.Load.FilesEnd, r.Load.FilesStart) }),
	whole("generator.memory.left", Bytes, lowerIsBetter, 10e6,
		"resident memory of the generator after the run, above that before",
		func(r *Run) Value { return difference(r.Load.MemoryEnd, r.Load.MemoryStart) }),
	whole("generator.heap.left", Bytes, lowerIsBetter, 5e6,
		"heap of the generator after the run, above that before",
		func(r *Run) Value { return difference(r.Load.HeapEnd, r.Load.HeapStart) }),
	whole("generator.busy", Ratio, lowerIsBetter, 0.05,
		"share of the generator's machine that was in use, mean",
		func(r *Run) Value { return r.Load.MachineBusy }),
	whole("capacity", Count, higherIsBetter, 0, "rooms that the server held (scenario capacity)",
		func(r *Run) Value {
			if r.Capacity == nil {
				return Value{}
			}
			return Measured(r.Capacity.Held)
		}),
}

func failedJoins(r *Run) Value {
	failed := 0
	for i := range r.Participants {
		if r.Participants[i].Failure != "" {
			failed++
		}
	}
	return Measured(failed)
}

func difference(after, before Value) Value {
	if !after.known || !before.known {
		return Value{}
	}
	return Measured(math.Max(0, after.number-before.number))
}

func (f *Figure) direction(before, after float64) Direction {
	change := math.Abs(after - before)
	switch {
	case change == 0 || change < f.Noise || change < leastChange*math.Abs(before):
		return Same
	case (after < before) == f.Lower:
		return Better
	default:
		return Worse
	}
}
