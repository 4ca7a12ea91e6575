package command

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// floodServers is how many servers serve one name where one of them is attacked: those that keep
// the register.
const floodServers = 3

// group are servers of one name. The first is attacked; the call that is measured goes on at the
// others.
type group []*ownServer

// startGroup starts them. The first may be reached in the network of the attackers, too.
func startGroup(program Program, networked bool) (servers group, err error) {
	defer func() {
		if err != nil {
			servers.Close()
		}
	}()
	var keepers, doors []string
	for i := range floodServers {
		server, err := newOwn(program, "--trusted-proxies", "")
		if err != nil {
			return servers, err
		}
		servers = append(servers, server)
		address, err := freePair()
		if err != nil {
			return servers, err
		}
		keepers = append(keepers, fmt.Sprintf("n%d=%s", i+1, address))
		doors = append(doors, server.url.Host)
	}
	for i, server := range servers {
		if err := join(server, servers[0], fmt.Sprintf("n%d", i+1), keepers, doors); err != nil {
			return servers, err
		}
	}
	if networked {
		servers[0].inFloodNetwork()
	}
	for _, server := range servers {
		if err := server.Start(); err != nil {
			return servers, err
		}
	}
	return servers, nil
}

// join makes a server one of several, with the secret of the first.
func join(s, first *ownServer, id string, keepers, doors []string) error {
	address, err := freeAddress()
	if err != nil {
		return err
	}
	s.arguments = append(s.arguments, "--secret-file", first.path("secret"),
		"--practice.enabled=false", "--cluster.node", id, "--cluster.listen", address,
		"--cluster.keepers", strings.Join(keepers, ","), "--cluster.doors",
		strings.Join(doors, ","))
	s.invitations, err = s.program.OwnInvitations(first.directory, s.url)
	return err
}

// freePair is an address of this machine whose port nobody uses, nor the one after.
func freePair() (string, error) {
	for range 100 {
		address, err := freeAddress()
		if err != nil {
			return "", err
		}
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return "", err
		}
		number, err := strconv.Atoi(port)
		if err != nil {
			return "", err
		}
		next, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(number+1)))
		if err == nil {
			next.Close()
			if _, taken := given.LoadOrStore(number+1, true); taken {
				continue
			}
			return address, nil
		}
	}
	return "", errors.New("no two ports after one another are free for the register")
}

// Close stops all of them.
func (g group) Close() {
	for _, server := range g {
		server.Close()
	}
}

// other is a server that is not attacked, if there is one.
func (g group) other(i int) *ownServer { return g[min(i, len(g)-1)] }

// open opens the call that is measured, its guest by another server than its host. The servers may
// have to agree first who keeps what.
func (g group) open(ctx context.Context) (*floodCall, error) {
	ctx, cancel := context.WithTimeout(ctx, attackStart)
	defer cancel()
	for {
		call, err := openCall(ctx, g.other(1), g.other(2))
		if err == nil || len(g) == 1 || ctx.Err() != nil {
			return call, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(time.Second):
		}
	}
}
