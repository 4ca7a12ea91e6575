package figures

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// K is how many answers are shown together at least (k-anonymity). Answers of a service are held
// back until there are as many, and then shown for ever as one: whatever anybody chooses to see is
// a sum of such parcels, and so is what two choices, or two looks, differ by.
const K = 5

// Faces is how many there are to choose from.
const Faces = 5

// ErrNotMet says that somebody cannot say how a consultation was.
var ErrNotMet = errors.New("expected somebody who was received in a consultation, got another")

// Answer takes what a participant says of their consultation, from 1 to 5, once: what they say
// again changes nothing. Who has said what is not written down; that they have said something is
// known by its hash for as long as their invitation may be used.
func Answer(tx *store.Tx, now time.Time, participant string, face int) error {
	if face < 1 || face > Faces {
		return fmt.Errorf("expected a face from 1 to %d, got %d", Faces, face)
	}
	a, err := metBy(tx, participant)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte("satisfaction " + participant))
	fresh, err := tx.Exec(`INSERT INTO spent (key, expires_at) VALUES ($1, $2)
		ON CONFLICT (key) DO NOTHING`, hex.EncodeToString(sum[:]),
		int64(practice.InstantOf(now.Add(remembered))))
	if err != nil || fresh == 0 {
		return err
	}
	zone, err := time.LoadLocation(a.Zone)
	if err != nil {
		return err
	}
	return hold(tx, a, MonthAt(now, zone), face)
}

// remembered is longer than an invitation may be used, appointments of a whole day included.
const remembered = 7 * 24 * time.Hour

// metBy is the consultation in which somebody was received as a patient, or with one.
func metBy(tx *store.Tx, participant string) (practice.Appointment, error) {
	p, err := store.Get[practice.Participant](tx.Across("an invitation names a participant alone"),
		"WHERE id = $1", participant)
	if errors.Is(err, store.ErrNotFound) {
		return practice.Appointment{}, ErrNotMet
	}
	if err != nil {
		return practice.Appointment{}, err
	}
	a, err := store.Get[practice.Appointment](tx, "WHERE establishment = $1 AND id = $2",
		p.Establishment, p.Appointment)
	if err != nil {
		return a, err
	}
	received := p.Kind == practice.ParticipantPatient || p.Kind == practice.ParticipantRelative
	if !received || a.Kind != practice.KindConsultation || a.BeganAt == 0 {
		return a, ErrNotMet
	}
	return a, nil
}

// hold keeps an answer back, and lets those of its service be seen once there are enough.
func hold(tx *store.Tx, a practice.Appointment, month, face int) error {
	column := "face" + strconv.Itoa(face)
	if _, err := tx.Exec(`INSERT INTO satisfaction (establishment, service, month, face1, face2,
		face3, face4, face5) VALUES ($1, $2, 0, 0, 0, 0, 0, 0)
		ON CONFLICT (establishment, service, month) DO NOTHING`, a.Establishment,
		a.Service); err != nil {
		return err
	}
	if _, err := tx.Exec("UPDATE satisfaction SET "+column+" = "+column+
		" + 1 WHERE establishment = $1 AND service = $2 AND month = 0", a.Establishment,
		a.Service); err != nil {
		return err
	}
	held, err := store.Get[practice.Satisfaction](tx,
		"WHERE establishment = $1 AND service = $2 AND month = 0", a.Establishment, a.Service)
	if err != nil || AnswersIn(held) < K {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO satisfaction (establishment, service, month, face1, face2,
		face3, face4, face5) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (establishment, service, month) DO UPDATE SET
		face1 = satisfaction.face1 + excluded.face1, face2 = satisfaction.face2 + excluded.face2,
		face3 = satisfaction.face3 + excluded.face3, face4 = satisfaction.face4 + excluded.face4,
		face5 = satisfaction.face5 + excluded.face5`, held.Establishment, held.Service, month,
		held.Face1, held.Face2, held.Face3, held.Face4, held.Face5); err != nil {
		return err
	}
	_, err = tx.Exec("DELETE FROM satisfaction WHERE establishment = $1 AND service = $2 "+
		"AND month = 0", a.Establishment, a.Service)
	return err
}

// AnswersIn is how many have answered.
func AnswersIn(s practice.Satisfaction) int {
	return s.Face1 + s.Face2 + s.Face3 + s.Face4 + s.Face5
}

// AddSatisfaction adds the answers of one to another.
func AddSatisfaction(to *practice.Satisfaction, more practice.Satisfaction) {
	to.Face1 += more.Face1
	to.Face2 += more.Face2
	to.Face3 += more.Face3
	to.Face4 += more.Face4
	to.Face5 += more.Face5
}
