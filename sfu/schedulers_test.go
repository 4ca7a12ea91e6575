package sfu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"draille/sfu/udp"
)

// Rooms share schedulers, up to so many; the place of one that has closed is taken by the next.
func TestRoomsShareSchedulers(t *testing.T) {
	socket, err := udp.Listen("127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, socket.Close()) }()
	engine, err := New(Config{Socket: socket.Media()})
	require.NoError(t, err)
	var rooms []*Room
	for range roomsPerSchedulers {
		rooms = append(rooms, engine.NewRoom("room"))
		require.Same(t, rooms[0].schedulers, rooms[len(rooms)-1].schedulers)
	}
	other := engine.NewRoom("room")
	require.NotSame(t, rooms[0].schedulers, other.schedulers, "it has enough to do")
	rooms[0].Close()
	rooms[0].Close()
	require.Same(t, rooms[1].schedulers, engine.NewRoom("room").schedulers)
	require.Same(t, other.schedulers, engine.NewRoom("room").schedulers, "the other has no place")
	require.NoError(t, engine.Close())
	require.Empty(t, engine.schedulers)
	require.NotNil(t, engine.NewRoom("room"), "it is closed at once")
	require.Empty(t, engine.schedulers)
}
