package simulation

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var (
	seeds   = flag.Uint64("tenure.seeds", 0, "so many worlds are played by the long test")
	hours   = flag.Float64("tenure.hours", 0, "and more, until rooms were in use for so long")
	first   = flag.Uint64("tenure.seed", 1, "first seed of the long test")
	figures = flag.Bool("tenure.figures", false, "the figures are those of large clusters")
	tiny    = flag.Bool("tenure.small", false, "its worlds are small")
	loses   = flag.Bool("tenure.forgetful", false, "and their register forgets often")
	piece   = flag.Duration("tenure.for", 0, "the long test ends after so long; 0: it does not")
	notes   = flag.String("tenure.notes", "", "file in which the long test notes how far it has "+
		"come, and from which it goes on")
	service = flag.Duration("tenure.service", serviceTime, "the register takes so long for a "+
		"write, in a day of France")
	until = flag.Int("tenure.day", 0, "hours of that day, from seven on; 0: all")
	trace = flag.String("tenure.trace", "", "what happens in the first world is printed, where "+
		"one of these words occurs: a,b")
)

// small is a world that is played in milliseconds, large one that is played in seconds.
var (
	small = Bounds{Nodes: 6, Rooms: 30, Length: time.Minute, Faults: 8,
		Churn: 10 * time.Second}
	large = Bounds{Nodes: 9, Rooms: 8000, Length: 15 * time.Minute, Faults: 30,
		Churn: 3 * time.Minute}
)

func TestInvariants(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		plan := DrawPlan(func(n int, name string) int {
			return rapid.IntRange(0, n-1).Draw(rt, name)
		}, small)
		w := NewWorld(plan)
		w.Run()
		if len(w.Violations) > 0 {
			rt.Fatalf("%+v\n%s", plan, strings.Join(w.Violations, "\n"))
		}
	})
}

func TestCalmWorld(t *testing.T) {
	w := NewWorld(Plan{Seed: 1, Nodes: 5, Rooms: 100, Length: time.Minute,
		Churn: 10 * time.Second})
	w.Run()
	require.Empty(t, w.Violations)
	require.Zero(t, w.fences)
	require.Zero(t, w.islands)
	require.Less(t, w.longest, 2*time.Second)
}

// Machines that do not reach the others, and that the register answers: each lives as it says, and
// nobody declares it dead, whoever waits for its rooms behind another door.
func TestWhoIsOffFromTheOthersAloneIsNotDeclaredDead(t *testing.T) {
	for seed := range uint64(20) {
		w := apart(seed, Lonely)
		require.Empty(t, w.Violations, "seed %d", seed)
		require.Zero(t, w.fences, "seed %d", seed)
		require.Zero(t, w.islands, "seed %d", seed)
	}
}

// Machines that the register does not answer, and that others reach: they decide nothing, and
// whoever waits for their rooms has another owner.
func TestWhoIsOffFromTheRegisterAloneDecidesNothing(t *testing.T) {
	fenced := 0
	for seed := range uint64(20) {
		w := apart(seed, Cut)
		require.Empty(t, w.Violations, "seed %d", seed)
		require.NotZero(t, w.islands, "seed %d", seed)
		fenced += w.fences
	}
	require.NotZero(t, fenced)
}

// apart plays a world in which one machine after the other is off for a minute.
func apart(seed uint64, kind FaultKind) *World {
	plan := Plan{Seed: seed, Nodes: 4, Rooms: 60, Length: 4 * time.Minute, Churn: 10 * time.Second}
	for node := range 3 {
		plan.Faults = append(plan.Faults, Fault{Kind: kind, Node: node, While: time.Minute,
			At: 20*time.Second + time.Duration(node)*65*time.Second})
	}
	w := NewWorld(plan)
	w.Run()
	return w
}

// Rooms whose people come and go at once, on a register that stores half of all writes late: what
// deletes a room may come when the room has begun again, and takes nothing away then.
func TestRoomsThatBeginAgainWhileTheyAreDeleted(t *testing.T) {
	w := NewWorld(Plan{Seed: 1, Nodes: 3, Rooms: 300, Length: time.Minute,
		Churn: 2 * time.Second, late: 0.5})
	w.Run()
	require.Empty(t, w.Violations)
}

func TestLong(t *testing.T) {
	if *seeds == 0 {
		t.Skip("make tenure plays it")
	}
	began, told := time.Now(), time.Now()
	seed, sum := recallLong(t)
	for ; seed < *first+*seeds || sum < *hours; seed++ {
		if *piece > 0 && time.Since(began) > *piece {
			break
		}
		bounds := large
		switch {
		case *tiny:
			bounds = small
			if *loses {
				bounds.Faults, bounds.Churn, bounds.Forgetful = 25, 2*time.Second, true
			}
		case seed%1000 == 0:
			bounds = Bounds{Nodes: 100, Rooms: 10_000, Length: 6 * time.Minute, Faults: 80,
				Churn: 3 * time.Minute}
		case seed%5 > 0:
			bounds = small
		}
		plan := DrawPlan(Random(seed), bounds)
		w := NewWorld(plan)
		if words := strings.Split(*trace, ","); *trace != "" && seed == *first {
			w.Trace = func(line string) {
				for _, word := range words {
					if strings.Contains(line, word) {
						fmt.Println(line)
						return
					}
				}
			}
		}
		w.Run()
		sum += w.Hours()
		if len(w.Violations) > 0 {
			t.Fatalf("seed %d: %+v\n%s", seed, plan, strings.Join(w.Violations, "\n"))
		}
		noteLong(t, seed, sum)
		if time.Since(told) > 10*time.Second {
			told = time.Now()
			fmt.Printf("seed %d: %.0f room-hours, %v\n", seed, sum,
				time.Since(began).Round(time.Second))
		}
	}
	fmt.Printf("seeds %d to %d, %.0f room-hours, the last %v of it\n", *first, seed-1, sum,
		time.Since(began).Round(time.Second))
}

// recallLong tells with which seed to begin, and what was played before.
func recallLong(t *testing.T) (seed uint64, hours float64) {
	text, err := os.ReadFile(*notes)
	if *notes == "" || os.IsNotExist(err) {
		return *first, 0
	}
	require.NoError(t, err)
	_, err = fmt.Sscanf(string(text), "seeds from %d to %d, %f room-hours", first, &seed, &hours)
	require.NoError(t, err, "%s: remove it to begin again", *notes)
	return seed + 1, hours
}

func noteLong(t *testing.T, seed uint64, hours float64) {
	if *notes != "" {
		require.NoError(t, os.WriteFile(*notes, fmt.Appendf(nil,
			"seeds from %d to %d, %.3f room-hours\n", *first, seed, hours), 0o600))
	}
}
