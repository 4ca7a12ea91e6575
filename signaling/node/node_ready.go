package node

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"draille/signaling/peers"
	"draille/signaling/peers/identity"
	"draille/signaling/peers/wire"
)

const (
	// othersEvery is how often the others are asked by a node that may decide nothing.
	othersEvery = time.Second
	// othersWithin is how long their answers are waited for.
	othersWithin = 2 * time.Second
	// othersTake is how long the register may take to answer another node that is better off. Where
	// it answers nobody any more, one lease is over before the other, by a second at most: by then
	// all have waited for longer than this.
	othersTake = time.Second
	// clocksEvery is how often the others are asked for the time by a node that is well: a clock is
	// set wrongly once, and shut out people whom others let in for no longer.
	clocksEvery = 15 * time.Second
)

// condition is how this node is, for others and for whoever looks at it.
func (n *Node) condition() wire.Condition {
	stats := n.homes.Stats()
	return wire.Condition{Decides: stats.Lease > 0, Register: stats.Register.Milliseconds(),
		Slow: stats.Slow, Full: stats.Full, Leaves: n.leaves.Load()}
}

// Unready says why new participants are better sent to another server; empty: they are welcome. A
// node that the register does not answer sends them away only while another says that it is
// answered in time, and stays: where all are cut off, none is better, and whoever is in a call
// finds it here still. That does not hold of one that the register has never answered: nobody is
// in a call on it, and it knows no room.
func (n *Node) Unready() string {
	switch {
	case n.homes.Refused():
		return "no part of the cluster"
	case n.apart.Load() != 0:
		return apartWords(time.Duration(n.apart.Load()))
	case n.homes.Stats().Lease > 0:
		return ""
	case !n.answered.Load():
		return "the register has not answered this server since it started"
	case n.others.Load():
		return "the register answers other servers, and not this one"
	}
	return ""
}

// watchOthers asks the other nodes for their time, and, while this one may decide nothing, whether
// they may.
func (n *Node) watchOthers() {
	again := time.NewTicker(othersEvery)
	defer again.Stop()
	for next := (time.Time{}); ; {
		lost := n.homes.Stats().Lease <= 0
		if !lost {
			n.answered.Store(true)
		}
		if now := time.Now(); lost || !now.Before(next) {
			reports := n.askOthers()
			n.others.Store(lost && slices.ContainsFunc(reports, func(r peers.Report) bool {
				return betterOff(r.Condition)
			}))
			ahead := clockApart(reports, time.Duration(n.apart.Load()))
			n.noteClock(ahead)
			if next = now; ahead == 0 && !lost {
				next = now.Add(clocksEvery)
			}
		} else {
			n.others.Store(false)
		}
		select {
		case <-again.C:
		case <-n.ctx.Done():
			return
		}
	}
}

// betterOff reports whether new participants are better sent to another node than to one that may
// decide nothing; nil: that one does not say.
func betterOff(c *wire.Condition) bool {
	return c != nil && c.Decides && !c.Leaves &&
		time.Duration(c.Register)*time.Millisecond < othersTake
}

// clockApart returns how far this machine's clock is ahead of those of the others, where it is the
// one that is wrong: most machines, of it and those that are reached, are apart from it by too much
// and say the same. Where two halves differ nobody can say which one is wrong. Until one that is
// reached agrees with it, what was known before holds. 0: it is right, as far as is known.
func clockApart(reports []peers.Report, before time.Duration) time.Duration {
	var off []time.Duration
	right := 0
	for _, r := range reports {
		switch r.Clock {
		case peers.Good:
			right++
		case peers.Bad:
			off = append(off, -r.Offset)
		case peers.Unknown:
		}
	}
	slices.Sort(off)
	switch agrees := right + 1; { // it agrees with itself
	case len(off) > agrees && off[len(off)-1]-off[0] <= identity.MaxSkew:
		return off[len(off)/2]
	case right > 0:
		return 0
	}
	return before
}

func apartWords(ahead time.Duration) string {
	direction := "ahead of"
	if ahead < 0 {
		direction = "behind"
	}
	return fmt.Sprintf("the clock of this machine is %s %s those of the other servers: set it by "+
		"NTP (timedatectl set-ntp true)", ahead.Abs().Round(time.Second), direction)
}

// noteClock notes whether this machine's clock is wrong, and tells of it once.
func (n *Node) noteClock(ahead time.Duration) {
	was := n.apart.Swap(int64(ahead))
	switch {
	case ahead != 0 && was == 0:
		n.log.Error(apartWords(ahead) + "; until then the other servers refuse this one, " +
			"invitations are judged wrongly here, and /readyz sends new participants elsewhere")
	case ahead == 0 && was != 0:
		n.log.Info("the clock of this machine is that of the other servers again",
			zap.Duration("it was ahead by", time.Duration(was)))
	}
}

// askOthers asks all other nodes at once how they are.
func (n *Node) askOthers() []peers.Report {
	ctx, cancel := context.WithTimeout(n.ctx, othersWithin)
	defer cancel()
	var asking sync.WaitGroup
	var mu sync.Mutex
	var reports []peers.Report
	for id, address := range n.homes.Others() {
		asking.Go(func() {
			report := n.client.Check(ctx, peers.Target{Node: id, Address: address})
			mu.Lock()
			defer mu.Unlock()
			reports = append(reports, report)
		})
	}
	asking.Wait()
	return reports
}
