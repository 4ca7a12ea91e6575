package agenda

import (
	"context"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// ClockStepped takes back that nobody came to appointments that are not over, which was found out
// while the clock was ahead. It is for whenever the clock of this machine was set; Run does it at
// the start. What a person has said stays.
func (a *Agenda) ClockStepped(ctx context.Context) error {
	at := practice.InstantOf(a.now())
	return a.config.Store.Write(ctx, func(tx *store.Tx) error {
		early, err := store.Find[practice.Appointment](
			tx.Across("the clock is the same for all establishments"),
			"WHERE status = 'noshow' AND outcome_by = '' AND ends_at > $1 AND starts_at > $2",
			int64(at), int64(at.Add(-missedBack)))
		if err != nil {
			return err
		}
		for _, appointment := range early {
			appointment.Status, appointment.UpdatedAt = practice.StatusBooked, at
			changed(tx, appointment)
			if err := store.Update(tx, &appointment, nil); err != nil {
				return err
			}
		}
		return nil
	})
}
