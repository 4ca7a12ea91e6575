package agenda

import (
	"context"
	"fmt"

	"draille/signaling/practice"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
)

// contactsAtOnce bounds how long a deletion holds up other writers.
const contactsAtOnce = 500

// ForgetContacts deletes addresses and telephone numbers some days after the appointment that they
// were given for (SettingContact), and returns how many people had one: guests of appointments, and
// patients who have none that is later. Of patients who never had an appointment, as most are that
// the hospital's system tells of, they go as many days after the record was last written. What is
// typed of a patient since stays, and so do the contacts of the staff. Each establishment's log
// tells of it.
func (a *Agenda) ForgetContacts(ctx context.Context) (deleted int64, err error) {
	var all []practice.Establishment
	if err := a.config.Store.Read(ctx, func(tx *store.Tx) (err error) {
		all, err = store.Find[practice.Establishment](
			tx.Across("a daemon looks after all establishments"), "ORDER BY id")
		return err
	}); err != nil {
		return 0, err
	}
	for _, establishment := range all {
		some, err := a.forgetContacts(ctx, establishment.ID)
		if deleted += some; err != nil {
			return deleted, err
		}
	}
	return deleted, nil
}

// forgetContacts deletes those of one establishment: the guests' at once, since there are few after
// the first time, the patients' in parts, since there may be a hospital's.
func (a *Agenda) forgetContacts(ctx context.Context, establishment string) (int64, error) {
	var policy Policy
	var guests int64
	now := practice.InstantOf(a.now())
	if err := a.config.Store.Write(ctx, func(tx *store.Tx) (err error) {
		if policy, err = PolicyOf(tx, establishment); err != nil {
			return err
		}
		guests, err = tx.Exec(
			`UPDATE participants SET email = '', phone = '', channel = $1, version = version + 1
			WHERE establishment = $2 AND person = '' AND (email <> '' OR phone <> '')
			AND appointment IN (SELECT id FROM appointments WHERE establishment = $2
				AND ends_at < $3)`,
			string(practice.ChannelNone), establishment, int64(now.Add(-policy.Contact)))
		return err
	}); err != nil {
		return 0, err
	}
	patients, err := a.config.Store.WriteInParts(ctx, contactsAtOnce,
		func(tx *store.Tx) (int64, error) {
			return tx.Exec(forgetPatients, int64(now), establishment,
				int64(now.Add(-policy.Contact)), contactsAtOnce)
		})
	if err != nil || guests+patients == 0 {
		return guests + patients, err
	}
	return guests + patients, a.config.Store.Write(ctx, func(tx *store.Tx) error {
		return ledger.Append(tx, a.now(), practice.AuditEntry{Establishment: establishment,
			ActorKind: practice.ActorSystem, Action: "contact.retention",
			Detail: fmt.Sprintf(`{"guests":%d,"patients":%d,"days":%d}`, guests, patients,
				int(policy.Contact/day))})
	})
}

// forgetPatients finds patients by patients_contact, which has none any more whose contact is gone.
// The establishment stands inside alone: outside, SQLite would walk all patients for each part.
const forgetPatients = `UPDATE patients SET email = '', phone = '', version = version + 1,
	updated_at = $1 WHERE id IN (SELECT id FROM patients
		WHERE establishment = $2 AND (email <> '' OR phone <> '') AND updated_at < $3
		AND NOT EXISTS (SELECT 1 FROM appointments WHERE appointments.establishment = $2
			AND appointments.patient = patients.id AND appointments.ends_at >= $3)
		ORDER BY updated_at LIMIT $4)`
