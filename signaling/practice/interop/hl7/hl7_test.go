package hl7

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/interop/hl7/er7"
	"draille/signaling/practice/interop/hl7/mllp"
	"draille/signaling/practice/interop/interoptest"
	"draille/signaling/practice/store"
)

func TestAnIdentityComesIn(t *testing.T) {
	w := newWard(t)
	row := w.is(message{event: "ADT^A01^ADT_A01", pid: withINS("000003"), reliability: "VALI",
		contact: "^PRN^CP^^^^^^^^^0612345678~^NET^Internet^Patient@example.org"}, "AA")
	require.Equal(t, practice.OutcomePatientCreated, row.Outcome)
	p := w.patient("000003")
	require.Equal(t, practice.Patient{ID: row.Patient, Establishment: "E1", IPP: "000003",
		INS: "279035121518989", INSAuthority: "1.2.250.1.213.1.4.10", BirthName: "PAT-TROIS",
		BirthGivenName: "DOMINIQUE", BirthGivenNames: "DOMINIQUE MARIE", Sex: "F",
		BirthDate: "1979-03-28", BirthPlace: "63220", Phone: "+33612345678",
		Email: "patient@example.org", Source: practice.SourceHospital, Version: 1}, p)
	again := w.is(message{event: "ADT^A08", pid: withINS("000003"), reliability: "VALI"}, "AA")
	require.Equal(t, practice.OutcomeUnchanged, again.Outcome)
	w.Quiet()
}

func TestAnINSIsKeptOnlyWithVALI(t *testing.T) {
	w := newWard(t)
	w.is(message{event: "ADT^A28", pid: withINS("1"), reliability: "VALI"}, "AA")
	require.NotEmpty(t, w.patient("1").INS)
	for _, reliability := range []string{"PROV", "VIDE", ""} {
		row := w.is(message{event: "ADT^A31", pid: withINS("1"), reliability: reliability}, "AA")
		require.Equal(t, remarkINS, row.Remarks)
		require.Empty(t, w.patient("1").INS)
		require.Empty(t, w.patient("1").INSAuthority)
		w.is(message{event: "ADT^A31", pid: withINS("1"), reliability: "PROV~VALI"}, "AA")
		require.NotEmpty(t, w.patient("1").INS)
	}
	odd := somebody("2")
	odd[0] += "~123^^^X&1.2.250.1.213.1.4.8&ISO^INS"
	require.Equal(t, remarkINS,
		w.is(message{event: "ADT^A28", pid: odd, reliability: "VALI"}, "AA").Remarks)
	foreign := somebody("3")
	foreign[0] += "~279035121518989^^^X&1.2.3&ISO^INS"
	w.is(message{event: "ADT^A28", pid: foreign, reliability: "VALI"}, "AA")
	require.Empty(t, w.patient("3").INS)
	same := w.is(message{event: "ADT^A28", pid: withINS("4"), reliability: "VALI"}, "AA")
	require.Equal(t, remarkSameINS, same.Remarks)
}

func TestTheSameMessageAThousandTimes(t *testing.T) {
	w := newWard(t)
	raw := message{event: "ADT^A28", pid: somebody("7")}.text()
	first := string(w.sent(raw).Bytes())
	for range 999 {
		w.Now = w.Now.Add(time.Second)
		require.Equal(t, first, string(w.sent(raw).Bytes()))
	}
	require.Equal(t, 1, w.Count("SELECT COUNT(*) FROM received"))
	require.Equal(t, 1, w.Count("SELECT COUNT(*) FROM patients"))
	require.Equal(t, 1, w.Count("SELECT COUNT(*) FROM audit"))
	wrong := message{event: "ADT^A28", pid: []string{"8^^^^PI", "", "", ""}}.text()
	refused := string(w.sent(wrong).Bytes())
	require.Equal(t, refused, string(w.sent(wrong).Bytes()))
	require.Contains(t, refused, "MSA|AE|")
	// Another message with the same control id is kept, refused, and answered the same again.
	other := strings.Replace(raw, "DOMINIQUE", "MARIE", 1)
	answer := string(w.sent(other).Bytes())
	require.Contains(t, answer, "ERR||MSH^1^10|205^Duplicate key identifier^HL70357|E|")
	require.Equal(t, answer, string(w.sent(other).Bytes()))
	require.Equal(t, first, string(w.sent(raw).Bytes()))
}

