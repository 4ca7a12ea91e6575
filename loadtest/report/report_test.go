package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWrittenRunsComeBack(t *testing.T) {
	before := sample(1)
	before.Capacity = &Capacity{Unit: "consultations", Held: 3,
		Trials: []Try{{Count: 3, Held: true, AudioConcealed: Measured(0.001)}}}
	path := filepath.Join(t.TempDir(), "run.json")
	file, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, Write(file, before))
	require.NoError(t, file.Close())

	after, err := Load(path)
	require.NoError(t, err)
	var a, b bytes.Buffer
	require.NoError(t, Write(&a, before))
	require.NoError(t, Write(&b, after))
	require.Equal(t, a.String(), b.String())
	require.NotContains(t, a.String(), "null", "what was not measured is left out")
	require.Equal(t, before.Verdict, after.Verdict)
}

func TestForeignFilesGetAClearAnswer(t *testing.T) {
	for content, want := range map[string]string{
		`not json`: "it is not JSON",
		`{"a": 1}`: `its schema is "", expected "draille-loadtest"`,
		`{"schema":"draille-loadtest","version":9}`:                  "use a newer draille",
		`{"schema":"draille-loadtest","version":0}`:                  "run the load test again",
		`{"schema":"draille-loadtest","version":1,"participants":7}`: "does not follow the schema",
	} {
		_, err := Read(strings.NewReader(content))
		require.ErrorContains(t, err, want, content)
	}
	_, err := Load(filepath.Join(t.TempDir(), "nothing.json"))
	require.ErrorContains(t, err, "there is no file")
	_, err = Load(t.TempDir())
	require.ErrorContains(t, err, "cannot be read")
}

// A file written by somebody else needs no verdict, and null is as good as nothing.
func TestUnjudgedRunsAreJudged(t *testing.T) {
	r, err := Read(strings.NewReader(`{"schema":"draille-loadtest","version":1,"participants":[
		{"id":"a","name":"Nurse","kind":"chromium","link":"thin-150","figures":{"audioConcealedRatio":0.08,"framesPerSecond":null}}]}`))
	require.NoError(t, err)
	require.Equal(t, Bad, r.Verdict.Level)
	require.Equal(t, "The call did not hold: up to 8 % of the voice was lost (Nurse, thin-150).",
		r.Verdict.Sentence)
}

func TestValues(t *testing.T) {
	require.True(t, Value{}.IsZero())
	require.True(t, Measured(0.0/zero()).IsZero(), "not a number")
	require.False(t, Measured(0).IsZero())
	require.InDelta(t, 7, Value{}.Or(7), 0)
	text, err := json.Marshal([]Value{Measured(1.0 / 3), Measured(1234567.8), Measured(0),
		Measured(-20.5), {}})
	require.NoError(t, err)
	require.Equal(t, "[0.333333,1234570,0,-20.5,null]", string(text))
}

func zero() float64 { return 0 }

func TestUnitsFormatAndParse(t *testing.T) {
	for _, c := range []struct {
		unit Unit
		n    float64
		want string
	}{
		{Ratio, 0.0042, "0.42 %"}, {Ratio, 0.5, "50 %"}, {Ratio, 0, "0 %"},
		{BitRate, 512e3, "512 kbit/s"}, {BitRate, 1.5e6, "1.5 Mbit/s"},
		{BitRate, 999.9e3, "1 Mbit/s"}, {Bytes, 61e6, "61 MB"}, {Milliseconds, 163.4, "163 ms"},
		{Microseconds, 4.314, "4.31 µs"}, {PerSecond, 19.96, "20/s"},
		{Seconds, 0.05, "0.05 s"}, {Count, 12, "12"}, {Score, 0.9512, "0.951"},
		{Cores, 0.2123, "0.21"}, {Pixels, 360, "360 px"},
	} {
		require.Equal(t, c.want, c.unit.Format(Measured(c.n)))
	}
	require.Equal(t, "–", Ratio.Format(Value{}))
	for _, c := range []struct {
		unit Unit
		text string
		want float64
	}{
		{Ratio, "1%", 0.01}, {Ratio, "0.01", 0.01}, {Milliseconds, "0.4 s", 400},
		{BitRate, "300kbit/s", 300e3}, {BitRate, "1.5M", 1.5e6}, {Bytes, "2MiB", 2 << 20},
		{Pixels, "360p", 360}, {PerSecond, "15", 15},
	} {
		got, err := c.unit.Parse(c.text)
		require.NoError(t, err)
		require.InDelta(t, c.want, got, 1e-9, c.text)
	}
	for unit, text := range map[Unit]string{Ratio: "1ms", Milliseconds: "fast", Count: "",
		BitRate: "1e3furlongs", Score: "%"} {
		_, err := unit.Parse(text)
		require.ErrorContains(t, err, "is not a value in", text)
	}
}

