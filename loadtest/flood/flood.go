// Package flood attacks a server of one's own while a call goes on, and measures how the call
// suffers: too many connections, half-open handshakes, guesses, bombs, storms and lies, one
// attack after the other, each from the addresses and at the rate that it is told.
//
// An Attack does its harm until its context ends and counts what it tried and what it was answered.
// Run plays them all and judges each by what the call lost meanwhile (of the voice, and of its
// frames/s), by the memory and the descriptors of the server at most, by how long somebody new took
// to connect, and by whether the server still answers.
package flood

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"draille/loadtest/figures"
)

// Limits of what an attack may do to the server and to the call.
const (
	MaxConcealed   = 0.01      // of the voice, audible
	MaxFall        = 0.10      // of the frames/s before the attacks
	MaxMemoryBytes = 200 << 20 // of the server's process
	MaxDescriptors = 0.5       // of those that the server's process may have
	MaxJoin        = 2 * time.Second
)

// Attack is one way to burden a server.
type Attack struct {
	Name    string
	Summary string // what is sent, for people
	// Run attacks until ctx ends. An error means that the attack could not be made, not that it was
	// fended off.
	Run func(ctx context.Context, target *Target, tally *Tally) error
	// Network says that the attack comes from a network of which only a namespace of its own has
	// every address.
	Network bool
}

// Attacks returns all of them.
func Attacks() []Attack {
	return slices.Concat(doors(), networks(), datagrams(), messages(), seats(), media())
}

// Strangers returns those that need no call of their own.
func Strangers() []Attack { return slices.Concat(doors(), datagrams(), messages()) }

// Target is the server under attack.
type Target struct {
	HTTP string // host:port of the web server, which speaks TLS
	UDP  string // host:port of media, STUN and TURN
	TCP  string // host:port of media and TURN over TCP
	// IPv6 is host:port of the web server in Network; empty: there is no such network here.
	IPv6 string
	// Link makes an invitation to a room. A host's and a guest's link of the measured call's room
	// let attacks into it.
	Link func(room, role string) (string, error)
	Room string // of the measured call
	// Length is how long the attack goes on once it has begun; 0: until it is told to end.
	Length time.Duration
}

// Tally counts what was tried, and what became of it. Its methods may be called concurrently.
type Tally struct {
	mu      sync.Mutex
	tries   int
	answers map[string]int
}

// Try counts one attempt.
func (t *Tally) Try() { t.Tries(1) }

// Tries counts several.
func (t *Tally) Tries(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tries += n
}

// Answer counts one answer of the server, in few words.
func (t *Tally) Answer(words string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.answers == nil {
		t.answers = map[string]int{}
	}
	t.answers[words]++
}

// Answers lists what was answered, the most frequent first.
func (t *Tally) Answers() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.answers) == 0 {
		return "nothing"
	}
	words := slices.SortedFunc(maps.Keys(t.answers), func(a, b string) int {
		if d := t.answers[b] - t.answers[a]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	var parts []string
	for _, word := range words[:min(len(words), 4)] {
		parts = append(parts, fmt.Sprintf("%s ×%d", word, t.answers[word]))
	}
	return strings.Join(parts, ", ")
}

// Counts is what a Tally has counted, to be told to another process.
type Counts struct {
	Tries   int            `json:"tries"`
	Answers map[string]int `json:"answers"`
	Failure string         `json:"failure,omitempty"`
}

// Counts returns what was counted until now.
func (t *Tally) Counts() Counts {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Counts{Tries: t.tries, Answers: maps.Clone(t.answers)}
}

// Add adds what another process counted.
func (t *Tally) Add(c Counts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tries += c.Tries
	for words, n := range c.Answers {
		if t.answers == nil {
			t.answers = map[string]int{}
		}
		t.answers[words] += n
	}
}

func (t *Tally) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tries
}

// Listener is somebody in the measured call. *participant.Participant is one.
type Listener interface{ Figures() figures.Participant }

// Server tells of the process under attack.
type Server interface {
	// Load is what the process takes; it fails when the server does not answer any more.
	Load() (Load, error)
}

// Load is what a process takes.
type Load struct {
	Memory      float64 // resident, bytes
	Descriptors float64 // open
	Limit       float64 // of Descriptors; 0: not known
}

// limit is infinite where it is not known.
func (l Load) limit() float64 {
	if l.Limit == 0 {
		return math.Inf(1)
	}
	return l.Limit
}

// Run plays the attacks one after the other.
func Run(ctx context.Context, o Options) []Result {
	paces := o.undisturbed(ctx)
	var results []Result
	for _, attack := range o.Attacks {
		if ctx.Err() != nil {
			break
		}
		result := o.play(ctx, attack, paces)
		results = append(results, result)
		if o.Told != nil {
			o.Told(result)
		}
	}
	return results
}

// lasting is ctx until some time (0: without end) after begin is called first: where the processor
// is busy, the way to the first try (into a lobby, say) takes longer than all of an attack.
func lasting(ctx context.Context, length time.Duration) (lasts context.Context, begin func(),
	stop context.CancelFunc) {
	lasts, stop = context.WithCancel(ctx)
	return lasts, sync.OnceFunc(func() {
		if length > 0 {
			time.AfterFunc(length, stop)
		}
	}), stop
}

// steadily does something so often a second, with so many goroutines, until ctx ends, or for some
// time (0: without end) from when it was done first.
func steadily(ctx context.Context, length time.Duration, perSecond, workers int,
	do func(worker int)) {
	ctx, begin, stop := lasting(ctx, length)
	defer stop()
	const tick = 5 * time.Millisecond
	var all sync.WaitGroup
	for worker := range workers {
		all.Go(func() {
			ticker := time.NewTicker(tick)
			defer ticker.Stop()
			started, done := time.Now(), 0
			for {
				select {
				case <-ctx.Done():
					return
				case now := <-ticker.C:
					due := int(now.Sub(started).Seconds() * float64(perSecond) / float64(workers))
					// A generator that fell behind does not make up for it in one burst.
					done = max(done, due-max(1, perSecond/workers/10))
					for ; done < due && ctx.Err() == nil; done++ {
						do(worker)
						begin()
					}
				}
			}
		})
	}
	all.Wait()
}