func TestEventsOutOfOrder(t *testing.T) {
	w := newWard(t)
	late := somebody("7")
	late[1] = "DURAND^DOMINIQUE^^^^^L"
	w.is(message{event: "ADT^A31", pid: late, at: "20261201090000+0100"}, "AA")
	row := w.is(message{event: "ADT^A01", pid: somebody("7"), at: "20261201070000"}, "AA")
	require.Equal(t, practice.OutcomeOlder, row.Outcome)
	require.Equal(t, "DURAND", w.patient("7").BirthName)
	// A clock that is ahead does not make all that comes afterwards old.
	row = w.is(message{event: "ADT^A31", pid: late, at: "20270101000000"}, "AA")
	require.Equal(t, remarkClock, row.Remarks)
	w.Now = w.Now.Add(time.Hour)
	w.is(message{event: "ADT^A31", pid: somebody("7"), at: "20261201083000"}, "AA")
	require.Equal(t, "PAT-TROIS", w.patient("7").BirthName)
}

func TestWhatIsWrongIsSaidByItsField(t *testing.T) {
	w := newWard(t)
	with := func(change func(pid []string)) []string {
		pid := somebody("7")
		change(pid)
		return pid
	}
	for name, c := range map[string]struct {
		m         message
		code, err string
	}{
		"no number": {message{event: "ADT^A28", pid: with(func(p []string) { p[0] = "" })},
			"AE", "ERR||PID^1^3|101^Required field missing^HL70357|E|||expected one number of " +
				"type PI, the hospital's, got none among 0 identifiers|"},
		"two numbers": {message{event: "ADT^A28", pid: with(func(p []string) {
			p[0] += "~8^^^CHU-X^PI"
		})}, "AE", "ERR||PID^1^3|205^"},
		"no name": {message{event: "ADT^A28", pid: with(func(p []string) { p[1] = "^A^^^^^L" })},
			"AE", "ERR||PID^1^5^1^1|101^"},
		"no given name": {message{event: "ADT^A28",
			pid: with(func(p []string) { p[1] = "A^^^^^^L" })}, "AE", "ERR||PID^1^5^1^2|101^"},
		"no date": {message{event: "ADT^A28", pid: with(func(p []string) { p[2] = "19791328" })},
			"AE", "ERR||PID^1^7|102^Data type error^HL70357|E|||expected a date that there is, " +
				"as in 19790328, not before 1900 and not to come, got 8 characters that are none|"},
		"no PID": {message{event: "ADT^A28"}, "AE", "ERR||PID^1|100^"},
		"no MRG": {message{event: "ADT^A40", pid: somebody("7")}, "AE", "ERR||MRG^1|100^"},
		"a time that is none": {message{event: "ADT^A28", pid: somebody("7"), at: "2026130199"},
			"AE", "ERR||EVN^1^2|102^"},
		"another type": {message{event: "ORU^R01"}, "AR",
			"ERR||MSH^1^9^1^1|200^Unsupported message type^HL70357|E|||expected ADT or SIU, got"},
		"another facility": {message{event: "ADT^A28", facility: "CHU-Z"}, "AR",
			`expected an application and a facility that this connection is set up for, got "GAM"`},
		"no SCH": {message{event: "SIU^S12", pid: somebody("7")}, "AE", "ERR||SCH^1|100^"},
	} {
		answer := w.sent(c.m.text())
		require.Equal(t, c.code, answer.First("MSA").Field(1).Text(), name)
		require.Contains(t, string(answer.Bytes()), c.err, name)
	}
	require.Zero(t, w.Count("SELECT COUNT(*) FROM patients"))
	require.Equal(t, 10, w.Count("SELECT COUNT(*) FROM received WHERE state = 'refused'"))
	w.Quiet()
	other := w.is(message{event: "ADT^A02", pid: somebody("7")}, "AA")
	require.Equal(t, practice.OutcomeOtherEvent, other.Outcome)
	unreadable := w.sent("MSH|^~\\&|GAM|CHU-X|DPI|CHU-X|2026||ADT^A28|77|P|2.5\rPATIENT SECRET")
	require.Equal(t, "77", unreadable.First("MSA").Field(2).Text())
	require.Equal(t, "AR", unreadable.First("MSA").Field(1).Text())
	require.Contains(t, string(unreadable.Bytes()), "line 2")
	require.NotContains(t, w.Log.String(), "PATIENT SECRET")
}

