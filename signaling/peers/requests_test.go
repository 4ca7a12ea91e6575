package peers

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"draille/signaling/peers/identity"
	"draille/signaling/peers/wire"
)

// tell asks a node to take a room, which is what most tests tell.
func (n *node) tell(to Target) error {
	return n.client.Tell(n.w.t.Context(), to, &wire.Ask{Room: "cozes"}, nil)
}

func TestNodesTellEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		heard := make(chan wire.Told, 1)
		b.owner.told = func(from string, told wire.Told) error {
			require.Equal(t, "a", from)
			heard <- told
			return nil
		}
		for _, told := range []wire.Told{
			&wire.Ask{Room: "cozes"}, &wire.Answer{Room: "cozes", Verdict: wire.Taken, Epoch: 7},
			&wire.HandOver{Room: "cozes", Epoch: 3, Revision: 12,
				State: json.RawMessage(`{"kind":"telestaff"}`)},
			&wire.Reminder{Room: "cozes", State: json.RawMessage(`{"removed":{}}`)},
		} {
			require.NoError(t, a.client.Tell(t.Context(), b.target, told, nil))
			require.Equal(t, told.In(1), <-heard)
			a.client.Send(b.target, told)
			require.Equal(t, told.In(1), <-heard)
		}
		err := a.client.Tell(t.Context(), b.target, &wire.Ask{}, nil)
		require.ErrorContains(t, err, "room: expected 1 to 128 bytes, got 0")

		b.owner.told = func(string, wire.Told) error {
			return errors.New("this node is draining")
		}
		require.EqualError(t, a.tell(b.target), `node "b" refuses: this node is draining`)
		a.client.Send(b.target, &wire.Ask{Room: "cozes"})
		synctest.Wait()
		require.Equal(t, 1, a.log.FilterMessage("another node was not told").Len())
	})
}

// What cannot be told is lost, after a while, and there is no more of it than a bound.
func TestNobodyWaitsForWhatIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a := w.node("a", setup{})
		began := time.Now()
		silent := w.net.listen("silent") // takes no call
		for range maxSending + 100 {
			a.client.Send(Target{Node: "b", Address: "silent"}, &wire.Ask{Room: "cozes"})
		}
		require.Equal(t, began, time.Now())
		a.client.mu.Lock()
		require.Equal(t, maxSending, a.client.sending)
		a.client.mu.Unlock()
		time.Sleep(dialTimeout + time.Second)
		a.client.mu.Lock()
		require.Zero(t, a.client.sending)
		a.client.mu.Unlock()
		silent.Close()
		a.client.Close()
		a.client.Send(Target{Node: "b", Address: "silent"}, &wire.Ask{Room: "cozes"})
	})
}

func TestWhatIsNotTakenIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		release := make(chan struct{})
		b.owner.told = func(string, wire.Told) error {
			<-release
			return nil
		}
		began := time.Now()
		require.ErrorIs(t, a.tell(b.target), context.DeadlineExceeded)
		require.Equal(t, requestTimeout, time.Since(began))
		close(release)
	})
}

// volatile is what a giver says of a room with so many lines of chat.
func volatile(lines int) *wire.Volatile {
	line := `{"n":2,"text":"` + strings.Repeat("y", 1000) + `"},`
	return &wire.Volatile{
		Room: "cozes", Epoch: 3, State: json.RawMessage(`{"kind":"telestaff"}`),
		Content: json.RawMessage(`[` + strings.Repeat(line, lines) + `{"n":1}]`),
	}
}

func TestARoomIsHandedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		given := make(chan wire.Told, 1)
		b.owner.told = func(_ string, told wire.Told) error {
			given <- told
			return nil
		}
		room := volatile(300)
		var steps []int
		err := a.client.Tell(t.Context(), b.target, room, func(sent, all int) {
			require.LessOrEqual(t, sent, all)
			steps = append(steps, sent)
		})
		require.NoError(t, err)
		require.Equal(t, room.In(1), <-given)
		require.Greater(t, len(steps), 5)

		room.State = json.RawMessage(`"` + strings.Repeat("z", 300<<10) + `"`)
		err = a.client.Tell(t.Context(), b.target, room, nil)
		require.ErrorContains(t, err, "state: expected at most 262144 bytes")
	})
}

