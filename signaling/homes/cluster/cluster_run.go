package cluster

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"go.uber.org/zap"

	"draille/signaling/homes"
	"draille/signaling/homes/register"
	"draille/signaling/tenure"
)

// run gives events to the node until ctx ends.
func (c *Cluster) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	load := time.NewTicker(loadEvery)
	defer load.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
			for _, e := range c.take() {
				c.do(ctx, e)
			}
		case <-timer.C:
			c.do(ctx, (*tenure.Node).Tick)
		case <-load.C:
			c.do(ctx, c.everySecond)
			c.giveUp(ctx)
		}
		if !c.left {
			timer.Reset(max(tickAtLeast, c.node.Next()-c.config.Now()))
		}
	}
}

// do gives the node an event, and carries out what it says.
func (c *Cluster) do(ctx context.Context, e event) {
	c.nodeMu.Lock()
	effects := e(c.node, c.config.Now())
	c.nodeMu.Unlock()
	for _, effect := range effects {
		c.carryOut(ctx, effect)
	}
	for _, room := range slices.Sorted(maps.Keys(c.savings)) {
		if c.node.Kept(room) {
			c.saved(room)
		}
	}
}

// everySecond tells the node's load, and releases rooms that nobody came to.
func (c *Cluster) everySecond(n *tenure.Node, now time.Duration) (effects []tenure.Effect) {
	n.SetLoad(c.config.Load())
	c.followLate(now)
	maps.DeleteFunc(c.unreached, func(_ string, u unreached) bool { return now >= u.until })
	c.tellMedia(n)
	c.counts.look(len(c.held), n.LeaseLeft(now), n.RegisterTakes(now))
	c.noteSlow(n.RegisterSlow(now), n.RegisterTakes(now))
	c.noteFull()
	for _, room := range slices.Sorted(maps.Keys(c.held)) {
		// Another node gave it, and nobody has come.
		if h := c.held[room]; !h.given && now >= h.since+c.config.Hold {
			delete(c.held, room)
			effects = append(effects, n.Release(now, room, h.raw)...)
		}
	}
	return append(effects, n.Tick(now)...)
}

// giveUp answers those who have looked for a room for too long.
func (c *Cluster) giveUp(ctx context.Context) {
	now := c.config.Now()
	for _, room := range slices.Sorted(maps.Keys(c.finds)) {
		if f := c.finds[room]; now >= f.until {
			reason := f.reason
			if reason == ownerSilent && c.node.RegisterSlow(now) {
				reason = tenure.RegisterSlow // whatever is asked of it comes too late
			}
			c.answer(room, homes.Home{Away: string(reason)})
			c.do(ctx, func(n *tenure.Node, now time.Duration) []tenure.Effect {
				return n.Forget(now, room)
			})
		}
	}
}

// carryOut does what the node wants.
func (c *Cluster) carryOut(ctx context.Context, effect tenure.Effect) {
	switch e := effect.(type) {
	case tenure.Put:
		if c.noRoomFor(e) {
			return
		}
		c.write(ctx, e.Nonce, func(ctx context.Context) (uint64, error) {
			return c.config.Register.Put(ctx, e.Key, e.Value, e.Revision)
		})
	case tenure.Delete:
		c.write(ctx, e.Nonce, func(ctx context.Context) (uint64, error) {
			return 0, c.config.Register.Delete(ctx, e.Key, e.Revision)
		})
	case tenure.Held:
		c.hold(e)
	case tenure.Learned:
		c.tell(e.Room, func(l homes.Listener) { l.Learned(decode(e.State)) })
	case tenure.ToDoors:
		c.tell(e.Room, homes.Listener.ToDoors)
	case tenure.Ended:
		c.ended(e)
	case tenure.Islanded:
		c.config.Log.Warn("nothing can be decided in a room for now: the register does not "+
			"answer; the call goes on", zap.String("room", e.Room))
	case tenure.Restored:
		c.config.Log.Info("a room may be decided again", zap.String("room", e.Room))
	case tenure.Found:
		c.found(e)
	case tenure.Away: // it may know in a moment
		if f := c.finds[e.Room]; f != nil {
			f.reason = e.Reason
		}
	case tenure.Ask:
		c.send(e.To, Message{Room: e.Room, Ask: true})
	case tenure.Answer:
		c.send(e.To, Message{Room: e.Room, Answer: &e})
	case tenure.HandOver:
		c.send(e.To, Message{Room: e.Room, Gift: &e.Gift})
	case tenure.Remind:
		c.send(e.To, Message{Room: e.Room, Reminder: e.State})
	case tenure.Drained:
		c.config.Log.Info("left the cluster", zap.Int("rooms left", len(e.Left)),
			zap.String("reason", string(e.Reason)))
		c.remained, c.remain = e.Left, e.Reason
		c.leave("it has left")
	case tenure.Refused:
		c.config.Log.Error("this node is no part of the cluster: nobody gets into a room through "+
			"it, and /readyz says so", zap.String("reason", string(e.Reason)),
			zap.String("to do", remedies[e.Reason]))
		c.refusal.Store(true)
		c.leave(e.Reason)
	}
}

