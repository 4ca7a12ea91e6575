package peers

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"draille/signaling/peers/wire"
)

func TestAWebsocketIsCarried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		openings := make(chan wire.Opening, 1)
		b.owner.serve = func(o wire.Opening, conn *Conn) {
			openings <- o
			conn.Trust()
			echo(o, conn)
		}
		page, ended := a.page(b.target)
		require.Equal(t, "join", read(t, page))
		got := <-openings
		require.Equal(t, 1, got.Format)
		got.Format = 0
		require.Equal(t, opening(), got)
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			for i := range 500 {
				text := fmt.Sprintf("%d %s", i, strings.Repeat("x", i%3000))
				if page.WriteMessage(websocket.TextMessage, []byte(text)) != nil {
					return
				}
			}
		}()
		for i := range 500 {
			require.Equal(t, fmt.Sprintf("%d %s", i, strings.Repeat("x", i%3000)), read(t, page))
		}
		<-sent
		require.NoError(t, page.WriteMessage(websocket.BinaryMessage, []byte{0, 0xff}))
		require.Equal(t, "\x00\xff", read(t, page))

		pongs := make(chan string, 1)
		page.SetPongHandler(func(data string) error { pongs <- data; return nil })
		require.NoError(t, page.WriteControl(websocket.PingMessage, []byte("there?"), soon()))
		require.NoError(t, page.WriteMessage(websocket.TextMessage, nil))
		require.Empty(t, read(t, page))
		require.Equal(t, "there?", <-pongs)
		page.Close()
		require.Equal(t, carried{outcome: ByPage, trusted: 1}, <-ended)
	})
}

func TestControlsGoBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		heard := make(chan string, 4)
		b.owner.serve = func(_ wire.Opening, conn *Conn) {
			conn.HearControls(func(data string) error { heard <- "ping " + data; return nil },
				func(data string) error { heard <- "pong " + data; return errors.New("enough") })
			_ = conn.WriteControl(websocket.PingMessage, []byte("owner"), soon())
			for {
				if _, _, err := conn.ReadMessage(); err != nil {
					heard <- err.Error()
					return
				}
			}
		}
		page, ended := a.page(b.target)
		require.NoError(t, page.WriteControl(websocket.PingMessage, []byte("page"), soon()))
		go func() { _, _ = closeOfPage(page) }() // answers the owner's ping
		require.Equal(t, "ping page", <-heard)
		require.Equal(t, "pong owner", <-heard)
		require.Equal(t, "enough", <-heard)
		require.Equal(t, ByLoss, (<-ended).outcome)
	})
}

func TestTheOwnersCloseReachesThePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		answered := make(chan error, 1)
		b.owner.serve = func(_ wire.Opening, conn *Conn) {
			_ = conn.WriteControl(websocket.CloseMessage,
				websocket.FormatCloseMessage(websocket.ClosePolicyViolation, "too fast"), soon())
			_, _, _ = conn.ReadMessage() // the first
			_, _, err := conn.ReadMessage()
			answered <- err
		}
		page, ended := a.page(b.target)
		closing, err := closeOfPage(page)
		require.NoError(t, err)
		require.Equal(t, websocket.ClosePolicyViolation, closing.Code)
		require.Equal(t, "too fast", closing.Text)
		err = <-answered
		require.True(t, websocket.IsCloseError(err, websocket.ClosePolicyViolation), "%v", err)
		require.Equal(t, carried{outcome: ByOwner}, <-ended)
	})
}

func TestThePagesCloseReachesTheOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		heard := make(chan error, 1)
		b.owner.serve = func(_ wire.Opening, conn *Conn) {
			_, _, err := conn.ReadMessage()
			for err == nil {
				_, _, err = conn.ReadMessage()
			}
			heard <- err
		}
		page, ended := a.page(b.target)
		require.NoError(t, page.WriteControl(websocket.CloseMessage,
			websocket.FormatCloseMessage(4001, "à bientôt"), soon()))
		closing, err := closeOfPage(page)
		require.NoError(t, err)
		require.Equal(t, 4001, closing.Code)
		err = <-heard
		var told *websocket.CloseError
		require.ErrorAs(t, err, &told)
		require.Equal(t, &websocket.CloseError{Code: 4001, Text: "à bientôt"}, told)
		require.Equal(t, carried{outcome: ByPage}, <-ended)
	})
}

