package sfu

import (
	"draille/sfu/rtpx"
	"draille/sfu/voice"
)

// maxVoicePayload is the largest voice packet that is repeated or repeats another, in bytes; a
// browser's are a tenth of it.
const maxVoicePayload = 600

// voiceDelivery is how one participant is sent the voices of the room, and what is lost of them. It
// is guarded by the downlink's lock.
type voiceDelivery struct {
	losses   voice.Losses
	listener voice.Listener
	voice.Delivery

	frames  [voice.MaxFrames][maxVoicePayload]byte // reused by subscription.repeat
	blocks  [voice.MaxFrames]rtpx.REDBlock
	payload [(voice.MaxFrames + 2) * maxVoicePayload]byte
}

// speech reports whether a packet is worth repeating: what says only that silence begins (DTX) is
// not, nor what no voice is.
func speech(payload []byte) bool { return len(payload) > 2 && len(payload) <= maxVoicePayload }
