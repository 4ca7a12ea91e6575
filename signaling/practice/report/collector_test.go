package report

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
)

// at is a moment of a session, in seconds.
func at(seconds float64) practice.Instant {
	return practice.InstantOf(time.Unix(1_800_000_000, 0)).
		Add(time.Duration(seconds * float64(time.Second)))
}

// incidents are the episodes that are no presence.
func incidents(all []practice.Episode) []practice.Episode {
	return slices.DeleteFunc(all, func(e practice.Episode) bool {
		return e.Kind == practice.EpisodePresent
	})
}

func TestACollectorTellsWhatHappenedToWhom(t *testing.T) {
	nurse := Link{Participant: "N"}
	with := func(change func(*Link)) []Link {
		patient := Link{Participant: "P"}
		change(&patient)
		return []Link{nurse, patient}
	}
	fine := with(func(*Link) {})
	one := func(kind practice.EpisodeKind, way practice.EpisodeWay,
		from, to float64) practice.Episode {
		return practice.Episode{Participant: "P", Kind: kind, Way: way, BeganAt: at(from),
			EndedAt: at(to)}
	}
	type moment struct {
		at    float64
		links []Link
	}
	for name, c := range map[string]struct {
		told []moment
		want []practice.Episode
	}{
		"frozen for 40 s": {[]moment{{0, fine}, {10, with(func(l *Link) { l.Cut = true })},
			{50, fine}}, []practice.Episode{one(practice.EpisodeFrozen, "", 10, 50)}},
		"a blink": {[]moment{{0, fine}, {10, with(func(l *Link) { l.Cut = true })}, {11, fine}},
			nil},
		"voice alone for 3 min": {[]moment{{0, fine},
			{10, with(func(l *Link) { l.Up = CarriesVoice })}, {190, fine}},
			[]practice.Episode{one(practice.EpisodeVoice, practice.WayUp, 10, 190)}},
		"trying the link at the beginning": {[]moment{
			{0, with(func(l *Link) { l.Down = CarriesVoice })},
			{2, with(func(l *Link) { l.Down = CarriesStills })}, {9, fine}}, nil},
		"stills, then the voice alone": {[]moment{{0, fine},
			{10, with(func(l *Link) { l.Down = CarriesStills })},
			{30, with(func(l *Link) { l.Down = CarriesVoice })}, {60, fine}},
			[]practice.Episode{one(practice.EpisodeStill, practice.WayDown, 10, 30),
				one(practice.EpisodeVoice, practice.WayDown, 30, 60)}},
		"nothing is no voice": {[]moment{{0, fine}, {10, with(func(l *Link) {
			l.Cut, l.Up, l.Down = true, CarriesVoice, CarriesVoice
		})}, {50, fine}}, []practice.Episode{one(practice.EpisodeFrozen, "", 10, 50)}},
		"reconnected": {[]moment{{0, fine}, {10, with(func(l *Link) { l.Away = true })},
			{12, fine}},
			[]practice.Episode{one(practice.EpisodeReconnected, "", 10, 12)}},
		"lost while the other stayed": {[]moment{{0, fine},
			{10, with(func(l *Link) { l.Away, l.Cut = true, true })}, {70, []Link{nurse}}},
			[]practice.Episode{one(practice.EpisodeLost, "", 10, 70)}},
		"closed the page, and the other stayed for a while": {[]moment{{0, fine},
			{10, with(func(l *Link) { l.Away = true })},
			{13, with(func(l *Link) { l.Away, l.Cut = true, true })}, {50, nil}}, nil},
		"closed the page at the end": {[]moment{{0, fine},
			{10, with(func(l *Link) { l.Away, l.Cut = true, true })}, {11, nil}}, nil},
		"frozen until the other ended the call": {[]moment{{0, fine},
			{10, with(func(l *Link) { l.Cut = true })}, {50, nil}},
			[]practice.Episode{one(practice.EpisodeFrozen, "", 10, 50)}},
		"frozen, then the page was lost, too": {[]moment{{0, fine},
			{10, with(func(l *Link) { l.Cut = true })},
			{15, with(func(l *Link) { l.Away, l.Cut = true, true })}, {50, nil}},
			[]practice.Episode{one(practice.EpisodeFrozen, "", 10, 15)}},
		"voice alone until the end": {[]moment{{0, fine},
			{10, with(func(l *Link) { l.Up = CarriesVoice })}, {50, nil}},
			[]practice.Episode{one(practice.EpisodeVoice, practice.WayUp, 10, 50)}},
	} {
		t.Run(name, func(t *testing.T) {
			var c2 Collector
			var got []practice.Episode
			for _, m := range c.told {
				got = append(got, c2.Observe(at(m.at), m.links)...)
			}
			require.ElementsMatch(t, c.want, incidents(got))
		})
	}
}

func TestPresenceIsAnEpisode(t *testing.T) {
	var c Collector
	require.Empty(t, c.Observe(at(0), []Link{{Participant: "N"}}))
	require.Empty(t, c.Observe(at(5), []Link{{Participant: "N"}, {Participant: "P"}}))
	require.Equal(t, []practice.Episode{
		{Participant: "P", Kind: practice.EpisodePresent, BeganAt: at(5), EndedAt: at(65)}},
		c.Observe(at(65), []Link{{Participant: "N"}}))
	require.Equal(t, []practice.Episode{
		{Participant: "N", Kind: practice.EpisodePresent, BeganAt: at(0), EndedAt: at(70)}},
		c.Observe(at(70), nil))
	require.Empty(t, c.open)
}

func TestAClockThatGoesBackMakesNoNegativeEpisode(t *testing.T) {
	var c Collector
	c.Observe(at(10), []Link{{Participant: "P"}})
	got := c.Observe(at(5), nil)
	require.Len(t, got, 1)
	require.Equal(t, got[0].BeganAt, got[0].EndedAt)
}
