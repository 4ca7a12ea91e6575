package sfu

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/sfu/allocation"
	"draille/sfu/demand"
)

var epoch = time.Unix(1_700_000_000, 0)

func TestMeter(t *testing.T) {
	t.Parallel()
	var m meter
	require.Zero(t, m.perSecond(epoch))
	for i := range 30 {
		m.add(epoch.Add(time.Duration(i)*100*time.Millisecond), 10)
	}
	require.Equal(t, 100.0, m.perSecond(epoch.Add(2900*time.Millisecond)))
	require.Equal(t, 50.0, m.perSecond(epoch.Add(3400*time.Millisecond)))
	require.Zero(t, m.perSecond(epoch.Add(time.Minute)))
}

func TestNotifierTellsTheLatestInOrder(t *testing.T) {
	t.Parallel()
	l := &slowListener{enter: make(chan string), leave: make(chan struct{})}
	n := newNotifier(l)
	state := func(s string) { n.tell("transport", func(l Listener) { l.Transport(TransportState(s)) }) }
	state("first")
	require.Equal(t, "first", <-l.enter)
	state("second")
	n.tell("speakers", func(l Listener) { l.Speakers([]string{"x"}) })
	state("third")
	l.leave <- struct{}{}
	require.Equal(t, "third", <-l.enter)
	l.leave <- struct{}{}
	require.Equal(t, "speakers", <-l.enter)
	n.close()
	l.leave <- struct{}{}
	n.ended.Wait()
}

type slowListener struct {
	enter chan string
	leave chan struct{}
}

func (l *slowListener) hear(what string)              { l.enter <- what; <-l.leave }
func (l *slowListener) Slots([]Slot)                  { l.hear("slots") }
func (l *slowListener) Encode(s Source, _ []Encoding) { l.hear(fmt.Sprint("encode ", s)) }
func (l *slowListener) Speakers([]string)             { l.hear("speakers") }
func (l *slowListener) UplinkLoss([]string)           { l.hear("uplink loss") }
func (l *slowListener) Transport(s TransportState)    { l.hear(string(s)) }

// Just after a fall a picture counts as what its publisher is told to make of it, unless others
// watch it, too.
func TestAPictureIsGivenTimeToAdapt(t *testing.T) {
	alone, shared := &publication{}, &publication{}
	subs := []*subscription{{publication: alone}, {publication: shared}}
	one, two := []subscriber{downlinkSlot{}}, []subscriber{downlinkSlot{}, downlinkSlot{}}
	alone.subs.Store(&one)
	shared.subs.Store(&two)
	layers := func() []allocation.Layer {
		return []allocation.Layer{
			{Bitrate: 200_000},
			{Temporal: 1, Bitrate: 400_000},
			{Temporal: 2, Bitrate: 800_000},
		}
	}
	p := plan{likely: 400_000, watching: subs, pictures: []picture{{sub: subs[0]}, {sub: subs[1]}}}
	p.wishes = []demand.Wish{
		{Priority: allocation.LookedAt, Most: 800_000},
		{Priority: allocation.LookedAt, Most: 800_000},
	}
	p.request.Videos = []allocation.Video{{Layers: layers()}, {Layers: layers()}}
	p.adapt()
	granted := p.grants()[0]
	require.Less(t, granted, 400_000)
	adapted := p.request.Videos[0].Layers
	require.Equal(t, granted, adapted[2].Bitrate)
	require.InDelta(t, granted/4, adapted[0].Bitrate, 1)
	require.Equal(t, layers(), p.request.Videos[1].Layers)
	p.likely = 4_000_000
	p.adapt()
	require.Equal(t, granted, adapted[2].Bitrate, "never more than is measured")
}
