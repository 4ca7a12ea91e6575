package signaling

import (
	"errors"
	"fmt"

	"go.uber.org/zap"

	"draille/signaling/peers"
)

// carry gives the websocket to a stream, once nobody here writes to it any more. It reports whether
// there is still a page.
func (c *connection) carry(stream *peers.Stream, own browserSocket) bool {
	if !c.passage.cutBy(stream.Close) || !c.out.hand() {
		return false
	}
	<-c.written
	return c.passage.begin(func() *peers.Carriage {
		c.deadlineMu.Lock()
		defer c.deadlineMu.Unlock()
		c.parting = true // the read deadline is the carriage's
		return stream.Carry(own.Conn, c.trust)
	})
}

// carriedPayer is who pays at this server for a websocket that is carried: its page's connections
// come here, wherever its room lives.
func (c *connection) carriedPayer() string { return fmt.Sprintf("carried %d", c.id) }

// trust notes that the server of the room knows the person.
func (c *connection) trust() {
	payer := c.payer
	payer.Participant = c.carriedPayer()
	c.server.config.Quota.Seat(payer)
	c.authenticated()
}

// errFault is why a carried websocket ends whose reader has failed.
var errFault = errors.New("a fault in the server")

// carried waits until the other server has heard that a carried websocket is over.
func (c *connection) carried() {
	if !c.passage.end(errFault) { // unless it has heard why
		return
	}
	outcome, err := c.passage.carriage().Wait()
	c.server.config.Quota.Unseat(c.carriedPayer())
	c.log.Load().Info("a websocket was carried to another server",
		zap.String("ended by", string(outcome)), zap.Error(err))
}
