package hl7

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/interop/hl7/er7"
	"draille/signaling/practice/interop/hl7/mllp"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(victimVariable); path != "" {
		beKilled(path)
	}
	if slices.ContainsFunc(os.Args, func(argument string) bool {
		// Fuzzing needs no store, and a benchmark chooses its own.
		return strings.HasPrefix(argument, "-test.fuzz") ||
			strings.HasPrefix(argument, "-test.bench=")
	}) {
		code := m.Run()
		storetest.Stop()
		os.Exit(code)
	}
	goleak.VerifyTestMain(storetest.Both(m))
}

// ward is a receiver with two establishments, each with a source of its own.
type ward struct {
	t        *testing.T
	store    *store.Store
	agenda   *agenda.Agenda
	receiver *Receiver
	now      time.Time
	log      *bytes.Buffer
}

// morning is when tests happen: 1 December 2026, 08:00 in Paris.
var morning = time.Date(2026, time.December, 1, 7, 0, 0, 0, time.UTC)

// rooms opens no room.
type rooms struct{}

func (rooms) Invite(agenda.Invitation) (string, error) { return "http://localhost/room", nil }

var loopback = mllp.Peer{Address: netip.MustParseAddr("127.0.0.1")}

func sources() []Source {
	local := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	return []Source{
		{Name: "gam", Establishment: "E1", Application: "GAM", Facility: "CHU-X", Networks: local,
			Teleconsultations: []string{"TLC"}, Invite: true},
		{Name: "other", Establishment: "E2", Application: "GAM", Facility: "CHU-Y",
			Networks: local},
		{Name: "secure", Establishment: "E2", Certificate: "gam.ch-y.example"}}
}

func newWard(t *testing.T) *ward {
	w := &ward{t: t, now: morning}
	w.fill(t, storetest.Open(t, storetest.Address(t)))
	return w
}

// fill makes the receiver, and the establishments if they are not there.
func (w *ward) fill(t require.TestingT, s *store.Store) {
	w.store = s
	if w.log == nil {
		w.log = &bytes.Buffer{}
	}
	public, err := url.Parse("http://localhost")
	require.NoError(t, err)
	now := func() time.Time { return w.now }
	w.agenda, err = agenda.New(agenda.Config{Store: s, Invitations: rooms{}, Public: public,
		LinkKey: bytes.Repeat([]byte{1}, 32), Now: now})
	require.NoError(t, err)
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()),
		zapcore.Lock(zapcore.AddSync(w.log)), zap.DebugLevel)
	w.receiver, err = New(Config{Store: s, Agenda: w.agenda, Sources: sources(), Now: now,
		Log: zap.New(core), Can: func(practice.Channel) bool { return true }})
	require.NoError(t, err)
	require.NoError(t, s.Write(context.Background(), func(tx *store.Tx) error {
		if _, err := store.Get[practice.Establishment](tx, "WHERE id = $1", "E1"); err == nil {
			return nil
		}
		for _, id := range []string{"E1", "E2"} {
			require.NoError(t, store.Insert(tx, practice.Establishment{ID: id, Name: "CH " + id,
				Zone: "Europe/Paris", Version: 1}, nil))
			for _, code := range []string{"PSY", "DER"} {
				require.NoError(t, store.Insert(tx, practice.Service{ID: id + code, Version: 1,
					Establishment: id, Name: "Service " + code, Code: code}, nil))
			}
		}
		require.NoError(t, store.Insert(tx, practice.Place{ID: "L2", Establishment: "E2",
			Name: "Salle 2", Code: "EHPAD2", Version: 1}, nil))
		require.NoError(t, store.Insert(tx, practice.Person{ID: "P1", FamilyName: "Bonnet",
			GivenName: "Claire", RPPS: "10000023084", Language: "fr", Version: 1},
			store.With{"search": "bonnet claire", "created_at": 0}))
		return store.Insert(tx, practice.Grant{ID: "G1", Person: "P1", Establishment: "E1",
			Role: practice.RoleClinician, GrantedBy: "P1"}, nil)
	}))
}

// message is one with the fields that tests vary.
type message struct {
	event, control, at, facility string
	pid                          []string // PID-3, PID-5, PID-7, PID-8
	reliability, contact         string
	prior                        string
	extra                        []string // segments
}

var controls int

