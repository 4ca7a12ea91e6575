package scenario

import (
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"draille/loadtest/report"
)

// Effort is what the generator used so far, and how late it is.
type Effort struct {
	At          time.Time
	CPUSeconds  float64       // of this process
	BusySeconds float64       // of all cores of the machine together, by anything
	CoreSeconds float64       // that these cores had; 0: the system does not tell
	Late        time.Duration // the latest timer since the reading before
	Goroutines  int
	OpenFiles   int     // 0: the system does not tell
	MemoryBytes float64 // resident; 0: the system does not tell
	HeapBytes   float64 // of it, what the program itself holds
}

// Machine tells of the machine that the participants run on.
type Machine interface {
	Describe() report.Machine
	Read() Effort
	// Watch measures how late timers are until the context ends.
	Watch(ctx context.Context)
	// Settle gives back to the system what is not in use, so that what is can be told. It takes
	// some milliseconds.
	Settle()
}

// ThisMachine is the machine of this process. What it knows beyond the process's own CPU comes from
// /proc.
type ThisMachine struct {
	mu   sync.Mutex
	late time.Duration
}

// Describe implements Machine.
func (*ThisMachine) Describe() report.Machine {
	m := report.Machine{System: runtime.GOOS + "/" + runtime.GOARCH, Cores: runtime.GOMAXPROCS(0)}
	m.Processor = procField("/proc/cpuinfo", "model name")
	if kilobytes, err := strconv.ParseInt(strings.TrimSuffix(procField("/proc/meminfo", "MemTotal"),
		" kB"), 10, 64); err == nil {
		m.MemoryBytes = kilobytes << 10
	}
	return m
}

// procField returns what stands behind the first line with that name in a file of /proc; empty if
// there is none.
func procField(path, name string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(content)) {
		key, value, found := strings.Cut(line, ":")
		if found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// Read implements Machine.
func (m *ThisMachine) Read() Effort {
	e := Effort{At: time.Now(), CPUSeconds: processSeconds(), Goroutines: runtime.NumGoroutine(),
		HeapBytes: heapBytes()}
	e.BusySeconds, e.CoreSeconds = coreSeconds("/proc/stat")
	if files, err := os.ReadDir("/proc/self/fd"); err == nil {
		e.OpenFiles = len(files) - 1 // without the one that was opened to look
	}
	if kilobytes, err :=
		strconv.ParseFloat(strings.TrimSuffix(procField("/proc/self/status", "VmRSS"), " kB"),
			64); err == nil {
		e.MemoryBytes = kilobytes * 1024
	}
	m.mu.Lock()
	e.Late, m.late = m.late, 0
	m.mu.Unlock()
	return e
}

// Settle implements Machine.
func (*ThisMachine) Settle() { debug.FreeOSMemory() }

// heapBytes is what the objects that were in use at the last collection take.
func heapBytes() float64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0 // this Go has no such figure
	}
	return float64(sample[0].Value.Uint64())
}

// ticksPerSecond is the unit of /proc/stat (USER_HZ, which is 100 on every architecture that Go
// runs on).
const ticksPerSecond = 100

// coreSeconds are the time that all cores together have not been idle, and that they had, since the
// machine started. Time stolen by other machines on the same hardware counts as busy: it was not
// there to be used.
func coreSeconds(path string) (busy, all float64) {
	content, err := os.ReadFile(path)
	if err != nil {
		return 0, 0
	}
	line, _, _ := strings.Cut(string(content), "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0, 0
	}
	for i, field := range fields[1:9] { // user nice system idle iowait irq softirq steal
		n, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return 0, 0
		}
		all += n
		if i != 3 && i != 4 {
			busy += n
		}
	}
	return busy / ticksPerSecond, all / ticksPerSecond
}

// timerPeriod is a little less than the distance of two voice packets.
const timerPeriod = 10 * time.Millisecond

// Watch implements Machine.
func (m *ThisMachine) Watch(ctx context.Context) {
	timer := time.NewTimer(timerPeriod)
	defer timer.Stop()
	for {
		due := time.Now().Add(timerPeriod)
		timer.Reset(timerPeriod)
		select {
		case <-ctx.Done():
			return
		case now := <-timer.C:
			m.mu.Lock()
			m.late = max(m.late, now.Sub(due))
			m.mu.Unlock()
		}
	}
}

// Beyond these the generator cannot keep time, and what it measures is its own doing.
const (
	busyLimit = 0.93
	lateLimit = 40 * time.Millisecond // two voice packets
	lateShare = 0.25                  // of the seconds
	// othersLimit is the share of the machine above which other programs are worth a word.
	othersLimit = 0.2
)

// effortLimit says, in one sentence, what the generator lacked; nothing if it had what it needed.
// serverCores are those that a server on the same machine used; 0 if it is elsewhere.
func effortLimit(samples []report.LoadSample, cores int, serverCores float64) string {
	var busy, own []float64
	late := 0
	for _, s := range samples {
		busy, own = appendKnown(busy, s.MachineBusy), appendKnown(own, s.CPUCores)
		if s.LateMillis.Or(0) > float64(lateLimit.Milliseconds()) {
			late++
		}
	}
	if len(samples) < 2 {
		return ""
	}
	const consequence = "delays, lost voice " +
		"and frame rates are the generator's limit, not the server's."
	if mean(busy) > busyLimit {
		others := max(0, mean(busy)*float64(cores)-mean(own)-serverCores)
		users := fmt.Sprintf("%.1f by the generator", mean(own))
		if serverCores > 0 {
			users += fmt.Sprintf(", %.1f by the server", serverCores)
		}
		advice := "Play fewer rooms, or run the generator on a larger machine of its own."
		if others > othersLimit*float64(cores) {
			users += fmt.Sprintf(", %.1f by other programs", others)
			advice = "Stop what else runs there, and try again."
		}
		return fmt.Sprintf(
			"the generator's machine was out of CPU (%.0f %% of %d cores in use: %s), so %s %s",
			100*mean(busy), cores, users, consequence, advice)
	}
	if share := float64(late) / float64(len(samples)); share > lateShare {
		return fmt.Sprintf("the generator could not keep time (its timers were more than %d ms "+
			"late in %.0f %% of the seconds), so %s Play fewer rooms, or run the generator on a "+
			"larger machine of its own.",
			lateLimit.Milliseconds(), 100*share, consequence)
	}
	return ""
}

func mean(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// quantile of values; NaN if there are none.
func quantile(values []float64, share float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)-1, max(0, int(math.Ceil(share*float64(len(sorted))))-1))]
}
