package courier_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/courier/sink"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

func TestMain(m *testing.M) {
	if path := os.Getenv("COURIER_STORE"); path != "" {
		sendUntilKilled(path)
		return
	}
	storetest.Main(m)
}

var noon = time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)

// house is a practice with a clock that the test sets.
type house struct {
	t       *testing.T
	store   *store.Store
	agenda  *agenda.Agenda
	clock   atomic.Int64
	patient practice.Patient
	made    int
}

func (h *house) now() time.Time { return time.Unix(0, h.clock.Load()).UTC() }

// Invite implements agenda.Invitations.
func (h *house) Invite(agenda.Invitation) (string, error) { return "", nil }

func public() *url.URL { return &url.URL{Scheme: "https", Host: "visio.example.org"} }

func newHouse(t *testing.T, path string) *house {
	t.Helper()
	h := &house{t: t}
	h.clock.Store(noon.UnixNano())
	var err error
	h.store, err = store.Open(t.Context(), store.Config{URL: path})
	require.NoError(t, err)
	h.agenda, err = agenda.New(agenda.Config{Store: h.store, Invitations: h, Public: public(),
		LinkKey: bytes.Repeat([]byte{1}, 32), Now: h.now})
	require.NoError(t, err)
	require.NoError(t, h.store.Write(t.Context(), func(tx *store.Tx) error {
		require.NoError(t,
			store.Insert(tx, practice.Establishment{ID: "E", Name: "CH", Zone: "Europe/Paris",
				Version: 1}, nil))
		require.NoError(t,
			store.Insert(tx, practice.Service{ID: "V", Establishment: "E", Name: "Psychiatrie",
				Version: 1}, nil))
		h.patient, err = h.agenda.AddPatient(tx,
			practice.Patient{Establishment: "E", BirthName: "SECRETNOM", BirthGivenName: "X",
				Sex: practice.SexUnknown, BirthDate: "1980-01-01"}, false)
		return err
	}))
	return h
}

// appointment makes one three days from now.
func (h *house) appointment(participant practice.Participant) practice.Appointment {
	h.t.Helper()
	h.made++
	var made practice.Appointment
	require.NoError(h.t, h.store.Write(h.t.Context(), func(tx *store.Tx) (err error) {
		made, err = h.agenda.Make(tx,
			agenda.Draft{Key: practice.NewID(), Establishment: "E", Service: "V",
				Kind:    practice.KindConsultation,
				Patient: h.patient.ID, LocalStart: "2026-12-04T09:00", Minutes: 30, Anyway: true,
				Participants: []practice.Participant{participant}})
		return err
	}))
	return made
}

func byMail(n int) practice.Participant {
	return practice.Participant{Kind: practice.ParticipantPatient, Channel: practice.ChannelMail,
		Email: fmt.Sprintf("p%d@example.org", n)}
}

// run runs a courier until the returned function is called.
func (h *house) run(config courier.Config) (stop func()) {
	h.t.Helper()
	config.Store, config.Public, config.Now = h.store, public(), h.now
	if config.Links == nil {
		config.Links = h.agenda
	}
	c, err := courier.New(config)
	require.NoError(h.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { c.Run(ctx) })
	return func() { cancel(); running.Wait() }
}

// faulty are links whose first address is a fault of the program.
type faulty struct {
	courier.Links
	once sync.Once
}

func (f *faulty) Address(link string) string {
	f.once.Do(func() { panic("no such link") })
	return f.Links.Address(link)
}

// A message that cannot be written ends neither its channel nor anything else.
func TestAFaultLeavesOneMessageForLater(t *testing.T) {
	t.Parallel()
	h := newHouse(t, storetest.Address(t))
	defer h.store.Close()
	mails := sink.Listen(t, 0)
	h.appointment(byMail(1))
	stop := h.run(courier.Config{Mail: sink.Config(mails.Port), Links: &faulty{Links: h.agenda}})
	defer stop()
	h.appointment(byMail(2))
	mails.Await(t, 1)
}

