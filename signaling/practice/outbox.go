package practice

// OutboxState is how far a message is.
type OutboxState string

const (
	OutboxWaiting OutboxState = "waiting"
	OutboxSent    OutboxState = "sent"
	OutboxFailed  OutboxState = "failed" // given up; may be sent again by hand
	// too late, or the appointment was cancelled, or what a notice is about was read
	OutboxDropped OutboxState = "dropped"
)

// Message is one mail or SMS to be sent. It names records; its words are made when it is sent.
type Message struct {
	ID            string `json:"id"`
	Establishment string `json:"establishment"`
	Appointment   string `json:"appointment"`
	Participant   string `json:"participant"`
	Person        string `json:"person"` // of a notice: whom it is for
	// the opinion or the thread of a notice, the opinion of an answer
	Subject string  `json:"subject"`
	Channel Channel `json:"channel"`
	// invitation, moved, changed, cancelled, renewed, reminder-day, reminder-soon, now, test;
	// into the record: report, report-withdrawal, opinion;
	// of a notice: opinion-urgent, opinion-queue, opinion-back, opinion-reply, opinion-answer,
	// thread
	Purpose string `json:"purpose"`
	// the appointment's when it was put here; of a notice, the version of the opinion or the number
	// of the first message that is not read
	Sequence  int         `json:"sequence"`
	DueAt     Instant     `json:"dueAt"`
	UselessAt Instant     `json:"uselessAt"` // dropped from here on; 0: never
	State     OutboxState `json:"state"`
	Attempts  int         `json:"attempts"`
	NextAt    Instant     `json:"nextAt"`
	// why it did not go out, and so what may help; empty: it did, or waits for its first try
	Reason    Reason  `json:"reason"`
	Error     string  `json:"error"` // what the other end said at the last try, without addresses
	CreatedAt Instant `json:"createdAt"`
	SentAt    Instant `json:"sentAt"`
}

// Reason is why a message did not go out.
type Reason string

const (
	ReasonAddress  Reason = "address"  // nobody has this address or number
	ReasonRefused  Reason = "refused"  // the other server does not take this message
	ReasonLater    Reason = "later"    // it asks to try again later
	ReasonAway     Reason = "away"     // it does not answer
	ReasonAccount  Reason = "account"  // it does not know this server's user, password or key
	ReasonTLS      Reason = "tls"      // its certificate or encryption is not what was expected
	ReasonSetting  Reason = "setting"  // a setting of this server is wrong
	ReasonMissing  Reason = "missing"  // no server or gateway is set up
	ReasonTooLate  Reason = "too-late" // it would come too late
	ReasonOutdated Reason = "outdated" // the appointment was moved, changed or cancelled
	ReasonRevoked  Reason = "revoked"  // the link in it opens nothing any more
	ReasonGone     Reason = "gone"     // the appointment or the participant is not there any more
	ReasonRead     Reason = "read"     // they have seen meanwhile what it is about
	ReasonOff      Reason = "off"      // they do not want notices
	ReasonRight    Reason = "right"    // they have no right to what it is about any more
	ReasonGathered Reason = "gathered" // another notice has told of it as well
)
