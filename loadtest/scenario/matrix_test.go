package scenario

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"draille/loadtest/link"
	"draille/loadtest/report"
)

func profiles(t *testing.T, names ...string) []link.Profile {
	t.Helper()
	var found []link.Profile
	for _, name := range names {
		l, err := link.Find(name)
		require.NoError(t, err)
		found = append(found, l)
	}
	return found
}

func TestAMatrixHasARoomForEachLink(t *testing.T) {
	s, err := Find("consultation")
	require.NoError(t, err)
	plan, err := s.BuildMatrix(profiles(t, "thin-60", "adsl-end", "fibre"), Options{})
	require.NoError(t, err)
	var links []string
	for _, seat := range plan.Seats {
		links = append(links, plan.RoomName(seat.Room)+": "+seat.Link.Name)
	}
	require.Equal(t, []string{"thin-60: fibre", "thin-60: thin-60", "adsl-end: fibre",
		"adsl-end: adsl-end", "fibre: fibre", "fibre: fibre"}, links)
	_, err = s.BuildMatrix(nil, Options{})
	require.ErrorIs(t, err, errNoLinks)
	_, err = newRunner(&fakeStage{}).Matrix(t.Context(), s, Options{}, nil, 1, nil)
	require.ErrorIs(t, err, errNoLinks)
}

// quickly is a machine that does not keep up with more than so many participants at a time.
type quickly struct {
	fakeMachine
	stage *fakeStage
	holds int
}

func (m *quickly) Read() Effort {
	e := m.fakeMachine.Read()
	present := 0
	m.stage.mu.Lock()
	defer m.stage.mu.Unlock()
	for _, p := range m.stage.people {
		p.mu.Lock()
		if !p.left {
			present++
		}
		p.mu.Unlock()
	}
	if present > m.holds {
		e.Late = 200 * time.Millisecond
	}
	return e
}

func TestAMatrixIsPlayedInPartsThatTheMachineHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stage := &fakeStage{}
		runner := newRunner(stage)
		runner.Machine = &quickly{fakeMachine: fakeMachine{started: time.Now(), busy: 0.5},
			stage: stage, holds: 4}
		s, err := Find("consultation")
		require.NoError(t, err)
		var parts []int
		run, err := runner.Matrix(t.Context(), s, Options{Length: 20 * time.Second},
			profiles(t, "fibre", "thin-60", "geo-satellite", "thin-300-lossy", "leo-satellite"), 4,
			func(part []link.Profile) { parts = append(parts, len(part)) })
		require.NoError(t, err)
		require.Equal(t, []int{4, 2, 2, 1}, parts, "four were too many")
		require.Equal(t, 1, run.Matrix.Repeated)
		require.Len(t, run.Matrix.Cells, 5)
		require.Len(t, run.Participants, 10)
		ids := map[string]bool{}
		for _, p := range run.Participants {
			ids[p.ID] = true
		}
		require.Len(t, ids, 10, "nobody is taken for another")
		for _, c := range run.Matrix.Cells { // the fakes lose 2 % of the voice
			require.Equal(t, report.Fair, c.Verdict.Level, c.Link)
		}
		require.Empty(t, run.Matrix.Cells[0].Why, "nothing of a fibre explains it")
		require.Equal(t, []string{"it carries 60 kbit/s both ways at its worst"},
			run.Matrix.Cells[1].Why)
		require.Equal(t, report.Fair, run.Verdict.Level)
	})
}

func TestALinkTheMachineDoesNotHoldHasNoVerdict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stage := &fakeStage{}
		runner := newRunner(stage)
		runner.Machine = &quickly{fakeMachine: fakeMachine{started: time.Now(), busy: 0.5},
			stage: stage}
		s, err := Find("consultation")
		require.NoError(t, err)
		run, err := runner.Matrix(t.Context(), s, Options{Length: 10 * time.Second},
			profiles(t, "fibre"), 4, nil)
		require.NoError(t, err)
		require.Equal(t, report.Void, run.Matrix.Cells[0].Verdict.Level)
		require.Equal(t, report.Void, run.Verdict.Level)
	})
}

func TestAMatrixMayBeCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s, err := Find("consultation")
		require.NoError(t, err)
		time.AfterFunc(15*time.Second, cancel)
		run, err := newRunner(&fakeStage{}).Matrix(ctx, s, Options{Length: 10 * time.Second},
			profiles(t, "fibre", "thin-60", "adsl"), 1, nil)
		require.NoError(t, err)
		require.Len(t, run.Matrix.Cells, 2)
		require.NotEmpty(t, run.Interrupted)
		_, err = newRunner(&fakeStage{}).Matrix(ctx, s, Options{}, profiles(t, "fibre"), 1, nil)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestWhatOfALinkExplains(t *testing.T) {
	late := []string{"audio.delay.p95"}
	for name, want := range map[string][]string{
		"geo-satellite": {"the link alone takes 300 ms each way",
			"it carries 512 kbit/s both ways at its worst"},
		"drop-30s": {"it carries 250 kbit/s both ways at its worst"},
		"thin-300-lossy": {"it carries 300 kbit/s both ways at its worst",
			"it loses 5 % of the packets both ways"},
		"fibre": nil,
	} {
		require.Equal(t, want, explain(late, profiles(t, name)[0], time.Minute), name)
	}
	require.Contains(t, explain(nil, profiles(t, "leo-satellite")[0], time.Minute),
		"it is cut for moments both ways")
	require.Nil(t, explain(late, profiles(t, "drop-30s")[0], 20*time.Second),
		"it had not dropped yet")
	require.Contains(t, explain(nil, profiles(t, "ehpad-wifi")[0], time.Minute),
		"it loses 3 % of the packets both ways")
	require.Equal(t, []string{"it carries 512 kbit/s down and 128 kbit/s up at its worst"},
		explain(nil, profiles(t, "adsl-end")[0], time.Minute))
	require.Equal(t, []string{"it carries 200 kbit/s down at its worst"},
		explain(nil, profiles(t, "thin-200-down")[0], time.Minute))
	require.Equal(t, "1 up", bothWays("", "1"))
}
