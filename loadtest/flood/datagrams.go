package flood

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/pion/stun/v3"
	pion "github.com/pion/turn/v4"

	"draille/signaling/protocol"
)

// datagrams are the attacks on the UDP port by strangers.
func datagrams() []Attack {
	return []Attack{
		{Name: "stun", Summary: "STUN binding requests",
			Run: func(ctx context.Context, t *Target, tally *Tally) error {
				return spray(ctx, 20_000, t, tally, func() []byte {
					return stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw
				})
			}},
		{Name: "ice-guesses", Summary: "ICE checks with guessed names and passwords",
			Run: func(ctx context.Context, t *Target, tally *Tally) error {
				return spray(ctx, 20_000, t, tally, func() []byte {
					guess := fmt.Sprintf("%08x:%08x", rand.Uint32(), rand.Uint32())
					return stun.MustBuild(stun.TransactionID, stun.BindingRequest,
						stun.NewUsername(guess),
						stun.NewShortTermIntegrity(guess), stun.Fingerprint).Raw
				})
			}},
		{Name: "turn-strangers", Summary: "TURN allocations without credentials",
			Run: func(ctx context.Context, t *Target, tally *Tally) error {
				return spray(ctx, 10_000, t, tally, func() []byte {
					return stun.MustBuild(stun.TransactionID,
						stun.NewType(stun.MethodAllocate, stun.ClassRequest),
						stun.RawAttribute{Type: stun.AttrRequestedTransport,
							Value: []byte{17, 0, 0, 0}}).Raw
				})
			}},
		{Name: "garbage", Summary: "datagrams of noise that begin like RTP, DTLS and STUN",
			Run: func(ctx context.Context, t *Target, tally *Tally) error {
				return spray(ctx, 20_000, t, tally, func() []byte {
					noise := make([]byte, 1+rand.IntN(1400))
					for i := range noise {
						noise[i] = byte(rand.Uint32())
					}
					noise[0] = []byte{0, 1, 20, 22, 64, 128, 144, 191}[rand.IntN(8)]
					return noise
				})
			}},
		{Name: "turn-allocations", Summary: "TURN allocations with one participant's credentials",
			Run: allocations},
	}
}

// spray sends datagrams from 16 sockets and counts what comes back.
func spray(ctx context.Context, perSecond int, t *Target, tally *Tally, make func() []byte) error {
	const sockets = 16
	var conns []net.Conn
	var reading sync.WaitGroup
	for range sockets {
		conn, err := net.Dial("udp", t.UDP)
		if err != nil {
			return err
		}
		conns = append(conns, conn)
		reading.Go(func() { count(conn, tally) })
	}
	// Making is not what is measured: a thousand datagrams are used again and again.
	var prepared [][]byte
	for range 1000 {
		prepared = append(prepared, make())
	}
	steadily(ctx, t.Length, perSecond, 2, func(worker int) {
		tally.Try()
		_, _ = conns[worker*sockets/2+rand.IntN(sockets/2)].Write(
			prepared[rand.IntN(len(prepared))])
	})
	for _, conn := range conns {
		conn.Close()
	}
	reading.Wait()
	return nil
}

func count(conn net.Conn, tally *Tally) {
	buffer := make([]byte, 1500)
	for {
		n, err := conn.Read(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // the port was closed for a moment
		}
		message := &stun.Message{Raw: buffer[:n]}
		if message.Decode() != nil {
			tally.Answer("noise")
			continue
		}
		var code stun.ErrorCodeAttribute
		if code.GetFrom(message) == nil {
			tally.Answer(fmt.Sprint(int(code.Code)))
			continue
		}
		tally.Answer("answered")
	}
}

// allocations uses the credentials that a guest is given when they come into the lobby.
func allocations(ctx context.Context, t *Target, tally *Tally) error {
	guest, err := enterLobby(ctx, t, "flood-turn")
	if err != nil {
		return err
	}
	defer guest.Close()
	server, err := relayOf(guest)
	if err != nil {
		return err
	}
	held := &relayed{to: t.UDP}
	defer held.end()
	steadily(ctx, t.Length, 100, 8, func(int) { held.allocate(server, tally) })
	return nil
}

// relayed are relayed addresses that somebody holds.
type relayed struct {
	to   string // host:port of the relay, over UDP
	mu   sync.Mutex
	ends []func()
}

// allocate asks for one more.
func (r *relayed) allocate(server protocol.ICEServer, tally *Tally) {
	tally.Try()
	socket, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return
	}
	client, err := pion.NewClient(&pion.ClientConfig{TURNServerAddr: r.to, Conn: socket,
		Username: server.Username, Password: server.Credential,
		Realm: "draille", RTO: time.Second})
	if err != nil {
		socket.Close()
		return
	}
	end := func() { client.Close(); socket.Close() }
	if err := client.Listen(); err != nil {
		end()
		return
	}
	relayed, err := client.Allocate()
	if err != nil {
		tally.Answer("refused")
		end()
		return
	}
	tally.Answer("allocated")
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ends = append(r.ends, func() { relayed.Close(); end() })
}

// end gives all of them back.
func (r *relayed) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, end := range r.ends {
		end()
	}
}