func TestExpectations(t *testing.T) {
	r := sample(1)
	for text, want := range map[string]Outcome{
		"audio.concealed<1%": {"audio.concealed<1%", true,
			"0.4 % (Nurse, room 1, adsl-end)"},
		"audio.concealed < 0.4%": {"audio.concealed<0.4%", false,
			"0.4 % (Nurse, room 1, adsl-end)"},
		"audio.concealed<=0.4%": {"audio.concealed<=0.4%", true,
			"0.4 % (Nurse, room 1, adsl-end)"},
		"audio.concealed@fibre<0.2%": {"audio.concealed@fibre<0.2%", true,
			"0.1 % (Clinician 1, room 1, fibre)"},
		"video.fps>=15": {"video.fps>=15", false, "12/s (Nurse, room 1, adsl-end)"},
		"video.fps@fibre>15": {"video.fps@fibre>15", true,
			"20/s (Clinician 1, room 1, fibre)"},
		"video.fps<15": {"video.fps<15", false,
			"20/s (Clinician 1, room 1, fibre)"},
		"server.cpu-per-packet<5µs": {"server.cpu-per-packet<5µs", true, "4.31 µs"},
		"join.failed<1":             {"join.failed<1", true, "0"},
		"video.ssim>0.9": {"video.ssim>0.9", false,
			"it was not measured in this run"},
		"audio.concealed@satellite<1%": {"audio.concealed@satellite<1%", false,
			"nobody behind satellite measured it in this run"},
	} {
		e, err := ParseExpectation(text)
		require.NoError(t, err)
		require.Equal(t, want, e.Check(r))
	}
	for text, want := range map[string]string{
		"audio.conceal<1%":   "the known ones are audio.concealed, audio.delay.p50",
		"audio.concealed":    "is not an expectation: expected a figure",
		"audio.concealed<1s": `audio.concealed: "1s" is not a value in percent`,
		"server.cpu@fibre<1": "leave out @fibre",
	} {
		_, err := ParseExpectation(text)
		require.ErrorContains(t, err, want)
	}
}

func TestVerdicts(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Run)
		level  Level
		words  []string
	}{
		"few frames": {func(*Run) {}, Fair,
			[]string{"The voice held, with reservations: the frame rate was down to 12/s (Nurse"}},
		"good": {func(r *Run) { r.Participants = r.Participants[:3] }, Good,
			[]string{"held for all 3 participants", "at most 0.1 % of the voice"}},
		"voice lost": {func(r *Run) {
			r.Participants[0].Figures.AudioConcealed = Measured(0.06)
		}, Bad, []string{"did not hold: up to 6 % of the voice was lost (Clinician 1"}},
		"no picture is a reservation": {func(r *Run) {
			r.Participants[0].Figures.FramesPerSecond = Measured(0)
		}, Fair, []string{"was down to 0/s"}},
		"did not get in": {func(r *Run) { r.Participants[1].Failure = "token refused" }, Bad,
			[]string{"1 of 4", "Clinician 2", "token refused"}},
		"generator": {func(r *Run) { r.Load.Limit = "no CPU left." }, Void,
			[]string{"says nothing about the server: no CPU left."}},
		"interrupted": {func(r *Run) { r.Interrupted = "Ctrl-C" }, Fair,
			[]string{"Ended early, after 60 s (Ctrl-C)."}},
		"empty": {func(r *Run) { r.Participants, r.Interrupted = nil, "Ctrl-C" }, Void,
			[]string{"Nothing was measured: Ctrl-C."}},
		"silent": {func(r *Run) { r.Participants = []Participant{{Name: "x"}} }, Void,
			[]string{"Nothing was heard or seen"}},
		"expectation met": {func(r *Run) { r.Expectations = []Outcome{{"a<1", true, "0"}} }, Fair,
			[]string{"Every expectation was met."}},
		"expectations failed": {func(r *Run) {
			r.Expectations = []Outcome{{"a<1", true, "0"}, {"b<1", false, "2"}, {"c<1", false, "3"}}
		}, Bad, []string{"Expected b<1, but it was 2, and 2 of 3 expectations failed in all."}},
		"capacity": {func(r *Run) {
			r.Capacity = &Capacity{Unit: "consultations", Held: 8, Broke: "CPU was at 85 %",
				Trials: []Try{
					{Count: 8, Held: true, Participants: 16, CPUMicrosPerPkt: Measured(4.2)}}}
		}, Good, []string{"holds 8 consultations, 16 participants, at 4.2 µs of CPU a forwarded " +
			"packet; with more, CPU was at 85 %."}},
		"generator's bound": {func(r *Run) {
			r.Capacity = &Capacity{Unit: "consultations", Held: 8, Broke: "no CPU",
				Trials: []Try{{Count: 9, GeneratorLimit: "no CPU", Broke: "no CPU"}}}
		}, Good, []string{"holds at least 8 consultations; with more, no CPU."}},
		"no bound": {func(r *Run) { r.Capacity = &Capacity{Unit: "consultations", Held: 8} }, Good,
			[]string{"nothing broke"}},
	} {
		r := sample(1)
		c.change(r)
		Judge(r)
		require.Equal(t, c.level, r.Verdict.Level, "%s: %s", name, r.Verdict.Sentence)
		for _, words := range c.words {
			require.Contains(t, r.Verdict.Sentence, words, name)
		}
	}
}