func TestASenderWritesInItsOwnEstablishment(t *testing.T) {
	w := newWard(t)
	w.is(message{event: "ADT^A28", pid: somebody("7")}, "AA")
	w.is(message{event: "ADT^A28", pid: somebody("7"), facility: "CHU-Y"}, "AA")
	require.Equal(t, 1, w.Count("SELECT COUNT(*) FROM patients WHERE establishment = 'E1'"))
	require.Equal(t, 1, w.Count("SELECT COUNT(*) FROM patients WHERE establishment = 'E2'"))
	stranger := mllp.Peer{}
	answer := w.from(stranger, message{event: "ADT^A28", pid: somebody("9")}.text())
	require.Equal(t, "AR", answer.First("MSA").Field(1).Text())
	// A certificate of one establishment does not write in another's, whatever the message says.
	certified := mllp.Peer{Names: []string{"gam.ch-y.example"}}
	w.from(certified, message{event: "ADT^A28", pid: somebody("9")}.text())
	require.Equal(t, 1, w.Count("SELECT COUNT(*) FROM patients WHERE establishment = 'E1'"))
	require.Equal(t, 2, w.Count("SELECT COUNT(*) FROM patients WHERE establishment = 'E2'"))
}

func TestTwoPatientsWithOneNumber(t *testing.T) {
	w := newWard(t)
	w.is(message{event: "ADT^A28", pid: somebody("7")}, "AA")
	other := []string{"7^^^CHU-X^PI", "MARTIN^LUCIEN^^^^^L", "19500101", "M"}
	row := w.is(message{event: "ADT^A01", pid: other}, "AE")
	require.Equal(t, "PID-3.1", row.Field)
	require.Contains(t, row.Problem, "another birth name and another birth date")
	require.Equal(t, "PAT-TROIS", w.patient("7").BirthName)
	// A correction says so by its event.
	w.is(message{event: "ADT^A31", pid: other}, "AA")
	require.Equal(t, "MARTIN", w.patient("7").BirthName)
	// Somebody has typed a patient with the number: the same, or another one.
	w.Write(func(tx *store.Tx) error {
		for _, ipp := range []string{"20", "21"} {
			p := practice.Patient{Establishment: "E1", IPP: ipp, BirthName: "Pat Trois",
				BirthGivenName: "Dominique", Sex: "F", BirthDate: "1979-03-28",
				Phone: "+33600000000"}
			if ipp == "21" {
				p.BirthName = "Autre"
			}
			if _, err := w.Agenda.AddPatient(tx, p, true); err != nil {
				return err
			}
		}
		return nil
	})
	w.is(message{event: "ADT^A28", pid: somebody("20"),
		contact: "^PRN^PH^^^^^^^^^0512345678"}, "AA")
	require.Equal(t, practice.SourceHospital, w.patient("20").Source)
	require.Equal(t, "+33600000000", w.patient("20").Phone)
	refused := w.is(message{event: "ADT^A28", pid: somebody("21")}, "AE")
	require.Contains(t, refused.Problem, "correct the record here, then replay")
	// It is mended here, and replayed.
	w.Write(func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE patients SET birth_name = 'Pat Trois' WHERE " +
			"establishment = 'E1' AND ipp = '21'")
		return err
	})
	w.Write(func(tx *store.Tx) error {
		row, err := w.receiver.Replay(tx, refused, "P1")
		require.Equal(t, practice.OutcomePatientUpdated, row.Outcome)
		require.Equal(t, "P1", row.ReplayedBy)
		return err
	})
	require.Equal(t, practice.ReceivedApplied, w.row(refused.ID).State)
	require.ErrorIs(t, w.Store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := w.receiver.Replay(tx, w.row(refused.ID), "P1")
		return err
	}), ErrApplied)
	w.Quiet()
}

func TestOddMessages(t *testing.T) {
	w := newWard(t)
	latin := strings.Replace(message{event: "ADT^A28", pid: somebody("7")}.text(), "PAT-TROIS",
		"LEFEB\xc8VRE", 1)
	row := w.row(w.sent(latin).First("MSH").Field(10).Text())
	require.Equal(t, remarkEncoding, row.Remarks)
	require.Equal(t, "LEFEBÈVRE", w.patient("7").BirthName)
	unknown := message{event: "ADT^A28", pid: somebody("8"), extra: []string{"ZBE|1|\\X00\\|x",
		"ZZ9|a^b"}}
	kept := w.is(unknown, "AA")
	require.NoError(t, w.Store.Read(t.Context(), func(tx *store.Tx) error {
		body, err := bodyOf(tx, kept)
		require.Contains(t, body, "ZZ9|a^b")
		return err
	}))
	born := somebody("9")
	born[2] = "197903"
	require.Equal(t, remarkBirthDate, w.is(message{event: "ADT^A28", pid: born}, "AA").Remarks)
	require.Empty(t, w.patient("9").BirthDate)
	large := w.receiver.TooLarge(loopback, []byte(message{event: "ADT^A28", control: "L"}.text()),
		20<<20)
	answer, err := er7.Parse(large)
	require.NoError(t, err)
	require.Equal(t, "AR", answer.First("MSA").Field(1).Text())
	require.Equal(t, "L", answer.First("MSA").Field(2).Text())
	require.Contains(t, string(large), "expected a message of at most 1048576 bytes, got one of "+
		"20971520; send documents elsewhere")
	enhanced := strings.Replace(message{event: "ADT^A28", pid: somebody("7")}.text(),
		"|2.5^FRA^2.11|||||", "|2.5|||AL|NE|", 1)
	require.Equal(t, "CA", w.sent(enhanced).First("MSA").Field(1).Text())
	// An escape of a zero byte goes into no store.
	zero := somebody("10")
	zero[1] = "A\\X00\\B^C^^^^^L"
	w.is(message{event: "ADT^A28", pid: zero}, "AA")
}

