package signaling

import (
	"context"
	"net/netip"

	"github.com/gorilla/websocket"

	"draille/signaling/homes"
)

// Doors carry pages' websockets to the servers on which their rooms live.
type Doors interface {
	// Carry carries a page's websocket to another server until it is over, and closes it. It is
	// called in the goroutine that reads the websocket. It returns false, with nothing done, if
	// that server does not take it: it does not answer, or the room does not live there any more.
	// When ctx ends, the page is told to connect again.
	Carry(ctx context.Context, to homes.Home, page Page) (taken bool)
}

// Page is a websocket that was opened here, for a room that lives elsewhere.
type Page struct {
	Websocket *websocket.Conn
	Room      string
	Address   netip.Addr // the person's own
	First     []byte     // its first message, which has been read
	// Taken is called once the other server has taken the websocket, before anything is written to
	// it: it returns when nobody else writes any more.
	Taken func()
	// Trusted is called once the other server knows the person.
	Trusted func()
}