func TestCompare(t *testing.T) {
	before, after := sample(1), sample(1)
	after.Participants[3].Figures.AudioConcealed = Measured(0.02)
	after.Participants[3].Figures.FramesPerSecond = Measured(16)
	after.Server.CPUMicrosPerPkt = Measured(4.4) // less than the noise
	after.Server.CPUCores = Measured(0.1)
	c := Compare(before, after)
	require.Empty(t, c.Unlike)
	direction := func(figure, link string) Direction {
		for _, change := range c.Changes {
			if change.Figure.Name == figure && change.Link == link {
				return change.Direction
			}
		}
		return "missing"
	}
	require.Equal(t, Worse, direction("audio.concealed", "adsl-end"))
	require.Equal(t, Same, direction("audio.concealed", "fibre"))
	require.Equal(t, Better, direction("video.fps", "adsl-end"))
	require.Equal(t, Better, direction("server.cpu", ""))
	require.Equal(t, Same, direction("server.cpu-per-packet", ""))
	require.Equal(t, Direction("missing"), direction("video.ssim", "fibre"))

	var out bytes.Buffer
	require.NoError(t, c.Write(&out))
	lines := strings.Split(out.String(), "\n")
	require.Regexp(t, `^worse +audio.concealed +adsl-end +0.4 % +→ 2 % +\+400 %$`, lines[0])
	require.Regexp(t, `^better +video.fps +adsl-end`, lines[1])
	require.Contains(t, out.String(), "1 worse, 2 better")

	after.Scenario.Rooms, after.DurationSeconds, after.Load.Limit = 20, 10, "no CPU left"
	c = Compare(before, after)
	require.Equal(t, []string{"rooms: 1, then 20", "duration: 60 s, then 10 s",
		"generator at its limit: no, then yes"}, c.Unlike)
	out.Reset()
	require.NoError(t, Compare(&Run{}, &Run{Participants: []Participant{{Link: "a"}}}).Write(&out))
	require.Contains(t, out.String(), "join.failed", "every run counts these")
}

