package record

import (
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/report"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(victimVariable); url != "" {
		beKilled(url)
	}
	storetest.Main(m)
}

// noon is when sessions of these tests begin.
var noon = time.Date(2026, time.December, 1, 11, 0, 0, 0, time.UTC)

var claire = practice.Person{ID: "D1", Title: "Dr", GivenName: "Claire", FamilyName: "Bonnet",
	Profession: "médecin", RPPS: "10000000001", Language: "fr", Version: 1}

// furnish puts an establishment with a patient and two colleagues into a store.
func furnish(tx *store.Tx) error {
	nurse := practice.Person{ID: "D2", GivenName: "Lou", FamilyName: "Vidal & fils",
		Profession: "infirmière", Language: "fr", Version: 1}
	dressed := store.With{"search": "x", "created_at": 1}
	if err := store.Insert(tx, practice.Establishment{ID: "E1", Name: "CH <X>",
		Zone: "Europe/Paris", FINESS: "010000001", Version: 1}, nil); err != nil {
		return err
	}
	for _, who := range []practice.Person{claire, nurse} {
		if err := store.Insert(tx, who, dressed); err != nil {
			return err
		}
	}
	if err := store.Insert(tx, practice.Service{ID: "V1", Establishment: "E1", Name: "Gériatrie",
		Version: 1}, nil); err != nil {
		return err
	}
	return store.Insert(tx, practice.Patient{ID: "P1", Establishment: "E1", IPP: "770001",
		INS: "279035121518989", INSAuthority: "1.2.250.1.213.1.4.10", BirthName: "DVOŘÁK",
		BirthGivenName: "ŁUCJA", BirthGivenNames: "ŁUCJA & MARIE", UsedName: "O'NEIL^",
		Sex: practice.SexFemale, BirthDate: "1940-02-03", BirthPlace: "63220",
		Source: practice.SourceHospital, Version: 1},
		store.With{"search": "x", "search_used": "", "created_at": 1, "updated_at": 1})
}

// meet makes an appointment that is over, with the draft of its report.
func meet(tx *store.Tx, id, patient string) (practice.Report, error) {
	at := practice.InstantOf(noon)
	a := practice.Appointment{ID: id, Establishment: "E1", Service: "V1",
		Kind: practice.KindConsultation, Status: practice.StatusFulfilled, Patient: patient,
		StartsAt: at, EndsAt: at.Add(time.Hour), Zone: "Europe/Paris", Room: "R" + id, BeganAt: at,
		EndedAt: at.Add(10 * time.Minute), Version: 1}
	r := practice.Report{ID: practice.NewID(), Establishment: "E1", Appointment: id,
		Document: uuid.NewString(), Number: 1, State: practice.ReportDraft, CreatedAt: at,
		Version: 1}
	if err := store.Insert(tx, a, nil); err != nil {
		return r, err
	}
	for _, person := range []string{"D1", "D2"} {
		p := practice.Participant{ID: id + person, Establishment: "E1", Appointment: id,
			Kind: practice.ParticipantPerson, Person: person, CallRole: "clinician", Version: 1}
		if err := store.Insert(tx, p, store.With{"starts_at": int64(at)}); err != nil {
			return r, err
		}
		if err := store.Insert(tx, practice.Episode{ID: practice.NewID(), Establishment: "E1",
			Appointment: id, Participant: p.ID, Kind: practice.EpisodePresent, BeganAt: at,
			EndedAt: at.Add(9 * time.Minute)}, nil); err != nil {
			return r, err
		}
	}
	return r, store.Insert(tx, r, nil)
}

var by = report.By{Person: claire, At: noon.Add(20 * time.Minute)}

// signed signs the newest draft of a document and posts it.
func signed(tx *store.Tx, r practice.Report, conclusion string) (practice.Report, error) {
	r, err := report.Sign(tx, r, r.Version, report.Text{Conclusion: conclusion}, by)
	if err != nil {
		return r, err
	}
	return r, report.Post(tx, r, practice.InstantOf(by.At))
}

// desk is a store with one report that is signed, corrected and withdrawn.
type desk struct {
	t      *testing.T
	store  *store.Store
	newest practice.Report
}

func newDesk(t *testing.T) *desk {
	d := &desk{t: t, store: storetest.Open(t, storetest.Address(t))}
	d.write(furnish)
	d.write(func(tx *store.Tx) (err error) {
		d.newest, err = meet(tx, "A1", "P1")
		return err
	})
	return d
}

func (d *desk) write(f func(tx *store.Tx) error) {
	d.t.Helper()
	require.NoError(d.t, d.store.Write(d.t.Context(), f))
}

func (d *desk) sign(conclusion string) practice.Message {
	d.t.Helper()
	d.write(func(tx *store.Tx) (err error) {
		d.newest, err = signed(tx, d.newest, conclusion)
		return err
	})
	return d.posted()
}

func (d *desk) correct(conclusion string) practice.Message {
	d.t.Helper()
	d.write(func(tx *store.Tx) (err error) {
		d.newest, err = report.Correct(tx, d.newest, by)
		return err
	})
	return d.sign(conclusion)
}

func (d *desk) withdraw() practice.Message {
	d.t.Helper()
	d.write(func(tx *store.Tx) (err error) {
		if d.newest, err = report.Withdraw(tx, d.newest, "mauvais patient", by); err != nil {
			return err
		}
		return report.Post(tx, d.newest, practice.InstantOf(by.At.Add(time.Minute)))
	})
	return d.posted()
}

// posted is the message of the newest version.
func (d *desk) posted() (m practice.Message) {
	d.t.Helper()
	require.NoError(d.t, d.store.Read(d.t.Context(), func(tx *store.Tx) error {
		found, err := report.Sent(tx, d.newest)
		if err == nil {
			m = *found
		}
		return err
	}))
	return m
}

// settle notes what became of a message, as the courier does.
func (d *desk) settle(m practice.Message, state practice.OutboxState) {
	d.t.Helper()
	d.write(func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE outbox SET state = $1, attempts = attempts + 1
			WHERE establishment = 'E1' AND id = $2`, string(state), m.ID)
		return err
	})
}

// mdm is a way to a book.
// nobody is an address at which nobody listens. The port of a listener that was closed may be
// another's at once, and connections that a client has kept outlive it.
const nobody = "127.0.0.1:1"

func mdm(b *book) Way { return mdmTo(b.address()) }

func mdmTo(address string) Way {
	return Way{Establishment: "010000001", Form: FormMDM, Address: address,
		Application: "DRAILLE", Facility: "CHU-X", ToApplication: "DPI", ToFacility: "CHU-X",
		Authority: "CHU-X&1.2.250.1.999&ISO"}
}
