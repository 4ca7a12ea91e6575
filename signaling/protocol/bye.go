package protocol

// byes holds, for each reason, the sentence for the log and whether the page may come back by
// itself.
var byes = map[ByeReason]struct {
	sentence string
	retry    bool
}{
	ByeLeft:    {"You have left the room.", false},
	ByeEnded:   {"The host has ended the call.", false},
	ByeRemoved: {"The host has put you out; the same link leads to the waiting room.", false},
	ByeRefused: {"You were not admitted.", false},
	ByeReplaced: {
		"The same link was opened in another tab of this browser, which goes on instead.",
		false,
	},
	ByeElsewhere: {"The invitation is in use on another device.", false},
	ByeBlocked:   {"A host has withdrawn the invitation; ask for a new link.", false},
	ByeRevoked:   {"The operator has withdrawn the invitation; ask for a new link.", false},
	ByeExpired:   {"The invitation is no longer valid; ask for a new link.", false},
	ByeNotYet: {
		"The invitation is not valid yet; come back at the time of the appointment.",
		false,
	},
	ByeInvalid: {
		"Expected a token signed by this server for this room, got another; ask for a new link.",
		false,
	},
	ByeFull:   {"The room is full; come back when somebody has left.", false},
	ByeLocked: {"The room is locked; ask the host to open it.", false},
	ByeProtocol: {
		"Too many messages were malformed, too large or too fast; reload the page.",
		false,
	},
	ByeBusy:     {"Too many joins in a short time; connect again later.", true},
	ByeSlow:     {"Messages were not read for too long; connect again.", true},
	ByeShutdown: {"The server stops; connect again, it may be back.", true},
	ByeMoved: {
		"Another server serves the room, or which one cannot be told now; connect again.",
		true,
	},
}

// NewBye returns the goodbye for a reason.
func NewBye(reason ByeReason) Bye {
	bye := byes[reason]
	return Bye{Reason: reason, Message: bye.sentence, Retry: bye.retry}
}
