package flood

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/stun/v3"
)

// Network is the network from which the attack comes that needs one of its own: what one household
// has. The server is the first address of it.
var Network = netip.MustParsePrefix("fd99::/64")

// idleConnections is how many a stranger opens to the media port.
const idleConnections = 17_000

// networks are the attacks whose number of connections or addresses is the matter.
func networks() []Attack {
	return []Attack{
		{Name: "tcp-idle", Summary: fmt.Sprintf("%d TCP connections to the media port, left "+
			"silent after one binding request each, from %d addresses", idleConnections, addresses),
			Run: idleStreams},
		{Name: "ipv6-64", Summary: "websockets from as many addresses of one IPv6 /64 as there are",
			Network: true,
			Run: func(ctx context.Context, t *Target, tally *Tally) error {
				inside := *t
				inside.HTTP = t.IPv6
				return hold(ctx, 400, 1, &inside, tally,
					func(ctx context.Context, _ *net.Dialer, t *Target) (net.Conn, error) {
						return openWebsocket(ctx, within(Network), t)
					})
			}},
	}
}

// within is a dialer that comes from any address of a network.
func within(network netip.Prefix) *net.Dialer {
	address := network.Addr().As16()
	for i := network.Bits() / 8; i < len(address); i++ {
		address[i] = byte(rand.Uint32())
	}
	return &net.Dialer{Timeout: dialPatience,
		LocalAddr: &net.TCPAddr{IP: address[:]}}
}

// idleStreams opens connections as fast as it can, at least for t.Length, until there are as many
// as it wants, and holds those that the server leaves it.
func idleStreams(ctx context.Context, t *Target, tally *Tally) error {
	if err := allowDescriptors(idleConnections + 1000); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var enough sync.WaitGroup // once there are, and the time is over
	enough.Add(1)
	short, begin, end := lasting(ctx, t.Length)
	defer end()
	begin()
	go func() {
		enough.Wait()
		<-short.Done()
		stop()
	}()
	var opened atomic.Int64
	const perSecond = 8000 // more than there is time for
	return hold(ctx, perSecond, addresses, &Target{HTTP: t.TCP}, tally,
		func(ctx context.Context, dialer *net.Dialer, t *Target) (net.Conn, error) {
			switch n := opened.Add(1); {
			case n == idleConnections:
				enough.Done()
			case n > idleConnections:
				<-ctx.Done()
				return nil, ctx.Err()
			}
			conn, err := dialer.DialContext(ctx, "tcp", t.HTTP)
			if err != nil {
				return nil, err
			}
			_ = conn.SetWriteDeadline(time.Now().Add(dialPatience))
			_, err = conn.Write(stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw)
			if err != nil {
				conn.Close()
				return nil, err
			}
			// The answer: it is served.
			_ = conn.SetReadDeadline(time.Now().Add(dialPatience))
			if _, err := io.ReadFull(conn, make([]byte, stunHeader)); err != nil {
				conn.Close()
				return nil, err
			}
			tally.Answer("answered")
			return conn, conn.SetReadDeadline(time.Time{})
		})
}

const stunHeader = 20 // bytes
