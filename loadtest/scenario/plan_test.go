package scenario

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"draille/signaling/protocol"
)

func build(t require.TestingT, name string, o Options) *Plan {
	s, err := Find(name)
	require.NoError(t, err)
	plan, err := s.Build(o)
	require.NoError(t, err)
	return plan
}

func TestPlansAreReproducible(t *testing.T) {
	for _, s := range Scenarios() {
		a, b := build(t, s.Name, Options{Rooms: 3, Seed: 7}),
			build(t, s.Name, Options{Rooms: 3, Seed: 7})
		require.Equal(t, a, b)
		c := build(t, s.Name, Options{Rooms: 3, Seed: 8})
		require.NotEqual(t, a.Steps, c.Steps, s.Name)
	}
}

// Whatever is asked for, everybody joins once, does things only while they are there, speaks and
// hushes in turn, leaves, and all of that within the call.
func TestPlansAreSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(scenarios).Draw(t, "scenario")
		o := Options{
			Rooms:        rapid.IntRange(1, 12).Draw(t, "rooms"),
			Participants: rapid.IntRange(s.least, 12).Draw(t, "participants"),
			Length:       time.Duration(rapid.IntRange(3, 600).Draw(t, "seconds")) * time.Second,
			Seed:         rapid.Uint64().Draw(t, "seed"),
			Guests:       rapid.Bool().Draw(t, "guests"),
		}
		o.Thin = rapid.IntRange(-1, o.Participants).Draw(t, "thin")
		plan := build(t, s.Name, o)
		type state struct{ joined, left, speaks, shares bool }
		states := make([]state, len(plan.Seats))
		last := time.Duration(0)
		for _, step := range plan.Steps {
			require.GreaterOrEqual(t, step.At, last)
			require.LessOrEqual(t, step.At, plan.Length)
			last = step.At
			seat := &states[step.Seat]
			require.False(t, seat.left, "%+v after they have left", step)
			require.Equal(t, step.Do == Join, !seat.joined, "%+v", step)
			switch step.Do {
			case Join:
				seat.joined = true
			case Speak, Hush:
				require.Equal(t, step.Do == Hush, seat.speaks, "%+v", step)
				seat.speaks = step.Do == Speak
			case Share, Unshare:
				require.Equal(t, step.Do == Unshare, seat.shares, "%+v", step)
				seat.shares = step.Do == Share
			case Leave:
				seat.left = true
			}
		}
		names := map[string]bool{}
		hosts := map[int]bool{}
		for i, seat := range states {
			require.True(t, seat.joined && seat.left, "seat %d", i)
			key := fmt.Sprint(plan.Seats[i].Room, plan.Seats[i].Name)
			require.False(t, names[key], key)
			names[key] = true
			if plan.Seats[i].Role == protocol.RoleHost {
				require.False(t, hosts[plan.Seats[i].Room], "two hosts in one room")
				hosts[plan.Seats[i].Room] = true
			}
			require.False(t, o.Guests && plan.Seats[i].Role == protocol.RoleClinician)
		}
		require.Len(t, hosts, plan.Rooms)
		require.LessOrEqual(t, plan.Participants(), max(o.Participants, s.least))
	})
}

func TestThinSeats(t *testing.T) {
	count := func(plan *Plan, link string) (n int) {
		for _, s := range plan.Seats {
			if s.Link.Name == link {
				n++
			}
		}
		return n
	}
	plan := build(t, "telestaff", Options{Participants: 8, Thin: 3, Link: "thin-150"})
	require.Equal(t, 3, count(plan, "thin-150"))
	require.Equal(t, 5, count(plan, "fibre"))
	require.Len(t, plan.links(), 2)
	require.Contains(t, plan.Summary, "of each room 3 on thin-150, the others on fibre")
	require.Equal(t, 0, count(build(t, "telestaff", Options{Thin: -1}), "adsl-end"),
		"none, said on purpose")
	plan = build(t, "consultation", Options{OtherLink: "adsl"})
	require.Equal(t, "adsl-end", plan.Seats[1].Link.Name, "the nurse is the thin one")
	require.Equal(t, "adsl", plan.Seats[0].Link.Name)
	plan = build(t, "consultation", Options{Thin: 2})
	require.Equal(t, 2, count(plan, "adsl-end"))
	require.Equal(t, 0, count(plan, "fibre"))
}

func TestScenariosDoWhatTheySay(t *testing.T) {
	at := func(plan *Plan, action Action) (times []time.Duration) {
		for _, s := range plan.Steps {
			if s.Do == action {
				times = append(times, s.At)
			}
		}
		return times
	}
	plan := build(t, "document", Options{})
	require.Equal(t, []time.Duration{10 * time.Second}, at(plan, Share))
	require.Equal(t, []time.Duration{50 * time.Second}, at(plan, Unshare))

	plan = build(t, "third-party", Options{})
	require.Equal(t, []time.Duration{0, 200 * time.Millisecond, 20 * time.Second}, at(plan, Join))
	require.Equal(t, []time.Duration{50 * time.Second, time.Minute, time.Minute}, at(plan, Leave))

	plan = build(t, "churn", Options{})
	require.Equal(t, 8, plan.Participants())
	require.Greater(t, len(plan.Seats), 8+3*7, "newcomers in each storm")

	plan = build(t, "telestaff", Options{Length: 10 * time.Minute})
	speaking := 0
	for _, s := range plan.Steps {
		if s.Do == Speak {
			speaking++
		}
	}
	require.InDelta(t, 600/8.5, speaking, 25, "turns of about eight seconds")
	require.Equal(t, "", plan.RoomName(1))
	require.Equal(t, "room 2", build(t, "telestaff", Options{Rooms: 2}).RoomName(2))
}

func TestUnplayablePlansAreRefused(t *testing.T) {
	s, err := Find("telestaff")
	require.NoError(t, err)
	for want, o := range map[string]Options{
		"-1 rooms":                              {Rooms: -1},
		"1 participants are too few":            {Participants: 1},
		"9 of 8 participants cannot be behind":  {Thin: 9},
		"a call of 1s is too short":             {Length: time.Second},
		`unknown profile "adsl-ends": expected`: {Link: "adsl-ends"},
		`unknown profile "x"`:                   {OtherLink: "x"},
	} {
		_, err := s.Build(o)
		require.ErrorContains(t, err, want)
	}
	_, err = Find("conference")
	require.ErrorContains(t, err,
		"expected one of consultation, telestaff, third-party, churn, document")
}

func TestThinSeatsMayDiffer(t *testing.T) {
	plan := build(t, "telestaff",
		Options{Participants: 8, Links: []string{"adsl-end", "adsl-end", "geo-satellite"},
			Small: true})
	var links []string
	for _, s := range plan.Seats {
		links = append(links, s.Link.Name)
		require.True(t, s.Small)
	}
	require.Equal(t, []string{"fibre", "fibre", "fibre", "fibre", "fibre", "adsl-end", "adsl-end",
		"geo-satellite"}, links)
	require.Contains(t, plan.Summary,
		"of each room 2 on adsl-end and 1 on geo-satellite, the others on fibre")
	s, err := Find("telestaff")
	require.NoError(t, err)
	_, err = s.Build(Options{Links: []string{"nowhere"}})
	require.ErrorContains(t, err, "unknown profile")
}
