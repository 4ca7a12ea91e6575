package notice

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/courier"
)

var noon = time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)

var reachableOne = recipient{there: true, wants: true, may: true}

func TestWhoIsToldOfNothing(t *testing.T) {
	t.Parallel()
	for who, why := range map[recipient]practice.Reason{
		reachableOne:               "",
		{wants: true, may: true}:   practice.ReasonGone,
		{there: true, wants: true}: practice.ReasonRight,
		{there: true, may: true}:   practice.ReasonOff,
		{}:                         practice.ReasonGone,
	} {
		require.Equal(t, why, who.dropped(), "%+v", who)
		m := practice.Message{Purpose: courier.PurposeOpinionBack, Sequence: 3}
		o := practice.Opinion{State: practice.OpinionAskedBack, Version: 3}
		require.Equal(t, why, ofOpinion(m, o, who, 0).Drop)
		unread := practice.ThreadMessage{Number: 1, At: practice.InstantOf(noon.Add(-Wait))}
		require.Equal(t, why, ofThread(m, who, unread, practice.InstantOf(noon)).Drop)
	}
}

// TestANoticeOfARequestIsOfOneState has each purpose meet each state, the version of its deed and
// the next, seen and not.
func TestANoticeOfARequestIsOfOneState(t *testing.T) {
	t.Parallel()
	fits := map[string]practice.OpinionState{
		courier.PurposeOpinionUrgent: practice.OpinionWaiting,
		courier.PurposeOpinionQueue:  practice.OpinionWaiting,
		courier.PurposeOpinionReply:  practice.OpinionTaken,
		courier.PurposeOpinionBack:   practice.OpinionAskedBack,
		courier.PurposeOpinionAnswer: practice.OpinionAnswered,
	}
	require.Len(t, sides, len(fits))
	for purpose, state := range fits {
		m := practice.Message{Purpose: purpose, Sequence: 3}
		for _, other := range []practice.OpinionState{practice.OpinionWaiting,
			practice.OpinionTaken, practice.OpinionAskedBack, practice.OpinionAnswered,
			practice.OpinionWithdrawn} {
			want := practice.ReasonOutdated
			if other == state {
				want = ""
			}
			o := practice.Opinion{State: other, Version: 3}
			require.Equal(t, want, ofOpinion(m, o, reachableOne, 2).Drop, "%s %s", purpose, other)
		}
		o := practice.Opinion{State: state, Version: 3}
		require.Equal(t, practice.ReasonRead, ofOpinion(m, o, reachableOne, 3).Drop, purpose)
		o.Version = 5 // it came into this state once more
		require.Equal(t, practice.ReasonOutdated, ofOpinion(m, o, reachableOne, 0).Drop, purpose)
	}
}

func TestANoticeOfAThreadWaitsForTheFirstThatIsUnread(t *testing.T) {
	t.Parallel()
	now := practice.InstantOf(noon)
	for _, c := range []struct {
		what  string
		first practice.ThreadMessage
		want  courier.Verdict
	}{
		{"all is read", practice.ThreadMessage{}, courier.Verdict{Drop: practice.ReasonRead}},
		{"it has waited", practice.ThreadMessage{Number: 7, At: now.Add(-Wait)},
			courier.Verdict{Sequence: 7}},
		{"it is younger", practice.ThreadMessage{Number: 8, At: now.Add(-Wait + time.Second)},
			courier.Verdict{Sequence: 8, Later: now.Add(time.Second)}},
		{"it was written while a clock was ahead",
			practice.ThreadMessage{Number: 9, At: now.Add(20 * time.Hour)},
			courier.Verdict{Sequence: 9, Later: now.Add(Wait)}},
		{"it was put off for that one already, and the clock was ahead",
			practice.ThreadMessage{Number: 6, At: now.Add(20 * time.Hour)},
			courier.Verdict{Sequence: 6}},
	} {
		m := practice.Message{Purpose: courier.PurposeThread, Sequence: 6}
		require.Equal(t, c.want, ofThread(m, reachableOne, c.first, now), c.what)
	}
}
