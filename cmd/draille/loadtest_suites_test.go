package main

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"draille/loadtest/report"
	"draille/loadtest/scenario"
	"draille/loadtest/thinlink/table"
)

// commanded is a command whose output is kept.
func commanded(t *testing.T, command *cobra.Command) (out *bytes.Buffer) {
	t.Helper()
	out = &bytes.Buffer{}
	command.SetOut(out)
	command.SetErr(&bytes.Buffer{})
	command.SetContext(t.Context())
	return out
}

// A row of the table, everything real but the browsers; on a busy machine targets may be missed, and nothing else may happen.
func TestTableOfThinLinksByVirtualParticipants(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	test := &thinTable{thinLink: thinLink{loadTest: loadTest{serve: serveThisTest, local: true}, virtual: true}, rows: []string{"thin-150"}, runs: 1, folder: folder}
	test.Length, test.Seed = 3*time.Second, 1
	command := newThinlinkTable()
	out := commanded(t, command)
	if err := test.perform(command); err != nil {
		require.ErrorContains(t, err, "targets were missed", out.String())
	}
	require.Contains(t, out.String(), "| 150 kbit/s |")
	run, err := report.Load(filepath.Join(folder, "table-virtual-thin-150-1.json"))
	require.NoError(t, err)
	require.Equal(t, []string{thinHost, thinGuest}, []string{run.Participants[0].Name, run.Participants[1].Name})
	require.False(t, run.Participants[1].Figures.PacketsLostRatio.IsZero(), "packets lost are measured of virtual participants")
	require.False(t, run.Load.HeapEnd.IsZero())
	require.FileExists(t, filepath.Join(folder, "table-virtual-thin-150-1.html"))
}

func TestMatrixOfTwoLinks(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	test := &matrixTest{loadTest: loadTest{serve: serveThisTest, local: true, of: "consultation"}, links: []string{"fibre", "thin-150"}, atOnce: 2}
	test.Length, test.Seed = 3*time.Second, 1
	test.jsonFile = filepath.Join(folder, "matrix.json")
	command := newMatrix()
	out := commanded(t, command)
	require.NoError(t, test.perform(command, nil))
	require.Regexp(t, `(?m)^thin-150 +\S`, out.String())
	run, err := report.Load(test.jsonFile)
	require.NoError(t, err)
	require.Len(t, run.Matrix.Cells, 2)
	require.Equal(t, "thin-150", run.Participants[3].Room)
}

func TestMeetingsWithAndWithoutThinLinks(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	test := &telestaffs{loadTest: loadTest{serve: serveThisTest, local: true}, folder: folder, meetings: []meeting{
		{name: "before", about: "three on fibre", options: scenario.Options{Participants: 3, Thin: -1}, expect: []string{"join.failed<1"}},
		{name: "after", about: "one of them thin", options: scenario.Options{Participants: 3, Links: []string{"adsl-end"}}, expect: []string{"link.rtt<0"}, spared: true},
	}}
	test.Length, test.Seed = 3*time.Second, 1
	command := newTelestaffs()
	out := commanded(t, command)
	err := test.perform(command, nil)
	require.ErrorContains(t, err, "after: ")
	require.Contains(t, err.Error(), "expectations were not met")
	require.Contains(t, out.String(), "video.fps on fibre as without thin links (within 5 %)")
	before, err := report.Load(filepath.Join(folder, "telestaff-before.json"))
	require.NoError(t, err)
	require.Equal(t, "fibre", before.Participants[2].Link)
	after, err := report.Load(filepath.Join(folder, "telestaff-after.json"))
	require.NoError(t, err)
	require.Equal(t, "adsl-end", after.Participants[2].Link)
}

func TestMeetingsOfTheSuiteCanBePlayed(t *testing.T) {
	s, err := scenario.Find("telestaff")
	require.NoError(t, err)
	for _, m := range meetings() {
		plan, err := s.Build(m.options)
		require.NoError(t, err, m.name)
		for _, e := range m.expect {
			_, err := report.ParseExpectation(e)
			require.NoError(t, err)
		}
		thin := 0
		for _, seat := range plan.Seats {
			if seat.Link.Name != "fibre" {
				thin++
			}
		}
		require.Equal(t, map[string]int{"four-thin": 4, "eight-fibre": 0, "eight-mixed": 3}[m.name], thin)
	}
}

func TestSuitesRefuseWhatCannotBePlayed(t *testing.T) {
	for want, arguments := range map[string][]string{
		`"thin-1" is not a row`:                {"thinlink-table", "--virtual", "--row", "thin-1"},
		"--runs 0 cannot be played":            {"thinlink-table", "--runs", "0"},
		"--runs -1 cannot be played":           {"thinlink-join", "--runs", "-1"},
		`unknown profile "nowhere"`:            {"thinlink-join", "--profile", "nowhere"},
		`unknown profile "elsewhere"`:          {"matrix", "--local", "--links", "elsewhere"},
		"--at-once 0 cannot be played":         {"matrix", "--local", "--at-once", "0"},
		`"party" is not a scenario`:            {"matrix", "--local", "--of", "party"},
		"for a matrix give the secret":         {"matrix", "--invite", "http://x/#y"},
		"--json does not go with several":      {"telestaffs", "--local", "--json", "x"},
		"5 kbit/s cannot be tried":             {"codecs", "--bitrates", "5"},
		"is too short to measure":              {"codecs", "--duration", "1ms"},
		"is not the folder web of the sources": {"codecs", "--web", t.TempDir()},
	} {
		_, err := run(t, append([]string{"loadtest"}, arguments...)...)
		require.ErrorContains(t, err, want)
	}
}

func TestMissedTargetsDecideTheExitCode(t *testing.T) {
	require.NoError(t, missed(nil))
	rows, err := table.Select([]string{"thin-60"})
	require.NoError(t, err)
	var out bytes.Buffer
	err = concludeTable(&out, []table.Result{{Row: rows[0], Remarks: []string{"call 1 failed: nobody came"}}})
	require.ErrorContains(t, err, "3 targets were missed:\n  60 kbit/s: concealed –, to be < 1 %")
	require.Contains(t, out.String(), "thin-60: call 1 failed: nobody came")
}
