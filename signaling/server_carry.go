package signaling

import (
	"context"

	"go.uber.org/zap"

	"draille/signaling/homes"
	"draille/signaling/peers"
	"draille/signaling/peers/wire"
	"draille/signaling/protocol"
)

// Carrier carries a websocket to the server on which its room lives. *peers.Client is one.
type Carrier interface {
	// Open opens a stream to a server, with what the page has sent first.
	Open(ctx context.Context, target peers.Target, opening wire.Opening, first []byte) (
		*peers.Stream, error)
}

// carry carries somebody's websocket to the server on which their room lives, or turns them away.
func (s *Server) carry(a *arriving, home homes.Home) {
	defer s.running.Done()
	c := a.connection
	own := c.ws.(browserSocket) // nothing else is kept
	stream, err := s.config.Carrier.Open(context.Background(),
		peers.Target{Node: home.Node, Address: home.Peer},
		wire.Opening{Room: a.room, Address: c.payer.Address, Origin: own.origin, Host: own.host,
			Subprotocol: protocol.Subprotocol}, c.passage.first())
	if err != nil {
		c.log.Load().Info("a room on another server is not reached", zap.String("node", home.Node),
			zap.Error(err))
		s.config.Homes.Unreached(a.room, home)
		s.sendOn(a, "the server "+home.Node+", on which the room lives, is not reached from "+
			"this one")
		return
	}
	if !c.carry(stream, own) {
		stream.Close()
	}
}