// A machine that dies says nothing. The page is told to come back, and the owner that it is gone.
func TestADeadNodeEndsItsWebsocketsWithinTwoSeconds(t *testing.T) {
	for name, fail := range map[string]func(*network){
		"nothing arrives":  (*network).cut,
		"nothing is taken": (*network).freeze,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t)
				a, b := w.node("a", setup{}), w.node("b", setup{})
				gone := make(chan error, 1)
				b.owner.serve = func(_ wire.Opening, conn *Conn) {
					_, _, err := conn.ReadMessage()
					for err == nil {
						err = conn.WriteText([]byte("hello"), soon())
						if err == nil {
							_, _, err = conn.ReadMessage()
						}
					}
					gone <- err
				}
				page, ended := a.page(b.target)
				require.Equal(t, "hello", read(t, page))
				synctest.Wait()
				w.net.lines = w.net.lines[1:] // the page's own lives on
				fail(w.net)
				began := time.Now()
				closing, err := closeOfPage(page)
				require.NoError(t, err)
				require.Equal(t, websocket.CloseServiceRestart, closing.Code)
				require.LessOrEqual(t, time.Since(began), 2*time.Second)
				result := <-ended
				require.Equal(t, ByLoss, result.outcome)
				require.ErrorContains(t, result.err, `node "b"`)
				require.Error(t, <-gone)
				require.LessOrEqual(t, time.Since(began), 2500*time.Millisecond)
			})
		})
	}
}

// The owner floods a page that does not read: its own stream waits, all others go on.
func TestASlowReaderHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		written, stopped := make(chan int, 1), make(chan error, 1)
		first := true
		b.owner.serve = func(o wire.Opening, conn *Conn) {
			if !first {
				echo(o, conn)
				return
			}
			first = false
			sum, message := 0, noise(4<<10)
			for {
				if err := conn.WriteText(message, time.Now().Add(3*time.Second)); err != nil {
					written <- sum
					stopped <- err
					return
				}
				sum += len(message)
			}
		}
		_, slow := a.page(b.target)
		synctest.Wait()
		for range 3 {
			other, _ := a.page(b.target)
			require.Equal(t, "join", read(t, other))
			for i := range 50 {
				text := fmt.Sprint(i)
				require.NoError(t, other.WriteMessage(websocket.TextMessage, []byte(text)))
				require.Equal(t, text, read(t, other))
			}
		}
		require.Equal(t, 1, links(a))
		// The page's line, a window of 32 KiB, and what the line between the nodes holds.
		require.Error(t, <-stopped)
		require.Less(t, <-written, 2*kernelBytes+streamWindow+64<<10)
		require.Equal(t, ByPage, (<-slow).outcome)
	})
}

// noise is text that cannot be compressed.
func noise(length int) []byte {
	random := make([]byte, length/2)
	_, _ = rand.Read(random)
	return []byte(hex.EncodeToString(random))
}

func links(n *node) (all int) {
	for _, p := range n.client.peers {
		all += len(p.links)
	}
	return all
}

// 34 streams of a connection are full, which is more than the window of 1 MiB that it would have
// by itself: the next one goes on.
func TestFullStreamsHoldUpNobody(t *testing.T) {
	for _, way := range []string{"up", "down"} {
		t.Run(way, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t)
				a, b := w.node("a", setup{}), w.node("b", setup{})
				release := make(chan struct{})
				slow := true
				b.owner.serve = func(o wire.Opening, conn *Conn) {
					if !slow {
						echo(o, conn)
						return
					}
					message := noise(compressFrom - 2) // not compressed
					for way == "down" && conn.WriteText(message, time.Now().Add(time.Hour)) == nil {
						continue
					}
					<-release
				}
				var all []<-chan carried
				for range 34 {
					page, ended := a.page(b.target)
					page.EnableWriteCompression(false)
					all = append(all, ended)
					message := noise(4 << 10)
					go func() {
						for range 100 { // as much as is taken
							if way == "down" ||
								page.WriteMessage(websocket.TextMessage, message) != nil {
								return
							}
						}
					}()
				}
				synctest.Wait()
				slow = false
				other, _ := a.page(b.target)
				require.NoError(t, other.SetReadDeadline(time.Now().Add(time.Second)))
				require.Equal(t, "join", read(t, other))
				for range 20 {
					long := string(noise(8 << 10))
					require.NoError(t, other.WriteMessage(websocket.TextMessage, []byte(long)))
					require.Equal(t, long, read(t, other))
				}
				require.Equal(t, 1, links(a))
				close(release)
				for _, ended := range all {
					<-ended
				}
			})
		})
	}
}

