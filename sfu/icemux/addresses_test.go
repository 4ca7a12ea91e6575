package icemux

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func addressOf(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), uint16(1+i))
}

// TestNoSpoofedCheckMovesMedia lets several connections send valid checks from each other's
// addresses, in any order, while each is heard of at its own.
func TestNoSpoofedCheckMovesMedia(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const seats = 4
		all, now := addresses{}, time.Unix(1000, 0)
		var routes []*route
		home := map[*route]netip.AddrPort{}
		for i := range seats {
			r := newRoute(nil, routeKey{fragment: string(rune('a' + i))})
			var receiver Receiver = newRecorder()
			r.media.Store(&receiver)
			routes = append(routes, r)
			home[r] = addressOf(i)
			if !all.claim(now, home[r], r) {
				t.Fatal("a free address is not given")
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"check": func(t *rapid.T) {
				r := routes[rapid.IntRange(0, seats-1).Draw(t, "seat")]
				all.claim(now, addressOf(rapid.IntRange(0, 40).Draw(t, "source")), r)
			},
			"time": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(0, 29_000).Draw(t, "ms")) *
					time.Millisecond)
				for _, from := range home {
					all[from].heard.Store(now.UnixNano())
				}
			},
			"": func(t *rapid.T) {
				count := map[*route]int{}
				for from, known := range all {
					count[known.route]++
					for r, own := range home {
						if own == from && known.route != r {
							t.Fatalf("the media of %s go to %s", r.key.fragment,
								known.route.key.fragment)
						}
					}
				}
				for _, r := range routes {
					if count[r] != r.addresses || count[r] > maxRouteAddresses ||
						r.candidates > maxRouteCandidates {
						t.Fatalf("%d addresses, counted as %d", count[r], r.addresses)
					}
				}
			},
		})
	})
}

func TestACandidateIsForgottenForANewOne(t *testing.T) {
	all, now := addresses{}, time.Unix(1000, 0)
	r := newRoute(nil, routeKey{})
	for i := range maxRouteAddresses {
		require.True(t, all.claim(now, addressOf(i), r))
	}
	require.False(t, all.claim(now, addressOf(100), r), "all are alive")
	now = now.Add(consentLife)
	all[addressOf(0)].heard.Store(now.UnixNano())
	require.True(t, all.claim(now, addressOf(100), r))
	require.NotNil(t, all[addressOf(0)])
	for i := 0; r.candidates < maxRouteCandidates; i++ {
		now = now.Add(consentLife)
		require.True(t, all.claim(now, addressOf(1000+i), r))
	}
	require.False(t, all.claim(now.Add(consentLife), addressOf(5000), r), "Pion forgets none")
}

// Thousands of connections that each have what they may have do not fill the memory.
func TestAllAddressesTogetherAreBounded(t *testing.T) {
	all, now := addresses{}, time.Unix(1000, 0)
	n := 0
	for n < 2*maxAddresses {
		r := newRoute(nil, routeKey{})
		before := n
		for range maxRouteAddresses {
			if all.claim(now, netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, byte(n >> 8),
				byte(n)}), uint16(1+n>>16)), r) {
				n++
			}
		}
		if n == before {
			break
		}
	}
	require.Equal(t, maxAddresses, n)
	require.Len(t, all, maxAddresses)
}
