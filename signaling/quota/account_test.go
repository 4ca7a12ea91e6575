package quota

import (
	"fmt"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func at(text string) Payer { return Payer{Address: netip.MustParseAddr(text)} }

func TestRateOfOneAddressIsNotAnothers(t *testing.T) {
	a := New(Config{Rates: map[Cost]Rates{Opens: {Address: Rate{2, 3}}}}, nil)
	for range 3 {
		require.True(t, a.Spend(start, Opens, at("192.0.2.1")))
	}
	require.False(t, a.Spend(start, Opens, at("192.0.2.1")))
	require.True(t, a.Spend(start, Opens, at("192.0.2.2")))
	require.True(t, a.Spend(start.Add(time.Second/2), Opens, at("192.0.2.1")))
	require.False(t, a.Spend(start.Add(time.Second/2), Opens, at("::ffff:192.0.2.1")), "the same")
	for i := range 3 {
		require.True(t, a.Spend(start, Opens, at(fmt.Sprintf("2001:db8::%d", i+1))))
	}
	require.False(t, a.Spend(start, Opens, at("2001:db8::ffff:1")), "a household of IPv6 is one")
	require.True(t, a.Spend(start, Opens, at("2001:db8:0:1::1")))
	require.True(t, a.Spend(start, Opens, Payer{}), "nobody is known: nothing bounds it")
	require.True(t, a.Spend(start, Chat, at("192.0.2.1")), "no bound was set for it")
}

// What is refused for one reason is not put down to the others.
func TestRefusedCostsNothing(t *testing.T) {
	a := New(Config{Rates: map[Cost]Rates{Chat: {Invitation: Rate{1, 1}, Participant: Rate{1, 1}}}},
		nil)
	require.True(t, a.Spend(start, Chat, Payer{Invitation: "one", Participant: "p"}))
	require.False(t, a.Spend(start, Chat, Payer{Invitation: "one", Participant: "q"}))
	require.True(t, a.Spend(start, Chat, Payer{Invitation: "two", Participant: "q"}))
	require.Equal(t, map[Reason]uint64{{Chat, ByInvitation}: 1}, a.Refused())
}

// Over any time, no key gets more than its burst and its rate, whatever others do, and memory stays
// bounded.
func TestRatesHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := New(Config{Rates: map[Cost]Rates{Offers: {Invitation: Rate{5, 10}}}}, nil)
		kept := a.rates[Reason{Offers, ByInvitation}]
		kept.most = 8
		seats := rapid.IntRange(1, 3).Draw(t, "seats")
		now, allowed := start, 0
		for range rapid.IntRange(1, 200).Draw(t, "events") {
			now = now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "ms")) * time.Millisecond)
			mine := Payer{Invitation: "mine", Seats: seats,
				Participant: fmt.Sprint(rapid.IntRange(0, 99).Draw(t, "participant"))}
			if a.Spend(now, Offers, mine) {
				allowed++
			}
			// Fewer others than are remembered come between, so that this one is not forgotten.
			for range rapid.IntRange(0, 5).Draw(t, "others") {
				other := fmt.Sprint("other", rapid.IntRange(0, 255).Draw(t, "other"))
				a.Spend(now, Offers, Payer{Invitation: other})
			}
			if len(kept.known) > 8 || kept.order.Len() != len(kept.known) {
				t.Fatalf("%d keys remembered", len(kept.known))
			}
		}
		most := float64(seats) * (10 + 5*now.Sub(start).Seconds())
		if float64(allowed) > most+1e-6 {
			t.Fatalf("%d allowed, at most %.1f", allowed, most)
		}
	})
}

