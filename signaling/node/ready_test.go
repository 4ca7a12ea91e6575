package node

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"draille/signaling/node/natstest"
	"draille/signaling/peers"
	"draille/signaling/peers/wire"
)

// A node that may decide nothing sends people only where they are better off. When the register
// stops, one lease is over before the other: whose lease runs for a moment yet is not better.
func TestWhereNewParticipantsAreBetterOff(t *testing.T) {
	require.False(t, betterOff(nil), "a node of before does not say")
	require.True(t, betterOff(&wire.Condition{Decides: true, Register: 3}))
	require.True(t, betterOff(&wire.Condition{Decides: true, Register: 500, Slow: true}))
	require.False(t, betterOff(&wire.Condition{Register: 3}))
	require.False(t, betterOff(&wire.Condition{Decides: true, Register: 1400, Slow: true}),
		"it has waited for so long, and its lease runs yet")
	require.False(t, betterOff(&wire.Condition{Decides: true, Register: 3, Leaves: true}),
		"it answers 503 as well")
}

// Whose clock is wrong is told by the most, if they say the same. Of two nobody knows.
func TestWhoseClockIsWrong(t *testing.T) {
	others := func(offsets ...time.Duration) (all []peers.Report) {
		for _, offset := range offsets {
			state := peers.Good
			if offset.Abs() > time.Minute {
				state = peers.Bad
			}
			all = append(all, peers.Report{Clock: state, Offset: offset})
		}
		return all
	}
	hour := time.Hour
	known := time.Duration(0)
	clockApart := func(reports []peers.Report) time.Duration { return clockApart(reports, known) }
	require.Zero(t, clockApart(nil))
	require.Zero(t, clockApart(others(0, 3*time.Second)))
	require.Zero(t, clockApart(others(-hour)), "one of two")
	require.Zero(t, clockApart(others(-hour, 0)), "the other one is wrong")
	require.Zero(t, clockApart(others(-hour, -hour, 0, 0)))
	require.Zero(t, clockApart(others(-hour, -hour, 0)), "two of four say one time, two another")
	require.Zero(t, clockApart(others(-hour, 2*hour)), "three who say three times")
	require.Equal(t, hour, clockApart(others(-hour, -hour-time.Second, -hour+time.Second, 0)))
	require.Equal(t, -hour, clockApart(append(others(hour, hour),
		peers.Report{Clock: peers.Unknown}, peers.Report{Clock: peers.Unknown})))
	known = hour
	require.Equal(t, hour, clockApart(nil), "nobody is reached")
	require.Equal(t, hour, clockApart(others(-hour)), "one of the two others starts again")
	require.Zero(t, clockApart(others(0)))
}

// A server whose clock is an hour off sends new participants elsewhere until it is right.
func TestAServerWhoseClockIsWrongIsNotReady(t *testing.T) {
	c := natstest.Start(t, 3, nil)
	var ahead atomic.Int64
	ahead.Store(int64(time.Hour))
	config := Config{Secret: make([]byte, 32), Version: "1", Log: zap.NewNop(),
		Register: RegisterConfig{External: external(c,
			c.Credentials("own.creds", c.Account, natstest.Own()))}}
	var nodes []*Node
	for i := range 3 {
		config.ID, config.Listen = fmt.Sprintf("n%d", i+1), natstest.FreeAddress()
		if i == 2 {
			config.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		}
		n, err := Start(config)
		require.NoError(t, err)
		defer n.Close()
		nodes = append(nodes, n)
	}
	for _, n := range nodes {
		require.Eventually(t, func() bool { return len(n.homes.Others()) == 2 }, patience,
			20*time.Millisecond)
		require.NoError(t, n.Serve(nil, func(err error) { t.Error(err) }))
	}
	says := func(n *Node, why string) { // it may have another reason while it joins
		require.Eventually(t, func() bool { return n.Unready() == why }, patience,
			20*time.Millisecond)
	}
	says(nodes[2], "the clock of this machine is 1h0m0s ahead of those of the other servers: "+
		"set it by NTP (timedatectl set-ntp true)")
	says(nodes[0], "")
	says(nodes[1], "")
	ahead.Store(0)
	says(nodes[2], "")
}

// A server that the register has never answered knows no room: nobody is sent to it. One that was
// answered before stays when the register stops, as its calls go on.
func TestAServerIsNotReadyBeforeTheRegisterAnswers(t *testing.T) {
	c := natstest.Start(t, 3, nil)
	config := Config{ID: "n1", Secret: make([]byte, 32), Version: "1", Log: zap.NewNop(),
		Listen: natstest.FreeAddress(), Register: RegisterConfig{External: external(c,
			c.Credentials("own.creds", c.Account, natstest.Own()))}}
	for i := range c.Servers {
		c.Kill(i)
	}
	n, err := Start(config)
	require.NoError(t, err)
	defer n.Close()
	require.NoError(t, n.Serve(nil, func(err error) { t.Error(err) }))
	require.Equal(t, "the register has not answered this server since it started", n.Unready())
	for i := range c.Servers {
		c.Start(i)
	}
	require.Eventually(t, func() bool { return n.answered.Load() }, patience, 20*time.Millisecond)
	for i := range c.Servers {
		c.Kill(i)
	}
	require.Eventually(t, func() bool { return n.homes.Stats().Lease <= 0 }, patience,
		20*time.Millisecond)
	require.Empty(t, n.Unready())
}
