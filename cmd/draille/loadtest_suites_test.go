package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/loadtest/report"
)

// A row of the table, everything real but the browsers. Whether a call of three seconds meets the
// targets is not for this test to say.
func TestTableOfThinLinksByVirtualParticipants(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	out, err := run(t, "loadtest", "thinlink-table", "--virtual", "--row", "thin-150", "--duration",
		"3s", "--folder", folder)
	if err != nil {
		require.ErrorContains(t, err, "targets were missed", out)
	}
	require.Contains(t, out, "| 150 kbit/s |")
	run, err := report.Load(filepath.Join(folder, "table-virtual-thin-150-1.json"))
	require.NoError(t, err)
	require.Equal(t, []string{"Dr Martin", "Mme Rey"},
		[]string{run.Participants[0].Name, run.Participants[1].Name})
	nurse := run.Participants[1].Figures
	require.False(t, nurse.PacketsReceived.IsZero())
	if nurse.PacketsReceived.Or(0) > 0 { // a busy machine may have sent nothing in three seconds
		require.False(t, nurse.PacketsLostRatio.IsZero(), "measured of virtual participants, too")
	}
	require.False(t, run.Load.HeapEnd.IsZero())
	require.FileExists(t, filepath.Join(folder, "table-virtual-thin-150-1.html"))
}

func TestMatrixOfTwoLinks(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "matrix.json")
	out, err := run(t, "loadtest", "matrix", "--local", "--links", "fibre,thin-150", "--at-once",
		"2", "--duration", "3s", "--json", file)
	require.NoError(t, err)
	require.Regexp(t, `(?m)^thin-150 +\S`, out)
	run, err := report.Load(file)
	require.NoError(t, err)
	require.Len(t, run.Matrix.Cells, 2)
	require.Equal(t, "thin-150", run.Participants[3].Room)
}

// What the meetings reach in three seconds is not for this test to say.
func TestMeetingsWithAndWithoutThinLinks(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	out, err := run(t, "loadtest", "telestaffs", "--local", "--participants", "4", "--duration",
		"3s", "--folder", folder)
	if err != nil {
		require.Regexp(t, "expectations were not met|the generator was at its limit", err.Error(),
			out)
	}
	require.Contains(t, out, "video.fps on fibre as without thin links (within 5 %)")
	for meeting, links := range map[string][]string{
		"four-thin": {"thin-200-down", "thin-200-down", "thin-200-down", "thin-200-down"},
		"fibre":     {"fibre", "fibre", "fibre", "fibre"},
		"mixed":     {"fibre", "adsl-end", "adsl-end", "geo-satellite"},
	} {
		run, err := report.Load(filepath.Join(folder, "telestaff-"+meeting+".json"))
		require.NoError(t, err)
		var played []string
		for _, p := range run.Participants {
			played = append(played, p.Link)
		}
		require.Equal(t, links, played, meeting)
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
		"--participants 3 cannot be played":    {"telestaffs", "--local", "--participants", "3"},
		"5 kbit/s cannot be tried":             {"codecs", "--bitrates", "5"},
		"is too short to measure":              {"codecs", "--duration", "1ms"},
		"is not the folder web of the sources": {"codecs", "--web", t.TempDir()},
	} {
		_, err := run(t, append([]string{"loadtest"}, arguments...)...)
		require.ErrorContains(t, err, want)
	}
}
