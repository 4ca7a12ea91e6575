package sfu

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"draille/sfu/linktest"
)

func TestAPageTestsItsConnection(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a := s.connected("a", usual)
	channel := a.openTest(linktest.Label)
	var echoes, down, up atomic.Uint32
	channel.OnMessage(func(m webrtc.DataChannelMessage) {
		switch m.Data[0] {
		case 1:
			echoes.Store(binary.BigEndian.Uint32(m.Data[5:]))
		case 2:
			down.Add(uint32(len(m.Data)))
		case 3:
			up.Store(binary.BigEndian.Uint32(m.Data[1:]))
		}
	})
	eventually(
		t, "the channel opens",
		func() bool { return channel.ReadyState() == webrtc.DataChannelStateOpen },
	)
	message := make([]byte, 60)
	message[0] = 1
	require.NoError(t, channel.Send(message))
	eventually(t, "the echo comes", func() bool { return echoes.Load() == 1 })
	// 5 s at 2,000 kbit/s: long enough for a busy machine to send a twelfth of that.
	require.NoError(t, channel.Send([]byte{2, 0x13, 0x88, 0x07, 0xd0, 0, 10}))
	for range 5 {
		message[0] = 3
		require.NoError(t, channel.Send(message))
	}
	eventually(t, "what came up is reported", func() bool { return up.Load() == 5 })
	eventually(t, "it flows down", func() bool { return down.Load() > 100_000 })

	second := a.openTest(linktest.Label)
	eventually(
		t, "a second test meanwhile is refused",
		func() bool { return second.ReadyState() == webrtc.DataChannelStateClosed },
	)
	require.Equal(t, webrtc.DataChannelStateOpen, channel.ReadyState())
	require.NoError(t, channel.Close())
	a.participant.Close()
}

// Whoever counts what tests cost is asked before each, and told when it ends.
func TestATestThatIsNotAdmittedIsNotServed(t *testing.T) {
	t.Parallel()
	var asked, ended atomic.Int32
	s := newServer(t, func(c *Config) {
		c.AdmitTest = func(participant string) (func(), bool) {
			return func() { ended.Add(1) }, participant == "a" && asked.Add(1) == 1
		}
	})
	a := s.connected("a", usual)
	first := a.openTest(linktest.Label)
	eventually(t, "the first opens",
		func() bool { return first.ReadyState() == webrtc.DataChannelStateOpen })
	require.NoError(t, first.Close())
	eventually(t, "it ends", func() bool { return ended.Load() == 1 })
	second := a.openTest(linktest.Label)
	eventually(t, "the second is refused",
		func() bool { return second.ReadyState() == webrtc.DataChannelStateClosed })
	require.EqualValues(t, 2, asked.Load())
	a.participant.Close()
}

func TestAFaultOfATestDropsOneParticipantAlone(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(c *Config) {
		c.AdmitTest = func(string) (func(), bool) { return func() { panic("a fault") }, true }
	})
	a, other := s.connected("a", usual), s.connected("b", usual)
	channel := a.openTest(linktest.Label)
	eventually(t, "it opens",
		func() bool { return channel.ReadyState() == webrtc.DataChannelStateOpen })
	require.NoError(t, channel.Close())
	eventually(t, "the participant is dropped",
		func() bool { return a.channel.ReadyState() == webrtc.DataChannelStateClosed })
	require.Equal(t, webrtc.DataChannelStateOpen, other.channel.ReadyState())
}

func TestAPageThatOpensManyChannelsLosesThem(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a := s.connected("a", usual)
	for i := range linktest.MaxChannels + 1 {
		a.openTest(fmt.Sprint(i))
	}
	eventually(
		t, "they are closed",
		func() bool { return a.channel.ReadyState() == webrtc.DataChannelStateClosed },
	)
}
