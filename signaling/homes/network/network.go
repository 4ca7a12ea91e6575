// Package network lets the nodes of a cluster reach each other: it carries what package cluster
// says of rooms, and serves the websockets that other nodes carry here, over package peers.
package network

import (
	"context"
	"net/netip"

	"draille/signaling"
	"draille/signaling/homes/cluster"
	"draille/signaling/peers"
	"draille/signaling/peers/wire"
	"draille/signaling/tenure"
)

// verdicts are how a node answers, as they are written.
var verdicts = map[tenure.Verdict]wire.Verdict{
	tenure.Taken: wire.Taken, tenure.Elsewhere: wire.Elsewhere, tenure.Declined: wire.Declined,
}

// Network is a cluster.Network.
type Network struct{ client *peers.Client }

// New returns a network over a client.
func New(client *peers.Client) *Network { return &Network{client} }

// Send implements cluster.Network.
func (n *Network) Send(to, peer string, message cluster.Message) {
	if told := toldOf(message); told != nil {
		n.client.Send(peers.Target{Node: to, Address: peer}, told)
	}
}

// toldOf puts a message into the form in which it travels.
func toldOf(m cluster.Message) wire.Told {
	switch {
	case m.Ask:
		return &wire.Ask{Room: m.Room}
	case m.Answer != nil:
		return &wire.Answer{Room: m.Room, Verdict: verdicts[m.Answer.Verdict],
			Epoch: m.Answer.Epoch, Offer: m.Answer.Offer}
	case m.Gift != nil:
		return &wire.HandOver{Room: m.Room, Epoch: m.Gift.Epoch, Revision: m.Gift.Revision,
			State: m.Gift.State, Follows: m.Gift.Follows}
	case m.Volatile != nil:
		return &wire.Volatile{Room: m.Room, Epoch: m.Volatile.Epoch, State: m.Volatile.State,
			Content: m.Volatile.Content}
	case m.Reminder != nil:
		return &wire.Reminder{Room: m.Room, State: m.Reminder}
	}
	return nil
}

// messageOf is the other way round.
func messageOf(told wire.Told) cluster.Message {
	switch told := told.(type) {
	case *wire.Ask:
		return cluster.Message{Room: told.Room, Ask: true}
	case *wire.Answer:
		answer := tenure.Answer{Room: told.Room, Epoch: told.Epoch, Offer: told.Offer}
		for verdict, written := range verdicts {
			if written == told.Verdict {
				answer.Verdict = verdict
			}
		}
		return cluster.Message{Room: told.Room, Answer: &answer}
	case *wire.HandOver:
		return cluster.Message{Room: told.Room, Gift: &tenure.Gift{Epoch: told.Epoch,
			Revision: told.Revision, State: told.State, Follows: told.Follows}}
	case *wire.Volatile:
		return cluster.Message{Room: told.Room, Volatile: &cluster.Volatile{Epoch: told.Epoch,
			State: told.State, Content: told.Content}}
	case *wire.Reminder:
		return cluster.Message{Room: told.Room, Reminder: told.State}
	}
	return cluster.Message{}
}

// Rooms hears what other nodes say of rooms. *cluster.Cluster is one.
type Rooms interface {
	Receive(from string, message cluster.Message)
}

// Websockets serves what other nodes carry here. *signaling.Server is one.
type Websockets interface {
	ServeWebsocket(ws signaling.Websocket, address netip.Addr)
}

// Owner is what a node does for others: a peers.Owner.
type Owner struct {
	Rooms      Rooms
	Websockets Websockets
}

// Told implements peers.Owner.
func (o Owner) Told(from string, told wire.Told) error {
	o.Rooms.Receive(from, messageOf(told))
	return nil
}

// Admit implements peers.Owner. Whoever's room does not live here any more is told so as every page
// is, after their join: it is looked up again then.
func (o Owner) Admit(context.Context, string, wire.Opening) error { return nil }

// Serve implements peers.Owner.
func (o Owner) Serve(opening wire.Opening, conn *peers.Conn) {
	o.Websockets.ServeWebsocket(conn, opening.Address)
}
