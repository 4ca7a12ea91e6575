package sfu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"draille/sfu/allocation"
	"draille/sfu/congestion/send"
	"draille/sfu/demand"
	"draille/sfu/voice"
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
	p := plan{cautious: 400_000, watching: subs,
		pictures: []picture{{sub: subs[0]}, {sub: subs[1]}}}
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
	p.cautious = 4_000_000
	p.adapt()
	require.Equal(t, granted, adapted[2].Bitrate, "never more than is measured")
}

// Voices alone are worth probing for: they never fill what they left when the link fell.
func TestWhatIsProbedFor(t *testing.T) {
	var p plan
	require.Zero(t, p.probeTarget(0, 0, true), "nothing is sent")
	require.Equal(t, lobbyBitrate, p.probeTarget(0, 0, false))
	p.request.Audio = []int{25_000}
	require.Equal(t, voice.Wanted(), p.probeTarget(0, 25_000, true))
	require.Greater(t, p.probeTarget(0, 300_000, true), 300_000)
	p.watching = []*subscription{nil}
	require.Equal(t, 700_000, p.probeTarget(700_000, 85_000, true), "what the pictures want")
}

// What travels beside the media comes out of what pictures would have, never of the voices'.
func TestATransferTakesFromPictures(t *testing.T) {
	p := plan{cautious: 400_000}
	p.request = allocation.Request{Budget: 500_000, Audio: []int{30_000, 20_000}}
	estimate := send.Estimate{Bitrate: 500_000, Cautious: 400_000}
	rate := p.transfer(estimate, 1<<30)
	require.Equal(t, demand.TransferRate(400_000, 50_000), rate)
	require.Equal(t, 500_000-rate, p.request.Budget)
	require.Equal(t, 400_000-rate, p.cautious)
	require.Equal(t, 1_000, p.transfer(estimate, 1_000), "no more than there is")
	p.request.Budget = 40_000
	require.Zero(t, p.transfer(send.Estimate{Bitrate: 40_000, Cautious: 40_000}, 1_000))
	require.Equal(t, 40_000, p.request.Budget)
}
