package main

import (
	"net"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A SIGHUP that comes while the server starts waits until there is somebody to handle it.
func TestHangupDuringTheStart(t *testing.T) {
	h := catchHangups()
	require.NoError(t, syscall.Kill(syscall.Getpid(), syscall.SIGHUP))
	done := make(chan struct{}, 1)
	h.handle(func() { done <- struct{}{} })
	<-done
	h.stop()
}

func TestTheServiceManagerIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	require.NoError(t, err)
	defer manager.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	s := start(t, testConfig(t))
	told := func() string {
		var buffer [100]byte
		n, err := manager.Read(buffer[:])
		require.NoError(t, err)
		return string(buffer[:n])
	}
	require.Equal(t, "READY=1", told())
	require.NoError(t, s.stop())
	require.Equal(t, "STOPPING=1", told())
}
