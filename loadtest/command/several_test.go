package command

import (
	"bytes"
	"context"
	"errors"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"draille/loadtest/built"
	"draille/loadtest/report"
	"draille/loadtest/scenario"
)

// grouped is the real program beside servers of one name, of which it knows the secret.
type grouped struct {
	builtProgram
	servers group
}

func (g grouped) Invitations(*cobra.Command, *url.URL) (Invitations, error) {
	return g.servers[0].invitations, nil
}

// OwnInvitations implements Program; it makes the secret that is missing.
func (g grouped) OwnInvitations(directory string, server *url.URL) (Invitations, error) {
	secret, err := os.OpenFile(filepath.Join(directory, "secret"),
		os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = secret.WriteString(strings.Repeat("0123456789abcdef", 4))
		err = errors.Join(err, secret.Close())
	}
	if err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	return g.builtProgram.OwnInvitations(directory, server)
}

// play runs a load test against the servers and returns its report, also of one that is cut short.
func (g grouped) play(ctx context.Context, t *testing.T, arguments ...string) (*report.Run,
	string) {
	t.Helper()
	var doors []string
	for _, server := range g.servers {
		doors = append(doors, server.url.Host+"="+server.metrics.URL)
	}
	file := filepath.Join(t.TempDir(), "run.json")
	command := New(g)
	command.SilenceUsage, command.SilenceErrors = true, true
	var out, hints bytes.Buffer
	command.SetOut(&out)
	command.SetErr(&hints)
	command.SetArgs(append(arguments, g.servers[0].url.String(), "--insecure", "--json", file,
		"--doors", strings.Join(doors, ",")))
	if err := command.ExecuteContext(ctx); ctx.Err() == nil {
		require.NoError(t, err, hints.String())
	}
	run, err := report.Load(file)
	require.NoError(t, err, hints.String())
	return run, out.String()
}

// await waits until so many are in the room of a call, and that much was forwarded to them, at the
// servers that live, since the last look at which they were not. It returns the room's server.
func (g grouped) await(t *testing.T, people float64, dead *ownServer) (owner *ownServer) {
	t.Helper()
	before := math.Inf(1)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		in, forwarded := 0.0, 0.0 // nobody but them is in a call
		for _, server := range g.servers {
			if server == dead {
				continue
			}
			now, err := server.Reading(t.Context())
			require.NoError(c, err)
			in, forwarded = in+now.Participants, forwarded+now.Forwarded
			if now.Participants > 0 {
				owner = server
			}
		}
		if in < people || math.IsInf(before, 1) {
			before = forwarded
		}
		require.Equal(c, people, in)
		require.Greater(c, forwarded, before+100*people, "seconds of voices and pictures")
	}, time.Minute, 100*time.Millisecond)
	return owner
}

// Three servers of one name, in processes of their own: how many rooms they hold, and what it cost
// those who were in calls that one of them died.
func TestALoadTestOfSeveralServersTellsWhereRoomsLivedAndWhatADeathCost(t *testing.T) {
	path, err := built.Program()
	require.NoError(t, err)
	g := grouped{builtProgram: builtProgram{path}}
	g.servers, err = startGroup(g, false)
	require.NoError(t, err)
	defer g.servers.Close()
	require.Eventually(t, func() bool { // they agree first who keeps what
		link, err := g.servers[0].Link("first", "consultation", "host")
		require.NoError(t, err)
		_, err = scenario.Preflight(t.Context(), link, true)
		return err == nil
	}, time.Minute, 100*time.Millisecond)

	run, table := g.play(t.Context(), t, "capacity", "--most", "1", "--duration", "5s")
	require.Len(t, run.Capacity.Trials, 1)
	require.Equal(t, run.Server.Doors, run.Capacity.Trials[0].Doors)
	require.Equal(t, 1, sumOf(run.Server.Doors, func(d report.Door) int { return d.RoomsMost }))
	require.Equal(t, 1, sumOf(run.Server.Doors, func(d report.Door) int {
		return d.Came["opened"]
	}))
	require.Contains(t, table, "; rooms by server ")

	ctx, cut := context.WithCancel(t.Context())
	defer cut()
	killed := make(chan *ownServer)
	go func() {
		defer cut()
		defer close(killed)
		owner := g.await(t, 2, nil)
		owner.Kill()
		g.await(t, 2, owner)
		killed <- owner
	}()
	done := make(chan struct{})
	var told string
	go func() {
		defer close(done)
		run, told = g.play(ctx, t, "consultation", "--duration", "3m")
	}()
	dead, well := <-killed
	require.True(t, well)
	<-done
	t.Log(told)
	require.NotNil(t, run.Server.Deaths)
	require.Equal(t, 2, run.Server.Deaths.Participants)
	require.Zero(t, run.Server.Deaths.Lost)
	require.Greater(t, run.Server.Deaths.SilenceMost, 1.0, "nobody knew for a second")
	for _, d := range run.Server.Doors {
		require.True(t, d.Measured)
		require.Equal(t, d.Address == dead.url.Host, d.Away, d.Address)
		require.Equal(t, d.Address == dead.url.Host, d.Died == 1, d.Address)
	}
	require.Positive(t, sumOf(run.Server.Doors, func(d report.Door) int { return d.Came["dead"] }))
	require.Contains(t, told, "participants who went on by another server: 2, without a voice for ")
}

func sumOf(doors []report.Door, of func(report.Door) int) (sum int) {
	for _, d := range doors {
		sum += of(d)
	}
	return sum
}
