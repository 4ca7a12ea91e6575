package command

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"draille/loadtest/built"
	"draille/loadtest/report"
	"draille/loadtest/scenario"
	"draille/loadtest/thinlink/table"
	"draille/signaling/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// builtProgram is the real program, which is asked for invitations as a person would ask.
type builtProgram struct{ path string }

func (builtProgram) Version() string               { return "of a test" }
func (builtProgram) AddSecretFlags(*cobra.Command) {}
func (builtProgram) Metrics(*url.URL) string       { return "" }

func (b builtProgram) Command(arguments ...string) (*exec.Cmd, error) {
	return exec.Command(b.path, arguments...), nil
}

func (builtProgram) Invitations(*cobra.Command, *url.URL) (Invitations, error) {
	return nil, errors.New("these tests know no other server")
}

func (b builtProgram) OwnInvitations(directory string, server *url.URL) (Invitations, error) {
	return builtInvitations{b, directory, server}, nil
}

type builtInvitations struct {
	program   builtProgram
	directory string
	server    *url.URL
}

func (i builtInvitations) Link(room string, kind protocol.Kind, role protocol.Role, _ string,
	_ time.Time, valid time.Duration) (string, error) {
	out, err := exec.Command(i.program.path, "invite", "--json", "--room", room, "--kind",
		string(kind), "--role", string(role),
		"--valid", valid.String(), "--data-directory", i.directory, "--public-url",
		i.server.String()).Output()
	if err != nil {
		return "", err
	}
	var made struct{ Link string }
	err = json.Unmarshal(out, &made)
	return made.Link, err
}

func TestOutcomeDecidesTheExitCode(t *testing.T) {
	require.NoError(t, outcome(&report.Run{}))
	met, unmet := report.Outcome{Met: true}, report.Outcome{}
	require.NoError(t, outcome(&report.Run{Expectations: []report.Outcome{met}}))
	require.ErrorContains(t, outcome(&report.Run{Expectations: []report.Outcome{met, unmet}}),
		"1 of 2")
	require.ErrorContains(t, outcome(&report.Run{Expectations: []report.Outcome{met},
		Verdict: report.Verdict{Level: report.Void}}), "proves nothing")
	require.ErrorContains(t, outcome(&report.Run{Interrupted: "it was interrupted",
		DurationSeconds: 7}), "the report is partial: it was interrupted after 7 s")
	require.ErrorContains(t, writeReports(&bytes.Buffer{}, &report.Run{}, "/nowhere/a.json", ""),
		"cannot be written")
}

func TestLoadtestProgress(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out)
	for second := range 13 {
		p.show(scenario.Progress{Elapsed: time.Duration(second)*time.Second + time.Millisecond,
			Length: time.Minute, Present: 2, Planned: 2, AudioConcealed: report.Measured(0.01)})
	}
	require.Equal(t, 3, strings.Count(out.String(), "\n"), "a line every five seconds")
	require.Contains(t, out.String(), " 10 of 60 s  2 of 2 in  voice lost 1 %  frames –")
	p.show(scenario.Progress{Elapsed: time.Second, Failed: 1})
	require.Contains(t, out.String(), "1 failed", "another run begins with a line, too")
	p.tried(report.Try{Count: 4, Participants: 8, Held: true})
	p.tried(report.Try{Count: 8, Participants: 16, Broke: "CPU"})
	require.Contains(t, out.String(), "4 rooms, 8 participants: held\n8 rooms, 16 participants: "+
		"broke: CPU\n")

	out.Reset()
	p = &progress{out: &out, terminal: true}
	p.show(scenario.Progress{})
	p.clear()
	require.True(t, strings.HasPrefix(out.String(), clearLine))
	require.True(t, strings.HasSuffix(out.String(), clearLine))
}

func TestLocalServersThatDoNotStart(t *testing.T) {
	for want, script := range map[string]string{
		"ended at once; it said:\nno port":  "echo no port >&2",
		`ended at once; it said:` + "\n{\"": `echo '{"msg":"other"}' >&2; exit 3`,
	} {
		p, err := startProcess(exec.Command("sh", "-c", script))
		require.NoError(t, err)
		_, err = p.ready()
		require.ErrorContains(t, err, want)
		p.stop()
	}
	_, err := startProcess(exec.Command("/nowhere/draille"))
	require.ErrorContains(t, err, "a local server cannot be started")

	test := &loadTest{local: true, program: brokenProgram{}}
	_, err = test.localTarget()
	require.ErrorContains(t, err, "the local server did not start: it ended at once; it "+
		"said:\nbroken")
}

func TestMeetingsOfTheSuiteCanBePlayed(t *testing.T) {
	s, err := scenario.Find("telestaff")
	require.NoError(t, err)
	for _, m := range meetings(8) {
		plan, err := s.Build(m.options)
		require.NoError(t, err, m.name)
		for _, e := range m.expect {
			_, err := report.ParseExpectation(e)
			require.NoError(t, err)
		}
		thin := 0
		for _, seat := range plan.Seats {
			if seat.Link.Name != "fibre" {
				thin++
			}
		}
		require.Equal(t, map[string]int{"four-thin": 4, "fibre": 0, "mixed": 3}[m.name], thin)
	}
}

func TestMissedTargetsDecideTheExitCode(t *testing.T) {
	require.NoError(t, missed(nil))
	rows, err := table.Select([]string{"thin-60"})
	require.NoError(t, err)
	var out bytes.Buffer
	err = concludeTable(&out,
		[]table.Result{{Row: rows[0], Remarks: []string{"call 1 failed: nobody came"}}})
	require.ErrorContains(t, err, " targets were missed:\n  60 kbit/s: concealed –, to be < 1 %")
	require.Contains(t, out.String(), "thin-60: call 1 failed: nobody came")
}

// brokenProgram is one whose server ends at once.
type brokenProgram struct{ builtProgram }

func (brokenProgram) Command(...string) (*exec.Cmd, error) {
	return exec.Command("sh", "-c", "echo broken >&2"), nil
}

// One server through what a soak does to it.
func TestServerOfASoak(t *testing.T) {
	path, err := built.Program()
	require.NoError(t, err)
	server, err := startOwn(builtProgram{path}, "--trusted-proxies", "")
	require.NoError(t, err)
	defer server.Close()
	s := soaked{server}
	require.True(t, s.Alive())
	require.NoError(t, s.RenewCertificate())
	require.NoError(t, s.Reload())
	require.NoError(t, s.BreakDisk())
	require.NoError(t, s.MendDisk())
	answers, err := s.Attack(t.Context(), s.Attacks()[0], 200*time.Millisecond)
	require.NoError(t, err)
	require.NotEmpty(t, answers)
	_, err = s.Attack(t.Context(), "nothing", time.Second)
	require.Error(t, err)
	s.Kill()
	require.False(t, s.Alive())
	require.Contains(t, s.lastWords(), "does not run")
	require.NoError(t, s.Start())
	reading, err := s.Reading(t.Context())
	require.NoError(t, err)
	require.Positive(t, reading.Goroutines)
	s.Stop()
	require.False(t, s.Alive())
}

func TestAttacksThatAreNone(t *testing.T) {
	var out bytes.Buffer
	err := attack(t.Context(), builtProgram{}, strings.NewReader(`{"attack":"nothing"}`), &out)
	require.ErrorContains(t, err, `expected an attack and an address, got "nothing"`)
	require.Error(t, attack(t.Context(), builtProgram{}, strings.NewReader(""), &out))
}
