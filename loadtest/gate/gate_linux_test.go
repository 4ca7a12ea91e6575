package gate

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"draille/loadtest/link/tun"
	"draille/signaling/homes/register/jetstream"
)

var (
	run      = flag.Bool("gate", false, "run the gate (root)")
	length   = flag.Duration("gate.duration", 10*time.Minute, "how long things go wrong")
	seed     = flag.Uint64("gate.seed", 1, "of what goes wrong, and when")
	reports  = flag.String("gate.reports", "", "folder for drawings of what is not linearizable")
	oneFault = flag.String("gate.fault", "", "let nothing else go wrong")
)

const (
	insideVariable = "DRAILLE_GATE_INSIDE"
	// keysInUse is how many keys the clients contend for at once, and keyLife for how long: it
	// outlasts several faults.
	keysInUse = 6
	keyLife   = 90 * time.Second
	// healing is how long the servers may take to agree when nothing goes wrong any more.
	healing = 2 * time.Minute
)

func TestMain(m *testing.M) {
	if index, err := strconv.Atoi(os.Getenv(nodeVariable)); err == nil {
		if err := serve(index); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// The gate runs in namespaces of its own: what it makes of networks and mounts is gone with it.
func TestGate(t *testing.T) {
	if !*run {
		t.Skip("takes minutes and root: make gate")
	}
	if os.Getenv(insideVariable) == "" {
		inNamespaces(t)
		return
	}
	c := newCluster(t)
	h := newHistory()
	w := &workload{history: h, keys: keysAt(h), pause: 40 * time.Millisecond,
		timeout: 2 * time.Second}
	registers := c.registers()
	acting, stop := context.WithCancel(t.Context())
	defer stop()
	var all sync.WaitGroup
	for i, r := range registers {
		client := w.client(i, r, *seed)
		all.Go(func() { require.NoError(t, client.run(acting)) })
	}
	w.during("nothing")
	pause(acting, 10*time.Second)
	happened := wrong(acting, c, w)
	w.during("nothing")
	pause(acting, 10*time.Second)
	stop()
	all.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), healing)
	defer cancel()
	var healed []error
	for i, r := range registers[:nodes] {
		healed = append(healed, w.client(len(registers)+i, r, *seed).settle(ctx))
	}
	report(t, h, happened, errors.Join(healed...) == nil)
	require.NoError(t, errors.Join(healed...))
}

// inNamespaces runs this test again, in a network and a table of mounts of its own.
func inNamespaces(t *testing.T) {
	namespace, err := tun.NewNamespace()
	if err != nil {
		t.Skip(err)
	}
	defer func() { require.NoError(t, namespace.Close()) }()
	again := namespace.Command(t.Context(), "unshare", append([]string{"--mount", "--propagation",
		"private", os.Args[0]}, os.Args[1:]...)...)
	again.Env = append(os.Environ(), insideVariable+"=1")
	again.Stdout, again.Stderr = os.Stdout, os.Stderr
	var ended *exec.ExitError
	if err := again.Run(); err != nil {
		require.ErrorAs(t, err, &ended)
		t.Fatal("in its namespaces: see above")
	}
}

// registers are what the clients use: one by each server alone, twice, and two that go to any.
func (c *cluster) registers() []*jetstream.Register {
	ctx, cancel := context.WithTimeout(c.t.Context(), healing)
	defer cancel()
	var all []string
	for i := range nodes {
		all = append(all, address(i, clientPort))
	}
	var registers []*jetstream.Register
	for i := range 2*nodes + 2 {
		addresses := all
		if i < 2*nodes {
			addresses = all[i%nodes : i%nodes+1]
		}
		r, err := jetstream.Open(ctx, c.dial(addresses...), bucket, nodes)
		require.NoError(c.t, err)
		registers = append(registers, r)
	}
	return registers
}

// keysAt are the keys in use now: each is replaced after its life, one after the other.
func keysAt(h *history) func() []string {
	return func() []string {
		keys := make([]string, keysInUse)
		for i := range keys {
			age := h.now() + keyLife*time.Duration(i)/keysInUse
			keys[i] = fmt.Sprintf("key.%d.%d", i, age/keyLife)
		}
		return keys
	}
}

// wrong lets one thing after the other go wrong, every kind as often, and counts them.
func wrong(ctx context.Context, c *cluster, w *workload) map[string]int {
	random := rand.New(rand.NewPCG(*seed, 0))
	happened := map[string]int{}
	var waiting []fault
	for began := time.Now(); time.Since(began) < *length && !c.t.Failed(); {
		if len(waiting) == 0 {
			waiting = faults()
			random.Shuffle(len(waiting), func(i, j int) {
				waiting[i], waiting[j] = waiting[j], waiting[i]
			})
		}
		next := waiting[0]
		waiting = waiting[1:]
		if *oneFault != "" && next.name != *oneFault {
			continue
		}
		happened[next.name]++
		w.during(next.name)
		next.happen(ctx, c, random)
		w.during("healing")
		// Sometimes the next one comes before the servers have recovered from this one.
		pause(ctx, time.Duration(random.Int64N(int64(8*time.Second))))
	}
	return happened
}

// report prints what was found, and fails if it is not linearizable.
func report(t *testing.T, h *history, happened map[string]int, settled bool) {
	v := h.check(*reports, settled)
	fmt.Printf("\nseed %d, %v, %d keys, at most %d operations each; %d changes told by watches, "+
		"%d gaps\n\n%s\n", *seed, h.now().Round(time.Second), len(h.keys()), v.largest, h.told,
		h.gaps, h.table())
	fmt.Printf("faults: %v\nlinearizable: %v; where a conflict proves nothing: %v; "+
		"%d puts took effect that were answered with a conflict\n", happened, v.strict,
		v.successes, v.refused)
	if *reports != "" {
		h.save(filepath.Join(*reports, "gate-history.txt"))
	}
	for i, f := range v.faults {
		if i == 20 {
			fmt.Println("…")
			break
		}
		fmt.Println("wrong:", f)
	}
	assert.True(t, v.safe(), "the register is not to be trusted")
	assert.Equal(t, porcupine.Ok, v.strict, "a conflict proves nothing")
}
