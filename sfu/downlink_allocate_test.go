package sfu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"draille/sfu/allocation"
	"draille/sfu/demand"
)

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
