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
	return draft{sequence: v.Sequence, letter: &letter{id: m.ID, to: v.To, address: address,
		subject: words.subjects[m.Purpose],
		lines:   []string{words.subjects[m.Purpose] + ".", words.noticesOff, words.signIn}}}, nil
}
