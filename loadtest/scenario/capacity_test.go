package scenario

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"draille/loadtest/report"
)

// Whatever the true capacity is, the search comes within its precision and needs few trials.
func TestSearchFindsTheCapacity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		truth, limit := rapid.IntRange(0, 300).Draw(t, "truth"),
			rapid.IntRange(1, 300).Draw(t, "limit")
		s := NewSearch(limit)
		trials := 0
		for {
			count, more := s.Next()
			if !more {
				break
			}
			require.Positive(t, count)
			require.LessOrEqual(t, count, limit)
			s.Tell(count, count <= truth)
			trials++
			require.Less(t, trials, 20)
		}
		want := min(truth, limit)
		require.LessOrEqual(t, s.Held(), want)
		require.GreaterOrEqual(t, s.Held(), want-max(0, int(0.05*float64(want))))
	})
}

// busyByRooms is a machine on which every participant takes 40 ms a second.
type busyByRooms struct {
	fakeMachine
	stage *fakeStage
}

func (m *busyByRooms) Read() Effort {
	e := m.fakeMachine.Read()
	e.CPUSeconds = 0
	m.stage.mu.Lock()
	defer m.stage.mu.Unlock()
	for _, p := range m.stage.people {
		p.mu.Lock()
		until := time.Now()
		if p.left {
			until = p.leftAt
		}
		e.CPUSeconds += 0.04 * until.Sub(p.joined).Seconds()
		p.mu.Unlock()
	}
	return e
}

func TestCapacityNamesWhatBroke(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stage := &fakeStage{}
		runner := newRunner(stage)
		s, err := Find("consultation")
		require.NoError(t, err)
		machine := &busyByRooms{stage: stage}
		machine.started, machine.busy = time.Now(), 0.5
		runner.Machine = machine
		criteria := DefaultCriteria()
		criteria.Concealed = 0.03
		var told []report.Try
		run, err := runner.Capacity(t.Context(), s,
			Options{Length: 10 * time.Second, Thin: -1, Link: "fibre"}, 64, criteria,
			func(tr report.Try) { told = append(told, tr) })
		require.NoError(t, err)
		require.Equal(t, run.Capacity.Trials, told)
		require.InDelta(t, 20, run.Capacity.Held, 2, "1.6 cores are 40 participants, in 20 "+
			"rooms; the search ends within 5 %, and the rooms come in one after the other")
		require.Contains(t, run.Capacity.Broke, "server and participants, on one machine, used 8")
		require.Contains(t, run.Capacity.Broke, "0.01 cores the server, 1.6")
		require.Contains(t, run.Verdict.Sentence, "This server holds")
		require.Equal(t, "capacity", run.Scenario.Name)
		require.True(t, told[0].AddedDelay.IsZero(),
			"the first is what the others are compared with")
		require.InDelta(t, 0, told[1].AddedDelay.Or(-1), 1e-9)
		require.Equal(t, run.Scenario.Rooms, run.Capacity.Held,
			"the report is of the largest run that held")
	})
}

func TestCriteria(t *testing.T) {
	base := func() *report.Run {
		r := &report.Run{DurationSeconds: 10,
			Server: report.Server{CPUCores: report.Measured(0.5),
				CoresAvailable: report.Measured(2), ForwardedPackets: report.Measured(1000)}}
		for range 40 {
			var p report.Participant
			p.Figures.AudioConcealed, p.Figures.VideoDelay.P95 = report.Measured(0.001),
				report.Measured(100)
			r.Participants = append(r.Participants, p)
		}
		return r
	}
	for want, change := range map[string]func(*report.Run){
		"": func(*report.Run) {},
		"CPU of the server was at 90 %, more than 80 %": func(r *report.Run) {
			r.Server.CPUCores = report.Measured(1.8)
		},
		"2.0 % of the voice was lost, more than 1 %": func(r *report.Run) {
			for i := range 3 {
				r.Participants[i].Figures.AudioConcealed = report.Measured(0.02)
			}
		},
		"the delay grew by 80 ms, more than 50 ms": func(r *report.Run) {
			for i := range 3 {
				r.Participants[i].Figures.VideoDelay.P95 = report.Measured(180)
			}
		},
		"not everybody got through (Nurse: refused)": func(r *report.Run) {
			r.Participants[3] = report.Participant{Name: "Nurse", Failure: "refused"}
		},
		"the generator was at its limit, not the server: no CPU": func(r *report.Run) {
			r.Load.Limit = "no CPU"
		},
		"nobody heard anything": func(r *report.Run) { r.Participants = r.Participants[:0] },
	} {
		r := base()
		change(r)
		got := DefaultCriteria().try(r, 20, 100)
		require.Equal(t, want, got.Broke)
		require.Equal(t, want == "", got.Held)
		require.InDelta(t, 100, got.Forwarded.Or(-1), 1e-9)
	}
	one := base()
	one.Participants[0].Figures.AudioConcealed = report.Measured(0.5)
	require.True(t, DefaultCriteria().try(one, 20, 100).Held, "one in forty is not the server")
	hot := base()
	hot.Server.Doors = []report.Door{{CPURatio: report.Measured(0.1)},
		{CPURatio: report.Measured(0.93)}, {}}
	tried := DefaultCriteria().try(hot, 20, 100)
	require.Equal(t, "CPU of a server was at 93 %, more than 80 %", tried.Broke,
		"its rooms do not move to those who are idle")
	require.Equal(t, hot.Server.Doors, tried.Doors)
	blind := base()
	blind.Server.CoresAvailable = report.Value{}
	require.True(t, cpuRatio(blind).IsZero())
}

func TestInterruptedCapacity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		time.AfterFunc(25*time.Second, cancel)
		s, err := Find("consultation")
		require.NoError(t, err)
		criteria := DefaultCriteria()
		criteria.Concealed = 0.03
		run, err := newRunner(&fakeStage{}).Capacity(ctx, s, Options{Length: 10 * time.Second}, 64,
			criteria, nil)
		require.NoError(t, err)
		require.Equal(t, interrupted, run.Interrupted)
		require.Equal(t, 2, run.Capacity.Held)
		_, err = newRunner(&fakeStage{}).Capacity(ctx, s, Options{Length: 10 * time.Second}, 64,
			criteria, nil)
		require.ErrorIs(t, err, context.Canceled)
	})
}