func (h *house) messages(purpose string) []practice.Message {
	h.t.Helper()
	var found []practice.Message
	require.NoError(h.t, h.store.Read(h.t.Context(), func(tx *store.Tx) (err error) {
		found, err = store.Find[practice.Message](tx,
			"WHERE establishment = $1 AND purpose = $2 ORDER BY ordinal", "E", purpose)
		return err
	}))
	return found
}

// await waits until the outbox is as it should be, looking at each change of the store.
func (h *house) await(until func([]practice.Message) bool) {
	h.t.Helper()
	changes, stop := h.store.Watch()
	defer stop()
	late := time.After(30 * time.Second)
	for !until(h.messages(agenda.PurposeInvitation)) {
		select {
		case <-changes:
		case <-late:
			h.t.Fatalf("expected another outbox, got %+v", h.messages(agenda.PurposeInvitation))
		}
	}
}

func all(state practice.OutboxState) func([]practice.Message) bool {
	return func(list []practice.Message) bool {
		return !slices.ContainsFunc(list, func(m practice.Message) bool { return m.State != state })
	}
}

func TestAMailServerThatIsAwayForADayLosesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, storetest.Address(t))
	defer h.store.Close()
	const count = 12
	for n := range count {
		h.appointment(byMail(n))
	}
	// Nothing listens on the port that it is told.
	port := freePort(t)
	stop := h.run(courier.Config{Mail: sink.Config(port)})
	h.await(func(list []practice.Message) bool { return list[0].Attempts == 1 })
	waiting := h.messages(agenda.PurposeInvitation)
	require.Contains(t, waiting[0].Error, "cannot be used")
	require.Zero(t, waiting[1].Attempts, "one try finds out that the server is away")
	require.True(t, all(practice.OutboxWaiting)(waiting))
	stop()
	h.clock.Add(int64(24 * time.Hour))
	back := sink.Listen(t, port)
	defer h.run(courier.Config{Mail: sink.Config(port)})()
	back.Await(t, count)
	h.await(all(practice.OutboxSent))
	var want []string
	for _, m := range h.messages(agenda.PurposeInvitation) {
		want = append(want, "<"+m.ID+"@visio.example.org>")
	}
	require.Equal(t, want, back.IDs(t), "all of them, once, in their order")
}

// What was written while the clock was ahead does not wait until that time comes.
func TestAClockThatWasAheadHoldsNothingUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t, storetest.Address(t))
	defer h.store.Close()
	h.clock.Add(int64(20 * time.Hour))
	// One that a node claimed before it died, one that is to be tried again, and a third.
	for n := range 3 {
		h.appointment(byMail(n))
	}
	waiting := h.messages(agenda.PurposeInvitation)
	ahead := practice.InstantOf(h.now().Add(time.Minute))
	require.NoError(t, h.store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE outbox SET claimed_by = 'gone', claimed_until = $1 "+
			"WHERE establishment = $2 AND id = $3", int64(ahead), "E", waiting[0].ID)
		require.NoError(t, err)
		_, err = tx.Exec("UPDATE outbox SET attempts = 1, next_at = $1 "+
			"WHERE establishment = $2 AND id = $3", int64(ahead), "E", waiting[1].ID)
		return err
	}))
	h.clock.Store(noon.UnixNano())
	s := sink.Listen(t, 0)
	defer h.run(courier.Config{Mail: sink.Config(s.Port)})()
	h.await(all(practice.OutboxSent))
	s.Await(t, 3)
	for _, m := range h.messages(agenda.PurposeReminderDay) {
		require.Equal(t, practice.OutboxWaiting, m.State, "what is due later waits as before")
		require.Equal(t, m.DueAt, m.NextAt)
	}
}

// freePort is a port on which nobody listens, and that is given to nobody who asks for any: it is
// below those that systems give.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := 20_000 + rand.IntN(12_000)
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			require.NoError(t, listener.Close())
			return port
		}
	}
	require.FailNow(t, "every port that was tried is taken")
	return 0
}

