package signaling

import (
	"time"

	"github.com/gorilla/websocket"

	"draille/signaling/homes"
	"draille/signaling/protocol"
)

// page returns the websocket of a page that was opened here; nil if it was opened elsewhere.
func (c *connection) page() *websocket.Conn {
	if b, ok := c.ws.(browserSocket); ok {
		return b.Conn
	}
	return nil
}

// follow waits until it is known where the room of an arrival lives. If that is another server, the
// websocket is carried there until it is over. It is called in the reading goroutine: what the page
// sends meanwhile is still to be read.
func (c *connection) follow(a *arriving, led <-chan homes.Home) {
	until := time.Now().Add(c.server.config.CarryTimeout)
	for led != nil {
		select {
		case home, elsewhere := <-led:
			if !elsewhere || c.carry(a.room, home) {
				return
			}
			if time.Now().After(until) {
				c.server.turnAway(c, protocol.ByeMoved)
				return
			}
			a.unreachable = max(a.unreachable, home.Epoch)
			led = c.server.lead(a)
		case <-c.server.life.Done(): // the goodbye is on its way
			return
		}
	}
}

// carry lets another server serve the websocket until it is over. It reports false if that server
// does not take it.
func (c *connection) carry(room string, home homes.Home) bool {
	return c.server.config.Doors.Carry(c.server.life, home, Page{
		Websocket: c.page(),
		Room:      room,
		Address:   c.payer.Address,
		First:     c.first,
		Taken: func() {
			close(c.carried)
			<-c.written
		},
		Trusted: c.authenticated,
	})
}
