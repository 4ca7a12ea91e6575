package consent

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func address(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(1 + i)}), 4711)
}

var (
	start  = time.Unix(1000, 0)
	home   = address(0)
	moved  = address(1)
	victim = address(2)
)

// settled is a participant who is heard at home.
func settled() *Path {
	p := &Path{}
	p.Choose(start, home)
	p.Prove(start, home)
	return p
}

func requireTo(t *testing.T, p *Path, now time.Time, to netip.AddrPort, grant Grant) {
	t.Helper()
	got, granted := p.Decide(now)
	require.Equal(t, to, got)
	require.Equal(t, grant, granted)
}

func TestANewPathIsProvenByWhatComesFromThere(t *testing.T) {
	p := &Path{}
	requireTo(t, p, start, netip.AddrPort{}, Nothing)
	p.Choose(start, home)
	requireTo(t, p, start, home, Voices)
	p.Prove(start, home)
	requireTo(t, p, start, home, Everything)
	p.Choose(start.Add(time.Minute), moved)
	requireTo(t, p, start.Add(time.Minute), moved, Voices)
	p.Prove(start.Add(time.Minute+time.Second), moved)
	requireTo(t, p, start.Add(time.Hour), moved, Everything)
	p.Choose(start.Add(time.Hour), home)
	requireTo(t, p, start.Add(time.Hour), home, Voices)
}

func TestAPathThatIsNeverProvenFallsBack(t *testing.T) {
	p := settled()
	p.Choose(start.Add(time.Second), victim)
	p.Prove(start.Add(2*time.Second), home)
	requireTo(t, p, start.Add(3*time.Second), victim, Voices)
	requireTo(t, p, start.Add(4*time.Second), home, Everything)
	p.Prove(start.Add(5*time.Second), victim) // late
	requireTo(t, p, start.Add(5*time.Second), victim, Everything)
}

// Their network has changed and what they send does not arrive: they are heard nowhere.
func TestSilenceEndsTheVoice(t *testing.T) {
	p := settled()
	p.Choose(start.Add(time.Second), moved)
	requireTo(t, p, start.Add(10*time.Second), moved, Voices)
	requireTo(t, p, start.Add(11*time.Second), home, Everything)
	requireTo(t, p, start.Add(31*time.Second), netip.AddrPort{}, Nothing)
	p.Prove(start.Add(32*time.Second), moved)
	requireTo(t, p, start.Add(32*time.Second), moved, Everything)
}

// After an address that was never proven the next one gets no voices on trust, for a while.
func TestAnotherAddressIsNotTrustedSoon(t *testing.T) {
	for after, grant := range map[time.Duration]Grant{20 * time.Second: Nothing,
		40 * time.Second: Voices} {
		p := settled()
		p.Choose(start.Add(time.Second), victim)
		p.Prove(start.Add(2*time.Second), home)
		_, granted := p.Decide(start.Add(4 * time.Second))
		require.Equal(t, Everything, granted, "at home")
		p.proofs = nil // home is long silent
		p.Choose(start.Add(4*time.Second+after), moved)
		_, granted = p.Decide(start.Add(4*time.Second + after))
		require.Equal(t, grant, granted, "%v", after)
	}
}

func TestAProvenPathIsTakenUpAtOnce(t *testing.T) {
	p := settled()
	p.Choose(start.Add(time.Second), moved)
	p.Prove(start.Add(time.Second), moved)
	p.Choose(start.Add(2*time.Second), home)
	requireTo(t, p, start.Add(2*time.Second), home, Everything)
}

// TestNoSpoofedChecksMoveMedia lets somebody who is heard at one address send checks from any
// others, in any order, for as long as they like.
func TestNoSpoofedChecksMoveMedia(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, now := settled(), start
		var sent time.Duration // how long voices went where nobody has asked for them
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			if rapid.IntRange(0, 3).Draw(t, "check") == 0 {
				p.Choose(now, address(rapid.IntRange(0, 9).Draw(t, "source")))
			}
			p.Prove(now, home)
			step := time.Duration(rapid.IntRange(0, 500).Draw(t, "ms")) * time.Millisecond
			to, grant := p.Decide(now)
			switch {
			case to == home && grant == Everything:
			case grant == Voices:
				sent += step
			default:
				t.Fatalf("%v is sent %d", to, grant)
			}
			now = now.Add(step)
		}
		lasted := now.Sub(start)
		most := (patience + 500*time.Millisecond) * (1 + lasted/distrust)
		if sent > most {
			t.Fatalf("voices for %v of %v to addresses that nothing came from", sent, lasted)
		}
	})
}

func TestProofsAreBounded(t *testing.T) {
	p := settled()
	for i := range 100 {
		p.Prove(start, address(i))
	}
	require.Len(t, p.proofs, maxProofs)
	require.Equal(t, address(99), p.proofs[0].from)
	p.Prove(start, address(97))
	require.Len(t, p.proofs, maxProofs)
	require.Equal(t, address(97), p.proofs[0].from)
	require.Equal(t, address(99), p.proofs[1].from)
	require.Equal(t, address(98), p.proofs[2].from)
}