func TestARefusedAddressFailsAloneAndCanBeSentAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t, storetest.Address(t))
	defer h.store.Close()
	s := sink.Listen(t, 0)
	s.Refuse(func(to string) error {
		if to == "p0@example.org" {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1},
				Message: "no such user p0@example.org"}
		}
		return nil
	})
	h.appointment(byMail(0))
	h.appointment(byMail(1))
	config := courier.Config{Mail: sink.Config(s.Port), Store: h.store, Links: h.agenda,
		Public: public(), Now: h.now}
	c, err := courier.New(config)
	require.NoError(t, err)
	defer h.run(config)()
	h.await(func(list []practice.Message) bool {
		return list[0].State == practice.OutboxFailed && list[1].State == practice.OutboxSent
	})
	failed := h.messages(agenda.PurposeInvitation)[0]
	require.Contains(t, failed.Error, "refused")
	require.NotContains(t, failed.Error, "p0@", "addresses stay out of what is kept")
	s.Refuse(nil)
	require.NoError(t, h.store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := c.Resend(tx, failed)
		return err
	}))
	h.await(all(practice.OutboxSent))
	require.Len(t, s.Mails(), 2)
}

func TestAnSMSByTheTemplateOfAGateway(t *testing.T) {
	t.Parallel()
	h := newHouse(t, storetest.Address(t))
	defer h.store.Close()
	type request struct{ path, body, key string }
	got := make(chan request, 10)
	answers := make(chan int, 10)
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- request{r.URL.String(), string(body), r.Header.Get("Idempotency-Key")}
		w.WriteHeader(<-answers)
	}))
	defer gateway.Close()
	answers <- 429
	answers <- 200
	made := h.appointment(practice.Participant{Kind: practice.ParticipantPatient,
		Channel: practice.ChannelSMS, Phone: "06 12 34 56 78"})
	defer h.run(
		courier.Config{SMS: &courier.SMSConfig{URL: gateway.URL + "/send?to={{query .To}}",
			Body: `{"text": {{json .Text}}}`}})()
	first := <-got
	require.Equal(t, "/send?to=%2B33612345678", first.path)
	require.Contains(t, first.body, "le vendredi 4 décembre à 9 h 00")
	require.Contains(t, first.body, "https://visio.example.org/r/")
	h.await(func(list []practice.Message) bool { return list[0].Attempts == 1 })
	require.Contains(t, h.messages(agenda.PurposeInvitation)[0].Error, "429")
	h.clock.Add(int64(2 * time.Minute))
	second := <-got
	require.Equal(t, first, second, "the same, with the key by which the gateway knows it")
	h.await(all(practice.OutboxSent))
	require.NotZero(t, made.ID)
}

func TestRemindersComeInTimeAndFollowAMove(t *testing.T) {
	t.Parallel()
	h := newHouse(t, storetest.Address(t))
	defer h.store.Close()
	s := sink.Listen(t, 0)
	made := h.appointment(byMail(0))
	defer h.run(courier.Config{Mail: sink.Config(s.Port)})()
	s.Await(t, 1)
	require.NoError(t, h.store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := h.agenda.Move(tx, made,
			agenda.Change{Version: made.Version, LocalStart: "2026-12-05T09:00"})
		return err
	}))
	require.Contains(t, s.Next(t), "method=REQUEST")
	h.clock.Store(time.Date(2026, 12, 4, 8, 0, 0, 0, time.UTC).UnixNano()) // 24 h before
	require.Contains(t, s.Next(t), "Rappel")
	h.clock.Store(time.Date(2026, 12, 5, 7, 51, 0, 0, time.UTC).UnixNano())
	s.Await(t, 1)
	require.Len(t, s.Mails(), 4, "nothing of the day before the move")
}

