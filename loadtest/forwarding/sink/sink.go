// Package sink is a network that takes what a server sends to its clients, counts it, and delivers
// next to nothing: the price of forwarding without that of a receiver on the same machine, which
// the kernel puts on the sender's account where both are one machine.
//
// The server is in one network namespace and its clients' sockets are in another. What arrives
// there of media (RFC 7983, RFC 5761) nftables counts and, once told to, drops before IP sees it,
// but for a few packets a second to each client, from which it can tell the server what has
// arrived. Everything else passes. It needs Linux, root, iproute2 and nft.
package sink

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"strings"

	"draille/loadtest/link/tun"
)

// SampledPerSecond is how many media packets a second reach each client, at most. With 15, a server
// that measures by a burst what the path carries took one for a queue (1 → 50): what comes between
// two packets that arrive is reported at even intervals.
const SampledPerSecond = 40

const device = "media"

// addresses of the server and of all clients: of the network for benchmarks (RFC 2544).
var addresses = [2]netip.Prefix{
	netip.MustParsePrefix("198.18.0.1/30"), netip.MustParsePrefix("198.18.0.2/30"),
}

// Sink is a server's namespace and its clients'. Its methods may be called concurrently.
type Sink struct{ server, clients *tun.Namespace }

// Open makes the namespaces. Close them.
func Open() (*Sink, error) {
	if _, err := exec.LookPath("nft"); err != nil {
		return nil, errors.New("sink: what arrives is counted and dropped by nftables, whose " +
			"command nft is not installed: apt-get install nftables")
	}
	server, err := tun.NewNamespace()
	if err != nil {
		return nil, err
	}
	clients, err := tun.NewNamespace()
	if err != nil {
		return nil, errors.Join(err, server.Close())
	}
	s := &Sink{server: server, clients: clients}
	if err = tun.Pair(device, server, clients, addresses); err == nil {
		_, err = s.nft(context.Background(), rules(), "-f", "-")
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// rules count media. A first byte from 128 to 191 is RTP's or RTCP's, of which the latter
// has types from 192 to 223 in its second.
func rules() string {
	return fmt.Sprintf(`table netdev sink {
	set sampled {
		type ipv4_addr . inet_service
		flags dynamic
		size 65535
	}
	counter passed { }
	counter dropped { }
	chain arriving {
		type filter hook ingress device "%s" priority 0; policy accept;
		ip protocol udp @th,64,2 2 @th,72,8 != 192-223 jump media
	}
	chain media {
		counter name passed accept
	}
}
`, device)
}

// Drop lets next to nothing of the media pass from now on. Until then all of it does: a server
// measures by bursts what a path carries, and between two packets that arrive nobody knows of a
// burst.
func (s *Sink) Drop(ctx context.Context) error {
	_, err := s.nft(ctx, fmt.Sprintf(`flush chain netdev sink media
table netdev sink {
	chain media {
		update @sampled { ip daddr . udp dport limit rate %d/second burst 1 packets } \
			counter name passed accept
		counter name dropped drop
	}
}
`, SampledPerSecond), "-f", "-")
	return err
}

// nft runs nftables' command among the clients.
func (s *Sink) nft(ctx context.Context, input string, arguments ...string) ([]byte, error) {
	command := s.clients.Command(ctx, "nft", arguments...)
	command.Stdin = strings.NewReader(input)
	var said bytes.Buffer
	command.Stderr = &said
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("sink: nft %s: %w: %s", strings.Join(arguments, " "), err,
			bytes.TrimSpace(said.Bytes()))
	}
	return out, nil
}

// Media returns how many media packets have arrived at the clients' namespace, those that passed
// included.
func (s *Sink) Media(ctx context.Context) (uint64, error) {
	out, err := s.nft(ctx, "", "-j", "list", "counters", "table", "netdev", "sink")
	if err != nil {
		return 0, err
	}
	var listed struct {
		Nftables []struct{ Counter struct{ Packets uint64 } }
	}
	if err := json.Unmarshal(out, &listed); err != nil {
		return 0, fmt.Errorf("sink: expected nft's counters as JSON, %w came", err)
	}
	sum := uint64(0)
	for _, object := range listed.Nftables {
		sum += object.Counter.Packets
	}
	return sum, nil
}

// Inside moves a command that was not started yet to where the server is.
func (s *Sink) Inside(command *exec.Cmd) *exec.Cmd {
	inside := s.server.Command(context.Background(), command.Path, command.Args[1:]...)
	inside.Env, inside.Dir = command.Env, command.Dir
	return inside
}

// ServerAddress is where the server has to receive media.
func (s *Sink) ServerAddress() netip.Addr { return addresses[0].Addr() }

// DialContext opens a connection to the server from its own namespace, over its loopback interface:
// nothing but media crosses.
func (s *Sink) DialContext(ctx context.Context, network, address string) (conn net.Conn,
	err error) {
	err = s.server.Do(func() error {
		var dialer net.Dialer
		conn, err = dialer.DialContext(ctx, network, address)
		return err
	})
	return conn, err
}

// ListenUDP opens the media socket of a client.
func (s *Sink) ListenUDP() (socket *net.UDPConn, err error) {
	err = s.clients.Do(func() error {
		socket, err = net.ListenUDP("udp4", &net.UDPAddr{IP: addresses[1].Addr().AsSlice()})
		return err
	})
	return socket, err
}

// Close lets go of the namespaces, which end with the last process and socket in them.
func (s *Sink) Close() error { return errors.Join(s.server.Close(), s.clients.Close()) }
