package peers

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"draille/signaling/peers/wire"
)

// attacker has the secret, and speaks HTTP/2 by hand.
type attacker struct {
	t    *testing.T
	conn net.Conn
	out  *bufio.Writer
	hold bool   // what is written waits for more
	next uint32 // stream
}

func (n *node) attack(to *node) *attacker {
	n.w.t.Helper()
	raw, err := n.w.net.dial(n.w.t.Context(), "tcp", to.target.Address)
	require.NoError(n.w.t, err)
	conn := tls.Client(raw, n.who.Client(to.target.Node, to.target.Address))
	require.NoError(n.w.t, conn.HandshakeContext(n.w.t.Context()))
	n.w.t.Cleanup(func() { raw.Close() })
	return newAttacker(n.w.t, conn)
}

func newAttacker(t *testing.T, conn net.Conn) *attacker {
	return &attacker{t: t, conn: conn, out: bufio.NewWriterSize(conn, 16<<10), next: 1}
}

// begin sends the preface and empty settings.
func (a *attacker) begin() *attacker {
	a.t.Helper()
	a.raw([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
	a.frame(0x4, 0, 0, nil)
	return a
}

func (a *attacker) raw(data []byte) {
	_, _ = a.out.Write(data) // the server may have closed the connection, as it should
	if !a.hold {
		_ = a.out.Flush()
	}
}

// frame sends a frame of HTTP/2 (RFC 9113 section 4.1).
func (a *attacker) frame(kind, flags byte, stream uint32, payload []byte) {
	length := len(payload)
	head := []byte{byte(length >> 16), byte(length >> 8), byte(length), kind, flags}
	a.raw(append(binary.BigEndian.AppendUint32(head, stream), payload...))
}

// post begins a request, whose body follows.
func (a *attacker) post(path string) (stream uint32) {
	stream = a.next
	a.next += 2
	// RFC 7541: POST and https by their index, then literals without indexing.
	block := []byte{0x83, 0x87}
	literal := func(index byte, value string) {
		block = append(append(block, index, byte(len(value))), value...)
	}
	literal(0x04, path)
	literal(0x01, "node")
	block = append(block, 0x00, byte(len(clockHeader)))
	block = append(block, strings.ToLower(clockHeader)...)
	now := fmt.Sprint(time.Now().UnixMilli())
	block = append(append(block, byte(len(now))), now...)
	a.frame(0x1, 0x4, stream, block)
	return stream
}

func (a *attacker) body(stream uint32, data []byte, end bool) {
	flags := byte(0)
	if end {
		flags = 1
	}
	a.frame(0x0, flags, stream, data)
}

// answers reads what the server sends until the connection ends or a while has passed, and returns
// what of it is data.
func (a *attacker) answers() string {
	var all bytes.Buffer
	_ = a.conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	for {
		var head [9]byte
		if _, err := io.ReadFull(a.conn, head[:]); err != nil {
			return all.String()
		}
		payload := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if _, err := io.ReadFull(a.conn, payload); err != nil {
			return all.String()
		}
		if head[3] == 0 {
			all.Write(payload)
		}
	}
}

// healthy shows that another node is served meanwhile.
func healthy(t *testing.T, a, b *node) {
	t.Helper()
	page, _ := a.page(b.target)
	require.NoError(t, page.SetReadDeadline(time.Now().Add(5*time.Second)))
	require.Equal(t, "join", read(t, page))
	page.Close()
}

func TestGarbage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b, evil := w.node("a", setup{}), w.node("b", setup{}), w.node("evil", setup{})
		b.owner.serve = echo
		for range 20 {
			noise := make([]byte, 32<<10)
			_, _ = rand.Read(noise)
			one := evil.attack(b)
			one.raw(noise)
			_, _ = io.Copy(io.Discard, one.conn) // ends: the server closes it
			half := evil.attack(b).begin()
			half.raw(noise)
			_, _ = io.Copy(io.Discard, half.conn)
		}
		// The same before TLS, from whom nobody knows.
		for range 20 {
			noise := make([]byte, 4<<10)
			_, _ = rand.Read(noise)
			raw, err := w.net.dial(t.Context(), "tcp", "b")
			require.NoError(t, err)
			_, _ = raw.Write(noise)
			_, _ = io.Copy(io.Discard, raw)
			raw.Close()
		}
		healthy(t, a, b)
	})
}

