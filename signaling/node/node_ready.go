package node

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"draille/signaling/peers"
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
// finds it here still.
func (n *Node) Unready() string {
	switch {
	case n.homes.Refused():
		return "no part of the cluster"
	case n.homes.Stats().Lease > 0:
		return ""
	case n.others.Load():
		return "the register answers other servers, and not this one"
	}
	return ""
}

// watchOthers asks the other nodes, while this one may decide nothing, whether they may.
func (n *Node) watchOthers() {
	again := time.NewTicker(othersEvery)
	defer again.Stop()
	for {
		select {
		case <-again.C:
		case <-n.ctx.Done():
			return
		}
		n.others.Store(n.homes.Stats().Lease <= 0 && n.anyDecides())
	}
}

// betterOff reports whether new participants are better sent to another node than to one that may
// decide nothing; nil: that one does not say.
func betterOff(c *wire.Condition) bool {
	return c != nil && c.Decides && !c.Leaves &&
		time.Duration(c.Register)*time.Millisecond < othersTake
}

// anyDecides asks all other nodes at once.
func (n *Node) anyDecides() bool {
	ctx, cancel := context.WithTimeout(n.ctx, othersWithin)
	defer cancel()
	var asking sync.WaitGroup
	var decides atomic.Bool
	for id, address := range n.homes.Others() {
		asking.Go(func() {
			report := n.client.Check(ctx, peers.Target{Node: id, Address: address})
			if betterOff(report.Condition) {
				decides.Store(true)
			}
		})
	}
	asking.Wait()
	return decides.Load()
}
