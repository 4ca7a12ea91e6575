package report

import (
	"crypto/sha256"
	"math/big"
	"strconv"

	"github.com/google/uuid"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// Document is what a message carries into a record that keeps versions: one version, the same each
// time it is asked for, but for the patient, whom the record knows by what they are called now.
type Document struct {
	Page
	Opinion *OpinionPage // of an expert's answer; nil: it is the report of a session
	Message practice.Message
	House   practice.Establishment
	Patient practice.Patient // without ID: the session was about none
	Signer  practice.Person
	// Withdraws is whether the message says that the version is not to be used.
	Withdraws bool
	// Before is the version that the record has; 0: none.
	Before int
	// Overtaken is whether a later message of the document has been tried.
	Overtaken bool
	// Gone is whether what it says is kept no more.
	Gone bool
}

// PDF writes the document.
func (d Document) PDF() ([]byte, error) {
	if d.Opinion != nil {
		return OpinionPDF(*d.Opinion)
	}
	return PDF(d.Page)
}

// DocumentOf is what a message carries.
func DocumentOf(tx *store.Tx, m practice.Message) (Document, error) {
	d := Document{Message: m, Withdraws: m.Purpose == PurposeWithdrawal}
	if m.Purpose == PurposeOpinion {
		return d, d.opinion(tx)
	}
	version, err := store.Get[practice.Report](tx, `WHERE establishment = $1 AND document = $2
		AND number = $3`, m.Establishment, m.Participant, m.Sequence)
	if err != nil {
		return d, err
	}
	version.State = practice.ReportSigned // as it was, whatever has become of it
	if d.Withdraws {
		version.State = practice.ReportWithdrawn
	}
	if d.Page, d.Signer, err = pageOf(tx, version); err != nil {
		return d, err
	}
	if d.House, err = store.Get[practice.Establishment](tx, "WHERE id = $1",
		m.Establishment); err != nil {
		return d, err
	}
	a, err := appointmentOf(tx, version)
	if err != nil {
		return d, err
	}
	if d.Patient, err = optional[practice.Patient](tx, "WHERE establishment = $1 AND id = $2",
		a.Establishment, a.Patient); err != nil {
		return d, err
	}
	return d, d.others(tx)
}

// others looks at the other messages of the document.
func (d *Document) others(tx *store.Tx) error {
	all, err := store.Find[practice.Message](tx, `WHERE establishment = $1 AND participant = $2
		AND channel = $3 ORDER BY ordinal`, d.Message.Establishment, d.Message.Participant,
		string(practice.ChannelRecord))
	later := false
	for _, one := range all {
		switch {
		case one.ID == d.Message.ID:
			later = true
		case later:
			d.Overtaken = d.Overtaken || one.Attempts > 0
		case one.State == practice.OutboxSent && one.Purpose == PurposeWithdrawal:
			d.Before = 0
		case one.State == practice.OutboxSent:
			d.Before = one.Sequence
		}
	}
	return err
}

// VersionID names a version of the document all over the world: an OID made of a UUID.
func (d Document) VersionID(number int) string {
	return oid(uuidOf(d.Report.Document + "/" + strconv.Itoa(number)))
}

// uuidOf makes a UUID of a text, the same each time: version 8, of one's own making (RFC 9562).
func uuidOf(text string) uuid.UUID {
	sum := sha256.Sum256([]byte(text))
	id, _ := uuid.FromBytes(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	return id
}

// SetID names the document, in whichever version.
func (d Document) SetID() string {
	id, err := uuid.Parse(d.Report.Document)
	if err != nil {
		return d.VersionID(0)
	}
	return oid(id)
}

// oid writes a UUID as an OID, as ITU-T X.667 has it.
func oid(id uuid.UUID) string { return "2.25." + new(big.Int).SetBytes(id[:]).String() }