func (m message) text() string {
	if m.control == "" {
		controls++
		m.control = fmt.Sprintf("C%d", controls)
	}
	if m.at == "" {
		m.at = "20261201080000"
	}
	if m.facility == "" {
		m.facility = "CHU-X"
	}
	lines := []string{"MSH|^~\\&|GAM|" + m.facility + "|DPI|CHU-X|" + m.at + "||" + m.event + "|" +
		m.control + "|P|2.5^FRA^2.11|||||FRA|UNICODE UTF-8", "EVN||" + m.at}
	lines = append(lines, m.extraBefore()...)
	if m.pid != nil {
		pid := make([]string, 33)
		pid[0], pid[1] = "PID", "1"
		pid[3], pid[5], pid[7], pid[8] = m.pid[0], m.pid[1], m.pid[2], m.pid[3]
		pid[11], pid[13], pid[32] = "^^^^^^BDL^^63220", m.contact, m.reliability
		lines = append(lines, strings.Join(pid, "|"))
	}
	if m.prior != "" {
		lines = append(lines, "MRG|"+m.prior)
	}
	for _, segment := range m.extra {
		if !strings.HasPrefix(segment, "SCH") {
			lines = append(lines, segment)
		}
	}
	return strings.Join(lines, "\r") + "\r"
}

func (m message) extraBefore() []string {
	for _, segment := range m.extra {
		if strings.HasPrefix(segment, "SCH") {
			return []string{segment}
		}
	}
	return nil
}

// somebody is PID of a patient with a number.
func somebody(ipp string) []string {
	return []string{ipp + "^^^CHU-X&000897406&N^PI", "PAT-TROIS^DOMINIQUE^DOMINIQUE MARIE^^^^L",
		"19790328", "F"}
}

func withINS(ipp string) []string {
	pid := somebody(ipp)
	pid[0] += "~279035121518989^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS^^20101207"
	return pid
}

// sent hands a message in as if it came over the loopback, and returns its answer.
func (w *ward) sent(raw string) er7.Message {
	w.t.Helper()
	return w.from(loopback, raw)
}

func (w *ward) from(peer mllp.Peer, raw string) er7.Message {
	w.t.Helper()
	running := make(chan struct{})
	end := make(chan struct{})
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		defer close(end)
		close(running)
		w.receiver.Run(ctx)
	}()
	<-running
	text := w.receiver.Handle(w.t.Context(), peer, []byte(raw))
	stop()
	<-end
	require.NotNil(w.t, text)
	answer, err := er7.Parse(text)
	require.NoError(w.t, err)
	return answer
}

// is wants an answer and returns what was kept of its message.
func (w *ward) is(m message, code string) practice.Received {
	w.t.Helper()
	answer := w.sent(m.text())
	require.Equal(w.t, code, answer.First("MSA").Field(1).Text(), "%q\n%s", answer.Bytes(),
		w.log)
	return w.row(answer.First("MSH").Field(10).Text())
}

func (w *ward) row(id string) practice.Received {
	w.t.Helper()
	return get[practice.Received](w, "WHERE id = $1", id)
}

func (w *ward) patient(ipp string) practice.Patient {
	w.t.Helper()
	return get[practice.Patient](w, "WHERE establishment = 'E1' AND ipp = $1 AND ipp <> ''", ipp)
}

func (w *ward) appointment(id string) practice.Appointment {
	w.t.Helper()
	return get[practice.Appointment](w, "WHERE id = $1", id)
}

func get[T any](w *ward, clause string, arguments ...any) (found T) {
	w.t.Helper()
	require.NoError(w.t, w.store.Read(w.t.Context(), func(tx *store.Tx) error {
		var err error
		found, err = store.Get[T](tx.Across("a test"), clause, arguments...)
		return err
	}))
	return found
}

func (w *ward) count(statement string, arguments ...any) (n int) {
	w.t.Helper()
	require.NoError(w.t, w.store.Read(w.t.Context(), func(tx *store.Tx) error {
		return tx.Across("a test").Scan(statement, arguments, &n)
	}))
	return n
}

func (w *ward) write(f func(tx *store.Tx) error) {
	w.t.Helper()
	require.NoError(w.t, w.store.Write(w.t.Context(), f))
}

// quiet finds nothing of a patient in the log and in the audit log.
func (w *ward) quiet() {
	w.t.Helper()
	var audit strings.Builder
	require.NoError(w.t, w.store.Read(w.t.Context(), func(tx *store.Tx) error {
		entries, err := store.Find[practice.AuditEntry](tx.Across("a test"), "ORDER BY sequence")
		for _, entry := range entries {
			fmt.Fprintf(&audit, "%+v\n", entry)
		}
		return err
	}))
	for _, secret := range []string{"PAT-TROIS", "DOMINIQUE", "19790328", "1979-03-28",
		"279035121518989", "612345678"} {
		require.NotContains(w.t, w.log.String(), secret)
		require.NotContains(w.t, audit.String(), secret)
	}
	verdict, err := ledger.Verify(w.t.Context(), w.store, ledger.Head{})
	require.NoError(w.t, err)
	require.Empty(w.t, verdict.Problem)
}
