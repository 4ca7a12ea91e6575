package desk

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"draille/signaling/practice"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/courier/sink"
	"draille/signaling/practice/store"
)

// secrets are what newWard and this test put into names, services, motives and contacts. Each is a
// word that stands nowhere else.
var secrets = []string{
	"SECRETNOM",
	"DOMINIQUESECRET",
	"Secretetablissement",
	"Psychiatriesecrete",
	"Motifsecret",
	"Interpretesecret",
	"770001",
	"1979-03-28",
}

// contacts may stand in the envelope of a message, and nowhere else.
var contacts = []string{"patient@example.org", "33612345678", "interprete@example.org"}

// outputs gathers everything that leaves the practice: mails, SMS, addresses, calendars and logs.
type outputs struct {
	mu   sync.Mutex
	logs bytes.Buffer
	sms  []string // addresses and bodies of requests
	seen chan struct{}
}

func (o *outputs) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.logs.Write(text)
}

func (o *outputs) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	o.mu.Lock()
	o.sms = append(o.sms, string(body))
	o.mu.Unlock()
	o.seen <- struct{}{}
}

// TestNoNameLeavesThePractice makes, moves, reminds, renews and cancels appointments with names in
// everything, and reads all that goes out.
func TestNoNameLeavesThePractice(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	out := &outputs{seen: make(chan struct{}, 100)}
	gateway := httptest.NewServer(out)
	defer gateway.Close()
	log := zap.New(
		zapcore.NewCore(
			zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()),
			zapcore.AddSync(out),
			zap.DebugLevel,
		),
	)
	w.desk.log = log
	post, err := courier.New(
		courier.Config{
			Store:  w.store,
			Links:  w.agenda,
			Public: w.desk.config.Public,
			Now:    w.now,
			Log:    log,
			SMS: &courier.SMSConfig{
				URL:  gateway.URL,
				Body: "{{.Text}}",
			},
			Mail: sink.Config(w.mail.Port),
		},
	)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { post.Run(ctx) })
	defer func() { stop(); running.Wait() }()

	secretary := w.secretary
	var addresses []string
	everybody := func(n *NewAppointment) {
		n.LocalStart = "2026-12-03T14:00"
		n.Participants = append(
			n.Participants,
			NewParticipant{Kind: practice.ParticipantInterpreter, Name: "Interpretesecret",
				Email: "interprete@example.org", Channel: practice.ChannelMail, Language: "en"},
		)
	}
	made := w.appointment(everybody)
	path := "/api/appointments/" + made.Row.Appointment.ID
	for _, p := range made.Participants {
		if p.Kind == practice.ParticipantPerson {
			continue
		}
		var printable Printable
		secretary.ask("POST", path+"/participants/"+p.ID+"/print", nil).is(200, &printable)
		addresses = append(addresses, printable.Address)
	}
	// Each step waits for the messages of the one before, which it would take back otherwise.
	w.sent()
	var moved AppointmentView
	secretary.ask("PUT", path, Move{LocalStart: "2026-12-04T14:00"}, made.Row.Appointment.Version).
		is(200, &moved)
	w.sent()
	secretary.ask("POST", path+"/send", Send{Renew: true}).is(200)
	w.sent()
	// both reminders are due
	w.clock.Store(time.Date(2026, 12, 4, 12, 52, 0, 0, time.UTC).UnixNano())
	w.sent()
	w.secretary, _ = w.somebody(
		practice.Grant{Role: practice.RoleSecretary, Establishment: w.hospital.ID},
	)
	secretary = w.secretary
	w.clinician, _ = w.somebody(
		practice.Grant{Role: practice.RoleClinician, Establishment: w.hospital.ID},
	)
	var join Join
	w.clinician.ask("POST", path+"/begin", nil).is(200, &join)
	addresses = append(addresses, join.Address)
	var view AppointmentView
	secretary.ask("GET", path, nil).is(200, &view)
	// The patient, by SMS, and a telestaff with a motive in its title.
	w.write(func(tx *store.Tx) error {
		_, err := tx.Exec(
			"UPDATE participants SET channel = 'sms', phone = '+33612345678' "+
				"WHERE establishment = $1 AND kind = 'patient'",
			w.hospital.ID,
		)
		return err
	})
	secretary.ask("POST", path+"/cancel", Cancel{Tell: true}, view.Row.Appointment.Version).is(200)
	<-out.seen
	title := "Motifsecret"
	secretary.ask("POST", "/api/appointments", w.wanted(func(n *NewAppointment) {
		n.Kind, n.Patient, n.Title = practice.KindTelestaff, "", title
		n.LocalStart, n.Anyway = "2026-12-08T14:00", true
		n.Participants = []NewParticipant{
			{
				Kind:    practice.ParticipantExternal,
				Name:    "Interpretesecret",
				Email:   "interprete@example.org",
				Channel: practice.ChannelMail,
			},
		}
	})).is(201)
	w.sent()

	for _, mail := range w.mail.Mails() {
		head, _, _ := strings.Cut(mail, "\r\n\r\n")
		all := strings.Join(append(partsOf(t, mail), head), "\n")
		clean(t, "a mail", all, secrets)
		subject := head[strings.Index(head, "Subject:"):]
		clean(t, "a subject", subject[:strings.Index(subject, "\r\n")], contacts)
	}
	require.GreaterOrEqual(t, len(w.mail.Mails()), 8)
	for _, text := range out.sms {
		clean(t, "an SMS", text, secrets)
		clean(t, "an SMS", text, contacts)
	}
	for _, address := range addresses {
		clean(t, "an address", address, secrets)
	}
	out.mu.Lock()
	defer out.mu.Unlock()
	require.NotEmpty(t, out.logs.String())
	clean(t, "the log", out.logs.String(), secrets)
	clean(t, "the log", out.logs.String(), contacts)
}

// sent waits until nothing that is due waits in the outbox.
func (w *ward) sent() {
	w.t.Helper()
	changes, stop := w.store.Watch()
	defer stop()
	late := time.After(20 * time.Second)
	for {
		var count int
		require.NoError(w.t, w.store.Read(w.t.Context(), func(tx *store.Tx) error {
			return tx.Scan(
				"SELECT COUNT(*) FROM outbox "+
					"WHERE establishment = $1 AND state = 'waiting' AND due_at <= $2",
				[]any{w.hospital.ID, int64(practice.InstantOf(w.now()))},
				&count,
			)
		}))
		if count == 0 {
			return
		}
		select {
		case <-changes:
		case <-late:
			w.t.Fatalf("expected an empty outbox, %d messages wait", count)
		}
	}
}

// clean finds none of the words, as they are or in what looks like base64.
func clean(t *testing.T, where, text string, words []string) {
	t.Helper()
	texts := []string{text}
	other := func(r rune) bool { return !strings.ContainsRune(base64url, r) }
	for _, part := range strings.FieldsFunc(text, other) {
		if decoded, err := base64.RawURLEncoding.DecodeString(part); err == nil && len(part) > 16 {
			texts = append(texts, string(decoded))
		}
	}
	for _, one := range texts {
		for _, word := range words {
			require.NotContains(t, strings.ToLower(one), strings.ToLower(word), where)
		}
	}
}

const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
