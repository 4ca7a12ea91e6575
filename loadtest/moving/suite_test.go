package moving

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"draille/loadtest/link"
	"draille/loadtest/media"
)

var (
	printTable = flag.Bool("moving.table", false, "play all suites and print the table")
	calls      = flag.Int("moving.calls", 100, "calls of each suite but the grid of falls")
	seed       = flag.Uint64("moving.seed", 1, "first seed of the links")
	suites     = flag.String("moving.suite", "350,150,falls,heal,meetings", "suites to play")
	named      = flag.String("moving.link", "", "play this link instead and print every second")
	worst      = flag.Int("moving.worst", 5, "so many of the worst calls are printed")
	worstFile  = flag.String("moving.worst-file", "", "the names of their links are written here")
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// play plays a call in virtual time.
func play(t *testing.T, library *media.Library, call Call) *Played {
	socket, err := OpenSocket()
	require.NoError(t, err)
	defer func() { require.NoError(t, socket.Close()) }()
	var played *Played
	synctest.Test(t, func(t *testing.T) {
		var err error
		played, err = Play(t.Context(), socket, library, call)
		require.NoError(t, err)
	})
	return played
}

// steadies plays what a steady link carries, each rate and way once.
type steadies struct {
	library *media.Library
	mu      sync.Mutex
	once    map[string]func() [sides]float64
}

func (s *steadies) framerate(t *testing.T, rate link.Bitrate, way link.Way, side Side) float64 {
	key := fmt.Sprint(rate, way)
	s.mu.Lock()
	known := s.once[key]
	if known == nil {
		known = sync.OnceValue(func() (rates [sides]float64) {
			played := play(t, s.library, SteadyCall(rate, way))
			for side := range sides {
				rates[side] = played.Measure(side, steadyFor/2, steadyFor).Framerate
			}
			return rates
		})
		s.once[key] = known
	}
	s.mu.Unlock()
	return known()[side]
}

func plans() []Plan {
	var all []Plan
	for _, name := range strings.Split(*suites, ",") {
		switch name {
		case "350":
			all = append(all, WanderingAbove(*seed, *calls)...)
		case "150":
			all = append(all, Wandering(150*link.Kbps, *seed, *calls)...)
		case "falls":
			all = append(all, Falls(*seed)...)
		case "meetings":
			all = append(all, Meetings(*seed, *calls)...)
		case "heal":
			all = append(all, Healing(*seed, *calls)...)
		}
	}
	return all
}

// A call over a steady link is whole; when the link falls, the voice stays and the picture comes
// back, and what is measured says so.
func TestACallOverALinkThatFalls(t *testing.T) {
	library, err := media.Load()
	require.NoError(t, err)
	const at, length = 15 * time.Second, 35 * time.Second
	played := play(t, library, Call{
		Link:   link.FallOf(2*link.Mbps, 150*link.Kbps, link.BothWays, at),
		Length: length, Seed: 4})
	for side := range sides {
		before, after := played.Measure(side, settles, at), played.Measure(side, at, length)
		assert.Less(t, before.Concealed, 0.01, side)
		assert.Greater(t, before.Framerate, 15.0, side)
		assert.Equal(t, 360, before.Lines, side)
		assert.Zero(t, before.Frozen, side)
		assert.Less(t, before.Share, 0.5, side)
		assert.Less(t, after.Concealed, 0.05, side)
		assert.Greater(t, after.Framerate, 5.0, side)
		assert.Greater(t, after.Share, 0.5, side)
		assert.Greater(t, after.QueueMost, before.QueueMost, side)
		back := played.Back(side, at, 10)
		assert.Less(t, back, 10*time.Second, side)
		assert.Equal(t, length-at, played.Back(side, at, 1000), "it never has so many")
	}
	// The same call without its pictures in between.
	for i := range played.Samples {
		s := &played.Samples[i]
		if s.At > 20*time.Second && s.At < 24*time.Second {
			s.Views[Nurse].Frames = played.between(0, 20*time.Second)[199].Views[Nurse].Frames
		}
	}
	frozen := played.Measure(Nurse, at, length)
	assert.InDelta(t, 4, frozen.Oldest.Seconds(), 0.7)
	assert.Greater(t, frozen.Frozen, 3*time.Second)
}

// TestTable plays the suites with -moving.table, and prints how what people heard and saw is
// distributed.
func TestTable(t *testing.T) {
	if !*printTable {
		t.Skip("see make moving")
	}
	library, err := media.Load()
	require.NoError(t, err)
	if *named != "" {
		printCall(t, library, *named)
		return
	}
	known := &steadies{library: library, once: map[string]func() [sides]float64{}}
	plans := plans()
	rows := make([][]Row, len(plans))
	t.Run("calls", func(t *testing.T) {
		for i, plan := range plans {
			t.Run(plan.Call.Link.Name, func(t *testing.T) {
				t.Parallel()
				played := play(t, library, plan.Call)
				rows[i] = Read(plan, played, func(r link.Bitrate, w link.Way, s Side) float64 {
					return known.framerate(t, r, w, s)
				})
			})
		}
	})
	all := slices.Concat(rows...)
	fmt.Fprint(os.Stdout, Table(all))
	var names strings.Builder
	for _, r := range Worst(all, *worst) {
		fmt.Fprintln(os.Stdout, r.String())
		fmt.Fprintln(&names, r.Link)
	}
	if *worstFile != "" {
		require.NoError(t, os.WriteFile(*worstFile, []byte(names.String()), 0o644)) //nolint:gosec
	}
}

// printCall prints a call second by second.
func printCall(t *testing.T, library *media.Library, name string) {
	var profile link.Profile
	var err error
	if number, heals := strings.CutPrefix(name, healPrefix); heals {
		seed, wrong := strconv.ParseUint(number, 10, 64)
		require.NoError(t, wrong)
		profile = Healing(seed, 1)[0].Call.Link
	} else {
		profile, err = link.Find(name)
	}
	require.NoError(t, err)
	played := play(t, library, Call{Link: profile, Length: settles + watchFor, Seed: *seed})
	for at := time.Second; at <= played.Call.Length; at += time.Second {
		down, _ := profile.Down.RateAt(at-time.Second, at)
		up, _ := profile.Up.RateAt(at-time.Second, at)
		fmt.Fprintf(os.Stdout, "%3.0f s, down %v, up %v\n", at.Seconds(), down, up)
		for side := range sides {
			r := Row{Side: side, Outcome: played.Measure(side, at-time.Second, at)}
			sender, v := sides-1-side, played.Samples[at/sampleEvery-1].Views
			fmt.Fprintf(os.Stdout, "%s; downlink %d, their uplink %d, own estimate %d, asked %d\n",
				r.String(), v[side].Downlink, v[sender].Uplink, v[sender].Own, v[sender].Asked)
		}
	}
}
