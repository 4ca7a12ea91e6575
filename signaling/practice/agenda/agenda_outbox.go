package agenda

import (
	"fmt"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// Purposes of messages.
const (
	PurposeInvitation   = "invitation"
	PurposeMoved        = "moved"
	PurposeChanged      = "changed" // another place, at the same time
	PurposeCancelled    = "cancelled"
	PurposeRenewed      = "renewed"
	PurposeReminderDay  = "reminder-day"
	PurposeReminderSoon = "reminder-soon"
	PurposeNow          = "now" // into a call that goes on
)

// sends reports whether a channel is one that messages go by.
func sends(channel practice.Channel) bool {
	return channel == practice.ChannelMail || channel == practice.ChannelSMS
}

// post puts a message to a participant into the outbox, to be sent at once. The same purpose goes
// out once for each state of the appointment; mark tells apart what is sent again.
func (a *Agenda) post(
	tx *store.Tx,
	policy Policy,
	appointment practice.Appointment,
	p practice.Participant,
	purpose, mark string,
) (practice.Message, error) {
	return a.postAt(tx, policy, appointment, p, purpose, mark, practice.InstantOf(a.now()))
}

func (a *Agenda) postAt(
	tx *store.Tx,
	policy Policy,
	appointment practice.Appointment,
	p practice.Participant,
	purpose, mark string,
	due practice.Instant,
) (practice.Message, error) {
	message := practice.Message{ID: practice.NewID(), Establishment: appointment.Establishment,
		Appointment: appointment.ID, Participant: p.ID, Channel: p.Channel, Purpose: purpose,
		Sequence: appointment.Sequence, DueAt: due, UselessAt: policy.Closes(appointment),
		State: practice.OutboxWaiting, NextAt: due, CreatedAt: practice.InstantOf(a.now())}
	if purpose == PurposeReminderDay || purpose == PurposeReminderSoon {
		message.UselessAt = appointment.EndsAt
	}
	if purpose == PurposeNow { // « on vous attend » is not to be read the next morning
		message.UselessAt = min(message.UselessAt, due.Add(callUseless))
	}
	once := fmt.Sprintf("%s/%s/%d/%s", p.ID, purpose, appointment.Sequence, mark)
	if err := store.Insert(tx, message, store.With{"once": once}); err != nil {
		return message, err
	}
	tx.Changed(practice.TopicOutbox, message.Establishment, message.ID)
	return message, nil
}

// remind puts the reminders of an appointment into the outbox, for their time. What would come with
// the invitation itself is left out.
func (a *Agenda) remind(
	tx *store.Tx,
	policy Policy,
	appointment practice.Appointment,
	p practice.Participant,
) error {
	now := practice.InstantOf(a.now())
	for _, reminder := range []struct {
		purpose string
		before  time.Duration
	}{{PurposeReminderDay, policy.ReminderDay}, {PurposeReminderSoon, policy.ReminderSoon}} {
		due := appointment.StartsAt.Add(-reminder.before)
		if reminder.before == 0 || due <= now.Add(leastNotice) {
			continue
		}
		if _, err := a.postAt(tx, policy, appointment, p, reminder.purpose, "", due); err != nil {
			return err
		}
	}
	return nil
}

// leastNotice is how far a reminder stays from the message before it.
const leastNotice = 5 * time.Minute
