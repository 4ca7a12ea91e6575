package report

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"sort"
)

//go:embed page.html.tmpl
var pageText string

//go:embed page.css
var pageStyle string

// openParticipants, at most, are shown with their curves unfolded: the worst, if they were not
// good. The others unfold at a click.
const openParticipants = 4

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"style": func() template.CSS {
		return template.CSS(pageStyle)
	}, //nolint:gosec // a file of this package
	"png": func(image []byte) template.URL { // base64 holds nothing to escape
		return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(
			image)) //nolint:gosec
	},
	"trim": trim,
}).Parse(pageText))

// WriteHTML writes a run as one page that needs nothing else: no network, no script.
func WriteHTML(w io.Writer, r *Run) error {
	return page.Execute(w, newView(r))
}

// view is a run as the page shows it.
type view struct {
	*Run
	Word, Mark string
	Title      string
	When       string
	Tiles      []tile
	ManyRooms  bool
	Columns    []column
	Rows       []row
	Charts     []chart // of the server
	Effort     []chart // of the generator
	Facts      []fact
	Tries      [][]string
	TryCharts  []chart
	Heads      []string // of the matrix
}

type tile struct{ Name, Value, Note, Level string }
type column struct{ Head, Help string }
type fact struct{ Name, Value string }

type row struct {
	*Participant
	Cells  []cell
	Level  string
	Charts []chart
	Open   bool
	Facts  []fact
	badly  float64
}

type cell struct{ Text, Level string }

var (
	words = map[Level]string{Good: "Good", Fair: "Fair", Bad: "Not good enough", Void: "No verdict"}
	marks = map[Level]string{Good: "✓", Fair: "!", Bad: "✕", Void: "?"}
)

func newView(r *Run) *view {
	v := &view{Run: r, Word: words[r.Verdict.Level], Mark: marks[r.Verdict.Level],
		Title: r.Scenario.title(),
		When:  r.Started.UTC().Format("2 January 2006, 15:04 UTC"), Heads: matrixHeads}
	v.Tiles = tiles(r)
	v.Columns, v.Rows = participantRows(r)
	v.ManyRooms = manyRooms(r)
	v.Charts = drawable(serverCharts(r))
	v.Effort = drawable(effortCharts(r))
	v.Facts = facts(r)
	if r.Capacity != nil {
		v.Tries = tries(r.Capacity)
	}
	return v
}

func manyRooms(r *Run) bool {
	return slices.ContainsFunc(r.Participants, func(p Participant) bool {
		return p.Room != r.Participants[0].Room
	})
}

// tiles are the figures to see first.
func tiles(r *Run) []tile {
	var tiles []tile
	for _, t := range []struct{ name, figure string }{
		{"Voice lost", "audio.concealed"}, {"Frames", "video.fps"},
		{"Voice delay, p95", "audio.delay.p95"},
		{"Picture frozen", "video.frozen"}, {"CPU a forwarded packet", "server.cpu-per-packet"},
		{"Server CPU, cores", "server.cpu"},
	} {
		figure, err := FindFigure(t.figure)
		if err != nil {
			panic(err) // a figure of this package
		}
		value, who := figure.Worst(r, "")
		if !value.known {
			continue
		}
		note := figure.Help
		if who != nil {
			note = "at worst: " + who.Label()
		}
		tiles = append(tiles,
			tile{t.name, figure.Unit.Format(value), note, levelOf(t.figure, value)})
	}
	return tiles
}

// levelOf colours a figure that has a criterion.
func levelOf(figure string, v Value) string {
	for _, c := range criteria {
		if c.figure == figure && v.known {
			return string(c.level(v.number))
		}
	}
	return ""
}

var tableColumns = []struct{ head, figure string }{
	{"voice lost", "audio.concealed"}, {"frames", "video.fps"}, {"frozen", "video.frozen"},
	{"picture", ""},
	{"document", "document.fps"}, {"voice delay p95", "audio.delay.p95"},
	{"picture delay p50", "video.delay.p50"},
	{"picture delay p95", "video.delay.p95"}, {"picture delay p99", "video.delay.p99"},
	{"packets lost", "link.lost"}, {"first frame", "video.first"},
	{"SSIM", "video.ssim"},
}

// participantRows are the table: only columns that anybody has a figure for.
func participantRows(r *Run) ([]column, []row) {
	rows := make([]row, len(r.Participants))
	for i := range r.Participants {
		p := &r.Participants[i]
		rows[i] = row{Participant: p, Level: string(Good), badly: badness(p),
			Charts: drawable(personCharts(p, r.DurationSeconds)), Facts: personFacts(p)}
	}
	var columns []column
	for _, c := range tableColumns {
		texts, levels, help, any := columnOf(r, c.figure)
		if !any {
			continue
		}
		columns = append(columns, column{c.head, help})
		for i := range rows {
			rows[i].Cells = append(rows[i].Cells, cell{texts[i], levels[i]})
			rows[i].Level = worse(rows[i].Level, levels[i])
		}
	}
	for i := range rows {
		if rows[i].Failure != "" {
			rows[i].Level = string(Bad)
		}
	}
	sort.SliceStable(rows, func(a, b int) bool { return rows[a].badly > rows[b].badly })
	for i := range rows {
		rows[i].Open = i == 0 || i < openParticipants && rows[i].Level != string(Good)
	}
	return columns, rows
}