// TestKilledAtAnyPointEveryMailGoesOutOnce kills a process that sends, again and again.
func TestKilledAtAnyPointEveryMailGoesOutOnce(t *testing.T) {
	t.Parallel()
	path := storetest.Address(t)
	h := newHouse(t, path)
	const count = 60
	for n := range count {
		h.appointment(byMail(n))
	}
	require.NoError(t, h.store.Close())
	s := sink.Listen(t, 0)
	random := rand.New(rand.NewPCG(1, 2))
	seen := func() map[string]int {
		times := map[string]int{}
		for _, id := range s.IDs(t) {
			times[id]++
		}
		return times
	}
	kills := 0
	for ; len(seen()) < count; kills++ {
		require.Less(t, kills, 200, "it never ends")
		child := exec.Command(os.Args[0])
		// Each start is two minutes later: what the one before had claimed is free again.
		child.Env = append(os.Environ(), "COURIER_STORE="+path,
			"COURIER_PORT="+strconv.Itoa(s.Port), "COURIER_LATER="+strconv.Itoa(2*kills))
		child.Stderr = os.Stderr
		require.NoError(t, child.Start())
		for range 1 + random.IntN(6) {
			select {
			case <-s.Arrived():
			case <-time.After(5 * time.Second): // all are out
			}
			if len(seen()) == count {
				break
			}
		}
		// any point between two mails
		time.Sleep(time.Duration(random.IntN(4000)) * time.Microsecond)
		require.NoError(t, child.Process.Kill())
		_ = child.Wait()
	}
	again := 0
	for _, times := range seen() {
		again += times - 1
	}
	t.Logf("%d mails, %d kills, %d came twice with the same Message-ID", count, kills, again)
	require.LessOrEqual(t, again, kills, "at most the one that was under way when the process died")
}

func sendUntilKilled(path string) {
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	later, err := strconv.Atoi(os.Getenv("COURIER_LATER"))
	fail(err)
	port, err := strconv.Atoi(os.Getenv("COURIER_PORT"))
	fail(err)
	begun := time.Now()
	now := func() time.Time {
		return noon.Add(time.Minute + time.Duration(later)*time.Minute + time.Since(begun))
	}
	s, err := store.Open(context.Background(), store.Config{URL: path})
	fail(err)
	a, err := agenda.New(agenda.Config{Store: s, Invitations: &house{}, Public: public(),
		LinkKey: bytes.Repeat([]byte{1}, 32), Now: now})
	fail(err)
	c, err := courier.New(courier.Config{Store: s, Links: a, Public: public(),
		Mail: sink.Config(port), Now: now})
	fail(err)
	c.Run(context.Background())
}

func TestEssayerSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	h := newHouse(t, storetest.Address(t))
	defer h.store.Close()
	s := sink.Listen(t, 0)
	c, err := courier.New(courier.Config{Store: h.store, Links: h.agenda, Public: public(),
		Mail: sink.Config(s.Port)})
	require.NoError(t, err)
	trial := c.Try(t.Context(), practice.ChannelMail, "essai@example.org")
	require.True(t, trial.Works, trial.Problem)
	require.Equal(t, []practice.StepName{practice.StepReached, practice.StepAccepted},
		names(trial))
	checked, err := courier.Check(t.Context(), sink.Config(s.Port), nil, public())
	require.NoError(t, err)
	require.Equal(t, []practice.StepName{practice.StepReached},
		names(checked[practice.ChannelMail]))
	require.Len(t, s.Mails(), 1, "a check sends nothing")
	s.Refuse(func(string) error {
		return &smtp.SMTPError{Code: 550, Message: "sender not allowed"}
	})
	trial = c.Try(t.Context(), practice.ChannelMail, "essai@example.org")
	require.False(t, trial.Works)
	require.Equal(t, practice.ReasonAddress, trial.Reason)
	require.Contains(t, trial.Problem, "sender not allowed")
	require.Equal(t, practice.ReasonMissing,
		c.Try(t.Context(), practice.ChannelSMS, "+33600000000").Reason)
	require.False(t, strings.Contains(strings.Join(s.Mails(), ""), "SECRETNOM"))
}

func names(trial practice.Trial) (names []practice.StepName) {
	for _, step := range trial.Steps {
		names = append(names, step.Name)
	}
	return names
}

