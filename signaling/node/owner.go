package node

import (
	"context"
	"fmt"

	"draille/signaling"
	"draille/signaling/homes/cluster"
	"draille/signaling/peers"
	"draille/signaling/peers/wire"
	"draille/signaling/tenure"
)

// owner is what a node does for others.
type owner struct{ node *Node }

var _ peers.Owner = owner{}

// Told implements peers.Owner.
func (o owner) Told(from string, told wire.Told) error {
	message, err := messageOf(told)
	if err == nil {
		o.node.homes.Receive(from, message)
	}
	return err
}

// Admit implements peers.Owner.
func (o owner) Admit(ctx context.Context, _ string, opening wire.Opening) error {
	if !o.node.homes.Holds(ctx, opening.Room) {
		return peers.NotHere
	}
	return nil
}

// Serve implements peers.Owner. Nobody calls before Node.Serve was called.
func (o owner) Serve(opening wire.Opening, conn *peers.Conn) {
	(*o.node.sockets.Load()).ServeWebsocket(conn, opening.Address)
}

// network is how the nodes' messages about rooms travel.
type network struct{ node *Node }

// Send implements cluster.Network.
func (n network) Send(to, peer string, message cluster.Message) {
	n.node.client.Send(peers.Target{Node: to, Address: peer}, toldOf(message))
}

func opening(page signaling.Page) wire.Opening {
	return wire.Opening{Room: page.Room, Address: page.Address.Unmap().WithZone("")}
}

var verdicts = map[tenure.Verdict]wire.Verdict{tenure.Taken: wire.Taken,
	tenure.Elsewhere: wire.Elsewhere, tenure.Declined: wire.Declined}

// toldOf puts a message into the form in which it travels.
func toldOf(m cluster.Message) wire.Told {
	switch {
	case m.Answer != nil:
		return &wire.Answer{Room: m.Room, Verdict: verdicts[m.Answer.Verdict],
			Epoch: m.Answer.Epoch}
	case m.Gift != nil:
		return &wire.HandOver{Room: m.Room, Epoch: m.Gift.Epoch, Revision: m.Gift.Revision,
			State: m.Gift.State}
	case m.Reminder != nil:
		return &wire.Reminder{Room: m.Room, State: m.Reminder}
	default:
		return &wire.Ask{Room: m.Room}
	}
}

// messageOf reads what travelled.
func messageOf(told wire.Told) (cluster.Message, error) {
	switch t := told.(type) {
	case *wire.Ask:
		return cluster.Message{Room: t.Room, Ask: true}, nil
	case *wire.Answer:
		for verdict, word := range verdicts {
			if word == t.Verdict {
				return cluster.Message{Room: t.Room,
					Answer: &tenure.Answer{Room: t.Room, Verdict: verdict, Epoch: t.Epoch}}, nil
			}
		}
	case *wire.HandOver:
		return cluster.Message{Room: t.Room, Gift: &tenure.Gift{Epoch: t.Epoch,
			Revision: t.Revision, State: t.State}}, nil
	case *wire.Reminder:
		return cluster.Message{Room: t.Room, Reminder: t.State}, nil
	}
	return cluster.Message{}, fmt.Errorf("expected a message of a kind that this version knows, "+
		"got %T; update both nodes to one version", told)
}
