package peers

import (
	"fmt"
	"io"
	"testing"
	"testing/synctest"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"draille/signaling/peers/wire"
)

func TestADoorThatStopsSendsItsPagesElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		b.owner.serve = echo
		page, ended := a.page(b.target)
		require.Equal(t, "join", read(t, page))
		go a.client.Close()
		closing, err := closeOfPage(page)
		require.NoError(t, err)
		require.Equal(t, websocket.CloseServiceRestart, closing.Code)
		require.Equal(t, ByLoss, (<-ended).outcome)
		_, err = a.client.Open(t.Context(), b.target, opening(), nil)
		require.ErrorIs(t, err, errClosed)
	})
}

func TestAnOwnerThatStopsIsHeardOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		b.owner.serve = echo
		page, ended := a.page(b.target)
		require.Equal(t, "join", read(t, page))
		require.Equal(t, 1, b.server.Pipes())
		b.stop()
		closing, err := closeOfPage(page)
		require.NoError(t, err)
		require.Equal(t, websocket.CloseServiceRestart, closing.Code)
		require.Equal(t, ByLoss, (<-ended).outcome)
		require.Zero(t, b.server.Pipes())
		_, err = a.client.Open(t.Context(), b.target, opening(), nil)
		require.Error(t, err)
	})
}

// A fault in what serves one websocket ends that one alone.
func TestAFaultOfTheOwnerEndsOneWebsocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		b.owner.serve = echo
		other, _ := a.page(b.target)
		require.Equal(t, "join", read(t, other))
		b.owner.serve = func(wire.Opening, *Conn) { panic("a fault for a test") }
		_, ended := a.page(b.target)
		require.Equal(t, ByLoss, (<-ended).outcome)
		require.NoError(t, other.WriteMessage(websocket.TextMessage, []byte("still here")))
		require.Equal(t, "still here", read(t, other))
	})
}

func TestManyWebsocketsShareFewConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		b.owner.serve = echo
		const pages = 3*maxStreams - 10
		answers := make(chan string, pages)
		for range pages {
			page, _ := a.page(b.target)
			go func() {
				_, data, err := page.ReadMessage()
				answers <- fmt.Sprint(string(data), err)
				_, _ = closeOfPage(page)
			}()
		}
		for range pages {
			require.Equal(t, "join<nil>", <-answers)
		}
		require.Equal(t, 3, links(a))
		require.Equal(t, 3, w.net.accepted)
	})
}

func TestAStreamThatIsNotPipedIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		a, b := w.node("a", setup{}), w.node("b", setup{})
		gone := make(chan error, 1)
		b.owner.serve = func(_ wire.Opening, conn *Conn) {
			data, text, err := conn.ReadMessage()
			require.NoError(t, err)
			require.True(t, text)
			require.Equal(t, "join", string(data))
			_, _, err = conn.ReadMessage()
			gone <- err
		}
		stream, err := a.client.Open(t.Context(), b.target, opening(), []byte("join"))
		require.NoError(t, err)
		stream.CloseWrite() // half closed: the owner hears the end
		require.ErrorIs(t, <-gone, io.EOF)
		_, err = stream.Read()
		require.ErrorIs(t, err, io.EOF)
		stream.Close()
		stream.Close()
	})
}