// Whoever has mended the mail server does not wait for the next try.
func TestWhatIsSentAgainIsTriedAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, storetest.Address(t))
	defer h.store.Close()
	h.appointment(byMail(0))
	config := courier.Config{Mail: sink.Config(freePort(t)), Store: h.store, Links: h.agenda,
		Public: public(), Now: h.now}
	c, err := courier.New(config)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan struct{})
	go func() { defer close(ran); c.Run(ctx) }()
	defer func() { stop(); <-ran }()
	h.await(func(list []practice.Message) bool { return list[0].Attempts == 1 })
	waiting := h.messages(agenda.PurposeInvitation)[0]
	require.Equal(t, practice.ReasonAway, waiting.Reason)
	s := sink.Listen(t, config.Mail.Port)
	require.NoError(t, h.store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := c.Resend(tx, waiting)
		return err
	}))
	h.await(all(practice.OutboxSent)) // the clock has not moved
	require.Len(t, s.Mails(), 1)
}

// What was wanted at once is tried once: the try that comes of the hurry may begin before it is
// heard.
func TestAHurryIsOneTry(t *testing.T) {
	t.Parallel()
	h := newHouse(t, storetest.Address(t))
	defer h.store.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer server.Close()
	c, err := courier.New(courier.Config{Store: h.store, Links: h.agenda, Public: public(),
		Now: h.now, SMS: &courier.SMSConfig{URL: server.URL}})
	require.NoError(t, err)
	c.Hurry(practice.ChannelSMS)
	require.True(t, c.Hurried(practice.ChannelSMS))
	h.appointment(practice.Participant{Kind: practice.ParticipantPatient,
		Channel: practice.ChannelSMS, Phone: "06 12 34 56 78"})
	require.NoError(t, c.SendDue(t.Context(), practice.ChannelSMS))
	require.Equal(t, 1, h.messages(agenda.PurposeInvitation)[0].Attempts)
	require.False(t, c.Hurried(practice.ChannelSMS))
}

// A server that has accepted a letter and then breaks the connection is not given it again.
func TestALetterThatWasAcceptedDoesNotGoAgain(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	accepted := make(chan struct{}, 8)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			acceptAndBreak(connection, accepted)
		}
	}()
	h := newHouse(t, storetest.Address(t))
	defer h.store.Close()
	h.appointment(byMail(0))
	defer h.run(courier.Config{Mail: sink.Config(listener.Addr().(*net.TCPAddr).Port)})()
	h.await(all(practice.OutboxSent))
	require.Len(t, accepted, 1)
}

// acceptAndBreak takes one letter (RFC 5321) and closes the connection without another word.
func acceptAndBreak(connection net.Conn, accepted chan<- struct{}) {
	defer connection.Close()
	lines := bufio.NewScanner(connection)
	say := func(text string) { fmt.Fprint(connection, text+"\r\n") }
	say("220 mx ESMTP")
	for body := false; lines.Scan(); {
		switch line := lines.Text(); {
		case body && line == ".":
			accepted <- struct{}{}
			say("250 kept")
			return
		case body:
		case strings.HasPrefix(line, "DATA"):
			body = true
			say("354 go on")
		default:
			say("250 ok")
		}
	}
}

// Who tries the program out without a mail server reads the mails in a folder.
func TestLettersIntoAFolder(t *testing.T) {
	t.Parallel()
	h := newHouse(t, storetest.Address(t))
	defer h.store.Close()
	path := filepath.Join(t.TempDir(), "mails")
	made := h.appointment(byMail(0))
	defer h.run(courier.Config{Mail: &courier.MailConfig{Folder: path,
		From: "Démonstration <rendez-vous@localhost>"}})()
	h.await(all(practice.OutboxSent))
	written, err := os.ReadFile(filepath.Join(path,
		h.messages(agenda.PurposeInvitation)[0].ID+".eml"))
	require.NoError(t, err)
	for _, part := range []string{"To: <p0@example.org>", "/r/", "UID:" + made.ID} {
		require.Contains(t, strings.ReplaceAll(string(written), "=\r\n", ""), part)
	}
	require.NotContains(t, string(written), "SECRETNOM")
}
