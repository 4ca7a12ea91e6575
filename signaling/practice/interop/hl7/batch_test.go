package hl7

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/interop/hl7/er7"
	"draille/signaling/practice/store"
)

// together applies messages in one transaction, half of them as if they came meanwhile.
func (w *ward) together(raws ...string) (said []string) {
	w.t.Helper()
	jobs := make([]*job, len(raws))
	for i, raw := range raws {
		m, err := er7.Parse([]byte(raw))
		require.NoError(w.t, err)
		source, err := sourceOf(sources(), loopback, m)
		require.NoError(w.t, err)
		jobs[i] = &job{source: source, message: m, raw: []byte(raw)}
	}
	first := (len(jobs) + 1) / 2
	w.receiver.jobs = make(chan *job, len(jobs))
	for _, j := range jobs[first:] {
		w.receiver.jobs <- j
	}
	for jobs = jobs[:first]; len(jobs) > 0; jobs = w.receiver.more(maxBatch) {
		b := &batch{Receiver: w.receiver, jobs: jobs}
		answers, err := b.commit(context.Background())
		require.NoError(w.t, err)
		for _, text := range answers {
			_, what, _ := strings.Cut(string(text), "\rMSA") // the head has an id and a time
			said = append(said, what)
		}
	}
	return said
}

// kept is what messages have left behind, but for ids.
func (w *ward) kept() (all []any) {
	w.t.Helper()
	require.NoError(w.t, w.Store.Read(w.t.Context(), func(tx *store.Tx) error {
		wide := tx.Across("a test")
		patients, err := store.Find[practice.Patient](wide, "ORDER BY ipp, version")
		require.NoError(w.t, err)
		for _, p := range patients {
			p.ID, p.MergedInto = "", strings.Repeat("x", min(1, len(p.MergedInto)))
			all = append(all, p)
		}
		rows, err := store.Find[practice.Received](wide, "ORDER BY control")
		require.NoError(w.t, err)
		for _, r := range rows {
			r.ID, r.Patient, r.Appointment = "", "", ""
			all = append(all, r)
		}
		return nil
	}))
	return append(all, w.Count("SELECT COUNT(*) FROM audit"))
}

func TestMessagesOfOneTransactionAreAsOneByOne(t *testing.T) {
	other := somebody("1")
	other[1] = "PAT-QUATRE^DOMINIQUE^DOMINIQUE MARIE^^^^L"
	never := somebody("9")
	never[2] = "18000101"
	merge := message{event: "ADT^A40", control: "T7", at: "20261201080300", pid: somebody("1"),
		prior: "3^^^CHU-X&000897406&N^PI"}.text()
	swift := []string{
		message{event: "ADT^A01", control: "T1", pid: withINS("1"), reliability: "VALI"}.text(),
		message{event: "ADT^A08", control: "T2", at: "20261201080200", pid: other}.text(),
		message{event: "ADT^A31", control: "T3", at: "20261201080100", pid: somebody("1")}.text(),
		message{event: "ADT^A28", control: "T4", pid: withINS("3"), reliability: "VALI"}.text(),
		message{event: "ADT^A28", control: "T5", pid: never}.text(),
		message{event: "ADT^A02", control: "T6", pid: somebody("1")}.text(),
	}
	for name, raws := range map[string][]string{
		"new ones":            swift,
		"and one that merges": append(slices.Clone(swift), merge),
		// Here nobody has that number: no row of a patient is refused for being old.
		"and one whose number is merged": append([]string{swift[0], swift[1], swift[2], swift[5],
			swift[4], merge}, message{event: "ADT^A08", control: "T8", at: "20261201080500",
			pid: somebody("3")}.text()),
		"and one that comes twice": append(slices.Clone(swift), swift[3], merge, swift[0]),
	} {
		t.Run(name, func(t *testing.T) {
			one, all := newWard(t), newWard(t)
			var said []string
			for _, raw := range raws {
				said = append(said, one.together(raw)...)
			}
			require.Equal(t, said, all.together(raws...))
			require.Equal(t, one.kept(), all.kept())
			require.Contains(t, said[4], "|AE|")
			all.Quiet()
			// What came in another transaction before is not new either.
			require.Equal(t, said, all.together(raws...))
			require.Equal(t, one.kept(), all.kept())
		})
	}
}

// Messages of few patients, who share few identities: what is asked for all of a transaction at
// once is changed by one of them before another needs it.
func TestAnyMessagesOfOneTransactionAreAsOneByOne(t *testing.T) {
	one, all := newWard(t), newWard(t)
	chance := rand.New(rand.NewPCG(1, 2))
	begun := time.Date(2026, 12, 1, 6, 0, 0, 0, time.UTC)
	pick := func(of ...string) string { return of[chance.IntN(len(of))] }
	for round := range 60 {
		raws := make([]string, 1+chance.IntN(12))
		for i := range raws {
			at := begun.Add(time.Duration(round*12+i-chance.IntN(3)*chance.IntN(20)) * time.Second)
			m := message{event: "ADT^" + pick("A01", "A08", "A28", "A31", "A02"),
				control: fmt.Sprintf("R%d-%d", round, i), at: at.Format("20060102150405"),
				pid: somebody(pick("1", "2", "3", "4", "5", "6"))}
			m.pid[1] = pick("PAT-TROIS", "PAT-TROIS", "PAT-QUATRE") +
				"^DOMINIQUE^DOMINIQUE MARIE^^^^L"
			m.pid[2] = pick("19790328", "19790328", "19790328", "18000101")
			if ins := pick("", "279035121518989", "279035121518990"); ins != "" {
				m.pid[0] += "~" + ins + "^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS"
				m.reliability = "VALI"
			}
			if chance.IntN(50) == 0 {
				m.event, m.prior = "ADT^A40", pick("1", "2", "3")+"^^^CHU-X&000897406&N^PI"
			}
			raws[i] = m.text()
		}
		var said []string
		for _, raw := range raws {
			said = append(said, one.together(raw)...)
		}
		require.Equal(t, said, all.together(raws...), "round %d", round)
		require.Equal(t, one.kept(), all.kept(), "round %d", round)
	}
	require.Positive(t, all.Count("SELECT COUNT(*) FROM merges"))
	for _, outcome := range []practice.ReceivedOutcome{practice.OutcomeOlder,
		practice.OutcomeUnchanged, practice.OutcomePatientUpdated} {
		require.Greater(t, all.Count("SELECT COUNT(*) FROM received WHERE outcome = $1", outcome),
			20, outcome)
	}
	require.Greater(t, all.Count("SELECT COUNT(*) FROM received WHERE remarks LIKE '%same-ins%'"),
		20)
}

func TestThoseWhoShowAPatientAreToldOfATransaction(t *testing.T) {
	w := newWard(t)
	for _, ipp := range []string{"1", "2", "3"} {
		w.is(message{event: "ADT^A28", pid: somebody(ipp)}, "AA")
	}
	first, second, other := w.visit("1", "R-1"), w.visit("2", "R-2"), w.visit("3", "R-3")
	changes, stop := w.Store.Watch()
	defer stop()
	var raws []string
	for _, ipp := range []string{"1", "2"} {
		renamed := somebody(ipp)
		renamed[1] = "PAT-TROIS^ALIX^ALIX MARIE^^^^L"
		raws = append(raws,
			message{event: "ADT^A08", at: "20261201080100", pid: renamed}.text())
	}
	w.together(raws...)
	told := map[string]bool{}
	for _, change := range <-changes {
		told[change.ID] = true
	}
	require.True(t, told[first.ID] && told[second.ID], "whoever shows them reads again")
	require.False(t, told[other.ID])
}
