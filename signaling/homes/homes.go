// Package homes says which server a room lives on, and keeps what the room must remember. Alone is
// the home of all rooms of a server that is the only one.
package homes

import (
	"time"

	"draille/signaling/rules"
)

// Home is where a room lives: with a Tenure here, else on a Node, else nobody can say.
type Home struct {
	Tenure Tenure
	Node   string // another server's id
	Peer   string // where that server is reached
	Epoch  uint64 // of its ownership
	Away   string // why nobody can say for the moment
}

// Tenure is this server's part in a room that lives here, from Find until Release or
// Listener.Ended. It may be used from any goroutine; none of its methods waits.
type Tenure interface {
	// Recalled returns what is remembered of the room, and since when the places in it are held.
	Recalled() (state rules.State, lostAt time.Time)

	// Handed returns what the server that handed the room over kept of it in memory alone, if one
	// did and said so.
	Handed() rules.Volatile
	// Keep remembers the room's state, soon: of several that come shortly after one another the
	// last. It has no effect where the room lives here no more.
	Keep(state rules.State)

	// KeepNow remembers it at once. It calls saved, from any goroutine or before it returns, when
	// the state will survive a crash of this server, or when it cannot be known whether it does.
	KeepNow(state rules.State, saved func())

	// MayDecide reports whether it may be decided at this moment who may meet whom in the room. If
	// not, the calls in it go on, and known places are taken back, but another server may be
	// deciding.
	MayDecide() bool

	// Listen tells a listener, once and from any goroutine, what happens to the tenure, what has
	// happened before included. It never calls it before it returns.
	Listen(listener Listener)

	// HandOn tells the server on which the room lives since Listener.Ended, if it waits for that,
	// what the room's state was at the end, and what was kept in memory alone.
	HandOn(state rules.State, volatile rules.Volatile)
	// SeatLost says that somebody's websocket in the room is gone.
	SeatLost()

	// Release says that the room is over, and what is left to be remembered of it.
	Release(state rules.State)
}

// Listener hears what happens to a tenure. Its methods must not wait.
type Listener interface {
	// Ended: the room lives on another server from now on. Everybody in it has to connect again.
	Ended()

	// ToDoors: nothing may be decided here, and somebody has lost their websocket. They may find
	// another server, and with it another owner of the room; so that the call does not split,
	// everybody follows. Their places are held.
	ToDoors()

	// Learned: another history of the room said what must not be forgotten, as here.
	Learned(state rules.State)
}
