package link

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// recordedPrefix begins the name of a profile that plays recordings: trace:DOWN or trace:DOWN,UP.
const recordedPrefix = "trace:"

// What a recording does not tell: how far away the other end is, and how long packets may queue
// before it.
const (
	recordedDelay = 25 * time.Millisecond
	recordedQueue = 300 * time.Millisecond
)

// recorded reads the traces that a name gives, in Mahimahi's format; one alone is played in both
// directions.
func recorded(name string) (Profile, error) {
	down, up, both := strings.Cut(strings.TrimPrefix(name, recordedPrefix), ",")
	if !both {
		up = down
	}
	p := Profile{Name: name, Summary: "played from a recording, 25 ms away, queue of 300 ms"}
	for _, d := range []struct {
		path string
		to   *Config
	}{{down, &p.Down}, {up, &p.Up}} {
		file, err := os.Open(d.path)
		if err != nil {
			return Profile{},
				fmt.Errorf("link: expected a file with a recorded link after %q, as in "+
					"trace:4g.down,4g.up: %w", recordedPrefix, err)
		}
		trace, err := ParseTrace(file)
		_ = file.Close() // it was only read
		if err != nil {
			return Profile{}, fmt.Errorf("%s: %w", d.path, err)
		}
		*d.to = Config{Conditions: Conditions{Delay: recordedDelay}, Trace: trace,
			Queue: recordedQueue}
	}
	return p, nil
}
