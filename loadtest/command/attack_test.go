package command

import (
	"context"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/loadtest/flood"
)

// An attacking process gets its order once it is ready, and is believed.
func TestAnAttackIsFollowed(t *testing.T) {
	t.Parallel()
	attack := exec.Command("sh", "-c",
		`echo '{}'; read -r order; test "$order" = '"go"' && echo '{"tries":3}'`)
	detach(attack)
	tally := &flood.Tally{}
	require.NoError(t, follow(t.Context(), attack, []byte("\"go\"\n"), tally))
	require.Equal(t, 3, tally.Counts().Tries)
}

// A process that found no time to start has not failed: nothing was tried.
func TestAnAttackThatNeverStartsIsNotMade(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	attack := exec.Command("cat")
	detach(attack)
	tally := &flood.Tally{}
	require.NoError(t, follow(ctx, attack, []byte(`"go"`), tally))
	require.Zero(t, tally.Counts().Tries)
}
