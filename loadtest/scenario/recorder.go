package scenario

import (
	"context"
	"maps"
	"math"
	"sort"
	"sync"
	"time"

	"draille/loadtest/report"
)

// recorder keeps what the server and the generator's machine told, before, while and after a plan
// is played.
type recorder struct {
	mu                      sync.Mutex
	before, after           Reading // zero At: none
	previous                Reading
	first, final            Reading // of the call itself
	problem                 error   // the last that kept the server's figures away
	effortBefore, lastWork  Effort
	effortAfter             Effort
	server                  []report.ServerSample
	load                    []report.LoadSample
	estimates               []estimate
	cpuAtPeak, memoryAtPeak float64
}

// estimate is what the server believed of every downlink at one moment.
type estimate struct {
	at   time.Duration
	bits map[string]float64
}

// begin reads everything before the first participant comes.
func (r *recorder) begin(ctx context.Context, metrics Metrics, machine Machine) {
	if metrics != nil {
		r.before, r.problem = metrics.Read(ctx)
		r.previous, r.first = r.before, r.before
	}
	machine.Settle()
	r.effortBefore = machine.Read()
	r.lastWork = r.effortBefore
}

// sample reads everything while the plan is played, at some time after its beginning.
func (r *recorder) sample(ctx context.Context, at time.Duration, metrics Metrics, machine Machine) {
	effort := machine.Read()
	var reading Reading
	var err error
	if metrics != nil {
		reading, err = metrics.Read(ctx)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.load = append(r.load, effortSample(at, r.lastWork, effort))
	r.lastWork = effort
	switch {
	case ctx.Err() != nil: // the run ended meanwhile
	case err != nil:
		r.problem = err
	case !reading.At.IsZero():
		r.problem = nil
		if !r.previous.At.IsZero() {
			sample := serverSample(at, r.previous, reading)
			r.server = append(r.server, sample)
			r.cpuAtPeak = math.Max(r.cpuAtPeak, sample.CPUCores.Or(0))
		}
		r.memoryAtPeak = math.Max(r.memoryAtPeak, reading.MemoryBytes)
		r.estimates = append(r.estimates, estimate{at, maps.Clone(reading.Estimates)})
		r.previous, r.final = reading, reading
	}
}

// last is what the latest sample said.
func (r *recorder) last() (cores, packets, busy report.Value) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.server); n > 0 {
		cores, packets = r.server[n-1].CPUCores, r.server[n-1].PacketsOut
	}
	if n := len(r.load); n > 0 {
		busy = r.load[n-1].MachineBusy
	}
	return cores, packets, busy
}

// end reads everything after the last has left. It waits up to patience for the server to forget
// the call, and at least rest for it to give its memory back, so that what stays behind can be told
// from what is being put away.
func (r *recorder) end(metrics Metrics, machine Machine, patience, rest time.Duration) {
	ended := time.Now()
	deadline := time.NewTimer(patience + rest)
	defer deadline.Stop()
	ticker := time.NewTicker(settleEvery)
	defer ticker.Stop()
	for metrics != nil && !r.before.At.IsZero() {
		reading, err := metrics.Read(context.Background())
		if err != nil {
			break
		}
		r.after = reading
		if patience == 0 || reading.Goroutines <= r.before.Goroutines && time.Since(ended) >= rest {
			break
		}
		select {
		case <-deadline.C:
			metrics = nil
		case <-ticker.C:
		}
	}
	machine.Settle()
	r.effortAfter = machine.Read()
}

func serverSample(at time.Duration, before, now Reading) report.ServerSample {
	seconds := now.At.Sub(before.At).Seconds()
	rate := func(a, b float64) report.Value { return report.Measured((b - a) / seconds) }
	return report.ServerSample{
		Second:           at.Seconds(),
		CPUCores:         rate(before.CPUSeconds, now.CPUSeconds),
		MemoryBytes:      report.Measured(now.MemoryBytes),
		Goroutines:       report.Measured(now.Goroutines),
		Rooms:            report.Measured(now.Rooms),
		Participants:     report.Measured(now.Participants),
		PacketsIn:        rate(before.PacketsIn, now.PacketsIn),
		PacketsOut:       rate(before.PacketsOut, now.PacketsOut),
		Forwarded:        rate(before.Forwarded, now.Forwarded),
		Retransmitted:    rate(before.Retransmitted, now.Retransmitted),
		CPUMicrosPerPkt:  perPacket(before, now),
		BitsOutPerSecond: rate(8*before.BytesOut, 8*now.BytesOut),
	}
}

// perPacket is the CPU time for each packet forwarded, in µs; unknown while there are too few to
// tell.
func perPacket(before, now Reading) report.Value {
	const few = 20
	packets := now.Forwarded - before.Forwarded
	if packets < few {
		return report.Value{}
	}
	return report.Measured(1e6 * (now.CPUSeconds - before.CPUSeconds) / packets)
}

