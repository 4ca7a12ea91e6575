package sfu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"draille/sfu/udp"
)

// Rooms share a clockwork, up to so many; the place of one that has closed is taken by the next.
func TestRoomsShareAClockwork(t *testing.T) {
	socket, err := udp.Listen("127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, socket.Close()) }()
	engine, err := New(Config{Socket: socket.Media()})
	require.NoError(t, err)
	var rooms []*Room
	for range clockworkRooms {
		rooms = append(rooms, engine.NewRoom("room"))
		require.Same(t, rooms[0].clockwork, rooms[len(rooms)-1].clockwork)
	}
	other := engine.NewRoom("room")
	require.NotSame(t, rooms[0].clockwork, other.clockwork, "it has enough to do")
	rooms[0].Close()
	rooms[0].Close()
	require.Same(t, rooms[1].clockwork, engine.NewRoom("room").clockwork)
	require.Same(t, other.clockwork, engine.NewRoom("room").clockwork, "the other has no place")
	require.NoError(t, engine.Close())
	require.Empty(t, engine.clockworks)
	require.NotNil(t, engine.NewRoom("room"), "it is closed at once")
	require.Empty(t, engine.clockworks)
}
