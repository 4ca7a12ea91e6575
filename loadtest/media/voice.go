package media

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"slices"
	"time"
)

// Voice is the speech in one form.
type Voice struct {
	FrameLength time.Duration // 20, 40 or 60 ms
	Bitrate     int           // bit/s of payload while it speaks
	Frames      []VoiceFrame
	silence     int // index of a frame in the longest pause
}

// VoiceFrame is one Opus frame.
type VoiceFrame struct {
	Data  []byte
	Level uint8 // −dBov, as in RFC 6464: 0 loudest, 127 silence
	Pause bool  // an encoder with DTX does not send it
}

const (
	pauseLevel    = 55                     // −dBov below which there is no voice
	pauseHangover = 200 * time.Millisecond // of silence before DTX begins
	levelLength   = 20 * time.Millisecond  // of each level in the file
)

func readVoice(from fs.FS, path string, length time.Duration, levels []byte) (*Voice, error) {
	file, err := fs.ReadFile(from, path)
	if err != nil {
		return nil, err
	}
	packets, err := oggPackets(file)
	if err != nil {
		return nil, err
	}
	each := int(length / levelLength)
	frames := len(levels) / each
	// The encoder's look-ahead makes a packet more than there was sound.
	if len(packets) < frames {
		return nil, fmt.Errorf("expected at least %d packets of %v, got %d", frames, length,
			len(packets))
	}
	v := &Voice{FrameLength: length}
	quiet, pause, spoken, bytes, longest := time.Duration(0), 0, 0, 0, 0
	for i := range frames {
		frame := VoiceFrame{Data: packets[i], Level: slices.Min(levels[i*each : (i+1)*each])}
		if OpusLength(frame.Data) != length {
			return nil, fmt.Errorf("packet %d: expected %v of sound, got %v", i, length,
				OpusLength(frame.Data))
		}
		quiet += length
		if frame.Level < pauseLevel {
			quiet = 0
		}
		frame.Pause = quiet > pauseHangover
		pause++
		if !frame.Pause {
			pause = 0
			spoken++
			bytes += len(frame.Data)
		}
		if pause > longest {
			longest, v.silence = pause, i
		}
		v.Frames = append(v.Frames, frame)
	}
	if longest == 0 || spoken == 0 {
		return nil, errors.New("expected speech with pauses")
	}
	v.Bitrate = int(float64(8*bytes) / (time.Duration(spoken) * length).Seconds())
	return v, nil
}

// oggPackets returns the packets of an Ogg file with one Opus stream (RFC 3533, RFC 7845), without
// its two headers.
func oggPackets(file []byte) ([][]byte, error) {
	var packets [][]byte
	var packet []byte
	for len(file) > 0 {
		const header = 27
		if len(file) < header || string(file[:4]) != "OggS" {
			return nil, errors.New("expected an Ogg page")
		}
		table := header + int(file[header-1])
		if len(file) < table {
			return nil, errors.New("an Ogg page is cut short")
		}
		at := table
		for _, size := range file[header:table] {
			if at+int(size) > len(file) {
				return nil, errors.New("an Ogg page is cut short")
			}
			packet = append(packet, file[at:at+int(size)]...)
			at += int(size)
			if size < 255 { // the last segment of a packet
				packets, packet = append(packets, packet), nil
			}
		}
		file = file[at:]
	}
	if len(packets) < 3 || string(packets[0][:min(8, len(packets[0]))]) != "OpusHead" {
		return nil, errors.New("expected an Ogg file with Opus")
	}
	return packets[2:], nil
}

// Silence is one frame of what the microphone hears when nobody speaks.
func (v *Voice) Silence() []byte { return v.Frames[v.silence].Data }

// DTX is what an encoder with DTX sends when silence begins: the header of a packet alone, SILK
// wideband mono.
func (v *Voice) DTX() []byte { return []byte{byte(8+v.FrameLength/levelLength) << 3} }

// OpusLength is how much sound an Opus packet holds, 0 when it is none (RFC 6716 section 3.1).
func OpusLength(packet []byte) time.Duration {
	if len(packet) == 0 {
		return 0
	}
	config, frames := packet[0]>>3, 1
	switch packet[0] & 3 {
	case 1, 2:
		frames = 2
	case 3:
		if len(packet) < 2 {
			return 0
		}
		frames = int(packet[1] & 0x3f)
	}
	var each time.Duration
	switch {
	case config < 12: // SILK
		each = [...]time.Duration{10, 20, 40, 60}[config%4] * time.Millisecond
	case config < 16: // hybrid
		each = [...]time.Duration{10, 20}[config%2] * time.Millisecond
	default: // CELT
		each = 2500 * time.Microsecond << (config % 4)
	}
	return time.Duration(frames) * each
}

// OpusHasFEC reports whether an Opus packet repeats the sound before it (RFC 6716 section 4.2.3:
// after one bit of voice activity a frame, one that announces the low-bitrate redundancy).
func OpusHasFEC(packet []byte) bool {
	if len(packet) < 3 || packet[0]&0x80 != 0 { // CELT alone has none
		return false
	}
	first := 1
	switch packet[0] & 3 {
	case 3:
		if packet[1] != 0x41 || packet[2] == 255 { // one frame and a little padding
			return false
		}
		first = 3
	case 1, 2:
		return false // several frames in a packet: browsers do not send that
	}
	frames := max(int(OpusLength(packet)/(20*time.Millisecond)), 1)
	return first < len(packet) && packet[first]&(0x80>>frames) != 0
}

// OpusDTX reports whether an Opus packet says only that silence begins: its bytes are the header
// alone.
func OpusDTX(packet []byte) bool { return len(packet) <= 2 }

// voiceStamp is what StampVoice adds at the end of a packet: the time of capture and a checksum
// over all before it.
const voiceStamp = 8

// StampVoice returns an Opus packet that tells when it was captured, in padding that decoders skip
// (RFC 6716 section 3.2.5). It makes the packet 10 bytes longer at most: do it now and then. A
// packet too short to be sound is returned as it is.
func StampVoice(packet []byte, captured time.Time) []byte {
	if len(packet) < 3 {
		return packet
	}
	const padded, variable = 0x40, 0x80
	count, rest := byte(1), packet[1:]
	switch packet[0] & 3 {
	case 1:
		count = 2
	case 2:
		count = 2 | variable
	case 3:
		count, rest = packet[1], packet[2:]
		if count&padded != 0 {
			return packet
		}
	}
	stamped := make([]byte, 0, len(packet)+2+voiceStamp)
	stamped = append(stamped, packet[0]|3, count|padded, voiceStamp)
	stamped = append(stamped, rest...)
	stamped = binary.BigEndian.AppendUint32(stamped, uint32(captured.UnixMilli()))
	return binary.BigEndian.AppendUint32(stamped, crc32.Checksum(stamped, castagnoli))
}

// ReadVoiceStamp returns when the packet was captured, if it tells. now completes the time, as in
// ReadStamp.
func ReadVoiceStamp(packet []byte, now time.Time) (captured time.Time, ok bool) {
	end := len(packet) - voiceStamp
	if end < 3 || packet[0]&3 != 3 || packet[1]&0x40 == 0 || packet[2] != voiceStamp ||
		crc32.Checksum(packet[:end+4], castagnoli) != binary.BigEndian.Uint32(packet[end+4:]) {
		return time.Time{}, false
	}
	milliseconds := now.UnixMilli()
	return time.UnixMilli(
			milliseconds -
				int64(int32(uint32(milliseconds)-binary.BigEndian.Uint32(packet[end:])))),
		true
}
