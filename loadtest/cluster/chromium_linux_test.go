package cluster

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// chromium lets two real browsers lose the machine on which their room lives: the browsers' own
// test, in a network of its own.
func (s *site) chromium() []figure {
	root, err := exec.Command("go", "env", "GOMOD").Output()
	require.NoError(s.t, err)
	found := filepath.Join(s.t.TempDir(), "machine.json")
	command := exec.Command("unshare", "--net", "npx", "playwright", "test", "--project=network",
		"e2e/network/machine.spec.ts")
	command.Dir = filepath.Join(filepath.Dir(strings.TrimSpace(string(root))), "web")
	command.Env = append(os.Environ(), "MACHINE_FIGURES="+found)
	out, err := command.CombinedOutput()
	require.NoError(s.t, err, "%s", out)
	text, err := os.ReadFile(found)
	require.NoError(s.t, err, "%s", out)
	var back struct {
		Doctor, Patient float64 // ms
		Led             bool    // the register, by the machine that was lost
	}
	require.NoError(s.t, json.Unmarshal(text, &back))
	since := func(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }
	what, within := "voice back at the ", backWithin
	if back.Led {
		what, within = "the register's leader lost: "+what, backWithoutLeader
	}
	return []figure{
		took(what+"doctor", since(back.Doctor), within),
		took(what+"patient", since(back.Patient), within),
	}
}
