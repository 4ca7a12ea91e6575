package hl7

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/interop/hl7/er7"
	"draille/signaling/practice/interop/hl7/mllp"
	"draille/signaling/practice/interop/interoptest"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(victimVariable); path != "" {
		beKilled(path)
	}
	storetest.Main(m)
}

// ward is a receiver with two establishments, each with a source of its own.
type ward struct {
	*interoptest.House
	t        *testing.T
	receiver *Receiver
}

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
	w := receiving(t, storetest.Open(t, storetest.Address(t)), interoptest.Morning)
	w.t = t
	return w
}

// receiving is a receiver on a store.
func receiving(t require.TestingT, s *store.Store, now time.Time) *ward {
	public := &url.URL{Scheme: "http", Host: "localhost"}
	w := &ward{House: interoptest.Open(t, s, public, now)}
	var err error
	w.receiver, err = New(Config{Store: s, Agenda: w.Agenda, Sources: sources(), Now: w.Clock,
		Log: w.Logger(), Can: w.Can})
	require.NoError(t, err)
	return w
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
		w.Log)
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
	require.NoError(w.t, w.Store.Read(w.t.Context(), func(tx *store.Tx) error {
		var err error
		found, err = store.Get[T](tx.Across("a test"), clause, arguments...)
		return err
	}))
	return found
}
