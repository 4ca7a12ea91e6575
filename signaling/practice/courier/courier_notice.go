package courier

import (
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// Purposes of notices: mails to staff that something waits for them. Their words tell of what kind
// it is, and nothing else.
const (
	PurposeOpinionUrgent = "opinion-urgent" // a request that is urgent is in their queue
	PurposeOpinionQueue  = "opinion-queue"  // others are
	PurposeOpinionBack   = "opinion-back"   // who was asked asks back
	PurposeOpinionReply  = "opinion-reply"  // what they have asked back was replied to
	PurposeOpinionAnswer = "opinion-answer" // the answer is there
	PurposeThread        = "thread"         // messages of a team or a sector are not read
)

// Judge says when a notice is to be sent whether it still is, and to which address.
type Judge interface {
	Judge(tx *store.Tx, notice practice.Message, now time.Time) (Verdict, error)
}

// Verdict is what is to become of a notice.
type Verdict struct {
	Drop     practice.Reason  // why it is of no use any more; empty: it is
	Later    practice.Instant // not before; 0: now
	Sequence int              // of what it tells, as it is now
	Gathers  bool             // it tells of all others of its purpose as well
	To       string           // mail address
	Language string
}

// notice makes the letter of a notice.
func (c *Courier) notice(tx *store.Tx, m practice.Message) (draft, error) {
	if c.config.Notices == nil {
		return draft{why: practice.ReasonMissing}, nil
	}
	v, err := c.config.Notices.Judge(tx, m, c.now())
	if err != nil || v.Drop != "" {
		return draft{why: v.Drop}, err
	}
	if v.Later != 0 {
		return draft{later: v.Later, sequence: v.Sequence}, nil
	}
	words := wordsOf(v.Language)
	address := c.config.Links.Page() + "#/opinions"
	if m.Purpose == PurposeThread {
		address = c.config.Links.Page() + "#/threads"
	}
	made := &letter{id: m.ID, to: v.To, address: address, subject: words.subjects[m.Purpose],
		lines: []string{words.subjects[m.Purpose] + ".", words.noticesOff, words.signIn}}
	return draft{letter: made, sequence: v.Sequence, gathers: v.Gathers}, nil
}

// hold keeps the others that a notice tells of back while it is being sent. If it does not go out
// they are free again by themselves: it may be of no use by its next try, and they still be.
func (c *Courier) hold(tx *store.Tx, m practice.Message, at practice.Instant) error {
	_, err := tx.Exec(`UPDATE outbox SET claimed_by = $1, claimed_until = $2
		WHERE establishment = $3 AND state = 'waiting' AND person = $4 AND purpose = $5
		AND id <> $1 AND claimed_until <= $6`, m.ID, int64(at.Add(claimFor)), m.Establishment,
		m.Person, m.Purpose, int64(at))
	return err
}

// gathered drops what was told of by a notice that went out.
func gathered(tx *store.Tx, m practice.Message) error {
	_, err := tx.Exec(`UPDATE outbox SET state = 'dropped', reason = $1, claimed_by = '',
		claimed_until = 0 WHERE establishment = $2 AND state = 'waiting' AND person = $3
		AND purpose = $4 AND claimed_by = $5`, string(practice.ReasonGathered), m.Establishment,
		m.Person, m.Purpose, m.ID)
	return err
}
