package quota

import "net/netip"

// Cost names something that runs out.
type Cost string

// Costs that are spent: a rate bounds them.
const (
	Connects Cost = "connects" // TCP connections begun: each may cost a TLS handshake
	Programs Cost = "programs" // the same, at the address of the hospital's programs alone
	Opens    Cost = "opens"    // websockets opened
	Tries    Cost = "tries"    // to sign in, to enrol, or to open the link of an appointment
	Logouts  Cost = "logouts"  // tokens of an identity provider that end sessions
	Chat     Cost = "chat"     // lines of chat
	Typing   Cost = "typing"   // changes of drafts
	// messages that change what is kept on disk, or what everybody is told
	Changes  Cost = "changes"
	Offers   Cost = "offers"   // SDP offers
	Joins    Cost = "joins"    // seats opened
	Messages Cost = "messages" // messages that are none of these
)

// Costs that are held: a number bounds them.
const (
	TCP         Cost = "connections" // TCP connections, of all listeners together
	Allocations Cost = "allocations" // relayed addresses
	Tests       Cost = "tests"       // connection tests: how many run, and how often
	Files       Cost = "files"       // of the web client: how many are sent, and how often
)

// Scope names whose bound was reached.
type Scope string

// Scopes.
const (
	ByAddress     Scope = "address"
	ByInvitation  Scope = "invitation"
	ByParticipant Scope = "participant"
	ByStrangers   Scope = "strangers" // all who have no seat, together
	ByAll         Scope = "all"
)

// Payer is who causes a cost. What is not known is left zero and bounds nothing.
type Payer struct {
	Address     netip.Addr
	Invitation  string
	Participant string
	Seats       int  // of the invitation: its bounds are multiplied by it; 0 counts as 1
	Vouched     bool // another server of the same name has given them a seat
}

// Rate bounds what is spent: so many a second, and so many at once. The zero Rate bounds nothing.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Rates bound one cost that is spent, for each key of a scope on its own.
type Rates struct{ Address, Invitation, Participant Rate }

// Caps bound one cost that is held. Zero bounds nothing.
type Caps struct {
	Address, Invitation, Participant int // of each on its own
	All                              int // of all together
	Strangers                        int // of all together who have no seat
}

// Config bounds every cost. A cost that is missing is not bounded.
type Config struct {
	Rates map[Cost]Rates
	Caps  map[Cost]Caps
}

// DefaultConfig holds what a browser never reaches and a server of two cores bears.
func DefaultConfig() Config {
	return Config{
		Rates: map[Cost]Rates{
			// A hospital comes from one address: its staff open their pages at eight o'clock.
			Opens: {Address: Rate{10, 100}},
			// A page, its websocket, and TURN and ICE over TCP.
			Connects: {Address: Rate{40, 400}},
			Programs: {Address: Rate{40, 400}},
			// A page that nobody has kept yet is thirty files and 150 KiB.
			Files: {Address: Rate{100, 3000}},
			// A ward behind one address signs in; a machine that guesses does not get far.
			Tries: {Address: Rate{0.5, 30}},
			// A hospital's provider signs out a day's staff from one address, and does not try
			// again; each may cost the check of a signature.
			Logouts: {Address: Rate{10, 500}},
			// A seat costs a media plane: keys, a goroutine, some 100 KiB.
			Joins: {Invitation: Rate{0.5, 10}},
			// Faster than anybody types, slow enough for a link of 60 kbit/s.
			Chat: {Invitation: Rate{1, 5}, Participant: Rate{1, 5}},
			// A page tells at most ten changes in 3 s; each is a message to everybody.
			Typing: {Participant: Rate{5, 20}},
			// A page tells its subscriptions when its layout changes.
			Messages: {Participant: Rate{20, 100}},
			// A test takes a person ten seconds, and they try again from another place.
			Tests: {Address: Rate{0.2, 8}, Invitation: Rate{0.05, 3}},
			// Each may cost two fsyncs and a message to everybody.
			Changes: {Invitation: Rate{2, 20}, Participant: Rate{2, 20}},
			// A page offers once, again when it needs more slots or changes network, and every few
			// seconds while nothing gets through. An answer costs milliseconds of a core.
			Offers: {Address: Rate{10, 200}, Invitation: Rate{1, 15}, Participant: Rate{1, 10}},
		},
		Caps: map[Cost]Caps{
			// A browser on two networks that tries UDP, TCP and TLS on each, twice over while it
			// changes from one to the other, holds 12.
			Allocations: {Address: 600, Invitation: 16, Participant: 12, All: 8000, Strangers: 8},
			// Who does not read what they ask for keeps a goroutine and some 20 KiB waiting.
			Files: {Address: 1000, All: 4000},
			// A test may take 2.5 Mbit/s for 5 s of the server's line.
			Tests: {Address: 4, Invitation: 1, Participant: 1, All: 8, Strangers: 1},
		},
	}
}