// Whatever stands in a stream that is none of ours is refused in words.
func TestMalformedStreams(t *testing.T) {
	valid, err := wire.Encode(&wire.Opening{Format: 1, Room: "cozes", Address: person}, 8<<10)
	require.NoError(t, err)
	frame := func(kind wire.Kind, data []byte) []byte {
		made, err := wire.Append(nil, kind, data)
		require.NoError(t, err)
		return made
	}
	with := func(change func(fields map[string]any)) []byte {
		var fields map[string]any
		require.NoError(t, json.Unmarshal(valid, &fields))
		change(fields)
		data, err := json.Marshal(fields)
		require.NoError(t, err)
		return frame(wire.Opened, data)
	}
	address := func(text any) []byte {
		return with(func(fields map[string]any) { fields["address"] = text })
	}
	for name, c := range map[string]struct {
		path  string
		body  []byte
		words string
	}{
		"no opening": {pipePath, frame(wire.Text, []byte("join")), "expected an opening first"},
		"nothing":    {pipePath, nil, "EOF"},
		"a frame of no kind": {pipePath, []byte{0, 0, 0, 4, 1, 2, 3, 4},
			"expected the kind of a frame"},
		"a length of 16 MiB": {pipePath, []byte{byte(wire.Opened), 0xff, 0xff, 0xff, '{'},
			"expected at most 8192 bytes"},
		"a length that is not kept": {pipePath, []byte{byte(wire.Opened), 0, 0x10, 0, '{'},
			"unexpected EOF"},
		"no JSON": {pipePath, frame(wire.Opened, []byte("join")), "expected a JSON object"},
		"no format": {pipePath, with(func(f map[string]any) { delete(f, "format") }),
			"expected a message of the formats 1 to 1"},
		"another format": {pipePath, with(func(f map[string]any) { f["format"] = 9 }),
			"got one of 9"},
		"no address": {pipePath, address(""), "expected the IP address of a person"},
		"a long address": {pipePath, address(strings.Repeat("1", 7000)),
			"expected a JSON object"},
		"a zone": {pipePath, address("fe80::1%eth0"),
			"expected the IP address of a person"},
		"an address and more": {pipePath, address("192.0.2.1:5"), "expected a JSON object"},
		"a number":            {pipePath, address(3221225985), "expected a JSON object"},
		"no room": {pipePath, with(func(f map[string]any) { f["room"] = "" }),
			"room: expected"},
		"no first message": {pipePath, frame(wire.Opened, valid), "EOF"},
		"a first message that is none": {pipePath, append(frame(wire.Opened, valid),
			frame(wire.Ping, nil)...), "expected the page's first message"},
		"an ask without a room":  {askPath, []byte(`{"format":1}`), "room: expected"},
		"an ask that is huge":    {askPath, make([]byte, 9<<10), "expected at most 8192 bytes"},
		"a hand-over of nothing": {handOverPath, []byte(`[]`), "expected a JSON object"},
		"another path":           {"/other", nil, "expected a request that this version knows"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t)
				a, b, evil := w.node("a", setup{}), w.node("b", setup{}), w.node("evil", setup{})
				b.owner.serve = echo
				one := evil.attack(b).begin()
				stream := one.post(c.path)
				one.body(stream, c.body, true)
				require.Contains(t, one.answers(), c.words)
				healthy(t, a, b)
			})
		})
	}
}

func TestAFirstMessageIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		b.owner.serve = echo
		_, err := a.client.Open(t.Context(), b.target, opening(), make([]byte, maxMessageBytes+1))
		require.ErrorContains(t, err, "expected the page's first message of at most 65537 bytes")
		stream, err := a.client.Open(t.Context(), b.target, opening(),
			make([]byte, maxMessageBytes))
		require.NoError(t, err)
		stream.Close()
	})
}