// The page floods an owner that does not read: the door does not store it.
func TestASlowOwnerHoldsUpThePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		release := make(chan struct{})
		b.owner.serve = func(_ wire.Opening, conn *Conn) { <-release }
		page, ended := a.page(b.target)
		page.EnableWriteCompression(false)
		sum, message := 0, bytes.Repeat([]byte("x"), 4<<10)
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			for sum < 4<<20 && page.WriteMessage(websocket.TextMessage, message) == nil {
				sum += len(message)
			}
		}()
		synctest.Wait() // the writer waits
		// Two lines, a window of 32 KiB, and what each on the way holds of it.
		require.Less(t, sum, 2*kernelBytes+streamWindow+128<<10)
		require.Greater(t, sum, streamWindow)
		close(release)
		<-ended
		<-stopped
	})
}

func TestTooLargeAndDamagedMessagesReachTheOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		type message struct {
			length int
			text   bool
		}
		got := make(chan message, 4)
		b.owner.serve = func(_ wire.Opening, conn *Conn) {
			for {
				data, text, err := conn.ReadMessage()
				if err != nil {
					return
				}
				got <- message{len(data), text}
			}
		}
		page, _ := a.page(b.target)
		require.Equal(t, message{4, true}, <-got)
		require.NoError(t, page.WriteMessage(websocket.TextMessage, make([]byte, 200<<10)))
		require.Equal(t, message{64<<10 + 1, true}, <-got)
		// A whole frame, masked with zeros, whose compression means nothing.
		_, err := page.UnderlyingConn().Write(
			[]byte{0xc1, 0x84, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff})
		require.NoError(t, err)
		require.Equal(t, message{0, false}, <-got)
	})
}

func TestDeadlinesOfTheOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		failed := make(chan error, 1)
		b.owner.serve = func(_ wire.Opening, conn *Conn) {
			_, _, _ = conn.ReadMessage()
			_ = conn.SetReadDeadline(time.Now().Add(time.Second))
			_ = conn.SetReadDeadline(time.Now().Add(3 * time.Second)) // moved
			began := time.Now()
			_, _, err := conn.ReadMessage()
			if time.Since(began) != 3*time.Second {
				err = fmt.Errorf("after %s", time.Since(began))
			}
			failed <- err
		}
		_, ended := a.page(b.target)
		var timeout net.Error
		require.ErrorAs(t, <-failed, &timeout)
		require.True(t, timeout.Timeout())
		require.Equal(t, ByLoss, (<-ended).outcome)
	})
}

// What signaling asks of a websocket whose page does not read: the write under way ends soon, and
// nothing is used after the end.
func TestAWriteUnderWayIsHurried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		took := make(chan time.Duration, 1)
		after := make(chan *Conn, 1)
		b.owner.serve = func(_ wire.Opening, conn *Conn) {
			defer func() { after <- conn }()
			message := noise(512 << 10)
			began := time.Now()
			time.AfterFunc(time.Second, func() { conn.HurryWrite(time.Now().Add(time.Second)) })
			for conn.WriteText(message, time.Now().Add(time.Minute)) == nil {
				continue
			}
			took <- time.Since(began)
		}
		_, ended := a.page(b.target)
		synctest.Wait()
		w.net.lines[0].toward.freeze() // the page's own: nothing is taken of it
		w.net.lines[0].back.freeze()
		require.Equal(t, 2*time.Second, <-took)
		conn := <-after
		<-ended
		synctest.Wait()
		require.ErrorIs(t, conn.SetReadDeadline(time.Now()), errConnClosed)
		require.Error(t, conn.WriteText([]byte("late"), soon()))
		require.NoError(t, conn.Close())
		conn.HurryWrite(time.Now())
	})
}

func TestAWebsocketIsNotOpenedWhereTheRoomIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		b.owner.admit = func(_ context.Context, from string, o wire.Opening) error {
			require.Equal(t, "a", from)
			require.Equal(t, "cozes", o.Room)
			return NotHere
		}
		_, ended := a.page(b.target)
		var refused *Refused
		require.ErrorAs(t, (<-ended).err, &refused)
		require.Equal(t, wire.NotHere, refused.Reason)
		require.Equal(t, "b", refused.Node)
	})
}

func TestAnOwnerThatDoesNotSayWhetherItTakesAWebsocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		gaveUp := make(chan struct{})
		b.owner.admit = func(ctx context.Context, _ string, _ wire.Opening) error {
			<-ctx.Done()
			close(gaveUp)
			return ctx.Err()
		}
		began := time.Now()
		_, ended := a.page(b.target)
		require.ErrorContains(t, (<-ended).err, "within 3 s")
		require.Equal(t, openTimeout, time.Since(began))
		<-gaveUp

		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		gaveUp = make(chan struct{})
		_, err := a.client.Open(ctx, b.target, opening(), []byte("join"))
		require.ErrorIs(t, err, context.Canceled)
		<-gaveUp
	})
}
