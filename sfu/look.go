package sfu

import "draille/sfu/voice"

// pictureKey names a picture.
type pictureKey struct {
	participant string
	source      Source
}

// look is what one look at the room shows, the same for everybody.
type look struct {
	voices   []string // live microphones, the first to be heard first
	speaking map[string]bool
	flows    map[string]voice.Flow
	lossy    []string // whose voices are repaired on their way up; never changed
	cameras  []string // whose cameras are live
}
