package identity

import (
	"fmt"
	"time"
)

func (i *Identity) stranger(address, why string) *Problem {
	return &Problem{Stranger, fmt.Sprintf("expected a node of this cluster at %s, but %s: correct "+
		"the address, and let nodes alone reach the port of nodes", address, why)}
}

func (i *Identity) otherSecret(address, node string) *Problem {
	return &Problem{OtherSecret, fmt.Sprintf("node %q at %s has another secret than this node "+
		"(whose check value is %s): give both the same secret file, and restart the one that is "+
		"changed", shorten(node), address, i.check)}
}

func (i *Identity) sameID(address string) *Problem {
	return &Problem{SameID, fmt.Sprintf("the node at %s has the id of this node, %q: give each "+
		"node an id of its own", address, i.node)}
}

// Judge compares the clocks of both sides, and judges when the peer's certificate is valid.
func (i *Identity) Judge(peer Peer, theirs, ours time.Time) error {
	if err := i.JudgeClock(peer, theirs, ours); err != nil {
		return err
	}
	switch {
	case ours.After(peer.NotAfter.Add(MaxSkew)):
		return &Problem{Expired, fmt.Sprintf("the certificate of node %q ended at %s, though its "+
			"clock is right: it was not signed anew; restart that node", peer.Node,
			clock(peer.NotAfter))}
	case ours.Before(peer.NotBefore.Add(-MaxSkew)):
		return &Problem{NotYet, fmt.Sprintf("the certificate of node %q begins at %s, though its "+
			"clock is right by now: its clock was set meanwhile; restart that node", peer.Node,
			clock(peer.NotBefore))}
	}
	return nil
}

// JudgeClock compares the clocks of both sides.
func (i *Identity) JudgeClock(peer Peer, theirs, ours time.Time) error {
	off := theirs.Round(0).Sub(ours.Round(0)) // of the clocks on the wall
	if off.Abs() <= MaxSkew {
		return nil
	}
	return &Problem{Clock, fmt.Sprintf("the clock of node %q is %s %s that of node %q (%s, %s), "+
		"and at most %s is allowed, since invitations are judged by it: set both by NTP "+
		"(timedatectl set-ntp true); neither need be restarted", peer.Node,
		off.Abs().Round(time.Second), direction(off), i.node, clock(theirs), clock(ours), MaxSkew)}
}

// judgeAlone judges when a peer's certificate is valid by this machine's clock alone.
func (i *Identity) judgeAlone(peer Peer, ours time.Time) error {
	if ours.After(peer.NotBefore.Add(-MaxSkew)) && ours.Before(peer.NotAfter.Add(MaxSkew)) {
		return nil
	}
	return &Problem{Clock, fmt.Sprintf("the certificate of node %q is valid from %s to %s, and "+
		"the clock of node %q says %s: set both by NTP (timedatectl set-ntp true)", peer.Node,
		clock(peer.NotBefore), clock(peer.NotAfter), i.node, clock(ours))}
}
