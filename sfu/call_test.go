package sfu

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNothingFlowsBeforeAdmission(t *testing.T) {
	s := newServer(t)
	host, guest := s.present("host", usual), s.connected("guest", usual)
	guest.participant.SetLive(Live{Microphone: true, Camera: true})
	guest.send()
	host.participant.SetView([]Want{want(guest, Camera, 2)})
	guest.participant.SetView([]Want{want(host, Camera, 2)})

	blocked := func() uint64 {
		for _, p := range s.engine.Stats().Participants {
			if p.Participant == "guest" {
				return p.GateBlocked
			}
		}
		return 0
	}
	eventually(t, "the guest's packets reach the gate", func() bool { return blocked() > 50 })
	guestNumbers, hostNumbers := guest.participant.Numbers(), host.participant.Numbers()
	require.Zero(t, host.packetsFrom(guestNumbers[Camera])+host.packetsFrom(guestNumbers[Microphone]))
	require.Zero(t, guest.packetsFrom(hostNumbers[Camera])+guest.packetsFrom(hostNumbers[Microphone]))

	guest.participant.SetAdmitted(true)
	eventually(t, "the host sees and hears the guest", func() bool {
		return host.packetsFrom(guestNumbers[Camera]) > 10 && host.packetsFrom(guestNumbers[Microphone]) > 10
	})
	eventually(t, "the guest sees and hears the host", func() bool {
		return guest.packetsFrom(hostNumbers[Camera]) > 10 && guest.packetsFrom(hostNumbers[Microphone]) > 10
	})

	guest.participant.SetAdmitted(false)
	before := blocked()
	eventually(t, "the gate is closed again", func() bool { return blocked() > before+20 })
	seen := guest.packetsFrom(hostNumbers[Microphone])
	before = blocked()
	eventually(t, "time passes", func() bool { return blocked() > before+20 })
	require.Equal(t, seen, guest.packetsFrom(hostNumbers[Microphone]))
}
