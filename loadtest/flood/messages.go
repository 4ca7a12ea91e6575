package flood

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"draille/signaling/protocol"
)

// messages are the attacks of somebody who has an invitation, from the lobby of a room of their
// own.
func messages() []Attack {
	return []Attack{
		{Name: "giant-sdp", Summary: "offers of 60 KB",
			Run: func(ctx context.Context, t *Target, tally *Tally) error {
				line := "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n"
				return offers(ctx, t, tally, sdpHead+strings.Repeat(line, 1300))
			}},
		{Name: "many-sections", Summary: "offers with a thousand sections",
			Run: func(ctx context.Context, t *Target, tally *Tally) error {
				var sdp strings.Builder
				sdp.WriteString(sdpHead)
				for i := range 1000 {
					fmt.Fprintf(&sdp, "m=video 9 A/B 96\r\na=mid:%d\r\na=recvonly\r\n", i)
				}
				return offers(ctx, t, tally, sdp.String())
			}},
		{Name: "many-slots", Summary: "good offers of a new connection each, with fifty slots",
			Run: func(ctx context.Context, t *Target, tally *Tally) error {
				return offers(ctx, t, tally, manySlots(50))
			}},
		{Name: "chatter", Summary: "messages as fast as they go, good and bad", Run: chatter},
		{Name: "bombs", Summary: "messages of 1 MB that unpack to 1 GB", Run: bombs},
	}
}

const sdpHead = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" +
	"a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n" +
	"a=fingerprint:sha-256 " +
	"00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:" +
	"00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00\r\na=setup:actpass\r\n"

// manySlots is an offer with all that a browser's has, short enough for one message.
func manySlots(slots int) string {
	var sdp strings.Builder
	sdp.WriteString("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n")
	transport := sdpHead[strings.Index(sdpHead, "a=ice-ufrag"):]
	section := func(kind, mid, direction, codec string) {
		fmt.Fprintf(&sdp, "m=%s 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 "+
			"0.0.0.0\r\na=mid:%s\r\na=%s\r\na=rtcp-mux\r\na=rtpmap:96 %s\r\n%s", kind, mid,
			direction, codec, transport)
	}
	section("audio", "0", "sendonly", "opus/48000/2")
	section("video", "1", "sendonly", "VP8/90000")
	section("video", "2", "sendonly", "VP8/90000")
	for i := range slots {
		section("video", fmt.Sprint(3+i), "recvonly", "VP8/90000")
	}
	return sdp.String()
}

// enterLobby joins a room of one's own, without a browser.
func enterLobby(ctx context.Context, t *Target, room string) (*websocket.Conn, error) {
	link, err := t.Link(room, "guest")
	if err != nil {
		return nil, err
	}
	return enterBy(ctx, from(0, 1), t, link)
}

// enterBy joins by a link, on a device of its own.
func enterBy(ctx context.Context, dialer *net.Dialer, t *Target, link string) (
	*websocket.Conn, error) {
	token, err := tokenOf(link)
	if err != nil {
		return nil, err
	}
	ws, err := dialWebsocket(ctx, dialer, t, true)
	if err != nil {
		return nil, err
	}
	if err := ws.WriteJSON(protocol.Join{Type: "join", Token: token,
		Device: strings.ToLower(rand.Text())}); err != nil {
		ws.Close()
		return nil, err
	}
	return ws, nil
}

// lastPing is the number of a ping that is sent after all else. Its answer comes after all others.
const lastPing = 1_000_000

// answers counts what a websocket is told, until it closes or a last ping is answered.
func answers(ws *websocket.Conn, tally *Tally) {
	for {
		var message struct {
			Type, Code, Reason string
			N                  int
		}
		if err := ws.ReadJSON(&message); err != nil {
			return
		}
		switch message.Type {
		case "error":
			tally.Answer(message.Code)
		case "bye":
			tally.Answer("bye " + message.Reason)
		case "answer":
			tally.Answer("answer")
		case "pong":
			if message.N == lastPing {
				return
			}
		}
	}
}