// Whoever opens streams without end has no more than a connection carries, and only its own
// connection ends.
func TestAHundredThousandStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b, evil := w.node("a", setup{}), w.node("b", setup{}), w.node("evil", setup{})
		var now, most atomic.Int64
		b.owner.serve = func(o wire.Opening, conn *Conn) {
			for n := now.Add(1); n > most.Load(); n = now.Load() {
				most.Store(n)
			}
			defer now.Add(-1)
			echo(o, conn)
		}
		one := evil.attack(b).begin()
		data, err := wire.Encode(&wire.Opening{Format: 1, Room: "r", Address: person}, 8<<10)
		require.NoError(t, err)
		head, err := wire.Append(nil, wire.Opened, data)
		require.NoError(t, err)
		head, err = wire.Append(head, wire.Text, []byte("join"))
		require.NoError(t, err)
		go func() { _, _ = io.Copy(io.Discard, one.conn) }()
		one.hold = true
		for range 100_000 {
			stream := one.post(pipePath)
			one.body(stream, head, false)
		}
		synctest.Wait()
		require.LessOrEqual(t, most.Load(), int64(maxStreams))
		require.LessOrEqual(t, b.server.Pipes(), maxStreams)
		healthy(t, a, b)
	})
}

// Whoever begins streams and takes them back at once makes no more work than that.
func TestRapidResets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b, evil := w.node("a", setup{}), w.node("b", setup{}), w.node("evil", setup{})
		b.owner.serve = echo
		one := evil.attack(b).begin()
		go func() { _, _ = io.Copy(io.Discard, one.conn) }()
		one.hold = true
		for range 10_000 {
			stream := one.post(pipePath)
			one.frame(0x3, 0, stream, []byte{0, 0, 0, 8})
		}
		synctest.Wait()
		healthy(t, a, b)
	})
}

// A peer that never reads holds what its windows and the kernel hold, and is gone within 2 s where
// it takes not even a ping, whether it goes on talking or not.
func TestAPeerThatNeverReads(t *testing.T) {
	t.Run("silent", func(t *testing.T) { neverReads(t, false) })
	t.Run("talking", func(t *testing.T) { neverReads(t, true) })
}

func neverReads(t *testing.T, talks bool) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b, evil := w.node("a", setup{}), w.node("b", setup{}), w.node("evil", setup{})
		var written atomic.Int64
		flooded := make(chan error, maxStreams)
		b.owner.serve = func(o wire.Opening, conn *Conn) {
			if o.Room != "flood" {
				echo(o, conn)
				return
			}
			message := make([]byte, 8<<10)
			for {
				if err := conn.WriteText(message, time.Now().Add(time.Minute)); err != nil {
					flooded <- err
					return
				}
				written.Add(int64(len(message)))
			}
		}
		data, err := wire.Encode(&wire.Opening{Format: 1, Room: "flood", Address: person}, 8<<10)
		require.NoError(t, err)
		head, err := wire.Append(nil, wire.Opened, data)
		require.NoError(t, err)
		head, err = wire.Append(head, wire.Text, []byte("join"))
		require.NoError(t, err)
		one := evil.attack(b).begin()
		began := time.Now()
		for range maxStreams / 2 {
			one.body(one.post(pipePath), head, false)
		}
		talked := make(chan struct{})
		go func() {
			defer close(talked)
			for n := 0; talks && n < 20; n++ {
				one.frame(0x6, 0, 0, make([]byte, 8)) // a ping
				time.Sleep(300 * time.Millisecond)
			}
		}()
		healthy(t, a, b)
		for range maxStreams / 2 {
			require.Error(t, <-flooded)
		}
		require.LessOrEqual(t, time.Since(began), 2*time.Second)
		<-talked
		// Without a bigger window of the peer's, HTTP/2 sends 64 KiB in all.
		require.LessOrEqual(t, written.Load(), int64(maxStreams)*(64<<10))
	})
}

// A connection that has shown nothing makes room for one that shows a certificate.
func TestStrangersKeepNobodyOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		b.owner.serve = echo
		for range 5 * maxStrangers {
			raw, err := w.net.dial(t.Context(), "tcp", "b")
			require.NoError(t, err)
			t.Cleanup(func() { raw.Close() })
		}
		healthy(t, a, b)
		counted := b.server.callers.Load()
		counted.mu.Lock()
		require.LessOrEqual(t, counted.strangers.Len(), maxStrangers)
		require.Equal(t, map[string]int{"a": 1}, counted.nodes)
		counted.mu.Unlock()
		time.Sleep(handshakeTimeout)
		synctest.Wait()
		counted.mu.Lock()
		require.Zero(t, counted.strangers.Len())
		counted.mu.Unlock()
	})
}

func TestANodeHasNoConnectionsWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b, evil := w.node("a", setup{}), w.node("b", setup{}), w.node("evil", setup{})
		b.owner.serve = echo
		for range maxCalls + 20 {
			raw, err := w.net.dial(t.Context(), "tcp", "b")
			require.NoError(t, err)
			t.Cleanup(func() { raw.Close() })
			// The last are closed at the end of the handshake.
			_ = tls.Client(raw, evil.who.Client("b", "b")).HandshakeContext(t.Context())
		}
		synctest.Wait()
		counted := b.server.callers.Load()
		counted.mu.Lock()
		require.LessOrEqual(t, counted.nodes["evil"], maxCalls)
		counted.mu.Unlock()
		healthy(t, a, b)
	})
}

// Whoever has not got the secret gets no further than the handshake.
func TestWithoutTheSecretNothingIsServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		b := w.node("b", setup{})
		b.owner.serve = echo
		forged := w.node("forged", setup{secret: "another"})
		certificate, err := forged.who.Certificate()
		require.NoError(t, err)
		for name, config := range map[string]*tls.Config{
			"no certificate": {InsecureSkipVerify: true, NextProtos: []string{"h2"}},
			"another secret": {InsecureSkipVerify: true, NextProtos: []string{"h2"},
				Certificates: []tls.Certificate{*certificate}},
			"TLS 1.2": {InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12},
		} {
			raw, err := w.net.dial(t.Context(), "tcp", "b")
			require.NoError(t, err)
			conn := tls.Client(raw, config)
			if conn.HandshakeContext(t.Context()) == nil { // the server's verdict comes after it
				one := newAttacker(t, conn).begin()
				one.post(helloPath)
				_, err = conn.Read(make([]byte, 1))
				require.ErrorContains(t, err, "remote error: tls:", name)
			}
			raw.Close()
		}
		synctest.Wait()
		lines := b.log.FilterMessage("another node was refused").All()
		require.Len(t, lines, 1)
		require.Contains(t, lines[0].ContextMap()["problem"], "another secret")
	})
}

// An owner that sends what no owner sends ends that websocket alone.
func TestADoorIsNotHurtByAnOwner(t *testing.T) {
	for name, send := range map[string][]byte{
		"garbage":    bytes.Repeat([]byte{0xff}, 100),
		"no kind":    {0, 0, 0, 0},
		"half":       {byte(wire.Text), 0, 0x40, 0, 'x'},
		"16 MiB":     {byte(wire.Text), 0xff, 0xff, 0xff},
		"a bad code": {byte(wire.Close), 0, 0, 2, 0x03, 0xee},
		"a long ping": append([]byte{byte(wire.Ping), 0, 1, 0},
			make([]byte, 256)...),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t)
				a, b := w.node("a", setup{}), w.node("b", setup{})
				b.owner.serve = func(o wire.Opening, conn *Conn) {
					_, _ = conn.out.Write(send)
					_ = conn.stream.Flush()
				}
				page, ended := a.page(b.target)
				closing, err := closeOfPage(page)
				require.NoError(t, err)
				require.Contains(t, []int{websocket.CloseServiceRestart,
					websocket.CloseInternalServerErr}, closing.Code)
				<-ended
				b.owner.serve = echo
				healthy(t, a, b)
			})
		})
	}
}

// Frames of kinds that come with a later version are skipped, in both directions.
func TestUnknownFramesAreSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		b.owner.serve = func(_ wire.Opening, conn *Conn) {
			unknown, err := wire.Append(nil, 99, []byte("later"))
			require.NoError(t, err)
			_, _ = conn.out.Write(unknown)
			_, _, _ = conn.ReadMessage()
			data, text, err := conn.ReadMessage()
			_ = conn.WriteText([]byte(fmt.Sprintf("%s %v %v", data, text, err)), soon())
		}
		stream, err := a.client.Open(context.Background(), b.target, opening(), []byte("join"))
		require.NoError(t, err)
		defer stream.Close()
		require.NoError(t, stream.Write(99, []byte("    later")))
		require.NoError(t, stream.Write(wire.Text, []byte("    hello")))
		frame, err := stream.Read()
		require.NoError(t, err)
		require.Equal(t, wire.Kind(99), frame.Kind)
		frame, err = stream.Read()
		require.NoError(t, err)
		require.Equal(t, "hello true <nil>", string(frame.Data))
	})
}
