package signaling

import (
	"context"
	"time"

	"draille/signaling/homes"
	"draille/signaling/protocol"
	"draille/signaling/quota"
)

// Media is the media plane. The server makes one room of it for each room of its own.
type Media interface {
	NewRoom(id string) MediaRoom
}

// MediaRoom is the media plane of one room.
type MediaRoom interface {
	// Join makes a participant, gate closed. Their listener may be called as soon as Join is.
	Join(id string, listener Listener) (MediaParticipant, error)
	// Close frees what the room holds. All its participants have been closed before.
	Close()
}

// MediaParticipant is the media plane of one participant. Answer, AddCandidate and Close may take
// long and are called from a goroutine of the participant, one at a time; the others must return at
// once.
type MediaParticipant interface {
	// Answer answers an offer. A connection other than the one before replaces the transport.
	Answer(ctx context.Context, connection, offer string) (answer string, err error)
	AddCandidate(connection, candidate, mid string) error
	SetAdmitted(admitted bool)
	SetLive(live protocol.Live)
	// SetCapture tells how many lines the participant's camera gives.
	SetCapture(lines int)
	SetSubscriptions(wants []protocol.Subscription)
	// SetInitialEstimate gives the client's estimate of its downlink, in bit/s, from before there
	// were any media.
	SetInitialEstimate(bitrate int)
	// SetTransfers tells at which bit/s bytes could travel beside the media, from the participant
	// and to them; 0: there are none.
	SetTransfers(up, down int)
	// TransferRates returns the bit/s at which they may, beside the voices, all headers included.
	TransferRates() (up, down int)
	// TransferArrived counts bytes that came from the participant so.
	TransferArrived(bytes int)
	// CSRCs returns the CSRC of each source, fixed for the participant's life.
	CSRCs() map[protocol.Source]uint32
	// Send sends on the unreliable data channel; false when it is not open.
	Send(data []byte) bool
	Close()
}

// Listener hears what a participant must be told. Its methods never block and may be called from
// any goroutine.
type Listener interface {
	Slots(slots []protocol.Slot)
	Encode(source protocol.Source, encodings []protocol.Encoding)
	Speakers(participants []string)
	UplinkLoss(lossy, far []string)
	Transport(state string)
}

// Homes says which server a room lives on. *homes.Alone is one.
type Homes interface {
	// Find looks where a room lives, because somebody comes to it here and it is not open. What is
	// known at once is its answer. Else found is called later, once, within some seconds, and never
	// from within a method of Homes or of a Tenure.
	Find(room string, found func(homes.Home)) (home homes.Home, known bool)
	// Unreached says that another server, on which a room lives, was not reached from here just
	// now: for a while whoever looks for the room is told so again only if it still lives.
	Unreached(room string, home homes.Home)
}

// Quota is asked before anything is spent. *quota.Account is one.
type Quota interface {
	// Spend puts one unit of a cost down to a payer and reports whether it may be spent.
	Spend(now time.Time, cost quota.Cost, payer quota.Payer) bool
	// Seat notes that a participant has a seat, and where; Unseat that they have none any more.
	Seat(payer quota.Payer)
	Unseat(participant string)
}

// Relay hands out ICE servers with the credentials of one participant.
type Relay interface {
	// Credentials returns nil where there is no relay for that participant, who pays for it, and
	// whose page called the server by that name (host[:port]).
	Credentials(payer quota.Payer, door string, now time.Time) (
		servers []protocol.ICEServer, expires time.Time)
}
