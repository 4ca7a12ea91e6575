package tenure

import "time"

// want is a room that somebody waits for.
type want struct {
	room        string
	here        bool          // at this door
	unreachable uint64        // up to this epoch, the owner could not be reached
	again       time.Duration // it is worth trying again then
	askers      []string      // nodes that asked this one to take it

	asked   string // node that was asked
	until   time.Duration
	tried   map[string]bool // nodes that would not take it
	retryAt time.Duration
	away    Reason // that was told
}
