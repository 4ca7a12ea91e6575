package bridge

import (
	"draille/sfu"
	"draille/signaling"
)

type room struct{ *sfu.Room }

// Join implements signaling.MediaRoom.
func (r room) Join(id string, l signaling.Listener) (signaling.MediaParticipant, error) {
	p, err := r.Room.Join(id, listener{l})
	if err != nil {
		return nil, err
	}
	return participant{p}, nil
}