// No sequence of holds and releases exceeds a cap, strangers never take what is kept for seats, and
// what is released can be held again.
func TestCapsHold(t *testing.T) {
	caps := Caps{Address: 4, Invitation: 2, Participant: 2, All: 12, Strangers: 5}
	rapid.Check(t, func(t *rapid.T) {
		a := New(Config{Caps: map[Cost]Caps{Allocations: caps}}, nil)
		type holder struct {
			payer   Payer
			seated  bool
			release func()
		}
		var holders []holder
		for range rapid.IntRange(1, 120).Draw(t, "events") {
			if len(holders) > 0 && rapid.IntRange(0, 3).Draw(t, "release") == 0 {
				i := rapid.IntRange(0, len(holders)-1).Draw(t, "which")
				holders[i].release()
				holders[i].release()
				holders = append(holders[:i:i], holders[i+1:]...)
				continue
			}
			n := rapid.IntRange(0, 9).Draw(t, "participant")
			p := Payer{Participant: fmt.Sprint(n), Invitation: fmt.Sprint(n / 2), Seats: n % 2,
				Address: netip.AddrFrom4([4]byte{192, 0, 2, byte(n / 3)})}
			seated := n >= 5
			if seated {
				a.Seat(p)
			}
			if release, ok := a.Hold(start, Allocations, p); ok {
				holders = append(holders, holder{p, seated, release})
			}
			count := func(same func(holder) bool) (n int) {
				for _, h := range holders {
					if same(h) {
						n++
					}
				}
				return n
			}
			switch {
			case count(func(holder) bool { return true }) > caps.All:
				t.Fatal("more than all may hold")
			case count(func(h holder) bool { return !h.seated }) > caps.Strangers:
				t.Fatal("strangers hold what is kept for seats")
			case count(func(h holder) bool { return h.payer.Participant == p.Participant }) >
				caps.Participant:
				t.Fatal("one participant holds too much")
			case count(func(h holder) bool { return h.payer.Invitation == p.Invitation }) >
				caps.Invitation:
				t.Fatal("one invitation holds too much")
			case count(func(h holder) bool { return h.payer.Address == p.Address }) > caps.Address:
				t.Fatal("one address holds too much")
			case a.Held(Allocations) != len(holders):
				t.Fatalf("%d held, counted %d", len(holders), a.Held(Allocations))
			}
		}
		for _, h := range holders {
			h.release()
		}
		for reason, keys := range a.held {
			if len(keys) > 0 {
				t.Fatalf("%v still holds %v", reason, keys)
			}
		}
	})
}

func TestSeats(t *testing.T) {
	a := New(Config{}, nil)
	one := Payer{Address: netip.MustParseAddr("192.0.2.1"), Participant: "p", Invitation: "i"}
	a.Seat(one)
	a.Seat(one)
	require.Equal(t, 1, a.seatsAt(one.Address))
	moved := one
	moved.Address = netip.MustParseAddr("2001:db8::1")
	a.Seat(moved)
	require.Zero(t, a.seatsAt(one.Address))
	require.Equal(t, 1, a.seatsAt(netip.MustParseAddr("2001:db8::2")))
	found, ok := a.Seated("p")
	require.True(t, ok)
	require.Equal(t, moved, found)
	a.Unseat("p")
	a.Unseat("p")
	require.Empty(t, a.at)
}

func TestOneLineAMinuteForAReason(t *testing.T) {
	core, lines := observer.New(zap.WarnLevel)
	a := New(Config{Rates: map[Cost]Rates{Chat: {Participant: Rate{0.001, 1}}}}, zap.New(core))
	for i := range 181 {
		a.Spend(start.Add(time.Duration(i)*time.Second), Chat, Payer{Participant: "p"})
	}
	var counts []any
	for _, line := range lines.All() {
		counts = append(counts, line.ContextMap()["refused"])
		require.NotContains(t, line.ContextMap(), "address")
	}
	require.Equal(t, []any{uint64(1), uint64(60), uint64(60)}, counts)
}

