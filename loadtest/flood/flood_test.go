package flood

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/stun/v3"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"draille/loadtest/figures"
	"draille/signaling/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// voice is a listener that loses a share of what they hear and see while an attack goes on.
type voice struct {
	attacked *atomic.Bool
	lost     float64 // ms in each second
	missed   float64 // frames in each second, of 20
	unsent   float64 // frames in each second that they did not make themselves
	missing  float64
	total    float64
	audible  float64
	frames   float64
	intruder int // frames of somebody whom nobody saw before
	last     time.Time
}

func (v *voice) Figures() figures.Participant {
	now := time.Now()
	if !v.last.IsZero() {
		passed := now.Sub(v.last).Seconds()
		v.total += 1000 * passed
		v.frames += 20 * passed
		if v.attacked.Load() {
			v.audible += v.lost * passed
			v.frames -= v.missed * passed
			v.missing += v.unsent * passed
			v.intruder += 1000
		}
	}
	v.last = now
	seen := func(id string, frames int) figures.Picture {
		return figures.Picture{Participant: id, Source: "camera",
			Video: figures.Video{Frames: frames}}
	}
	return figures.Participant{Audio: figures.Audio{Total: v.total, Audible: v.audible},
		Sent:     figures.Sent{Missed: int(v.missing)},
		Pictures: []figures.Picture{seen("host", int(v.frames)), seen("intruder", v.intruder)}}
}

type process struct {
	load Load
	err  error
}

func (p process) Load() (Load, error) { return p.load, p.err }

func play(t *testing.T, lost, missed float64, server process, fail error) []Result {
	t.Helper()
	return playUnsent(t, lost, missed, 0, server, fail)
}

// playUnsent is play where the machine does not make some of the frames.
func playUnsent(t *testing.T, lost, missed, unsent float64, server process, fail error) (
	results []Result) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var attacked atomic.Bool
		attack := Attack{Name: "noise", Summary: "noise",
			Run: func(ctx context.Context, _ *Target, tally *Tally) error {
				attacked.Store(true)
				steadily(ctx, 0, 100, 2, func(int) { tally.Try(); tally.Answer("429") })
				tally.Answer("kept")
				return fail
			}}
		told := 0
		results = Run(t.Context(),
			Options{Call: []Listener{&voice{attacked: &attacked, unsent: unsent},
				&voice{attacked: &attacked, lost: lost, missed: missed}}, Server: server,
				Attacks: []Attack{attack}, Length: 4 * time.Second, Rest: time.Second,
				Quiet: 10 * time.Second,
				Told:  func(Result) { told++ }})
		require.Equal(t, 1, told)
	})
	return results
}

func TestAnAttackThatDidNotBeginDidNotHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		idle := Attack{Name: "idle", Run: func(ctx context.Context, _ *Target, _ *Tally) error {
			<-ctx.Done()
			return nil
		}}
		results := Run(t.Context(), Options{Call: []Listener{&voice{attacked: &atomic.Bool{}}},
			Server: light, Attacks: []Attack{idle}, Length: time.Second, Quiet: time.Second})
		require.False(t, results[0].Held())
		require.Contains(t, results[0].Failure, "nothing was tried in time")
	})
}

func TestAnAttackLastsFromItsFirstTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const length, wayThere = time.Second, 3 * time.Second
		began, tries := time.Now(), 0
		steadily(t.Context(), length, 100, 1, func(int) {
			if tries++; tries == 1 {
				time.Sleep(wayThere) // virtual
			}
		})
		require.InDelta(t, wayThere+length, time.Since(began), float64(20*time.Millisecond))
		require.Greater(t, tries, 90)
	})
}

// light is a server that takes little.
var light = process{load: Load{Memory: 100 << 20, Descriptors: 499, Limit: 1000}}

func TestVerdicts(t *testing.T) {
	held := play(t, 1, 1, light, nil)[0]
	require.True(t, held.Held(), "%+v", held)
	require.InDelta(t, 100, held.PerSecond, 2)
	require.InDelta(t, 0.001, held.Concealed, 0.0005)
	require.InDelta(t, 19, held.Framerate, 0.5, "whoever intrudes is not counted")
	require.InDelta(t, 0.05, held.Fall, 0.02)
	require.Regexp(t, `^429 ×39\d|429 ×400`, held.Answers)

	lossy := play(t, 50, 0, light, nil)[0]
	require.False(t, lossy.Held())
	require.InDelta(t, 0.05, lossy.Concealed, 0.001)
	slow := play(t, 0, 3, light, nil)[0]
	require.False(t, slow.Held())
	require.InDelta(t, 0.15, slow.Fall, 0.02)
	require.InDelta(t, 0, playUnsent(t, 0, 3, 3, light, nil)[0].Fall, 0.02,
		"frames that were never sent are nobody's loss")
	require.False(t, play(t, 0, 0, process{load: Load{Memory: 201 << 20}}, nil)[0].Held())
	require.True(t, play(t, 0, 0, process{load: Load{Descriptors: 1 << 20}}, nil)[0].Held(),
		"no limit is known")
	many := process{load: Load{Descriptors: 501, Limit: 1000}}
	require.False(t, play(t, 0, 0, many, nil)[0].Held())
	dead := play(t, 0, 0, process{err: errors.New("refused")}, nil)[0]
	require.Contains(t, dead.Failure, "does not answer")
	require.Contains(t, play(t, 0, 0, process{}, errors.New("no socket"))[0].Failure, "no socket")

	var table bytes.Buffer
	require.NoError(t, WriteTable(&table, []Result{held, slow, dead}))
	require.Contains(t, table.String(), "| 100 MB | 499 of 1000 |")
	require.Contains(t, table.String(), "**did not hold**")
	require.Contains(t, table.String(), "**failed: the server does not answer")
}

