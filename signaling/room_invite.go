package signaling

import (
	"go.uber.org/zap"

	"draille/signaling/protocol"
	"draille/signaling/rules"
	"draille/signaling/token"
)

// invite makes a link and gives it to whoever asked for it.
func (r *room) invite(e rules.Invite) {
	c := r.connections[e.To]
	of := protocol.TypeOf(protocol.Invite{})
	if r.server.config.Links == nil {
		c.fail(protocol.ErrorServer, of, "this server makes no links; ask who runs it")
		return
	}
	link, picture, err := r.server.config.Links.Invite(token.Invitation{
		Room: r.id, Kind: r.rules.Kind(), Role: e.Role, Name: e.Name,
		NotBefore: r.server.config.Now(), Expires: e.Expires,
	})
	if err != nil {
		c.log.Load().Error("no invitation could be made", zap.Error(err))
		c.fail(protocol.ErrorServer, of, "the link could not be made; try again")
		return
	}
	c.send(protocol.Invitation{Link: link, Picture: picture, Expires: e.Expires.UnixMilli()})
}
