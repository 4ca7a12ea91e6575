// Command load measures how fast the list of the day is in a practice of the size of a hospital
// group, while calls go on. It fills a store, starts the server on it, plays consultations and asks
// for lists at a constant rate, whether the ones before have been answered or not.
//
// Meanwhile somebody changes something a few times a second, so that no list can be one that was
// made once and for all. Everybody has a page open that listens to events: how soon these tell of
// such a change, and of a session that was ended, is measured, too.
//
// With -calls it measures the calls instead: how soon the first frame is seen, and what a forwarded
// packet costs, of a server with that practice, whose lists are asked for meanwhile, and of one
// without a practice, by turns.
//
// With -admissions it measures how ADT messages of a hospital come in at a constant rate while
// consultations go on: none is lost, each patient's are in order, and no voice is.
//
// Usage: load [-appointments N] [-rate N] [-writes N] [-duration D] [-rooms N] path/to/draille
//
//	load -calls [-rounds N] [-appointments N] path/to/draille
//	load -admissions N [-store URL] [-duration D] [-rooms N] path/to/draille
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

// wanted is what acceptance asks for: the 95th percentile of a day list.
const wanted = 50 * time.Millisecond

// size is how much there is in the practice.
type size struct{ establishments, people, patients, appointments int }

func main() {
	s := size{}
	flag.IntVar(&s.establishments, "establishments", 12, "establishments, of four services each")
	flag.IntVar(&s.people, "people", 2_000, "people with an account")
	flag.IntVar(&s.patients, "patients", 50_000, "patients")
	flag.IntVar(&s.appointments, "appointments", 100_000, "appointments, over 250 days")
	rate := flag.Int("rate", 200, "day lists a second")
	writes := flag.Int("writes", 2, "changes a second")
	rooms := flag.Int("rooms", 20, "consultations that go on meanwhile")
	duration := flag.Duration("duration", 45*time.Second, "how long it is measured")
	adt := flag.Int("admissions", 0, "measure this many ADT messages a second instead of lists")
	url := flag.String("store", "", "database for -admissions; empty: a file")
	calls := flag.Bool("calls", false, "measure calls, with the practice and without")
	rounds := flag.Int("rounds", 10, "rounds of calls on either server")
	flag.Parse()
	if *calls {
		if err := compare(flag.Arg(0), s, *rounds); err != nil {
			fmt.Fprintln(os.Stderr, "load:", err)
			os.Exit(1)
		}
		return
	}
	if *adt > 0 {
		if err := admissions(flag.Arg(0), s, *url, *adt, *rooms, *duration); err != nil {
			fmt.Fprintln(os.Stderr, "load:", err)
			os.Exit(1)
		}
		return
	}
	if err := run(flag.Arg(0), s, rates{*rate, *writes}, *rooms, *duration); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// rates are how often something is asked for, a second.
type rates struct{ lists, writes int }

func run(program string, s size, often rates, rooms int, duration time.Duration) error {
	if program == "" {
		return errors.New("expected the path of draille, got nothing; build it with make build")
	}
	directory, err := os.MkdirTemp("", "draille-practice-load-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(directory)
	begun := time.Now()
	tokens, err := fill(filepath.Join(directory, "practice.db"), s, 200)
	if err != nil {
		return err
	}
	info, err := os.Stat(filepath.Join(directory, "practice.db"))
	if err != nil {
		return err
	}
	fmt.Printf(
		"store: %d appointments, %d patients, %d people, %d establishments, %d MB, filled in %s\n",
		s.appointments,
		s.patients,
		s.people,
		s.establishments,
		info.Size()>>20,
		time.Since(begun).Round(time.Second),
	)
	address, stop, err := serve(program, directory)
	if err != nil {
		return err
	}
	defer stop()
	if _, err := ask(context.Background(), http.DefaultClient, address, tokens[0]); err != nil {
		return err
	}
	calls, err := play(program, address, directory, rooms, duration, "audio.concealed<1%")
	if err != nil {
		return err
	}
	change, err := delaying(address, tokens[0])
	if err != nil {
		return err
	}
	listening, err := open(address, tokens)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	written := make(chan error, 1)
	go func() { written <- keepChanging(ctx, listening.timed(change), often.writes) }()
	verdict := measure(address, tokens, often.lists, duration)
	cancel()
	signedOut := listening.signOut(address, tokens[len(tokens)-1])
	return errors.Join(verdict, <-written, signedOut, listening.judge(), <-calls)
}

// serve starts the server on a port that is free, and returns its address.
func serve(program, directory string, more ...string) (address string, stop func(), err error) {
	port, err := freePort()
	if err != nil {
		return "", nil, err
	}
	media := fmt.Sprintf("127.0.0.1:%d", port)
	arguments := append([]string{"serve", "--no-invite", "--data-directory", directory,
		"--listen", fmt.Sprintf("localhost:%d", port), "--udp-listen", media,
		"--turn.enabled=false", "--metrics.listen", "", "--log.level", "warn",
		"--limits.opens-per-second", "1000", "--limits.opens-at-once", "1000",
		"--limits.connections-per-address", "2000"}, more...)
	server := exec.Command(program, arguments...)
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = server.Process.Signal(syscall.SIGTERM)
		_ = server.Wait()
		used := server.ProcessState.UserTime() + server.ProcessState.SystemTime()
		fmt.Printf("the server used %s of a core\n", used.Round(10*time.Millisecond))
	}
	address = fmt.Sprintf("http://localhost:%d", port)
	for range 200 {
		if answer, err := http.Get(address + "/readyz"); err == nil {
			answer.Body.Close()
			return address, stop, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	return "", nil, errors.New("the server did not answer within 10 s")
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// ask asks for one day list, and returns its size in bytes.
func ask(ctx context.Context, client *http.Client, address, token string) (int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/api/day", nil)
	if err != nil {
		return 0, err
	}
	request.AddCookie(&http.Cookie{Name: "draille", Value: token})
	answer, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 500))
		return 0, fmt.Errorf("expected 200, got %d: %s", answer.StatusCode, text)
	}
	return io.Copy(io.Discard, answer.Body)
}

// measure asks at a constant rate, and judges the answers. A delay counts from when it was to be
// asked.
func measure(address string, tokens []string, rate int, duration time.Duration) error {
	client := &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{MaxIdleConnsPerHost: 256},
	}
	var mu sync.Mutex
	var delays []time.Duration
	var bytes int64
	failures := map[string]int{}
	var asking sync.WaitGroup
	begun := time.Now()
	total := int(duration.Seconds()) * rate
	for i := range total {
		due := begun.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		asking.Go(func() {
			size, err := ask(context.Background(), client, address, tokens[i%len(tokens)])
			mu.Lock()
			defer mu.Unlock()
			delays = append(delays, time.Since(due))
			bytes += size
			if err != nil {
				failures[err.Error()]++
			}
		})
	}
	asking.Wait()
	slices.Sort(delays)
	at := func(share float64) time.Duration {
		return delays[int(share*float64(len(delays)-1))].Round(100 * time.Microsecond)
	}
	fmt.Printf(
		"day list at %d/s for %s: p50 %s, p95 %s, p99 %s, longest %s; %d KB each; %d failed\n",
		rate,
		duration,
		at(0.5),
		at(0.95),
		at(0.99),
		at(1),
		bytes/int64(total)>>10,
		len(failures),
	)
	for text, count := range failures {
		fmt.Printf("  %d times: %s\n", count, text)
	}
	if len(failures) > 0 || at(0.95) >= wanted {
		return fmt.Errorf(
			"expected a 95th percentile below %s and no failure, got %s",
			wanted,
			at(0.95),
		)
	}
	return nil
}
