package scenario

import (
	"context"
	"errors"
	"maps"
	"sync"

	"draille/loadtest/report"
)

// DoorMetrics reads the figures of several servers that serve one name, as if they were one. Of a
// server that does not answer what it said last counts on.
type DoorMetrics struct {
	doors []*watchedDoor
}

// watchedDoor is one of them; mu guards what stands below it.
type watchedDoor struct {
	address string
	metrics Metrics    // nil: it tells nothing
	asking  sync.Mutex // one question after the other

	mu          sync.Mutex
	told        report.Door // since Begin
	first, last Reading     // of this process
	before      Reading     // of the processes before this one
	came        map[string]int
	busy        Reading // CPU time used while rooms lived there
	busySeconds float64
	known       bool
	gone        bool // it went away since Begin; whether it died is not known yet
}

// NewDoorMetrics returns metrics of no server yet.
func NewDoorMetrics() *DoorMetrics { return &DoorMetrics{} }

// Add adds a server, by the address at which it is a door. Without metrics it tells nothing.
func (d *DoorMetrics) Add(address string, metrics Metrics) {
	d.doors = append(d.doors, &watchedDoor{address: address, metrics: metrics})
}

// Begin forgets where rooms lived: another run begins.
func (d *DoorMetrics) Begin() {
	for _, door := range d.doors {
		door.mu.Lock()
		door.told = report.Door{Away: door.told.Away}
		door.first, door.came = door.last, nil
		door.busy, door.busySeconds = Reading{}, 0
		door.gone = false
		door.mu.Unlock()
	}
}

var errNoDoor = errors.New("no server's metrics can be read")

// Read implements Metrics.
func (d *DoorMetrics) Read(ctx context.Context) (Reading, error) {
	var reading sync.WaitGroup
	for _, door := range d.doors {
		if door.metrics != nil {
			reading.Go(func() { door.read(ctx) })
		}
	}
	reading.Wait()
	all := Reading{Dropped: map[string]float64{}, Estimates: map[string]float64{}}
	known := false
	for _, door := range d.doors {
		door.mu.Lock()
		if door.known {
			known = true
			add(&all, door.before)
			add(&all, door.last)
		}
		door.mu.Unlock()
	}
	if !known {
		return Reading{}, errNoDoor
	}
	return all, nil
}

// read asks one server.
func (w *watchedDoor) read(ctx context.Context) {
	w.asking.Lock()
	defer w.asking.Unlock()
	now, err := w.metrics.Read(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		if w.known && !w.told.Away {
			w.gone = true
			w.last.Rooms, w.last.Participants, w.last.Owned = 0, 0, 0
			w.last.MemoryBytes, w.last.HeapBytes, w.last.Goroutines, w.last.OpenFiles = 0, 0, 0, 0
		}
		w.told.Away, w.told.Rooms = true, 0
		return
	}
	another := w.known &&
		(now.CPUSeconds < w.last.CPUSeconds || now.Started != w.last.Started)
	switch {
	case another && (w.gone || !w.told.Away): // else it died before Begin
		w.told.Died++
	case w.gone:
		w.told.Silent++
	}
	w.told.Away, w.gone = false, false
	switch {
	case !w.known:
		w.known, w.first = true, now
	case another: // its counters begin again
		add(&w.before, w.last)
		w.before.Cores = 0
		w.came = w.cameNow()
		w.first = Reading{}
	case w.last.Owned > 0 || now.Owned > 0:
		w.busy.CPUSeconds += now.CPUSeconds - w.last.CPUSeconds
		w.busySeconds += now.At.Sub(w.last.At).Seconds()
		w.busy.Cores = now.Cores
	}
	w.last = now
	w.told.RoomsMost = max(w.told.RoomsMost, int(now.Owned))
	w.told.Rooms = int(now.Owned)
	w.told.Came = w.cameNow()
	// of nothing: not measured
	w.told.CPURatio = report.Measured(w.busy.CPUSeconds / w.busySeconds / w.busy.Cores)
}

// cameNow tells how many rooms came since Begin, by cause.
func (w *watchedDoor) cameNow() map[string]int {
	came := map[string]int{}
	maps.Copy(came, w.came)
	for cause, count := range w.last.Claims {
		if n := int(count - w.first.Claims[cause]); n > 0 {
			came[cause] += n
		}
	}
	return came
}

// add adds what another server, or an earlier process, has done and holds.
func add(r *Reading, other Reading) {
	if other.At.After(r.At) {
		r.At = other.At
	}
	if r.Software == "" {
		r.Software = other.Software
	}
	for to, from := range map[*float64]float64{
		&r.Cores: other.Cores, &r.CPUSeconds: other.CPUSeconds, &r.MemoryBytes: other.MemoryBytes,
		&r.HeapBytes: other.HeapBytes, &r.Goroutines: other.Goroutines,
		&r.OpenFiles: other.OpenFiles, &r.MaxFiles: other.MaxFiles, &r.Rooms: other.Rooms,
		&r.Participants: other.Participants, &r.PacketsIn: other.PacketsIn,
		&r.PacketsOut: other.PacketsOut, &r.BytesOut: other.BytesOut,
		&r.Forwarded: other.Forwarded, &r.Retransmitted: other.Retransmitted,
		&r.UDPDropped: other.UDPDropped, &r.Owned: other.Owned,
	} {
		*to += from
	}
	for reason, n := range other.Dropped {
		if r.Dropped == nil {
			r.Dropped = map[string]float64{}
		}
		r.Dropped[reason] += n
	}
	for participant, rate := range other.Estimates {
		if r.Estimates == nil {
			r.Estimates = map[string]float64{}
		}
		r.Estimates[participant] = rate
	}
}

// Doors tells where rooms lived.
func (d *DoorMetrics) Doors() []report.Door {
	var doors []report.Door
	for _, door := range d.doors {
		door.mu.Lock()
		told := door.told
		told.Address, told.Measured = door.address, door.known
		if door.gone {
			told.Died++ // as far as is known
		}
		door.mu.Unlock()
		doors = append(doors, told)
	}
	return doors
}
