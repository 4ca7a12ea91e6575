package command

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// localProcess is a server that a load test started.
type localProcess struct {
	command *exec.Cmd
	started chan serving // once it serves
	exited  chan struct{}

	mu   sync.Mutex
	said []string // the last lines of its log
}

// serving is where a server says that it serves.
type serving struct {
	server  *url.URL
	metrics string // host:port
}

const (
	startPatience = 20 * time.Second
	stopPatience  = 10 * time.Second
	keptLines     = 8
)

// serve starts a server of the program, which prints no invitations.
func serve(program Program, arguments ...string) (*localProcess, error) {
	command, err := program.Command(append([]string{"serve", "--log.format", "json", "--no-invite"},
		arguments...)...)
	if err != nil {
		return nil, err
	}
	return startProcess(command)
}

// startProcess starts a command that logs as draille serve does with log.format json.
func startProcess(command *exec.Cmd) (*localProcess, error) {
	detach(command)
	log, err := command.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("a local server cannot be started: %w", err)
	}
	p := &localProcess{command: command, started: make(chan serving, 1),
		exited: make(chan struct{})}
	go func() {
		defer close(p.exited)
		p.follow(log)
		_ = command.Wait() // how it ended is in its log
	}()
	return p, nil
}

// follow reads the log until the process ends.
func (p *localProcess) follow(log io.Reader) {
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		p.mu.Lock()
		p.said = append(p.said[max(0, len(p.said)-keptLines+1):], line)
		p.mu.Unlock()
		var entry struct{ URL, Metrics string }
		if json.Unmarshal([]byte(line), &entry) != nil || entry.URL == "" {
			continue
		}
		if address, err := url.Parse(entry.URL); err == nil {
			select {
			case p.started <- serving{address, entry.Metrics}:
			default:
			}
		}
	}
}

// ready waits until the server serves.
func (p *localProcess) ready() (serving, error) {
	timeout := time.NewTimer(startPatience)
	defer timeout.Stop()
	select {
	case at := <-p.started:
		return at, nil
	case <-p.exited:
		return serving{}, fmt.Errorf("it ended at once; it said:\n%s", p.lastLines())
	case <-timeout.C:
		return serving{}, fmt.Errorf("it said nothing for %v but:\n%s", startPatience,
			p.lastLines())
	}
}

func (p *localProcess) lastLines() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.said, "\n")
}

// stop ends the server in order; by force if it does not obey.
func (p *localProcess) stop() {
	if err := interrupt(p.command.Process); err != nil && !errors.Is(err, os.ErrProcessDone) {
		_ = p.command.Process.Kill()
	}
	timeout := time.NewTimer(stopPatience)
	defer timeout.Stop()
	select {
	case <-p.exited:
	case <-timeout.C:
		_ = p.command.Process.Kill()
		<-p.exited
	}
}
