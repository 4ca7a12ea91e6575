package flood

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"regexp"
	"sync"

	"github.com/gorilla/websocket"
	"github.com/pion/stun/v3"

	"draille/signaling/protocol"
)

// icePorts is from how many ports the checks of one seat come.
const icePorts = 20_000

// agent is a seat's ICE without anything behind it: it knows what makes a check valid.
type agent struct {
	ws                 *websocket.Conn
	fragment, password string // of the server
}

// openAgent takes a seat in a lobby and negotiates a connection.
func openAgent(ctx context.Context, t *Target, room string) (*agent, error) {
	ws, err := enterLobby(ctx, t, room)
	if err != nil {
		return nil, err
	}
	a := &agent{ws: ws}
	if err := a.negotiate(); err != nil {
		ws.Close()
		return nil, err
	}
	return a, nil
}

var (
	fragmentLine = regexp.MustCompile(`a=ice-ufrag:(\S+)`)
	passwordLine = regexp.MustCompile(`a=ice-pwd:(\S+)`)
)

func (a *agent) negotiate() error {
	if err := a.ws.WriteJSON(protocol.Offer{Type: "offer", Connection: "connection",
		SDP: manySlots(1)}); err != nil {
		return err
	}
	for {
		var message struct{ Type, SDP, Code, Reason string }
		if err := a.ws.ReadJSON(&message); err != nil {
			return err
		}
		switch message.Type {
		case "answer":
			fragment := fragmentLine.FindStringSubmatch(message.SDP)
			password := passwordLine.FindStringSubmatch(message.SDP)
			if fragment == nil || password == nil {
				return errors.New("an answer without ICE")
			}
			a.fragment, a.password = fragment[1], password[1]
			return nil
		case "error", "bye":
			return fmt.Errorf("expected an answer, got %s %s%s", message.Type, message.Code,
				message.Reason)
		}
	}
}

// check is one that names its path as the one to use.
func (a *agent) check() []byte {
	priority := binary.BigEndian.AppendUint32(nil, rand.Uint32())
	return stun.MustBuild(stun.TransactionID, stun.BindingRequest,
		stun.NewUsername(a.fragment+":abcd"),
		stun.RawAttribute{Type: stun.AttrPriority, Value: priority},
		stun.RawAttribute{Type: stun.AttrUseCandidate},
		stun.RawAttribute{Type: stun.AttrICEControlling, Value: make([]byte, 8)},
		stun.NewShortTermIntegrity(a.password), stun.Fingerprint).Raw
}

// portStorm sends valid checks of one seat, each from another port.
func portStorm(ctx context.Context, t *Target, tally *Tally) error {
	const perSecond, kept = 8000, 500 // kept: ports that are open at once
	a, err := openAgent(ctx, t, "flood-ports")
	if err != nil {
		return err
	}
	var reading sync.WaitGroup
	reading.Go(func() { answers(a.ws, tally) })
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var mu sync.Mutex
	var conns [kept]net.Conn // open ones, the oldest of which gives way
	sent := 0
	steadily(ctx, 0, perSecond, 4, func(int) {
		mu.Lock()
		sent++
		n := sent
		mu.Unlock()
		if n > icePorts {
			stop()
			return
		}
		address := from(n, addresses).LocalAddr.(*net.TCPAddr).IP
		conn, err := (&net.Dialer{LocalAddr: &net.UDPAddr{IP: address}}).DialContext(ctx, "udp",
			t.UDP)
		if err != nil {
			tally.Answer("no port")
			return
		}
		tally.Try()
		_, _ = conn.Write(a.check())
		reading.Go(func() { count(conn, tally) })
		mu.Lock()
		oldest := conns[n%kept]
		conns[n%kept] = conn
		mu.Unlock()
		if oldest != nil {
			oldest.Close()
		}
	})
	for _, conn := range conns {
		if conn != nil {
			conn.Close()
		}
	}
	a.ws.Close()
	reading.Wait()
	return nil
}

// falseHellos sends, from the one address that ICE has found, beginnings of handshakes that lead
// nowhere.
func falseHellos(ctx context.Context, t *Target, tally *Tally) error {
	a, err := openAgent(ctx, t, "flood-hellos")
	if err != nil {
		return err
	}
	conn, err := net.Dial("udp", t.UDP)
	if err != nil {
		a.ws.Close()
		return err
	}
	var reading sync.WaitGroup
	reading.Go(func() { answers(a.ws, tally) })
	reading.Go(func() { count(conn, tally) })
	_, _ = conn.Write(a.check())
	steadily(ctx, t.Length, 5000, 1, func(int) {
		tally.Try()
		_, _ = conn.Write(falseHello())
	})
	conn.Close()
	a.ws.Close()
	reading.Wait()
	return nil
}

// falseHello is a ClientHello or a ServerHello (RFC 6347 section 4.2.2) with a random number that
// belongs to nobody.
func falseHello() []byte {
	const body = 2 + 32 + 1 + 2 + 1 // version, random, no session, suite, no compression
	hello := []byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12 + body,
		byte(1 + rand.IntN(2)), 0, 0, body, 0, 0, 0, 0, 0, 0, 0, body, 0xfe, 0xfd}
	for range 32 {
		hello = append(hello, byte(rand.Uint32()))
	}
	return append(hello, 0, 0xc0, 0x2b, 0)
}