func TestTheClientBehindAProxy(t *testing.T) {
	proxies := Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.0/8")}
	for _, c := range []struct {
		remote, forwarded, want string
	}{
		{"192.0.2.1:5", "", "192.0.2.1"},
		{"192.0.2.1:5", "198.51.100.9", "192.0.2.1"}, // nobody trusts it
		{"192.0.2.1:5", "1.2.3.4, 198.51.100.9", "192.0.2.1"},
		{"10.0.0.1:5", "198.51.100.9", "198.51.100.9"},
		{"10.0.0.1:5", "1.2.3.4, 198.51.100.9", "198.51.100.9"}, // the client wrote 1.2.3.4
		{"10.0.0.1:5", "198.51.100.9, 10.0.0.2", "198.51.100.9"},
		{"10.0.0.1:5", "1.2.3.4:5678", "1.2.3.4"},
		{"10.0.0.1:5", "[2001:db8::1]:5000", "2001:db8::1"},
		{"10.0.0.1:5", "[2001:db8::1]", "2001:db8::1"},
		{"10.0.0.1:5", "198.51.100.9:80, 10.0.0.2:81", "198.51.100.9"},
		{"10.0.0.1:5", "", "10.0.0.1"},
		{"10.0.0.1:5", "nonsense", "10.0.0.1"},
		{"[::ffff:127.0.0.1]:5", "2001:db8::1", "2001:db8::1"},
		{"", "", "invalid IP"},
	} {
		request := &http.Request{RemoteAddr: c.remote, Header: http.Header{}}
		if c.forwarded != "" {
			request.Header.Set("X-Forwarded-For", c.forwarded)
		}
		require.Equal(t, c.want, proxies.Client(request).String(), "%+v", c)
	}
}

func FuzzForwardedFor(f *testing.F) {
	f.Add("10.0.0.1:5", "1.2.3.4, 198.51.100.9")
	f.Add("10.0.0.1:5", ",,,")
	f.Add("10.0.0.1:5", "[::1]:1, [")
	proxies := Proxies{netip.MustParsePrefix("10.0.0.0/8")}
	f.Fuzz(func(t *testing.T, remote, forwarded string) {
		request := &http.Request{
			RemoteAddr: remote,
			Header:     http.Header{"X-Forwarded-For": {forwarded}},
		}
		client := proxies.Client(request)
		peer, err := netip.ParseAddrPort(remote)
		if err == nil && !Contains(proxies, peer.Addr().Unmap()) {
			require.Equal(t, peer.Addr().Unmap(), client, "what a stranger writes is not believed")
		}
	})
}

// What a page says of these bounds, SECURITY.md and PROTOCOL.md, is what a server begins with.
func TestTheDefaults(t *testing.T) {
	now := time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)
	payer := Payer{Address: netip.MustParseAddr("192.0.2.1"), Invitation: "roux",
		Participant: "p1", Seats: 1}
	for cost, want := range map[Cost]struct{ atOnce, inTenSeconds int }{
		Tries: {30, 5}, Opens: {100, 100}, Connects: {400, 400}, Programs: {400, 400},
		Chat: {5, 5}, Changes: {20, 20}, Typing: {20, 20}, Offers: {10, 10}, Joins: {10, 5},
		Messages: {100, 100}, Files: {3000, 1000}, Tests: {3, 0},
	} {
		a := New(DefaultConfig(), nil)
		spent := func(at time.Time) (n int) {
			for n < 5000 && a.Spend(at, cost, payer) {
				n++
			}
			return n
		}
		require.Equal(t, want.atOnce, spent(now), "%s at once", cost)
		require.Equal(t, want.inTenSeconds, spent(now.Add(10*time.Second)), "%s in 10 s", cost)
	}
	for cost, want := range map[Cost]int{Allocations: 12, Tests: 1, Files: 1000} {
		a := New(DefaultConfig(), nil)
		a.Seat(payer)
		n := 0
		for n <= 1000 {
			if _, ok := a.Hold(now, cost, payer); !ok {
				break
			}
			n++
		}
		require.Equal(t, want, n, cost)
	}
}