func TestTally(t *testing.T) {
	var tally Tally
	require.Equal(t, "nothing", tally.Answers())
	tally.Add(Counts{Tries: 3, Answers: map[string]int{"b": 2, "a": 2, "c": 1, "d": 1, "e": 9}})
	require.Equal(t, "e ×9, a ×2, b ×2, c ×1", tally.Answers())
	require.Equal(t, 3, tally.Counts().Tries)
}

// A server that answers after the attack's end has answered all the same.
func TestWhatIsTriedBeforeTheEndHasItsAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tally := &Tally{answers: map[string]int{}}
		late := func(ctx context.Context, _ *net.Dialer, _ *Target) (net.Conn, error) {
			select {
			case <-time.After(2 * time.Second):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			server, client := net.Pipe()
			server.Close()
			return client, nil
		}
		err := hold(t.Context(), 160, 1, &Target{Length: time.Second}, tally, late)
		require.NoError(t, err)
		require.Positive(t, tally.tries)
		require.Equal(t, map[string]int{"cut": tally.tries}, tally.answers)
	})
}

// A server that answers nothing before whoever asks is about to leave has answered all the same.
func TestWhatIsSentHasItsAnswer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		var message protocol.Ping
		for offers := 0; ws.ReadJSON(&message) == nil; offers++ {
			for ; message.Type == "ping" && offers > 0; offers-- {
				_ = ws.WriteJSON(protocol.Error{Type: "error", Code: "sdp"})
			}
			if message.Type == "ping" {
				_ = ws.WriteJSON(protocol.Pong{Type: "pong", N: message.N})
			}
		}
	}))
	defer server.Close()
	tally := &Tally{}
	enter := func(int) (*websocket.Conn, error) {
		ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(server.URL, "http"), nil)
		return ws, err
	}
	send := func(ws *websocket.Conn) error { return ws.WriteJSON(protocol.Offer{Type: "offer"}) }
	require.NoError(t, crowd(t.Context(), &Target{Length: 50 * time.Millisecond}, tally, 400, 4,
		enter, send))
	require.Positive(t, tally.tries)
	require.Equal(t, map[string]int{"sdp": tally.tries}, tally.answers)
}

func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, attack := range Attacks() {
		require.False(t, seen[attack.Name], attack.Name)
		require.NotEmpty(t, attack.Summary)
		seen[attack.Name] = true
	}
	require.Greater(t, len(seen), 30)
	require.Less(t, len(Strangers()), len(seen))
}

func TestBombUnpacks(t *testing.T) {
	const length = 8 << 20
	packed, err := packZeros(length)
	require.NoError(t, err)
	require.Less(t, len(packed), length/900)
	unpacked := flate.NewReader(io.MultiReader(bytes.NewReader(packed),
		strings.NewReader("\x00\x00\xff\xff\x01\x00\x00\xff\xff")))
	n, err := io.Copy(io.Discard, unpacked)
	require.NoError(t, err)
	require.EqualValues(t, length, n)
	frame := clientFrame([]byte("abc"))
	require.Equal(t, byte(0xc1), frame[0])
	require.Len(t, frame, 14+3)
	require.Equal(t, websocket.TextMessage, int(frame[0]&0x0f))
}

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"429 Too Many Requests": "429", "read: connection reset by peer": "cut", "EOF": "cut",
		"dial: i/o timeout":            "no answer in 5 s",
		"dial tcp: connection refused": " connection refused",
	} {
		require.Equal(t, want, words(errors.New(text)))
	}
}

func TestManySlotsFitsIntoAMessage(t *testing.T) {
	require.Less(t, len(manySlots(50)), 60_000)
	require.Equal(t, 53, strings.Count(manySlots(50), "\nm="))
}

func TestWithin(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		address := within(Network).LocalAddr.(*net.TCPAddr).AddrPort().Addr()
		require.True(t, Network.Contains(address))
		seen[address.String()] = true
	}
	require.Len(t, seen, 100)
}

// A connection at 60 kbit/s takes two seconds for 15,000 bytes, and saves up nothing meanwhile.
func TestThinConn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		go func() {
			_, _ = far.Write(make([]byte, 2*thinBytes))
			time.Sleep(10 * time.Second)
			_, _ = far.Write(make([]byte, 2*thinBytes))
			far.Close()
		}()
		thin := &thinConn{Conn: near, began: time.Now()}
		for range 2 {
			started := time.Now()
			_, err := io.ReadFull(thin, make([]byte, 1))
			require.NoError(t, err)
			begun := time.Now()
			_, err = io.ReadFull(thin, make([]byte, 2*thinBytes-1))
			require.NoError(t, err)
			require.InDelta(t, 2, time.Since(begun).Seconds(), 0.2, "after %v", begun.Sub(started))
		}
	})
}

func TestValidChecks(t *testing.T) {
	a := &agent{fragment: "ours", password: "of theirs"}
	message := &stun.Message{Raw: a.check()}
	require.NoError(t, message.Decode())
	require.NoError(t, stun.NewShortTermIntegrity("of theirs").Check(message))
	require.True(t, message.Contains(stun.AttrUseCandidate))
}