func TestTable(t *testing.T) {
	r := sample(1)
	r.Participants[1].Failure = "the server cannot be reached"
	r.Expectations = []Outcome{{"audio.concealed<1%", true, "0.4 %"},
		{"video.fps>15", false, "12/s"}}
	Judge(r)
	var out bytes.Buffer
	require.NoError(t, WriteTable(&out, r))
	require.Regexp(t, `Nurse +adsl-end +0.4 % +118 ms +12/s +0.2 % +640×360`, out.String())
	require.Regexp(t, `Clinician 2 +fibre +failed: the server cannot be reached`, out.String())
	require.Contains(t, out.String(), "NOT MET  video.fps>15: 12/s")
	require.Contains(t, out.String(), "4.31 µs of CPU a forwarded packet")
	require.True(t, strings.HasSuffix(out.String(), r.Verdict.Sentence+"\n"))

	r.Participants[0].Room = "room 2"
	out.Reset()
	require.NoError(t, WriteTable(&out, r))
	require.Regexp(t, `Nurse +room 1 +adsl-end +0.4 %`, out.String())

	r.Capacity = &Capacity{Unit: "consultations", Held: 1, Broke: "y",
		Trials: []Try{{Count: 1, Held: true, Participants: 2},
			{Count: 2, Broke: "CPU was at 85 %"}}}
	r.Server.Unmeasured = "no metrics"
	out.Reset()
	require.NoError(t, WriteTable(&out, r))
	require.Regexp(t, `2 +0 +–.* +broke: CPU was at 85 %`, out.String())
	require.Contains(t, out.String(), "server: no metrics")
	require.NotContains(t, out.String(), "Nurse")

	r.Server.Doors, r.Server.Deaths = severalDoors()
	r.Capacity.Trials[0].Doors, r.Capacity.Trials[0].Deaths = severalDoors()
	out.Reset()
	require.NoError(t, WriteTable(&out, r))
	require.Regexp(t, `1 +2 .* held; rooms by server 3, 5, \?; ended: a; participants who `+
		`went on by another server: 4`, out.String())
	require.Contains(t, out.String(), "\na: rooms: 3 at most, 0 at the end (came: 3 opened here), "+
		"its process ended, "+
		"away at the end\nb: rooms: 5 at most, 4 at the end (came: 3 from a server that "+
		"died, 2 opened here), CPU 40 %\n"+
		"c: its metrics "+
		"were not read\nparticipants who went on by another server: 4, without a voice for 5.1 s "+
		"(median), 6.2 s at most; calls that ended: 1\n")

	require.Error(t, WriteTable(failing{}, r))
}

// severalDoors are three servers of one name, one of which died.
func severalDoors() ([]Door, *Deaths) {
	return []Door{
		{Address: "a", Measured: true, RoomsMost: 3, Came: map[string]int{"opened": 3}, Died: 1,
			Away: true},
		{Address: "b", Measured: true, Rooms: 4, RoomsMost: 5, CPURatio: Measured(0.4),
			Came: map[string]int{"opened": 2, "dead": 3}},
		{Address: "c"},
	}, &Deaths{Participants: 4, SilenceMedian: 5.1, SilenceMost: 6.2, Lost: 1}
}

func TestThePageShowsWhereRoomsLived(t *testing.T) {
	r := sample(1)
	Judge(r)
	var out bytes.Buffer
	require.NoError(t, WriteHTML(&out, r))
	require.NotContains(t, out.String(), "Where rooms lived")
	r.Server.Doors, r.Server.Deaths = severalDoors()
	r.Server.Unmeasured = "no metrics"
	out.Reset()
	require.NoError(t, WriteHTML(&out, r))
	require.Contains(t, out.String(), "<h2>Where rooms lived</h2>")
	require.Contains(t, out.String(),
		"<dt>b</dt><dd>rooms: 5 at most, 4 at the end (came: 3 from a server that died, "+
			"2 opened here), CPU 40 %</dd>")
	require.Contains(t, out.String(), "6.2 s at most; calls that ended: 1.</p>")
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("full") }

// The page must open without a network and run no script, whatever stands in the names.
func TestPage(t *testing.T) {
	r := sample(1)
	r.Expectations = []Outcome{{"audio.concealed<1%", true, "0.4 %"},
		{"video.fps>15", false, "12/s"}}
	r.Participants[3].Name = `<script>alert("x")</script>`
	r.Participants[3].Images = []Image{{30, "what she saw", []byte{1, 2, 3}}}
	r.Participants[2].Failure = "fell out"
	r.Capacity = &Capacity{Unit: "consultations", Held: 1,
		Trials: []Try{{Count: 1, Held: true, Participants: 2}}}
	Judge(r)
	var out bytes.Buffer
	require.NoError(t, WriteHTML(&out, r))
	html := out.String()
	require.NotContains(t, html, "<script")
	require.NotContains(t, html, "http://www")
	require.NotRegexp(t, `(src|href)="(http|//)`, html)
	require.NotContains(t, html, "ZgotmplZ", "nothing was refused by the template")
	require.Contains(t, html, "data:image/png;base64,AQID")
	verdict := strings.Index(html, `class="verdict bad"`)
	require.Positive(t, verdict)
	require.Less(t, verdict, strings.Index(html, "<table"), "the verdict comes first")
	require.Contains(t, html, "Not good enough")
	require.Equal(t, 4*4+4+2, strings.Count(html, "<svg"),
		"four curves a participant, four of the server, two of the generator")
	require.Less(t, strings.Index(html, "Clinician 3</td>")+1,
		strings.Index(html, "Clinician 2</td>")+1)
	require.Less(t, out.Len(), 250_000)
	wellFormed(t, regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(html, -1))
}