// remedies are what is to be done where a node is no part of the cluster.
var remedies = map[tenure.Reason]string{
	tenure.OtherSecret: "give all servers the same secret file, and restart this one",
	tenure.NewerFormat: "the other servers run a newer version: install it here, too",
	tenure.Superseded:  "give each server an id of its own (cluster.node), and restart this one",
}

// Refused reports whether this node is no part of the cluster, and stays none until a restart.
func (c *Cluster) Refused() bool { return c.refusal.Load() }

// write asks the register for a change, and tells the node its outcome within a second.
func (c *Cluster) write(
	ctx context.Context, nonce uint64, change func(context.Context) (uint64, error),
) {
	c.writes.Add(1)
	c.working.Go(func() {
		defer c.writes.Done()
		limited, cancel := context.WithTimeout(ctx, writeWithin)
		defer cancel()
		revision, err := change(limited)
		outcome := tenure.Unknown
		if errors.Is(err, register.ErrFull) {
			c.counts.refuses.Store(true)
		}
		switch {
		case err == nil:
			outcome = tenure.Stored
			c.counts.refuses.Store(false)
		case errors.Is(err, register.ErrConflict):
			outcome = tenure.Conflict
		case !errors.Is(err, register.ErrUnknown):
			c.config.Log.Warn("the register could not be asked", zap.Error(err))
		}
		c.post(func(n *tenure.Node, now time.Duration) []tenure.Effect {
			return n.Result(now, nonce, outcome, revision)
		})
	})
}

// watch tells the node what the register shows, until ctx ends.
func (c *Cluster) watch(ctx context.Context) {
	for ctx.Err() == nil {
		changes, err := c.config.Register.Watch(ctx, "")
		if err != nil && ctx.Err() == nil {
			c.config.Log.Warn("the register cannot be watched", zap.Error(err))
		} else if err == nil {
			for change := range changes {
				c.changed(change)
			}
			c.changed(register.Change{Kind: register.Gap})
		}
		select {
		case <-ctx.Done():
		case <-time.After(watchAgain):
		}
	}
}

func (c *Cluster) changed(change register.Change) {
	kinds := map[register.Kind]tenure.Kind{register.Set: tenure.Set,
		register.Deleted: tenure.Deleted, register.Live: tenure.Live, register.Gap: tenure.Gap}
	c.post(func(n *tenure.Node, now time.Duration) []tenure.Effect {
		return n.Changed(now, tenure.Change{Kind: kinds[change.Kind], Key: change.Key,
			Value: change.Value, Revision: change.Revision})
	})
}

// found answers those who look for a room.
func (c *Cluster) found(e tenure.Found) {
	home := homes.Home{Node: e.Node, Peer: e.Peer, Epoch: e.Epoch}
	if e.Node == c.config.Node.ID {
		h := c.held[e.Room]
		if h == nil {
			return // it is being ended; Find's limit answers
		}
		if h.awaits {
			h.wanted = true
			return
		}
		h.given = h.given || c.finds[e.Room] != nil
		home = homes.Home{Tenure: h}
	}
	c.answer(e.Room, home)
}

func (c *Cluster) answer(room string, home homes.Home) {
	f := c.finds[room]
	delete(c.finds, room)
	if f == nil {
		return
	}
	for _, found := range f.found {
		found(home)
	}
}

// leave answers everybody who looks for a room: this node finds none any more.
func (c *Cluster) leave(reason tenure.Reason) {
	c.refused = reason
	for _, room := range slices.Sorted(maps.Keys(c.finds)) {
		c.answer(room, homes.Home{Away: string(reason)})
	}
	for _, room := range slices.Sorted(maps.Keys(c.savings)) {
		c.saved(room)
	}
	if !c.left {
		c.left = true
		// Nothing more is written, but the goodbye may be on its way.
		c.working.Go(func() {
			c.writes.Wait()
			close(c.drained)
		})
	}
}

func (c *Cluster) send(to string, m Message) {
	if peer, ok := c.node.Peer(to); ok {
		c.config.Network.Send(to, peer, m)
	}
}

// tell lets the listener of a room hear something.
func (c *Cluster) tell(room string, what func(homes.Listener)) {
	if h := c.held[room]; h != nil {
		h.tell(what)
	}
}

// saved answers those who wait until a room's state is stored.
func (c *Cluster) saved(room string) {
	waiting := c.savings[room]
	delete(c.savings, room)
	for _, saved := range waiting {
		saved()
	}
}
