package node

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"draille/signaling/homes/notices"
	"draille/signaling/homes/register"
	"draille/signaling/peers"
	"draille/signaling/peers/identity"
	"draille/signaling/tenure"
)

// Status is what an observer sees of a cluster.
type Status struct {
	Nodes   []NodeStatus // by id
	Unowned int          // rooms that live nowhere, and of which something is remembered
	Leader  string       // of the register's keepers; empty: not known
	Away    []string     // of the register's keepers, those that the leader does not reach
}

// NodeStatus is what an observer sees of a node.
type NodeStatus struct {
	ID, Address, Version string
	Load                 float64
	Rooms                int
	Record               tenure.NodeRecord
	Report               peers.Report // of its port for nodes
}

// State tells in a word how a node is.
func (n NodeStatus) State() string {
	switch {
	case n.Record.Fenced != "":
		return "declared dead"
	case n.Report.Reached == peers.Bad || n.Report.Secret == peers.Bad:
		return "not reached"
	case n.Record.Draining:
		return "draining"
	case len(n.Report.Problems) > 0:
		return "see below"
	}
	return "well"
}

// observer looks at a cluster without being one of its nodes.
type observer struct {
	identity *identity.Identity
	engine   *engine
	config   Config
}

func observe(config Config) (*observer, error) {
	id := "observer-" + rand.Text()[:8]
	who, err := identity.New(identity.Config{Secret: config.Secret, Node: id,
		Instance: rand.Text()})
	if err != nil {
		return nil, err
	}
	opened, err := openEngine(id, who, config.Register, config.Log)
	if err != nil {
		return nil, err
	}
	return &observer{who, opened, config}, nil
}

// Observe asks the register which nodes there are and where rooms live, and each node how it is.
func Observe(ctx context.Context, config Config) (Status, error) {
	o, err := observe(config)
	if err != nil {
		return Status{}, err
	}
	defer o.engine.close()
	keys, _, err := o.snapshot(ctx)
	if err != nil {
		return Status{}, err
	}
	status := statusOf(keys)
	// It says nothing of the nodes.
	status.Leader, status.Away, _ = o.engine.opened.Load().Keepers(ctx)
	client, err := peers.NewClient(peers.Config{Identity: o.identity, Version: config.Version,
		Log: config.Log})
	if err != nil {
		return Status{}, err
	}
	defer client.Close()
	for i := range status.Nodes {
		n := &status.Nodes[i]
		n.Report = client.Check(ctx, peers.Target{Node: n.ID, Address: n.Address})
	}
	return status, nil
}

// snapshot returns all keys, and what changes afterwards.
func (o *observer) snapshot(ctx context.Context) (map[string]register.Change,
	<-chan register.Change, error) {
	changes, err := o.engine.Watch(ctx, "")
	if err != nil {
		return nil, nil, fmt.Errorf("the register does not answer: %w (%w)", o.engine.trouble(),
			err)
	}
	keys := map[string]register.Change{}
	for change := range changes {
		switch change.Kind {
		case register.Set:
			keys[change.Key] = change
		case register.Deleted:
			delete(keys, change.Key)
		case register.Gap:
			clear(keys)
		case register.Live:
			return keys, changes, nil
		}
	}
	return nil, nil, fmt.Errorf("%w (%w)", o.engine.untold(), context.Cause(ctx))
}

// statusOf counts what stands in the register.
func statusOf(keys map[string]register.Change) (status Status) {
	rooms := map[string]int{}
	for key, change := range keys {
		var room tenure.RoomRecord
		var node tenure.NodeRecord
		if strings.HasPrefix(key, tenure.RoomKey("")) &&
			json.Unmarshal(change.Value, &room) == nil {
			rooms[room.Node]++
		}
		id, ok := strings.CutPrefix(key, tenure.NodeKey(""))
		if ok && json.Unmarshal(change.Value, &node) == nil {
			status.Nodes = append(status.Nodes, NodeStatus{ID: id, Address: node.Peer,
				Version: node.Version, Load: node.Load, Record: node})
		}
	}
	for i := range status.Nodes {
		status.Nodes[i].Rooms = rooms[status.Nodes[i].ID]
		delete(rooms, status.Nodes[i].ID)
	}
	for _, n := range rooms { // their node has left, or they are over
		status.Unowned += n
	}
	slices.SortFunc(status.Nodes, func(a, b NodeStatus) int { return strings.Compare(a.ID, b.ID) })
	return status
}

// Revoke tells all nodes that an invitation is withdrawn.
func Revoke(ctx context.Context, config Config, invitation string, until time.Time) error {
	o, err := observe(config)
	if err != nil {
		return err
	}
	defer o.engine.close()
	if _, _, err := o.snapshot(ctx); err != nil {
		return err
	}
	return notices.Put(ctx, o.engine, revokedKind, notices.Notice{ID: invitation, Until: until})
}

// Force declares a node dead that has not renewed its lease for as long as one lasts. Whoever
// renews meanwhile is not declared dead.
func Force(ctx context.Context, config Config, id string) error {
	o, err := observe(config)
	if err != nil {
		return err
	}
	defer o.engine.close()
	keys, changes, err := o.snapshot(ctx)
	if err != nil {
		return err
	}
	seen, known := keys[tenure.NodeKey(id)]
	var record tenure.NodeRecord
	switch {
	case !known:
		return fmt.Errorf("no node %q is known: draille cluster status tells which there are", id)
	case json.Unmarshal(seen.Value, &record) != nil:
		return fmt.Errorf("what the register says of node %q cannot be read by this version", id)
	case record.Fenced != "":
		return nil
	}
	if err := silent(ctx, changes, tenure.NodeKey(id)); err != nil {
		return fmt.Errorf("node %q was not declared dead: %w", id, err)
	}
	record.Fenced = o.identity.Node()
	value, err := json.Marshal(record)
	if err != nil {
		return err
	}
	_, err = o.engine.Put(ctx, seen.Key, value, seen.Revision)
	return err
}

// silent returns nil if a key does not change for as long as a lease lasts.
func silent(ctx context.Context, changes <-chan register.Change, key string) error {
	over := time.NewTimer(tenure.DefaultConfig().Lease)
	defer over.Stop()
	for {
		select {
		case change, ok := <-changes:
			switch {
			case !ok || change.Kind == register.Gap:
				return errors.New("the register broke off meanwhile; try again")
			case change.Key == key:
				return errors.New("it renews its lease, so it lives: drain it, or end its process")
			}
		case <-over.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