func wellFormed(t *testing.T, pictures []string) {
	t.Helper()
	for _, picture := range pictures {
		decoder := xml.NewDecoder(strings.NewReader(picture))
		for {
			_, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, picture)
		}
	}
	if path := os.Getenv("DRAILLE_REPORT_SAMPLE"); path != "" { // to look at
		file, err := os.Create(path)
		require.NoError(t, err)
		require.NoError(t, WriteHTML(file, sample(1)))
		require.NoError(t, file.Close())
	}
}

func TestChart(t *testing.T) {
	gap := []point{{Measured(0), Measured(1)}, {Measured(1), Measured(2)}, {Measured(2), Value{}},
		{Measured(3), Measured(4)}}
	c := chart{title: "a < b", unit: PerSecond, end: 3,
		lines: []line{{name: "frames", class: "a", points: gap}}, limit: Measured(3),
		about: "enough"}
	picture := string(c.SVG())
	wellFormed(t, []string{picture})
	require.Contains(t, picture, `aria-label="a &lt; b; frames from 1/s to 4/s"`)
	require.Equal(t, 1, strings.Count(picture, "<path"), "a line before the gap")
	require.Equal(t, 1, strings.Count(picture, "<circle"), "a dot behind it")
	require.Contains(t, picture, "<title>enough</title>")

	require.Empty(t, (&chart{lines: []line{{points: []point{{Measured(0), Value{}}}}}}).SVG())
	c = chart{unit: BitRate, end: 1, lines: []line{
		{area: true,
			points: []point{{Measured(0), Measured(100e6)}, {Measured(1), Measured(100e6)}}},
		{points: []point{{Measured(0), Measured(1e6)}, {Measured(1), Measured(2e6)}}},
	}}
	require.InDelta(t, 3e6, c.scale(), 1,
		"a link that is far too good does not flatten what matters")
	for v, want := range map[float64]float64{0: 1, 0.031: 0.04, 7: 8, 9: 10, 12: 15, 100: 100} {
		require.InDelta(t, want, roundUp(v), 1e-9)
	}
	require.Equal(t, []float64{0, 15, 30, 45, 60}, ticks(60))

	long := make([]point, 1000)
	for i := range long {
		long[i] = point{Measured(i), Measured(i % 4)}
	}
	long[0].y, long[1].y, long[2].y, long[3].y = Value{}, Value{}, Value{}, Value{}
	short := thin(long)
	require.Len(t, short, 250)
	require.True(t, short[0].y.IsZero())
	require.InDelta(t, 1.5, short[7].y.Or(0), 1e-9)
}

func TestFigureNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range figures {
		require.False(t, seen[f.Name], f.Name)
		require.NotEmpty(t, f.Help)
		seen[f.Name] = true
		require.NotEqual(t, f.person == nil, f.run == nil)
		if !f.Personal() {
			require.True(t, f.Of(&Participant{}).IsZero())
		}
	}
}

// SCHEMA.md describes every field that is written, and no other.
func TestSchemaIsDescribed(t *testing.T) {
	content, err := os.ReadFile("SCHEMA.md")
	require.NoError(t, err)
	described := map[string][]string{}
	section := ""
	row := regexp.MustCompile("^\\| `([A-Za-z0-9]+)` ")
	for _, line := range strings.Split(string(content), "\n") {
		if name, found := strings.CutPrefix(line, "## "); found {
			section = name
		}
		if match := row.FindStringSubmatch(line); match != nil {
			described[section] = append(described[section], match[1])
		}
	}
	seen := map[string]bool{}
	var visit func(reflect.Type)
	visit = func(of reflect.Type) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct || of.PkgPath() != reflect.TypeFor[Run]().PkgPath() ||
			of == reflect.TypeFor[Value]() || seen[of.Name()] {
			return
		}
		seen[of.Name()] = true
		var fields []string
		for i := range of.NumField() {
			name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			fields = append(fields, name)
			visit(of.Field(i).Type)
		}
		require.ElementsMatch(t, fields, described[of.Name()], of.Name())
	}
	visit(reflect.TypeFor[Run]())
	for name := range described {
		require.True(t, seen[name], "SCHEMA.md describes %s, which is nowhere written", name)
	}

	example := regexp.MustCompile("(?s)```json\n(.*?)```").FindSubmatch(content)
	require.NotNil(t, example)
	decoder := json.NewDecoder(bytes.NewReader(example[1]))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&Run{}))
	r, err := Read(bytes.NewReader(example[1]))
	require.NoError(t, err)
	require.Equal(t, Fair, r.Verdict.Level)
}
