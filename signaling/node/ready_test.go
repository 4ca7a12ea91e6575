package node

import (
	"testing"

	"github.com/stretchr/testify/require"

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