// A node that takes nothing more of a hand-over is not waited for.
func TestAHandOverWithoutProgressIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		b.owner.told = func(string, wire.Told) error { return nil }
		require.NoError(t, a.client.Tell(t.Context(), b.target, volatile(1), nil))
		room := volatile(600)
		began := time.Now()
		frozen := false
		err := a.client.Tell(t.Context(), b.target, room, func(int, int) {
			if !frozen {
				frozen = true
				w.net.freeze()
			}
		})
		require.ErrorIs(t, err, errStalled)
		require.Equal(t, stallTimeout, time.Since(began))
	})
}

func from(oldest, newest int) wire.Formats {
	return wire.Formats{Oldest: oldest, Newest: newest}
}

func TestFormatsAreNegotiated(t *testing.T) {
	for name, c := range map[string]struct {
		a, b   wire.Formats
		format int
		words  string
	}{
		"the same":    {from(1, 1), from(1, 1), 1, ""},
		"newer asks":  {from(1, 2), from(1, 1), 1, ""},
		"older asks":  {from(1, 1), from(1, 2), 1, ""},
		"both newer":  {from(1, 2), from(1, 2), 2, ""},
		"one step":    {from(2, 3), from(1, 2), 2, ""},
		"b is behind": {from(2, 3), from(1, 1), 0, `update node "b"`},
		"a is behind": {from(1, 1), from(2, 3), 0, "update this node"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t)
				a, b := w.node("a", setup{formats: c.a}), w.node("b", setup{formats: c.b})
				var told wire.Ask
				b.owner.told = func(_ string, message wire.Told) error {
					told = *message.(*wire.Ask)
					return nil
				}
				err := a.tell(b.target)
				format, other := a.client.Format(t.Context(), b.target)
				require.Equal(t, c.format, format)
				if c.words != "" {
					require.ErrorContains(t, err, c.words)
					require.ErrorContains(t, other, c.words)
					return
				}
				require.NoError(t, err)
				require.NoError(t, other)
				require.Equal(t, c.format, told.Format)
			})
		})
	}
}

// Each of what makes nodes strangers to each other is told in a sentence of its own.
func TestWhyANodeIsRefused(t *testing.T) {
	old := func() time.Time { return time.Now().Add(-2 * identity.Validity) }
	early := func() time.Time { return time.Now().Add(2 * identity.Validity) }
	for name, c := range map[string]struct {
		a, b   setup
		target func(*Target)
		words  []string
		report func(t *testing.T, r Report)
	}{
		"another secret": {b: setup{secret: "another"},
			words: []string{`node "b" at b has another secret`, "give both the same secret file"},
			report: func(t *testing.T, r Report) {
				require.Equal(t, Bad, r.Secret)
				require.Equal(t, Unknown, r.Certificate)
			}},
		"a clock an hour ahead": {b: setup{ahead: time.Hour},
			words: []string{`the clock of node "b" is 1h0m0s ahead of that of node "a"`, "NTP"},
			report: func(t *testing.T, r Report) {
				require.Equal(t, Good, r.Secret)
				require.Equal(t, Bad, r.Clock)
				require.Equal(t, Unknown, r.Certificate)
				require.InDelta(t, time.Hour, r.Offset, float64(r.Uncertainty))
			}},
		"one's own clock is ahead": {a: setup{ahead: time.Hour},
			words: []string{`the clock of node "b" is 1h0m0s behind that of node "a"`, "NTP"},
			report: func(t *testing.T, r Report) {
				require.Equal(t, Bad, r.Clock)
				require.InDelta(t, -time.Hour, r.Offset, float64(r.Uncertainty))
			}},
		"a certificate that has ended": {b: setup{signs: old},
			words: []string{`the certificate of node "b" ended at`, "though its clock is right",
				"restart that node"},
			report: func(t *testing.T, r Report) {
				require.Equal(t, Good, r.Clock)
				require.Equal(t, Bad, r.Certificate)
			}},
		"one's own has ended": {a: setup{signs: old},
			words: []string{`the certificate of node "a" ended at`, "restart that node"}},
		"a certificate that begins later": {b: setup{signs: early},
			words: []string{`the certificate of node "b" begins at`}},
		"another node": {b: setup{as: "c"}, target: func(t *Target) { t.Node = "b" },
			words: []string{`expected node "b" at b, got node "c"; correct`}},
		"one's own id": {b: setup{as: "a"},
			words: []string{`has the id of this node, "a"`, "an id of its own"}},
		"a restarted process": {target: func(t *Target) { t.Instance = "process-of-before" },
			words: []string{`expected process "process-of-before" of node "b"`}},
		"nobody": {target: func(t *Target) { t.Address = "nowhere" },
			words: []string{`node "b" does not answer at nowhere`, "firewall"},
			report: func(t *testing.T, r Report) {
				require.Equal(t, Bad, r.Reached)
				require.Equal(t, Unknown, r.Secret)
			}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t)
				a, b := w.node("a", c.a), w.node("b", c.b)
				b.owner.told = func(string, wire.Told) error {
					t.Error("a node was told something that was to be refused")
					return nil
				}
				target := b.target
				if c.target != nil {
					c.target(&target)
				}
				err := a.tell(target)
				require.Error(t, err)
				report := a.client.Check(t.Context(), target)
				require.NotEmpty(t, report.Problems)
				for _, words := range c.words {
					require.ErrorContains(t, err, words)
					require.Contains(t, strings.Join(report.Problems, "\n"), words)
				}
				if c.report != nil {
					c.report(t, report)
				}
				require.Zero(t, links(a))
			})
		})
	}
}

