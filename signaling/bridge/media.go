// Package bridge lets a signaling server drive the media plane of package sfu. It only translates:
// signaling speaks in the words of its protocol, the sfu in its own, and neither has to know the
// other's.
package bridge

import (
	"draille/sfu"
	"draille/signaling"
)

// Engine is the part of *sfu.Engine that is needed.
type Engine interface {
	NewRoom(id string) *sfu.Room
}

// Media returns the engine as a signaling server wants it.
func Media(engine Engine) signaling.Media { return media{engine} }

type media struct{ engine Engine }

// NewRoom implements signaling.Media.
func (m media) NewRoom(id string) signaling.MediaRoom { return room{m.engine.NewRoom(id)} }
