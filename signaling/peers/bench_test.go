package peers

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"draille/signaling/peers/identity"
	"draille/signaling/peers/wire"
)

// pair is a door and an owner on this machine, over real sockets. Without a door pages go straight
// to the owner's own web server.
type pair struct {
	door, straight *httptest.Server
	client         *Client
	server         *Server
	target         Target
}

func newPair(b *testing.B) *pair {
	b.Helper()
	config := func(node string) Config {
		digest := sha256.Sum256([]byte("bench"))
		who, err := identity.New(identity.Config{Secret: digest[:], Node: node, Instance: "1"})
		require.NoError(b, err)
		return Config{Identity: who}
	}
	p := &pair{}
	var err error
	p.client, err = NewClient(config("door"))
	require.NoError(b, err)
	p.server, err = NewServer(config("owner"), &owner{serve: echo})
	require.NoError(b, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	go func() { _ = p.server.Serve(listener) }()
	p.target = Target{Node: "owner", Address: listener.Addr().String()}
	upgrader := websocket.Upgrader{EnableCompression: true, WriteBufferPool: &sync.Pool{}}
	p.door = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		_, first, err := ws.ReadMessage()
		if err != nil {
			return
		}
		stream, err := p.client.Open(context.Background(), p.target, opening(), first)
		if err == nil {
			_, _ = stream.Pipe(ws, nil)
		}
	}))
	p.straight = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		for {
			kind, data, err := ws.ReadMessage()
			if err != nil {
				return
			}
			ws.EnableWriteCompression(len(data) >= compressFrom)
			if ws.WriteMessage(kind, data) != nil {
				return
			}
		}
	}))
	b.Cleanup(func() {
		p.client.Close()
		p.door.Close()
		p.straight.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = p.server.Shutdown(ctx)
	})
	return p
}

// join opens a websocket and hears the answer to its first message.
func join(b *testing.B, at *httptest.Server) *websocket.Conn {
	b.Helper()
	dialer := websocket.Dialer{EnableCompression: true, ReadBufferSize: 512, WriteBufferSize: 512}
	ws, response, err := dialer.Dial("ws"+strings.TrimPrefix(at.URL, "http"), nil)
	require.NoError(b, err)
	response.Body.Close()
	ws.EnableWriteCompression(false)
	exchange(b, ws, []byte("join"))
	return ws
}

func exchange(b *testing.B, ws *websocket.Conn, message []byte) {
	b.Helper()
	if err := ws.WriteMessage(websocket.TextMessage, message); err != nil {
		b.Fatal(err)
	}
	if _, _, err := ws.ReadMessage(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkJoin is the time from the dialling of a websocket to the answer to its first message:
// straight to the owner, through a door that is connected to the owner, and through one that has to
// connect first.
func BenchmarkJoin(b *testing.B) {
	p := newPair(b)
	b.Run("straight", func(b *testing.B) {
		for b.Loop() {
			join(b, p.straight).Close()
		}
	})
	b.Run("door", func(b *testing.B) {
		join(b, p.door).Close()
		for b.Loop() {
			join(b, p.door).Close()
		}
	})
	b.Run("cold-door", func(b *testing.B) {
		for b.Loop() {
			join(b, p.door).Close()
			b.StopTimer()
			p.client.mu.Lock()
			for _, one := range p.client.peers {
				one.close()
			}
			p.client.mu.Unlock()
			b.StartTimer()
		}
	})
}

// BenchmarkMessage is a message there and back.
func BenchmarkMessage(b *testing.B) {
	p := newPair(b)
	for _, size := range []int{100, 2 << 10, 32 << 10} {
		message := []byte(strings.Repeat("0123456789abcdef", size/16+1)[:size])
		for _, way := range []struct {
			name string
			at   *httptest.Server
		}{{"straight", p.straight}, {"door", p.door}} {
			b.Run(fmt.Sprintf("%s-%d", way.name, size), func(b *testing.B) {
				ws := join(b, way.at)
				defer ws.Close()
				b.ReportAllocs()
				for b.Loop() {
					exchange(b, ws, message)
				}
			})
		}
	}
}

// BenchmarkThousand is a thousand websockets over one pair of nodes: what each costs in memory, and
// a message of each there and back, all at once.
func BenchmarkThousand(b *testing.B) {
	const pages = 1000
	for _, way := range []string{"straight", "door"} {
		b.Run(way, func(b *testing.B) {
			p := newPair(b)
			at := p.straight
			if way == "door" {
				at = p.door
			}
			join(b, at).Close()
			before := resident()
			sockets := make([]*websocket.Conn, pages)
			for i := range sockets {
				sockets[i] = join(b, at)
				defer sockets[i].Close()
			}
			each := float64(resident()-before) / pages
			goroutines := float64(runtime.NumGoroutine()) / pages
			links := 0
			p.client.mu.Lock()
			for _, one := range p.client.peers {
				links += len(one.links)
			}
			p.client.mu.Unlock()
			message := []byte(strings.Repeat("x", 200))
			b.ResetTimer()
			for b.Loop() {
				var all sync.WaitGroup
				for _, ws := range sockets {
					all.Go(func() { exchange(b, ws, message) })
				}
				all.Wait()
			}
			b.ReportMetric(each, "B/websocket")
			b.ReportMetric(goroutines, "goroutines/websocket")
			b.ReportMetric(float64(links), "connections")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/pages, "ns/message")
		})
	}
}

// resident is how much memory is in use: heap and stacks. Both ends and the page are in it.
func resident() uint64 {
	runtime.GC()
	runtime.GC() // what pools hold goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// BenchmarkTell is a message to another node, until that has it.
func BenchmarkTell(b *testing.B) {
	p := newPair(b)
	p.server.owner = &owner{told: func(string, wire.Told) error { return nil }}
	b.ReportAllocs()
	for b.Loop() {
		if err := p.client.Tell(b.Context(), p.target, &wire.Ask{Room: "cozes"}, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHandshake is one connection with its hello.
func BenchmarkHandshake(b *testing.B) {
	p := newPair(b)
	for b.Loop() {
		one := &peer{config: &p.client.config, target: p.target, life: b.Context()}
		made, err := one.connect(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		made.conn.Close()
	}
}
