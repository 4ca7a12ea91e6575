package peers

import (
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/peers/wire"
)

// A node says itself how the register answers it: whoever looks may be answered otherwise.
func TestAReportSaysHowTheRegisterAnswersANode(t *testing.T) {
	says := func(c *wire.Condition) []string {
		r := Report{Target: Target{Node: "n1"}}
		r.hear(wire.Hello{Condition: c})
		r.judgeCondition()
		return r.Problems
	}
	require.Empty(t, says(nil), "a node of before does not say")
	require.Empty(t, says(&wire.Condition{Decides: true, Register: 2}))
	require.Contains(t, says(&wire.Condition{Decides: true, Register: 2140, Slow: true})[0],
		`the register takes 2.1s to answer node "n1": calls go on, but whoever comes`)
	require.Contains(t, says(&wire.Condition{Register: 6000, Slow: true})[0],
		`the register takes 6s to answer node "n1": calls go on, but nobody gets into a room`)
	require.Contains(t, says(&wire.Condition{Register: 10000, Full: true})[0],
		`the register is full, as node "n1" sees it: calls go on, but no new room is opened`)
	require.Contains(t, says(&wire.Condition{Register: 10000})[0],
		`the register does not answer node "n1"`)
}
