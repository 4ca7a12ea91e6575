package sfu

import (
	"sync/atomic"

	"draille/sfu/udp"
)

// path is where the media of one transport leaves to.
type path struct {
	destination atomic.Pointer[udp.Destination] // nil: nowhere yet
	connected   atomic.Bool                     // media may leave
}
