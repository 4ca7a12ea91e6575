package report

import (
	"slices"
	"time"

	"draille/signaling/practice"
)

// Link is how the link of one participant is at one moment.
type Link struct {
	Participant string
	Away        bool // their page has lost the server
	Cut         bool // neither picture nor voice passes
	Down, Up    Carried
}

// Carried is what a link carries of the pictures that are wanted; a higher one is less.
type Carried int

// What a link carries.
const (
	CarriesPictures Carried = iota
	CarriesStills
	CarriesVoice
)

// What is shorter than this is no incident: links are tried out at the beginning, and a picture
// that pauses for a moment is seen by nobody. A link counts as cut after three seconds of silence.
const (
	leastFrozen = 2 * time.Second
	leastReduce = 10 * time.Second
)

// track is one thing that may happen to one participant.
type track struct {
	participant string
	kind        practice.EpisodeKind
	way         practice.EpisodeWay
}

// Collector makes episodes of one room of what is told of its links. It knows no clock: time is an
// argument. The zero value is ready.
type Collector struct {
	open  map[track]practice.Instant // since when
	order []track                    // of open
}

// Observe takes how all links of the room are now, and returns the episodes that have ended by it.
// Nobody in the room ends all of them.
func (c *Collector) Observe(now practice.Instant, links []Link) []practice.Episode {
	going := map[track]bool{}
	here := map[string]bool{}
	stays := false // somebody whose page has not lost the server
	for _, link := range links {
		here[link.Participant] = true
		stays = stays || !link.Away
		for _, t := range tracksOf(link) {
			going[t] = true
		}
	}
	lost := map[string]practice.Instant{} // since when: whose page has not come back
	for t, since := range c.open {
		if t.kind == practice.EpisodeReconnected && !here[t.participant] {
			lost[t.participant] = since
		}
	}
	var ended []practice.Episode
	for _, t := range slices.Clone(c.order) {
		if going[t] {
			continue
		}
		at := now
		if since, page := lost[t.participant]; page && t.kind == practice.EpisodeFrozen {
			at = since // whoever closes the page falls silent; what came before was the link
		}
		if e, counts := c.end(t, at, here[t.participant], stays); counts {
			ended = append(ended, e)
		}
	}
	for _, link := range links {
		for _, t := range tracksOf(link) {
			c.begin(t, now)
		}
	}
	return ended
}

func (c *Collector) begin(t track, now practice.Instant) {
	if c.open == nil {
		c.open = map[track]practice.Instant{}
	}
	if _, there := c.open[t]; !there {
		c.open[t] = now
		c.order = append(c.order, t)
	}
}

// end ends one episode, and reports whether it is one to be told. Back says that the participant is
// still there, others that somebody else is.
func (c *Collector) end(t track, now practice.Instant, back, others bool) (practice.Episode, bool) {
	e := practice.Episode{Participant: t.participant, Kind: t.kind, Way: t.way, BeganAt: c.open[t],
		EndedAt: max(now, c.open[t])}
	delete(c.open, t)
	c.order = slices.DeleteFunc(c.order, func(o track) bool { return o == t })
	lasted := time.Duration(e.EndedAt-e.BeganAt) * time.Millisecond
	switch t.kind {
	case practice.EpisodePresent:
		return e, true
	case practice.EpisodeReconnected:
		if !back { // who closes the page last is not lost
			e.Kind = practice.EpisodeLost
			return e, others
		}
		return e, true
	case practice.EpisodeFrozen:
		return e, lasted >= leastFrozen
	}
	return e, lasted >= leastReduce
}

// tracksOf is what happens to a participant. A link that carries nothing carries no voice either.
func tracksOf(link Link) []track {
	tracks := []track{{link.Participant, practice.EpisodePresent, practice.WayBoth}}
	if link.Away {
		tracks = append(tracks,
			track{link.Participant, practice.EpisodeReconnected, practice.WayBoth})
	}
	if link.Cut {
		return append(tracks, track{link.Participant, practice.EpisodeFrozen, practice.WayBoth})
	}
	for _, one := range []struct {
		way     practice.EpisodeWay
		carried Carried
	}{{practice.WayUp, link.Up}, {practice.WayDown, link.Down}} {
		switch one.carried {
		case CarriesVoice:
			tracks = append(tracks, track{link.Participant, practice.EpisodeVoice, one.way})
		case CarriesStills:
			tracks = append(tracks, track{link.Participant, practice.EpisodeStill, one.way})
		}
	}
	return tracks
}
