package thinlink

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"draille/loadtest/scenario"
)

// Machine is this machine, with what the browsers use counted as the generator's.
type Machine struct {
	scenario.ThisMachine
	Browsers []*Browser
}

// Read implements scenario.Machine.
func (m *Machine) Read() scenario.Effort {
	e := m.ThisMachine.Read()
	var drivers []int
	for _, b := range m.Browsers {
		drivers = append(drivers, b.command.Process.Pid)
	}
	e.CPUSeconds += familySeconds("/proc", drivers)
	return e
}

// process is one line of /proc: whose child it is, and what it and its children that have ended
// used.
type process struct {
	parent  int
	seconds float64
}

// ticksPerSecond is the unit of /proc/PID/stat (USER_HZ).
const ticksPerSecond = 100

// familySeconds is the CPU time of processes and all that descend from them.
func familySeconds(proc string, heads []int) float64 {
	files, err := filepath.Glob(filepath.Join(proc, "[0-9]*", "stat"))
	if err != nil {
		return 0
	}
	processes := map[int]process{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended meanwhile
		}
		if pid, p, ok := parseStat(string(content)); ok {
			processes[pid] = p
		}
	}
	family := map[int]bool{}
	for _, pid := range heads {
		family[pid] = true
	}
	sum := 0.0
	for pid := range processes {
		for at, steps := pid, 0; at > 1 && steps < len(processes); at, steps = processes[at].parent,
			steps+1 {
			if family[at] {
				sum += processes[pid].seconds
				break
			}
		}
	}
	return sum
}

// parseStat reads a line such as "12 (a name) S 1 … utime stime cutime cstime" (proc_pid_stat(5),
// fields 1, 4 and 14 to 17).
func parseStat(line string) (pid int, p process, ok bool) {
	open, end := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if open < 1 || end < open {
		return 0, process{}, false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line[:open]))
	fields := strings.Fields(line[end+1:])
	if err != nil || len(fields) < 15 {
		return 0, process{}, false
	}
	if p.parent, err = strconv.Atoi(fields[1]); err != nil {
		return 0, process{}, false
	}
	for _, field := range fields[11:15] {
		ticks, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return 0, process{}, false
		}
		p.seconds += ticks / ticksPerSecond
	}
	return pid, p, true
}
