package signaling

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
	"draille/signaling/token"
)

// desk makes links out of signed tokens alone.
type desk struct{ fails bool }

// Invite implements Inviter.
func (d desk) Invite(invitation token.Invitation) (link, picture string, err error) {
	if d.fails {
		return "", "", errors.New("no")
	}
	link, err = tokens.Sign(invitation)
	return link, "data:", err
}

func TestALinkThatWasAskedForInTheCallOpensIt(t *testing.T) {
	h := open(t, func(c *Config) { c.Links = desk{} })
	host := h.enters("Dr Vidal", protocol.RoleHost)
	host.send(protocol.Invite{Role: protocol.RoleClinician, Name: "Dr Bonnet"})
	invitation := expect[protocol.Invitation](host)
	require.InDelta(t, time.Now().Add(time.Hour).UnixMilli(), invitation.Expires, 6e5)
	other := h.welcomed(protocol.Join{Token: invitation.Link})
	require.Equal(t, "Dr Bonnet", other.welcome.Name)
	require.Equal(t, protocol.RoleClinician, other.welcome.Role)
	require.Equal(t, host.welcome.Room, other.welcome.Room)
}

func TestALinkThatCannotBeMadeIsSaid(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"nobody makes any": nil,
		"it fails":         func(c *Config) { c.Links = desk{fails: true} },
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, change)
			host := h.enters("Dr Vidal", protocol.RoleHost)
			host.send(protocol.Invite{Role: protocol.RoleGuest})
			problem := expect[protocol.Error](host)
			require.Equal(t, protocol.ErrorServer, problem.Code)
			require.Equal(t, "invite", problem.Of)
		})
	}
}