// The other side's log says the same, so that whoever looks at either node finds it. It is said
// once a minute.
func TestTheRefusedNodeStandsInTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a := w.node("a", setup{})
		for name, s := range map[string]setup{
			"b": {ahead: -time.Hour}, "c": {signs: func() time.Time {
				return time.Now().Add(-2 * identity.Validity)
			}},
		} {
			b := w.node(name, s)
			for range 3 {
				require.Error(t, b.tell(a.target))
			}
		}
		synctest.Wait()
		var lines []string
		for _, line := range a.log.All() {
			lines = append(lines, line.ContextMap()["problem"].(string))
		}
		require.Len(t, lines, 2)
		both := strings.Join(lines, "\n")
		require.Contains(t, both, `the clock of node "b" is 1h0m0s behind that of node "a"`)
		require.Contains(t, both, `the certificate of node "c" ended`)
	})
}

// A clock that is set while a connection goes on is noticed at the next request; a certificate that
// ends while it goes on is no reason.
func TestAConnectionOutlivesItsCertificate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		b.owner.told = func(string, wire.Told) error { return nil }
		b.owner.serve = echo
		page, _ := a.page(b.target)
		require.Equal(t, "join", read(t, page))
		time.Sleep(3 * identity.Validity)
		require.NoError(t, a.tell(b.target))
		require.Equal(t, 1, w.net.accepted)
		a.client.config.Now = func() time.Time { return time.Now().Add(time.Hour) }
		require.ErrorContains(t, a.tell(b.target), `the clock of node "a" is 1h0m0s ahead`)
		require.NoError(t, page.WriteMessage(websocket.TextMessage, []byte("goes on")))
		require.Equal(t, "goes on", read(t, page))
	})
}

func TestACheckOfAHealthyNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{ahead: 20 * time.Second})
		r := a.client.Check(t.Context(), b.target)
		require.Empty(t, r.Problems)
		for _, state := range []State{r.Reached, r.Secret, r.Certificate, r.Clock, r.Format} {
			require.Equal(t, Good, state)
		}
		require.Equal(t, "process-of-b", r.Instance)
		require.InDelta(t, 20*time.Second, r.Offset, float64(r.Uncertainty))
		require.LessOrEqual(t, r.Uncertainty, r.RoundTrip+2*time.Millisecond)
		require.Contains(t, r.String(), `node "b" at b: test, round trip`)
		require.Contains(t, r.String(), "clock +20000 ms")

		r = a.client.Check(t.Context(), Target{Node: "b", Address: "nowhere"})
		require.Equal(t, `node "b" at nowhere: not reached`, r.String())
	})
}

// A node that is gone and comes back is reached again, by those that had connections to it, too.
func TestARestartedNodeIsReachedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		taken := func(string, wire.Told) error { return nil }
		b.owner.told = taken
		require.NoError(t, a.tell(b.target))
		b.stop()
		require.Error(t, a.tell(b.target))
		b.client.Close()
		again := w.node("b", setup{instance: "another"})
		again.owner.told = taken
		require.NoError(t, a.tell(b.target))
	})
}

// Nodes of long ago are not remembered for ever.
func TestNodesThatNobodyAsksForAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a := w.node("a", setup{})
		for i := range 3 * maxPeers {
			require.Error(t, a.tell(Target{Node: "b", Address: "nowhere",
				Instance: strings.Repeat("x", i+1)}))
			time.Sleep(idleTimeout / maxPeers * 2)
		}
		require.LessOrEqual(t, len(a.client.peers), maxPeers)
	})
}

func TestConfigsAreChecked(t *testing.T) {
	_, err := NewClient(Config{})
	require.Error(t, err)
	_, err = NewServer(Config{}, &owner{})
	require.Error(t, err)
}