// insist keeps some websockets open, each in a room of its own, and sends on them; whoever is put
// out comes back.
func insist(ctx context.Context, t *Target, tally *Tally, perSecond int,
	send func(*websocket.Conn) error) error {
	const guests = 4
	return crowd(ctx, t, tally, perSecond, guests,
		func(guest int) (*websocket.Conn, error) {
			return enterLobby(ctx, t, fmt.Sprintf("flood-%d", guest))
		}, send)
}

// crowd does the same for so many guests, each of whom enters as it is told.
func crowd(ctx context.Context, t *Target, tally *Tally, perSecond, guests int,
	enter func(guest int) (*websocket.Conn, error), send func(*websocket.Conn) error) error {
	var mu sync.Mutex
	open := map[int]*websocket.Conn{}
	var reading sync.WaitGroup
	steadily(ctx, t.Length, perSecond, guests, func(worker int) {
		mu.Lock()
		ws := open[worker]
		mu.Unlock()
		if ws == nil {
			var err error
			if ws, err = enter(worker); err != nil {
				tally.Answer(words(err))
				return
			}
			mu.Lock()
			open[worker] = ws
			mu.Unlock()
			reading.Go(func() { answers(ws, tally) })
		}
		tally.Try()
		_ = ws.SetWriteDeadline(time.Now().Add(2 * time.Second))
		if send(ws) == nil {
			return
		}
		ws.Close()
		mu.Lock()
		delete(open, worker)
		mu.Unlock()
	})
	// What was sent has its answer, unless that takes too long.
	for _, ws := range open {
		until := time.Now().Add(dialPatience)
		_ = ws.SetWriteDeadline(until)
		_ = ws.NetConn().SetReadDeadline(until) // of ws only its reader may set it
		if ws.WriteJSON(protocol.Ping{Type: "ping", N: lastPing}) != nil {
			ws.Close()
		}
	}
	reading.Wait()
	for _, ws := range open {
		ws.Close()
	}
	return nil
}

func offers(ctx context.Context, t *Target, tally *Tally, sdp string) error {
	return insist(ctx, t, tally, 120, func(ws *websocket.Conn) error {
		return ws.WriteJSON(protocol.Offer{Type: "offer", Connection: strings.ToLower(rand.Text()),
			SDP: sdp})
	})
}

func chatter(ctx context.Context, t *Target, tally *Tally) error {
	return insist(ctx, t, tally, 4000, func(ws *websocket.Conn) error {
		return ws.WriteMessage(websocket.TextMessage, []byte(`{"type":"ping","n":1}`))
	})
}

// bombs sends frames by hand: a client library would unpack or refuse them.
func bombs(ctx context.Context, t *Target, tally *Tally) error {
	bomb, err := packZeros(1 << 30)
	if err != nil {
		return err
	}
	frame := clientFrame(bomb)
	return insist(ctx, t, tally, 40, func(ws *websocket.Conn) error {
		_, err := ws.NetConn().Write(frame)
		return err
	})
}

// packZeros packs so many zeros as permessage-deflate does (RFC 7692 section 7.2.1), about a
// thousandth of their number.
func packZeros(length int) ([]byte, error) {
	const chunk = 1 << 20
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	zeros := make([]byte, chunk)
	// from the second chunk on, all that went before are zeros: each is packed like the one before
	var first, next []byte
	for _, part := range []*[]byte{&first, &next} {
		if _, err := w.Write(zeros); err != nil {
			return nil, err
		}
		if err := w.Flush(); err != nil {
			return nil, err
		}
		*part = bytes.Clone(packed.Bytes())
		packed.Reset()
	}
	all := append(first, bytes.Repeat(next, length/chunk-1)...)
	return bytes.TrimSuffix(all, []byte{0, 0, 0xff, 0xff}), nil
}

// clientFrame wraps a compressed text message as a client does (RFC 6455 section 5.2), with a mask
// of zeros.
func clientFrame(payload []byte) []byte {
	frame := []byte{0x80 | 0x40 | 0x01, 0x80 | 127}
	frame = binary.BigEndian.AppendUint64(frame, uint64(len(payload)))
	frame = append(frame, 0, 0, 0, 0)
	return append(frame, payload...)
}
