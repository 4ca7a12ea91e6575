package report

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

// Purposes of messages that carry reports.
const (
	Purpose           = "report"
	PurposeWithdrawal = "report-withdrawal"
)

// Post puts a version that was signed or withdrawn into the outbox, once. It goes out after those
// of the same document that wait.
func Post(tx *store.Tx, r practice.Report, now practice.Instant) error {
	once := fmt.Sprintf("%s/%s/%d/%s", r.Document, Purpose, r.Number, r.State)
	purpose := Purpose
	if r.State == practice.ReportWithdrawn {
		purpose = PurposeWithdrawal
	}
	return postOnce(tx, practice.Message{Establishment: r.Establishment,
		Appointment: r.Appointment, Participant: r.Document, Purpose: purpose,
		Sequence: r.Number}, once, now)
}

// postOnce puts a message for the record into the outbox, unless it is there.
func postOnce(tx *store.Tx, m practice.Message, once string, now practice.Instant) error {
	before, err := postedOnce(tx, m.Establishment, once)
	if err != nil || before != nil {
		return err
	}
	m.ID, m.Channel, m.State = practice.NewID(), practice.ChannelRecord, practice.OutboxWaiting
	m.DueAt, m.NextAt, m.CreatedAt = now, now, now
	tx.Changed(practice.TopicOutbox, m.Establishment, m.ID)
	return store.Insert(tx, m, store.With{"once": once})
}

// postedOnce is the message that was put there; nil: none was.
func postedOnce(tx *store.Tx, establishment, once string) (*practice.Message, error) {
	m, err := store.Get[practice.Message](tx, "WHERE establishment = $1 AND once = $2",
		establishment, once)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return &m, err
}

// Sent is the last message that carries a version; nil: it does not go anywhere.
func Sent(tx *store.Tx, r practice.Report) (*practice.Message, error) {
	m, err := store.Get[practice.Message](tx, `WHERE establishment = $1 AND participant = $2
		AND sequence = $3 AND purpose IN ($4, $5) ORDER BY ordinal DESC LIMIT 1`, r.Establishment,
		r.Document, r.Number, Purpose, PurposeWithdrawal)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return &m, err
}

// Folder is a record that is a folder: a file for each document, in a folder for each
// establishment, called by its FINESS or its id.
type Folder struct {
	Store *store.Store
	Path  string
}

// Takes implements courier.Recorder: a folder takes reports of everybody.
func (f Folder) Takes(practice.Establishment) bool { return true }

// Deliver implements courier.Recorder. It puts the newest version that was signed or withdrawn in
// the place of the one before, so that what is sent twice, or late, stands there once.
func (f Folder) Deliver(ctx context.Context, m practice.Message) error {
	if m.Purpose == PurposeOpinion {
		return f.deliverOpinion(ctx, m)
	}
	var page Page
	var house practice.Establishment
	err := f.Store.Read(ctx, func(tx *store.Tx) error {
		newest, err := store.Get[practice.Report](tx, `WHERE establishment = $1
			AND document = $2 AND state <> 'draft' ORDER BY number DESC LIMIT 1`, m.Establishment,
			m.Participant)
		if err != nil {
			return err
		}
		if house, err = store.Get[practice.Establishment](tx, "WHERE id = $1",
			m.Establishment); err != nil {
			return err
		}
		page, _, err = pageOf(tx, newest)
		return err
	})
	if err != nil {
		return err
	}
	pdf, err := PDF(page)
	if err != nil {
		return err
	}
	return f.put(house, page.Report.Document, pdf)
}

// deliverOpinion puts an expert's answer there. One whose texts are kept no more stays as it is.
func (f Folder) deliverOpinion(ctx context.Context, m practice.Message) error {
	var d Document
	err := f.Store.Read(ctx, func(tx *store.Tx) (err error) {
		d, err = DocumentOf(tx, m)
		return err
	})
	if err != nil || d.Gone {
		return err
	}
	pdf, err := d.PDF()
	if err != nil {
		return err
	}
	return f.put(d.House, d.Report.Document, pdf)
}

// put writes a document into the folder of its establishment.
func (f Folder) put(house practice.Establishment, document string, pdf []byte) error {
	name := house.FINESS
	if name == "" {
		name = house.ID
	}
	folder := filepath.Join(f.Path, name)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return replace(filepath.Join(folder, document+".pdf"), pdf)
}

// pageOf is what the PDF of a version is made of, and who signed it.
func pageOf(tx *store.Tx, r practice.Report) (Page, practice.Person, error) {
	page := Page{Report: r}
	var err error
	if page.Facts, err = Facts(tx, r); err != nil {
		return page, practice.Person{}, err
	}
	who, err := optional[practice.Person](tx, "WHERE id = $1", r.SignedBy)
	page.Signer = agenda.PersonName(who)
	return page, who, err
}

// replace writes a file so that whoever reads it sees the whole of one version.
func replace(path string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".report-"+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}
