package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/interop/hl7/mllp"
	"draille/signaling/practice/store"
)

const (
	// senders are the connections that messages come over: a hospital's engine has one a stream.
	senders = 32
	// eventsEach is how many messages a patient has: an admission, then corrections.
	eventsEach = 4
	// late is how much longer than it was to take sending may take: answers are on the disk.
	late = time.Second
)

// admissions measures how ADT messages come in at a constant rate while consultations go on.
func admissions(program string, s size, url string, rate, rooms int, duration time.Duration) error {
	directory, err := os.MkdirTemp("", "draille-practice-admissions-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(directory)
	if url == "" {
		url = filepath.Join(directory, "practice.db")
	}
	if _, err := fill(url, s, 1); err != nil {
		return err
	}
	hospital, err := firstEstablishment(url)
	if err != nil {
		return err
	}
	sources := filepath.Join(directory, "sources.yaml")
	if err := os.WriteFile(sources, []byte("- {name: gam, establishment: "+hospital+
		", networks: [127.0.0.0/8]}\n"), 0o600); err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	listen := fmt.Sprintf("127.0.0.1:%d", port)
	address, stop, err := serve(program, directory, "--practice.store", url,
		"--practice.hl7.listen", listen, "--practice.hl7.sources-file", sources)
	if err != nil {
		return err
	}
	calls, err := play(program, address, directory, rooms, duration, "audio.concealed<0.1%")
	if err != nil {
		stop()
		return err
	}
	a := &stream{address: listen, rate: rate}
	verdict := a.send(duration)
	heard := <-calls
	stop()
	return errors.Join(verdict, heard, a.check(url, hospital))
}

func firstEstablishment(url string) (id string, err error) {
	err = read(url, func(tx *store.Tx) error {
		return tx.Scan("SELECT id FROM establishments ORDER BY id LIMIT 1", nil, &id)
	})
	return id, err
}

func read(url string, f func(tx *store.Tx) error) error {
	opened, err := store.Open(context.Background(), store.Config{URL: url})
	if err != nil {
		return err
	}
	return errors.Join(opened.Read(context.Background(), f), opened.Close())
}

// stream is what is sent, and how it was answered.
type stream struct {
	address string
	rate    int

	mu     sync.Mutex
	delays []time.Duration
	last   map[string]string // a patient's number → the name in the last message
}

// send sends at a constant rate over all connections by turns, whether the messages before have
// been answered or not, as far as one connection can. A delay counts from when it was to be sent.
func (a *stream) send(duration time.Duration) error {
	total := int(duration.Seconds() * float64(a.rate))
	a.last = map[string]string{}
	begun := time.Now()
	var sending sync.WaitGroup
	problems := make(chan error, senders)
	for connection := range senders {
		sending.Go(func() {
			s := mllp.NewSender(mllp.SenderConfig{Address: a.address})
			defer s.Close()
			for i := connection; i < total; i += senders {
				due := begun.Add(time.Duration(i) * time.Second / time.Duration(a.rate))
				time.Sleep(time.Until(due))
				if err := a.one(s, connection, i/senders, due); err != nil {
					problems <- err
					return
				}
			}
		})
	}
	sending.Wait()
	took := time.Since(begun)
	close(problems)
	var all []error
	for err := range problems {
		all = append(all, err)
	}
	if len(a.delays) == 0 {
		return errors.Join(all...)
	}
	slices.Sort(a.delays)
	at := func(part float64) time.Duration {
		return a.delays[int(part*float64(len(a.delays)-1))].Round(100 * time.Microsecond)
	}
	fmt.Printf("admissions at %d/s: %d of %d answered AA in %s over %d connections; p50 %s, "+
		"p95 %s, p99 %s, longest %s\n", a.rate, len(a.delays), total,
		took.Round(100*time.Millisecond), senders, at(0.5), at(0.95), at(0.99), at(1))
	if took > duration+late {
		all = append(all, fmt.Errorf("expected %d messages within %s, it took %s", total,
			duration+late, took.Round(100*time.Millisecond)))
	}
	return errors.Join(all...)
}

func (a *stream) one(s *mllp.Sender, connection, own int, due time.Time) error {
	event := "A08"
	if own%eventsEach == 0 {
		event = "A01"
	}
	number := fmt.Sprintf("L%d-%d", connection, own/eventsEach)
	name := fmt.Sprintf("USAGE%d", own%eventsEach)
	at := time.Now().UTC().Format("20060102150405.000") + "+0000"
	raw := fmt.Sprintf("MSH|^~\\&|GAM|CHU-X|DPI|CHU-X|%s||ADT^%s|%d-%d|P|2.5^FRA^2.11|||||FRA|"+
		"UNICODE UTF-8\rEVN||%s\rPID|1||%s^^^CHU-X&000897406&N^PI||PAT-%s^DOMINIQUE^^^^^L~%s^"+
		"DOMINIQUE^^^^^D||19790328|F|||^^^^^^BDL^^63220\r", at, event, connection, own, at, number,
		number, name)
	answer, err := s.Send(context.Background(), []byte(raw))
	if err != nil {
		return err
	}
	if !strings.Contains(string(answer), "\rMSA|AA|") {
		return fmt.Errorf("expected AA, got %q", answer)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.delays, a.last[number] = append(a.delays, time.Since(due)), name
	return nil
}

// check finds each message once, and each patient as the last of theirs says.
func (a *stream) check(url, hospital string) error {
	return read(url, func(tx *store.Tx) error {
		var kept, older int
		if err := tx.Scan(`SELECT COUNT(*), COUNT(CASE WHEN outcome = 'older' THEN 1 END)
			FROM received WHERE establishment = $1 AND state <> 'refused'`, []any{hospital}, &kept,
			&older); err != nil {
			return err
		}
		found, err := store.Find[practice.Patient](tx,
			"WHERE establishment = $1 AND ipp LIKE 'L%' AND ipp <> ''", hospital)
		if err != nil {
			return err
		}
		wrong := len(a.last) - len(found)
		for _, p := range found {
			if p.UsedName != a.last[p.IPP] {
				wrong++
			}
		}
		fmt.Printf("%d messages kept, %d out of order, %d of %d patients other than last told\n",
			kept, older, wrong, len(a.last))
		if kept != len(a.delays) || older > 0 || wrong != 0 {
			return errors.New("expected each message once, and each patient's in their order")
		}
		return nil
	})
}
