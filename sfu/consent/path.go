// Package consent decides to which address the media of a participant may be sent. ICE chooses an
// address after a check, and the source address of a check can be forged: a participant could
// direct what they are sent to a third party. So an address has to be proven: DTLS or media must
// come from it, which only the participant can have sent. Until then only voices go there, for a
// short time, and not again soon. RFC 8445 section 19.5 and RFC 7675 describe the danger.
//
// It is pure: the time is an argument.
package consent

import (
	"net/netip"
	"time"
)

// Measured: TestAPathThatIsNeverProvenFallsBack, TestSilenceEndsTheVoice,
// TestAnotherAddressIsNotTrustedSoon, TestProofsAreBounded.
const (
	// patience is how long voices go to an address that is not proven while the participant is
	// heard from another: what they send from a new one arrives a round trip after it is chosen,
	// over a satellite 600 ms.
	patience = 3 * time.Second
	// silence is the same where nothing is heard of them at all: the only way they have may lose
	// much.
	silence = 10 * time.Second
	// proofLife is how long an address stays proven that is not in use (RFC 7675 section 5.1).
	proofLife = 30 * time.Second
	// distrust is how long no other address gets voices before it is proven, after one that was
	// chosen never was.
	distrust = 30 * time.Second
	// maxProofs is how many addresses are remembered.
	maxProofs = 4
)

// Grant is what may leave.
type Grant uint8

// Grants, from the least.
const (
	Nothing Grant = iota
	Voices
	Everything
)

// proof is that something authentic came from an address.
type proof struct {
	from netip.AddrPort
	at   time.Time // the latest
}

// Path decides for one participant. The zero Path has no address.
type Path struct {
	chosen  netip.AddrPort // by ICE
	since   time.Time      // when it was
	proven  bool           // something has come from there
	expired bool           // its time has run out before it was proven
	trusted time.Time      // from when on an address gets voices before it is proven
	proofs  []proof        // the latest first
}

// Choose notes that ICE has chosen an address.
func (p *Path) Choose(now time.Time, address netip.AddrPort) {
	if address == p.chosen {
		return
	}
	p.noteUnproven(now)
	p.chosen, p.since, p.expired = address, now, false
	p.proven = false
	for _, known := range p.proofs {
		p.proven = p.proven || known.from == address && now.Sub(known.at) < proofLife
	}
}

// noteUnproven remembers that an address was left unproven after voices had gone there.
func (p *Path) noteUnproven(now time.Time) {
	if p.chosen.IsValid() && !p.proven && !p.expired && len(p.proofs) > 0 {
		p.expired = true
		p.trusted = now.Add(distrust)
	}
}

// Prove notes that something has come from an address that only the participant can have sent.
func (p *Path) Prove(now time.Time, from netip.AddrPort) {
	p.proven = p.proven || from == p.chosen
	at := len(p.proofs)
	for i, known := range p.proofs {
		if known.from == from {
			at = i
			break
		}
	}
	if at == len(p.proofs) && at < maxProofs {
		p.proofs = append(p.proofs, proof{})
	}
	at = min(at, len(p.proofs)-1)
	copy(p.proofs[1:at+1], p.proofs[:at])
	p.proofs[0] = proof{from, now}
}

// Decide returns where media leaves to, and how much of it may.
func (p *Path) Decide(now time.Time) (to netip.AddrPort, grant Grant) {
	switch {
	case !p.chosen.IsValid():
		return netip.AddrPort{}, Nothing
	case p.proven:
		return p.chosen, Everything
	}
	elsewhere, heard := p.elsewhere(now)
	waited := now.Sub(p.since)
	switch {
	case now.Before(p.trusted): // an address before was never proven
	case waited < patience, waited < silence && !heard:
		return p.chosen, Voices
	}
	p.noteUnproven(now)
	if elsewhere.IsValid() {
		return elsewhere, Everything
	}
	return netip.AddrPort{}, Nothing
}

// elsewhere is the address from which the participant was heard last; invalid where that is long
// ago. heard says that it was since ICE chose another.
func (p *Path) elsewhere(now time.Time) (address netip.AddrPort, heard bool) {
	if len(p.proofs) == 0 || now.Sub(p.proofs[0].at) >= proofLife {
		return netip.AddrPort{}, false
	}
	return p.proofs[0].from, p.proofs[0].at.After(p.since)
}
