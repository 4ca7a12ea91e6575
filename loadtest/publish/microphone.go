package publish

import (
	"math/rand/v2"
	"time"

	"draille/loadtest/media"
	"draille/sfu/rtpx"
)

const (
	// between frames of an encoder with DTX that hears silence
	dtxInterval   = 400 * time.Millisecond
	stampInterval = time.Second
	silentLevel   = 127
	hummedLevel   = 50 // at least as loud as a quiet voice
	// lossForFEC is the share of packets that must be reported lost for an encoder to add in-band
	// FEC.
	lossForFEC = 0.03
	// opusPayload is the payload type of Opus within RED, the one that participants offer.
	opusPayload = 111
)

// VoicePacket is one Opus packet to send.
type VoicePacket struct {
	Payload   []byte
	RED       bool   // the payload is RFC 2198
	Timestamp uint32 // RTP, 48 kHz
	Marker    bool   // first after a pause
	Level     uint8  // RFC 6464, −dBov
	Voice     bool
}

// Microphone models a microphone before which somebody speaks or not, and its encoder with DTX.
type Microphone struct {
	library   *media.Library
	key       media.VoiceKey
	voice     *media.Voice
	position  time.Duration // in the speech
	timestamp uint32
	next      time.Time
	speaking  bool
	humming   bool
	inPause   bool // DTX has been announced
	quiet     time.Duration
	stamped   time.Time
	redundant bool
	before    VoicePacket // what a packet may repeat; without payload: nothing
}

// NewMicrophone returns a microphone with frames of 20 ms, before which nobody speaks.
func NewMicrophone(library *media.Library, random *rand.Rand) *Microphone {
	m := &Microphone{library: library, key: media.VoiceKey{FrameLength: 20 * time.Millisecond},
		timestamp: random.Uint32()}
	m.voice = library.Voice(m.key)
	m.position = time.Duration(random.IntN(len(m.voice.Frames))) * m.key.FrameLength
	return m
}

// Speak lets somebody speak, or be silent.
func (m *Microphone) Speak(speaking bool) { m.speaking = speaking }

// Hum lets whoever speaks make no pauses: each frame leaves.
func (m *Microphone) Hum() { m.humming = true }

// SetFrameLength sets 20, 40 or 60 ms from the next frame on; others are ignored.
func (m *Microphone) SetFrameLength(length time.Duration) {
	m.choose(media.VoiceKey{FrameLength: length, FEC: m.key.FEC, Low: m.key.Low})
}

// SetRedundant lets each packet repeat the one before (RFC 2198).
func (m *Microphone) SetRedundant(redundant bool) { m.redundant = redundant }

// SetBitrate caps the bit rate of the encoder, in bit/s; 0 lifts the cap.
func (m *Microphone) SetBitrate(bitsPerSecond int) {
	low := bitsPerSecond > 0 && bitsPerSecond < 20_000
	m.choose(media.VoiceKey{FrameLength: m.key.FrameLength, FEC: m.key.FEC && !low, Low: low})
}

// SetLoss tells the share of packets that the receiver reports lost (0–1).
func (m *Microphone) SetLoss(share float64) {
	m.choose(media.VoiceKey{FrameLength: m.key.FrameLength, FEC: share >= lossForFEC && !m.key.Low,
		Low: m.key.Low})
}

func (m *Microphone) choose(key media.VoiceKey) {
	if voice := m.library.Voice(key); voice != nil {
		m.key, m.voice = key, voice
	}
}

// Bitrate is what it costs while somebody speaks, in bit/s on the wire.
func (m *Microphone) Bitrate() int {
	bitrate := m.voice.Bitrate
	if m.redundant {
		bitrate *= 2
	}
	return bitrate + int(float64(8*HeaderSize)/m.voice.FrameLength.Seconds())
}

// Next returns when the next frame ends; zero before the first.
func (m *Microphone) Next() time.Time { return m.next }

// Restart forgets the schedule: the microphone was off.
func (m *Microphone) Restart() { m.next, m.inPause = time.Time{}, false }

// Capture returns the packet of the frame that ends now; ok is false when there is none, or DTX
// keeps it back. Call it until Next is in the future.
func (m *Microphone) Capture(now time.Time) (p VoicePacket, ok bool) {
	if p, ok = m.capture(now); !ok {
		return p, false
	}
	before := m.before
	m.before = p
	if offset := p.Timestamp - before.Timestamp; m.redundant && len(p.Payload) > 2 &&
		rtpx.FitsRED(offset, len(before.Payload)) {
		block := rtpx.REDBlock{PayloadType: opusPayload, TimestampOffset: uint16(offset),
			Data: before.Payload}
		if wrapped, err := rtpx.AppendRED(nil, opusPayload, p.Payload,
			[]rtpx.REDBlock{block}); err == nil {
			p.Payload, p.RED = wrapped, true
		}
	}
	return p, true
}

func (m *Microphone) capture(now time.Time) (p VoicePacket, ok bool) {
	if m.next.IsZero() {
		m.next = now
	}
	if now.Before(m.next) {
		return p, false
	}
	length := m.voice.FrameLength
	captured := m.next.Add(-length)
	m.next = m.next.Add(length)
	p = VoicePacket{Timestamp: m.timestamp, Level: silentLevel}
	m.timestamp += uint32(length * 48 / time.Millisecond)
	frame := m.voice.Frames[int(m.position/length)%len(m.voice.Frames)]
	m.position += length
	if m.speaking && (!frame.Pause || m.humming) {
		p.Payload, p.Level, p.Voice = frame.Data, frame.Level, true
		if m.humming {
			p.Level = min(p.Level, hummedLevel)
		}
		p.Marker, m.inPause, m.quiet = m.inPause, false, 0
		if now.Sub(m.stamped) >= stampInterval {
			m.stamped = now
			p.Payload = media.StampVoice(p.Payload, captured)
		}
		return p, true
	}
	m.quiet += length
	switch {
	case !m.inPause: // announces the pause
		m.inPause = true
		p.Payload = m.voice.DTX()
		return p, true
	case m.quiet >= dtxInterval:
		m.quiet, m.inPause = 0, false
		p.Payload, p.Marker = m.voice.Silence(), true
		return p, true
	}
	return p, false
}