func effortSample(at time.Duration, before, now Effort) report.LoadSample {
	sample := report.LoadSample{
		Second: at.Seconds(),
		CPUCores: report.Measured((now.CPUSeconds - before.CPUSeconds) /
			now.At.Sub(before.At).Seconds()),
		LateMillis: report.Measured(float64(now.Late) / float64(time.Millisecond)),
	}
	if now.CoreSeconds > 0 {
		sample.MachineBusy = report.Measured((now.BusySeconds - before.BusySeconds) /
			(now.CoreSeconds - before.CoreSeconds))
	}
	return sample
}

// fillServer puts what the server told into the report.
func (r *recorder) fillServer(s *report.Server) {
	if r.problem != nil {
		s.Unmeasured = "the server's own figures are missing: " + r.problem.Error()
	}
	if r.before.At.IsZero() || r.final.At.Equal(r.first.At) {
		return
	}
	seconds := r.final.At.Sub(r.first.At).Seconds()
	s.Software = r.before.Software
	if r.final.Cores > 0 {
		s.CoresAvailable = report.Measured(r.final.Cores)
	}
	s.CPUCores = report.Measured((r.final.CPUSeconds - r.first.CPUSeconds) / seconds)
	s.CPUCoresPeak = report.Measured(r.cpuAtPeak)
	s.MemoryBytesPeak = report.Measured(r.memoryAtPeak)
	s.PacketsPerSecond = report.Measured((r.final.PacketsOut - r.first.PacketsOut) / seconds)
	s.ForwardedPackets = report.Measured(r.final.Forwarded - r.first.Forwarded)
	s.CPUMicrosPerPkt = perPacket(r.first, r.final)
	s.RetransmitRatio = report.Measured((r.final.Retransmitted - r.first.Retransmitted) /
		(r.final.Forwarded - r.first.Forwarded))
	s.UDPDroppedPackets = report.Measured(r.final.UDPDropped - r.first.UDPDropped)
	s.DroppedByReason = map[string]int{}
	for reason, count := range r.final.Dropped {
		if dropped := int(count - r.first.Dropped[reason]); dropped > 0 {
			s.DroppedByReason[reason] = dropped
		}
	}
	s.Samples = r.server
	if r.after.At.IsZero() {
		return
	}
	s.GoroutinesStart, s.GoroutinesEnd = report.Measured(r.before.Goroutines),
		report.Measured(r.after.Goroutines)
	s.OpenFilesStart, s.OpenFilesEnd = report.Measured(r.before.OpenFiles),
		report.Measured(r.after.OpenFiles)
	s.MemoryBytesStart, s.MemoryBytesEnd = report.Measured(r.before.MemoryBytes),
		report.Measured(r.after.MemoryBytes)
	s.HeapBytesStart, s.HeapBytesEnd = known(r.before.HeapBytes), known(r.after.HeapBytes)
}

// fillLoad puts what the generator took into the report. serverCores are those of a server on the
// same machine.
func (r *recorder) fillLoad(l *report.GeneratorLoad, cores int, serverCores float64) {
	l.Samples = r.load
	l.Limit = effortLimit(r.load, cores, serverCores)
	l.GoroutinesStart, l.GoroutinesEnd = known(float64(r.effortBefore.Goroutines)),
		known(float64(r.effortAfter.Goroutines))
	l.FilesStart, l.FilesEnd = known(float64(r.effortBefore.OpenFiles)),
		known(float64(r.effortAfter.OpenFiles))
	l.MemoryStart, l.MemoryEnd = known(r.effortBefore.MemoryBytes), known(r.effortAfter.MemoryBytes)
	l.HeapStart, l.HeapEnd = known(r.effortBefore.HeapBytes), known(r.effortAfter.HeapBytes)
	if len(r.load) == 0 {
		return
	}
	var cpu, busy, late []float64
	for _, s := range r.load {
		cpu, busy, late = appendKnown(cpu, s.CPUCores), appendKnown(busy, s.MachineBusy),
			appendKnown(late, s.LateMillis)
	}
	l.CPUCores = meanValue(cpu)
	l.MachineBusy = meanValue(busy)
	l.LateMillisP95 = report.Measured(quantile(late, 0.95))
}

// known is a figure of which 0 means that the system does not tell.
func known(n float64) report.Value {
	if n == 0 {
		return report.Value{}
	}
	return report.Measured(n)
}

func appendKnown(values []float64, v report.Value) []float64 {
	if n, known := v.Get(); known {
		return append(values, n)
	}
	return values
}

func meanValue(values []float64) report.Value {
	if len(values) == 0 {
		return report.Value{}
	}
	return report.Measured(mean(values))
}

// estimateOf is what the server believed of somebody's downlink at a moment, to a second.
func (r *recorder) estimateOf(id string, at time.Duration) report.Value {
	i := sort.Search(len(r.estimates), func(i int) bool {
		return r.estimates[i].at >= at-time.Second/2
	})
	if i == len(r.estimates) || r.estimates[i].at > at+time.Second {
		return report.Value{}
	}
	bits, known := r.estimates[i].bits[id]
	if !known {
		return report.Value{}
	}
	return report.Measured(bits)
}
