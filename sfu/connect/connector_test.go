package connect

import (
	"testing"

	"github.com/pion/stun/v4"
	"github.com/stretchr/testify/require"
)

// The first check after each start of ICE chooses the path for the time being; those after it leave
// the choice to the browser.
func TestTheFirstCheckOpensAPath(t *testing.T) {
	check := func(username string) *stun.Message {
		return stun.MustBuild(stun.BindingRequest, stun.TransactionID, stun.NewUsername(username))
	}
	first := firstCheck()
	require.True(t, first(check("server1:browser1"), nil, nil, nil))
	require.False(t, first(check("server1:browser1"), nil, nil, nil))
	require.True(t, first(check("server2:browser2"), nil, nil, nil), "ICE was restarted")
	require.False(
		t, first(stun.MustBuild(stun.BindingRequest, stun.TransactionID), nil, nil, nil),
		"nobody's",
	)
	require.True(t, firstCheck()(check("server2:browser2"), nil, nil, nil), "another connection")
}
