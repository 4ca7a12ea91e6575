package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"draille/signaling/store"
	"draille/signaling/tenure"
)

// drainName is the file in which a server that is drained says what has become of its rooms.
const drainName = "drain.json"

// tellDrainEvery is how often whoever drains a server is told what has changed, at most.
const tellDrainEvery = time.Second

// drainReport is what a server that is drained says of its rooms.
type drainReport struct {
	Instance string `json:"instance"` // of the process: the file may be of one before
	Rooms    int    `json:"rooms"`    // that lived there when it began
	Moved    int    `json:"moved"`    // that went on elsewhere
	Left     int    `json:"left"`
	// Of what was left, once it is over: calls of two or more, and people, those who wait included.
	Calls  int           `json:"calls"`
	People int           `json:"people"`
	Reason tenure.Reason `json:"reason,omitempty"` // why it was left
	Over   bool          `json:"over"`             // no more rooms move
	// Keepers of the register that are not reached, where the server keeps it, too.
	Away []string `json:"keepersAway,omitempty"`
}

func newDrain() *cobra.Command {
	command := &cobra.Command{
		Use:   "drain",
		Short: "Let the rooms of this server go on elsewhere, and stop it",
		Long: `Hand the rooms of the server that runs here over to the other servers of the cluster,
and stop it. Nobody is put out: pages connect again by themselves. It says how many rooms have moved
and how many are left, and returns when the server has stopped; a service manager may start it
again. SIGTERM does the same, and tells the log alone.

Rooms are left where no other server takes them within 60 s, and after 10 s where none could: drain
one server after the other, never the last one. Then the command ends with exit code 1, and says how
many rooms and calls were left, why, and what to do. Whoever was in there finds the room again, with
its places, as soon as a server runs, but without names and chat.`,
		Example: `  draille drain --config /etc/draille.yaml
  draille drain --config /etc/draille.yaml && sudo install bin/draille /usr/local/bin/`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			config, _, err := loadFor(command)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(command.Context(), drainDeadline+30*time.Second)
			defer cancel()
			seen := drainTeller{out: command.OutOrStdout(), directory: config.DataDirectory,
				began: time.Now()}
			if err := stopServing(ctx, config.DataDirectory, seen.look); err != nil {
				return seen.with(err)
			}
			return seen.end(time.Now())
		},
	}
	addConfigFlags(command, clusterKeys...)
	return command
}

// drainTeller tells whoever drains a server what becomes of its rooms.
type drainTeller struct {
	out       io.Writer
	directory string
	began     time.Time
	report    drainReport // empty: it has said nothing yet
	told      drainReport
	toldAt    time.Time
}

// look reads what the server says, and tells what has changed.
func (t *drainTeller) look(instance string, now time.Time) {
	text, err := os.ReadFile(filepath.Join(t.directory, drainName))
	var report drainReport
	if err != nil || json.Unmarshal(text, &report) != nil || report.Instance != instance ||
		instance == "" {
		return // nothing is said yet, or by a version that says nothing
	}
	t.report = report
	switch {
	case t.told.Instance == "":
		t.begin()
	case report.Over || report.Moved == t.told.Moved || now.Before(t.toldAt.Add(tellDrainEvery)):
		return
	default:
		fmt.Fprintf(t.out, "%s moved, %d left.\n", counted(report.Moved, "room"), report.Left)
	}
	t.told, t.toldAt = report, now
}

// begin tells what there is to be handed over.
func (t *drainTeller) begin() {
	if t.report.Rooms == 0 {
		fmt.Fprintln(t.out, "No room lives on this server.")
	} else {
		fmt.Fprintf(t.out, "Handing %s over to the other servers, within %s.\n",
			counted(t.report.Rooms, "room"), drainDeadline)
	}
	if len(t.report.Away) > 0 {
		fmt.Fprintf(t.out, "→ keeper %s of the register is not reached, and this server is one, "+
			"too: once it has stopped, calls go on, but nobody gets into a room and none begins "+
			"until two of them run; start it again soon\n", strings.Join(t.report.Away, ", "))
	}
}

// end tells what became of the rooms of a server that has stopped. Its error is what was left.
func (t *drainTeller) end(now time.Time) error {
	after := now.Sub(t.began).Round(100 * time.Millisecond)
	if t.report.Instance == "" {
		_, err := fmt.Fprintf(t.out, "Stopped after %s. What became of its rooms stands in its "+
			"log alone.\n", after)
		return err
	}
	if err := t.report.left(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(t.out, "Stopped after %s: %s moved, none left.\n", after,
		counted(t.report.Moved, "room"))
	return err
}

// with adds to an error what is known of the rooms.
func (t *drainTeller) with(err error) error {
	if t.report.Instance == "" {
		return err
	}
	return fmt.Errorf("%w (%s moved, %d left)", err, counted(t.report.Moved, "room"),
		t.report.Left)
}

// left says what was left, why, and what to do; nil: nothing was.
func (r drainReport) left() error {
	switch {
	case !r.Over:
		return fmt.Errorf("the server has ended before it had handed over its rooms: %s moved, "+
			"%d left; whoever is in there finds the room again on the next server that takes it, "+
			"some 5 s later. Its log says why it has ended", counted(r.Moved, "room"), r.Left)
	case r.Left == 0:
		return nil
	}
	words, ok := whyLeft[r.Reason]
	if !ok { // the server may be of another version than this command
		words.why, words.do = string(r.Reason), "The log of the server says more"
	}
	return fmt.Errorf("%s moved, %d left, with %s and %s in them: %s. Whoever is in there finds "+
		"the room again, with its places, on the next server that runs, but without names and "+
		"chat. %s", counted(r.Moved, "room"), r.Left, counted(r.Calls, "call"),
		persons(r.People), words.why, words.do)
}

// whyLeft says in words why rooms were left, and what to do.
var whyLeft = map[tenure.Reason]struct{ why, do string }{
	tenure.NobodyElse: {"no other server could take them, all have stopped or are drained, too",
		"Start a server now: draille cluster status says which run. The next time drain one " +
			"after the other, each once the one before it is well again"},
	tenure.AllFull: {"the other servers did not take them, they are full or are drained, too",
		"Look at the column load of draille cluster status, and drain when less goes on, or " +
			"with one server more"},
	tenure.Unanswered: {"the other servers do not answer this one",
		"Let all servers reach each other's port of cluster.listen: draille doctor on this " +
			"machine says which it does not reach"},
	tenure.RegisterAway: {"the register does not answer this server",
		"Let two of its three keepers run and be reached: draille cluster status says which are " +
			"not. Until then nobody gets into a room"},
	tenure.RegisterSlow: {"the register answers this server too late",
		"Look at the disks of its keepers and at the network between them. Until then few get " +
			"into a room"},
	tenure.OutOfTime: {"the time was over before all had moved",
		"Nothing is to be done: the other servers take them as people come. Servers that are " +
			"this slow have too little processor time, or a slow register: see draille cluster " +
			"status"},
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func persons(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

// write puts the report in the place of the one before.
func (r drainReport) write(directory string) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return store.Replace(filepath.Join(directory, drainName), text)
}
