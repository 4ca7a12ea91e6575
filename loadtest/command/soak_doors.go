package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"draille/loadtest/scenario"
	"draille/signaling/protocol"
)

// soakedGroup are several servers of one name as a soak needs them: what happens to a server
// happens to the one on which most rooms live. Nothing breaks their disks: rooms are in the
// register.
type soakedGroup struct {
	soaked  // the first, which is attacked
	servers group
	metrics *scenario.DoorMetrics
	down    int // counts those that were killed or stopped
}

func newSoakedGroup(servers group) *soakedGroup {
	g := &soakedGroup{soaked: soaked{servers[0]}, servers: servers,
		metrics: scenario.NewDoorMetrics()}
	for _, server := range servers {
		g.metrics.Add(server.url.Host, server.metrics)
	}
	return g
}

// doors are where people come in.
func (g *soakedGroup) doors() (doors []door) {
	for _, server := range g.servers {
		doors = append(doors, door{address: server.url.Host})
	}
	return doors
}

// Link implements soak.Server.
func (g *soakedGroup) Link(room string, kind protocol.Kind, role protocol.Role) (string, error) {
	return g.servers[0].Link(room, kind, role)
}

// readEvery is how often it is looked where rooms live: each of them lives for half a minute.
const readEvery = time.Second

// look reads where rooms live until the context ends.
func (g *soakedGroup) look(ctx context.Context) {
	ticker := time.NewTicker(readEvery)
	defer ticker.Stop()
	for {
		_, _ = g.metrics.Read(ctx) // servers that are away are told of
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Reading implements soak.Server: of all together.
func (g *soakedGroup) Reading(ctx context.Context) (scenario.Reading, error) {
	reading, err := g.metrics.Read(ctx)
	for _, door := range g.metrics.Doors() {
		if door.Away {
			err = errors.Join(err, fmt.Errorf("the server %s does not answer", door.Address))
		}
	}
	return reading, err
}

// Alive implements soak.Server.
func (g *soakedGroup) Alive() bool {
	for _, server := range g.servers {
		if !server.Alive() {
			return false
		}
	}
	return true
}

// Start implements soak.Server.
func (g *soakedGroup) Start() error {
	var failed error
	for _, server := range g.servers {
		if !server.Alive() {
			failed = errors.Join(failed, server.Start())
		}
	}
	return failed
}

// Stop implements soak.Server: it drains a server.
func (g *soakedGroup) Stop() { g.next().Stop() }

// Kill implements soak.Server.
func (g *soakedGroup) Kill() { g.next().Kill() }

// next is the server on which most rooms live, that somebody may lose something; of several the
// next one.
func (g *soakedGroup) next() *ownServer {
	g.down++
	doors := g.metrics.Doors()
	most := g.down % len(g.servers)
	for i := range g.servers {
		if at := (g.down + i) % len(g.servers); doors[at].Rooms > doors[most].Rooms {
			most = at
		}
	}
	return g.servers[most]
}

// RenewCertificate implements soak.Server.
func (g *soakedGroup) RenewCertificate() error {
	var failed error
	for _, server := range g.servers {
		failed = errors.Join(failed, server.RenewCertificate())
	}
	return failed
}

// Reload implements soak.Server.
func (g *soakedGroup) Reload() error {
	var failed error
	for _, server := range g.servers {
		failed = errors.Join(failed, soaked{server}.Reload())
	}
	return failed
}
