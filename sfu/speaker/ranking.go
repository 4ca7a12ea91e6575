// Package speaker ranks the participants of a room by who speaks, from the audio levels of their
// packets (RFC 6464). Time is an argument; the packet paths of several participants may call it at
// once.
package speaker

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Thresholds of the ranking. Loudness is in dB above silence: 127 minus the −dBov of RFC 6464.
//
// Measured: TestSpeakersRank, TestNoiseAndClicksAreNoVoice, TestABreathCostsNoPlace,
// TestAStopOfPacketsEndsAVoice, TestPlacesChangeForALouderVoiceOnly, TestAnnouncementsLieApart.
const (
	// speechLoudness is that of quiet speech, −50 dBov: room noise after suppression is below.
	speechLoudness = 77.0
	// attack and release are the shares of the level of a louder and of a quieter packet that count
	// at once.
	attack, release = 0.4, 0.05
	// hangover is how long a speaker who falls silent counts as speaking: a pause for breath does
	// not cost them their slot.
	hangover = 1500 * time.Millisecond
	// holderBonus is by how much, in dB, a newcomer must be louder than somebody who is being
	// heard.
	holderBonus = 6.0
	// placeBonus is by how much, in dB, two who are both heard must differ to change places.
	placeBonus = 3.0
	// silentAfter is the time without packets (DTX) after which the level falls to silence.
	silentAfter = 400 * time.Millisecond
	// pause is the time without speech after which a voice rests: long enough to be no consonant.
	pause = 400 * time.Millisecond
	// speakersInterval is the time between two announcements.
	speakersInterval = 200 * time.Millisecond
)

// Ranking ranks the microphones of a room by who speaks.
type Ranking struct {
	// mu is there because levels come from the packet path of any participant. No other lock is
	// taken under it.
	mu        sync.Mutex
	voices    map[string]*talker
	announced []string
	nextAt    time.Time
}

type talker struct {
	id       string
	loudness float64
	heard    time.Time // last packet
	spoke    time.Time // last packet above the threshold of speech
	ranked   int       // place in the ranking before, 0 the first
	joined   int       // order of arrival, the last resort of the order
}

func New() *Ranking { return &Ranking{voices: map[string]*talker{}} }

// Observe takes the level of one packet, in −dBov (0 the loudest, 127 silence). It returns true
// when somebody who was not speaking begins to: worth ranking again at once.
func (s *Ranking) Observe(id string, level uint8, now time.Time) (began bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.voices[id]
	if v == nil {
		v = &talker{id: id, ranked: len(s.voices), joined: len(s.voices)}
		s.voices[id] = v
	}
	loudness := 127 - float64(level&0x7f)
	share := release
	if loudness > v.loudness {
		share = attack
	}
	v.loudness += share * (loudness - v.loudness)
	v.heard = now
	if v.loudness >= speechLoudness {
		began = !v.speaking(now)
		v.spoke = now
	}
	return began
}

func (v *talker) speaking(now time.Time) bool {
	return !v.spoke.IsZero() && now.Sub(v.spoke) <= hangover
}

// Speaking tells which of the participants speak now, or did so within the hangover.
func (s *Ranking) Speaking(now time.Time, ids []string) map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	speaking := make(map[string]bool, len(ids))
	for _, id := range ids {
		if v := s.voices[id]; v != nil && v.speaking(now) {
			speaking[id] = true
		}
	}
	return speaking
}

// Pausing tells which of the participants do not speak at this very moment.
func (s *Ranking) Pausing(now time.Time, ids []string) map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	pausing := make(map[string]bool, len(ids))
	for _, id := range ids {
		if v := s.voices[id]; v == nil || now.Sub(v.spoke) > pause {
			pausing[id] = true
		}
	}
	return pausing
}

// Remove forgets a participant.
func (s *Ranking) Remove(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.voices, id)
}

// Rank orders the given participants by their right to be heard: who speaks (or spoke within the
// hangover) first, the loudest first, with a bonus for the first places of the ranking before; then
// the others, the latest speaker first.
func (s *Ranking) Rank(now time.Time, ids []string, places int) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ranked := make([]*talker, 0, len(ids))
	for _, id := range ids {
		v := s.voices[id]
		if v == nil {
			v = &talker{id: id, ranked: len(s.voices), joined: len(s.voices)}
			s.voices[id] = v
		}
		ranked = append(ranked, v)
	}
	weight := func(v *talker) float64 {
		loudness := v.loudness
		if now.Sub(v.heard) > silentAfter {
			loudness = 0
		}
		if v.ranked < places {
			loudness += holderBonus
		}
		return loudness - placeBonus*float64(min(v.ranked, places))
	}
	slices.SortStableFunc(ranked, func(x, y *talker) int {
		xs, ys := x.speaking(now), y.speaking(now)
		switch {
		case xs && !ys:
			return -1
		case ys && !xs:
			return 1
		case xs:
			return cmp.Or(cmp.Compare(weight(y), weight(x)), cmp.Compare(x.joined, y.joined))
		default:
			return cmp.Or(y.spoke.Compare(x.spoke), cmp.Compare(x.joined, y.joined))
		}
	})
	order := make([]string, len(ranked))
	for i, v := range ranked {
		v.ranked, order[i] = i, v.id
	}
	return order
}

// Announce returns who of a ranking speaks, when that changed and the last announcement is not too
// fresh.
func (s *Ranking) Announce(now time.Time, order []string) (speaking []string, changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Before(s.nextAt) {
		return nil, false
	}
	speaking = []string{}
	for _, id := range order {
		if v := s.voices[id]; v != nil && v.speaking(now) && now.Sub(v.spoke) <= silentAfter {
			speaking = append(speaking, id)
		}
	}
	if slices.Equal(speaking, s.announced) {
		return nil, false
	}
	s.announced, s.nextAt = speaking, now.Add(speakersInterval)
	return speaking, true
}
