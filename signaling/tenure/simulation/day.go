package simulation

import (
	"maps"
	"slices"
	"sort"
	"time"
)

// Day is a country's busiest day, as it is played: from seven in the morning on.
type Day struct {
	Nodes, Centres int     // nodes, and the data centres over which they are spread evenly
	Calls          int     // consultations that begin in the day
	Peak           float64 // load of a node while as many go on as at the day's peak
	Hours          int     // that are played; 0: all
	// Service is how long the register takes for a write, one after the other.
	Service time.Duration
}

// France is a day of the week of April 2020 in which most remote consultations were held: 1.12
// million in five days (Assurance Maladie). How long they took and how the day went is assumed.
func France() Day {
	return Day{Nodes: 15, Centres: 3, Calls: 224_000, Peak: 0.5,
		Service: serviceTime}
}

const (
	dayBegins = 7 // o'clock
	callTakes = 20 * time.Minute
	// centreElection is for how long nothing can be written after the data centre with the
	// register's leader is lost: NATS elects within 4 to 9 s.
	centreElection = 6500 * time.Millisecond
	nodeAway       = 10 * time.Minute // and back, started again
)

// hourly is how many of a hundred consultations begin in each hour of the day, from dayBegins on.
var hourly = []float64{2, 6, 11, 12.7, 11.5, 6, 5, 9, 11, 10, 8, 5, 2, 0.8}

// Loss is what a loss of nodes costs.
type Loss struct {
	What  string
	Rooms int           // that the lost nodes had
	Half  time.Duration // after the loss: half of the rooms have an owner that may decide
	Last  time.Duration // and all of them that people still want
	Left  int           // rooms that have none a minute later, though somebody wants them
}

// DayFigures is how a day went.
type DayFigures struct {
	Calls        int           // that began
	Rooms        int           // most at once
	Writes       float64       // of the register, a second, mean
	WritesMost   float64       // in the busiest second
	WritesMinute float64       // in the busiest minute
	Hottest      float64       // most rooms of a node, by the mean, at 1,000 rooms or more
	Wait         time.Duration // the longest that somebody waited for their room
	Losses       []Loss
	Violations   []string
}

// day plays one.
type day struct {
	Day
	w       *World
	free    []string // rooms that nobody is in
	busy    int
	figures DayFigures
	minute  int // writes in the minute so far
	last    int // of the register, a second ago
}

// Play plays the day with a seed: at half past ten a node is lost, at eleven a data centre with the
// register's leader.
func (d Day) Play(seed uint64) DayFigures {
	pool := d.Calls / 10 // more than there are at once
	p := &day{Day: d, w: NewWorld(Plan{Seed: seed, Nodes: d.Nodes, Rooms: pool,
		Churn: 1000 * time.Hour})}
	w := p.w
	w.register.service = d.Service
	w.roomLoad = d.Peak * float64(d.Nodes) / (float64(d.Calls) * peakShare())
	p.free = slices.Clone(w.names)
	for _, m := range w.machines {
		m.start()
	}
	hours := len(hourly)
	if d.Hours > 0 {
		hours = min(hours, d.Hours)
	}
	for hour := range hours {
		for range int(float64(d.Calls) * hourly[hour] / 100) {
			from := time.Duration(hour) * time.Hour
			w.after(w.between(from+5*time.Second, from+time.Hour), p.call)
		}
	}
	p.everySecond()
	w.after(clockTime(10, 30), func() { p.lose("a node", w.machines[:1], 0) })
	each := d.Nodes / d.Centres
	w.after(clockTime(11, 0), func() {
		p.lose("a data centre, and the register's leader", w.machines[each:2*each],
			centreElection)
	})
	w.run(time.Duration(hours) * time.Hour)
	p.figures.Writes = float64(w.register.writes) / w.now.Seconds()
	p.figures.Violations = w.Violations
	p.figures.Wait = w.longest
	return p.figures
}

// peakShare is how many of a day's consultations go on at once at its peak.
func peakShare() float64 {
	return slices.Max(hourly) / 100 * callTakes.Hours()
}

func clockTime(hour, minute int) time.Duration {
	return time.Duration(hour-dayBegins)*time.Hour + time.Duration(minute)*time.Minute
}

// call lets a consultation begin, and end.
func (p *day) call() {
	if len(p.free) == 0 {
		return
	}
	w := p.w
	r := w.rooms[p.free[len(p.free)-1]]
	p.free = p.free[:len(p.free)-1]
	p.figures.Calls++
	p.busy++
	p.figures.Rooms = max(p.figures.Rooms, p.busy)
	w.come(r.people[0])
	w.after(w.between(0, 2*time.Minute), func() { w.come(r.people[1]) })
	w.after(w.between(callTakes/2, callTakes*3/2), func() {
		for _, one := range r.people {
			w.leave(one)
		}
		p.busy--
		// The room's name is used again once it is forgotten.
		w.after(time.Minute, func() { p.free = append(p.free, r.name) })
	})
}

// everySecond counts what the register is asked for, and looks how even the nodes are.
func (p *day) everySecond() {
	w := p.w
	count := w.register.writes - p.last
	p.last = w.register.writes
	p.figures.WritesMost = max(p.figures.WritesMost, float64(count))
	p.minute += count
	if int(w.now/time.Second)%60 == 0 {
		p.figures.WritesMinute = max(p.figures.WritesMinute, float64(p.minute)/60)
		p.minute = 0
		hottest, all, living := 0, 0, 0
		for _, m := range w.machines {
			if m.node != nil {
				hottest, all, living = max(hottest, len(m.held)), all+len(m.held), living+1
			}
		}
		if all >= 1000 {
			p.figures.Hottest = max(p.figures.Hottest,
				float64(hottest)*float64(living)/float64(all))
		}
	}
	w.after(time.Second, p.everySecond)
}

// lose kills some machines at once; the register may be away for a while. They are started again.
func (p *day) lose(what string, machines []*machine, away time.Duration) {
	w := p.w
	loss, at := Loss{What: what}, w.now
	var rooms []string
	for _, m := range machines {
		rooms = append(rooms, slices.Sorted(maps.Keys(m.held))...)
	}
	loss.Rooms = len(rooms)
	if away > 0 {
		w.setAway(away)
	}
	for _, m := range machines {
		m.trouble = max(m.trouble, w.now+nodeAway)
		m.kill()
	}
	w.after(time.Minute, func() {
		var owned []time.Duration
		for _, name := range rooms {
			switch r := w.rooms[name]; {
			case r.heldAt > at:
				owned = append(owned, r.heldAt-at)
			case r.people[0].wants || r.people[1].wants:
				loss.Left++
			}
		}
		sort.Slice(owned, func(i, j int) bool { return owned[i] < owned[j] })
		if len(owned) > 0 {
			loss.Half, loss.Last = owned[len(owned)/2], owned[len(owned)-1]
		}
		p.figures.Losses = append(p.figures.Losses, loss)
	})
	w.after(nodeAway, func() {
		for _, m := range machines {
			w.restart(m)
		}
	})
}