func TestTheQueueShowsNoPatient(t *testing.T) {
	w := newWard(t)
	row := w.is(message{event: "ADT^A28", pid: withINS("000003"), reliability: "VALI",
		contact: "^PRN^CP^^^^^^^^^0612345678",
		extra:   []string{"NK1|1|MARTIN^LUCIEN", "ZZZ|SECRET|12"}}, "AA")
	var text string
	require.NoError(t, w.Store.Read(t.Context(), func(tx *store.Tx) (err error) {
		text, err = Show(tx, row)
		return err
	}))
	for _, secret := range []string{"PAT-TROIS", "DOMINIQUE", "1979", "000003", "2790351",
		"0612", "63220", "MARTIN", "SECRET"} {
		require.NotContains(t, text, secret)
	}
	require.Contains(t, text, "MSH|^~\\&|GAM|CHU-X|")
	require.Contains(t, text, "999999^^^CHU-X&000897406&N^PI~999999999999999^^^ASIP-SANTE-INS-NIR")
	require.Contains(t, text, "|VALI")
	require.Equal(t, "xxx | 99-xx", Mask("abc | 12-Éé"))
}

func TestTextsAreForgotten(t *testing.T) {
	w := newWard(t)
	good := w.is(message{event: "ADT^A28", pid: somebody("7")}, "AA")
	bad := w.is(message{event: "ADT^A28", pid: []string{"", "", "", ""}}, "AE")
	for _, step := range []struct {
		after       time.Duration
		texts, rows int64
	}{{6 * 24 * time.Hour, 0, 0}, {8 * 24 * time.Hour, 1, 0}, {8 * 24 * time.Hour, 0, 0},
		{31 * 24 * time.Hour, 1, 0}} {
		texts, rows, err := Forget(t.Context(), w.Store, interoptest.Morning.Add(step.after))
		require.NoError(t, err)
		require.Equal(t, step.texts, texts, step.after)
		require.Equal(t, step.rows, rows)
	}
	require.NotZero(t, w.row(good.ID).ForgottenAt)
	require.ErrorIs(t, w.Store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := w.receiver.Replay(tx, w.row(bad.ID), "P1")
		return err
	}), ErrForgotten)
	_, rows, err := Forget(t.Context(), w.Store, interoptest.Morning.Add(91*24*time.Hour))
	require.NoError(t, err)
	require.EqualValues(t, 2, rows)
}

func FuzzHandle(f *testing.F) {
	f.Add([]byte(message{event: "ADT^A40", pid: withINS("1"), prior: "2^^^^PI"}.text()))
	f.Add([]byte(message{event: "SIU^S12", pid: somebody("1"), extra: []string{
		"SCH||R-7^DPI||||||TLC|30|MIN|^^^202612011000"}}.text()))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := er7.Parse(raw)
		if err != nil {
			require.NotEmpty(t, unreadable(raw, err, interoptest.Morning))
			return
		}
		said, err := identify(m, Source{}, interoptest.Morning)
		if err == nil {
			require.NotEmpty(t, said.IPP)
			require.True(t, said.INS == "" || strings.Contains(string(raw), "VALI"))
		}
		_, _ = planned(m, time.UTC)
		_ = Mask(string(raw))
		answer, err := er7.Parse(refusal(m, wrong(codeType, "PID-3.1", "a", "b"),
			interoptest.Morning))
		require.NoError(t, err)
		require.Equal(t, m.First("MSH").Field(10).Text(), answer.First("MSA").Field(2).Text())
	})
}