func columnOf(r *Run, name string) (texts, levels []string, help string, any bool) {
	texts, levels = make([]string, len(r.Participants)), make([]string, len(r.Participants))
	if name == "" {
		for i := range r.Participants {
			texts[i] = "–"
			if f := r.Participants[i].Figures; f.Width.known && f.Height.known {
				texts[i], any = fmt.Sprintf("%g×%g", f.Width.number, f.Height.number), true
			}
		}
		return texts, levels, "size of the picture looked at, in pixels (median)", any
	}
	figure, err := FindFigure(name)
	if err != nil {
		panic(err) // a column of this file
	}
	for i := range r.Participants {
		v := figure.Of(&r.Participants[i])
		texts[i], levels[i] = figure.Unit.Format(v), levelOf(name, v)
		any = any || v.known
	}
	return texts, levels, figure.Help, any
}

func worse(a, b string) string {
	order := []string{"", string(Good), string(Fair), string(Bad)}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

// badness orders participants: those who failed, then by what they heard, then by what they saw.
func badness(p *Participant) float64 {
	if p.Failure != "" {
		return math.Inf(1)
	}
	return 100*p.Figures.AudioConcealed.Or(0) + 10*p.Figures.FrozenRatio.Or(0) -
		0.1*p.Figures.FramesPerSecond.Or(0)
}

func personCharts(p *Participant, end float64) []chart {
	of := func(value func(*PersonSample) Value) []point {
		return series(p.Samples, func(s *PersonSample) float64 { return s.Second }, value)
	}
	return []chart{
		{title: "Voice lost", unit: Ratio, end: end, top: 0.03, limit: Measured(goodConcealed),
			about: "1 %: nobody notices less",
			lines: []line{
				{name: "voice lost", class: "a",
					points: of(func(s *PersonSample) Value { return s.AudioConcealed })}}},
		{title: "Frames a second", unit: PerSecond, end: end, top: 16, limit: Measured(15),
			about: "15/s: needed to see a tremor",
			lines: []line{
				{name: "frames", class: "b",
					points: of(func(s *PersonSample) Value { return s.FramesPerSecond })}}},
		{title: "Estimated against real rate", unit: BitRate, end: end, lines: []line{
			{name: "the link carries", class: "link", area: true,
				points: of(func(s *PersonSample) Value { return s.LinkDownBits })},
			{name: "estimated", class: "a",
				points: of(func(s *PersonSample) Value { return s.EstimateBits })},
			{name: "received", class: "b",
				points: of(func(s *PersonSample) Value { return s.ReceivedBits })},
		}},
		{title: "Delay", unit: Milliseconds, end: end, top: 200,
			limit: Measured(float64(usableDelay)), about: "400 ms: the ceiling for a conversation",
			lines: []line{
				{name: "voice", class: "a",
					points: of(func(s *PersonSample) Value { return s.AudioDelay })},
				{name: "picture", class: "b",
					points: of(func(s *PersonSample) Value { return s.VideoDelay })},
				{name: "round trip", class: "c",
					points: of(func(s *PersonSample) Value { return s.RoundTripMillis })},
				{name: "voice's jitter buffer", class: "d",
					points: of(func(s *PersonSample) Value { return s.AudioBuffer })},
			}},
	}
}

func serverCharts(r *Run) []chart {
	of := func(value func(*ServerSample) Value) []point {
		return series(r.Server.Samples, func(s *ServerSample) float64 { return s.Second }, value)
	}
	end := r.DurationSeconds
	return []chart{
		{title: "CPU, cores", unit: Cores, end: end, top: 0.1,
			lines: []line{
				{name: "cores", class: "a",
					points: of(func(s *ServerSample) Value { return s.CPUCores })}}},
		{title: "Memory", unit: Bytes, end: end, top: 10e6,
			lines: []line{
				{name: "memory", class: "a",
					points: of(func(s *ServerSample) Value { return s.MemoryBytes })}}},
		{title: "Packets a second", unit: PerSecond, end: end, top: 10, lines: []line{
			{name: "out", class: "a",
				points: of(func(s *ServerSample) Value { return s.PacketsOut })},
			{name: "in", class: "b",
				points: of(func(s *ServerSample) Value { return s.PacketsIn })},
			{name: "sent again", class: "c",
				points: of(func(s *ServerSample) Value { return s.Retransmitted })},
		}},
		{title: "CPU a forwarded packet", unit: Microseconds, end: end, top: 5, limit: Measured(5),
			about: "5 µs: what this server aims at",
			lines: []line{
				{name: "CPU a packet", class: "a",
					points: of(func(s *ServerSample) Value { return s.CPUMicrosPerPkt })}}},
	}
}

func effortCharts(r *Run) []chart {
	of := func(value func(*LoadSample) Value) []point {
		return series(r.Load.Samples, func(s *LoadSample) float64 { return s.Second }, value)
	}
	return []chart{
		{title: "Machine in use", unit: Ratio, end: r.DurationSeconds, top: 1, limit: Measured(0.9),
			about: "90 %: beyond this the figures are the generator's",
			lines: []line{
				{name: "in use", class: "a",
					points: of(func(s *LoadSample) Value { return s.MachineBusy })}}},
		{title: "How late the generator acts", unit: Milliseconds, end: r.DurationSeconds, top: 5,
			lines: []line{
				{name: "late", class: "a",
					points: of(func(s *LoadSample) Value { return s.LateMillis })}}},
	}
}

func drawable(charts []chart) []chart {
	return slices.DeleteFunc(charts, func(c chart) bool { return c.empty() })
}

// The names below are called by the page.

func personFacts(p *Participant) []fact {
	var facts []fact
	add := func(name string, unit Unit, v Value) {
		if v.known {
			facts = append(facts, fact{name, unit.Format(v)})
		}
	}
	f := p.Figures
	add("silence filled", Ratio, f.AudioSilent)
	add("freezes", Count, f.Freezes)
	add("frozen in all", Seconds, f.FrozenSeconds)
	add("round trip", Milliseconds, f.RoundTripMillis)
	add("estimated", BitRate, f.EstimateBits)
	add("link down", BitRate, f.LinkDownBits)
	add("received", BitRate, f.ReceivedBits)
	add("sent", BitRate, f.SentBits)
	add("first voice", Seconds, f.FirstAudio)
	add("first frame", Seconds, f.FirstFrame)
	add("admission to first frame", Seconds, f.AdmitToFrame)
	add("joining, down", Bytes, f.JoinBytesDown)
	add("joining, up", Bytes, f.JoinBytesUp)
	return facts
}

func facts(r *Run) []fact {
	list := []fact{{"Scenario", or(r.Scenario.Summary, r.Scenario.Name)}}
	for _, l := range r.Links {
		list = append(list, fact{"Link " + l.Name, or(l.Summary, "no limit")})
	}
	machine := fmt.Sprintf("%s, %d cores", r.Machine.System, r.Machine.Cores)
	if r.Machine.Processor != "" {
		machine = fmt.Sprintf("%s, %d cores of %s", r.Machine.System, r.Machine.Cores,
			r.Machine.Processor)
	}
	if r.Machine.MemoryBytes > 0 {
		machine += ", " + Bytes.Format(Measured(r.Machine.MemoryBytes))
	}
	server := r.Server.URL
	if r.Server.Local {
		server += " (a process of its own on the same machine)"
	}
	list = append(list, fact{"Server", server},
		fact{"Server's version", or(r.Server.Software, "unknown")},
		fact{"Generator", or(r.Generator, "unknown")}, fact{"Generator's machine", machine})
	if r.Scenario.Seed != 0 {
		list = append(list, fact{"Seed", fmt.Sprint(r.Scenario.Seed)})
	}
	add := func(name string, unit Unit, before, after Value) {
		if before.known && after.known {
			list = append(list,
				fact{name, unit.Format(before) + " before, " + unit.Format(after) + " after"})
		}
	}
	add("Server's goroutines", Count, r.Server.GoroutinesStart, r.Server.GoroutinesEnd)
	add("Server's open files", Count, r.Server.OpenFilesStart, r.Server.OpenFilesEnd)
	add("Server's memory", Bytes, r.Server.MemoryBytesStart, r.Server.MemoryBytesEnd)
	add("Server's heap", Bytes, r.Server.HeapBytesStart, r.Server.HeapBytesEnd)
	add("Generator's goroutines", Count, r.Load.GoroutinesStart, r.Load.GoroutinesEnd)
	add("Generator's open files", Count, r.Load.FilesStart, r.Load.FilesEnd)
	add("Generator's memory", Bytes, r.Load.MemoryStart, r.Load.MemoryEnd)
	add("Generator's heap", Bytes, r.Load.HeapStart, r.Load.HeapEnd)
	return list
}

func tries(c *Capacity) [][]string {
	var rows [][]string
	for _, t := range c.Trials {
		outcome := "held"
		if !t.Held {
			outcome = "broke: " + t.Broke
		}
		outcome += lived(t.Doors, t.Deaths)
		rows = append(rows, []string{fmt.Sprint(t.Count), fmt.Sprint(t.Participants),
			Ratio.Format(t.AudioConcealed), Milliseconds.Format(t.AddedDelay),
			Ratio.Format(t.CPURatio), Microseconds.Format(t.CPUMicrosPerPkt),
			PerSecond.Format(t.Forwarded), outcome})
	}
	return rows
}
