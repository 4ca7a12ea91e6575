// Package media holds what virtual participants send: a French voice and moving pictures, really
// encoded, shared by all of them, and how both travel in RTP. Load reads the clips, which are part
// of the program; the command in generate made them.
//
// # Pictures
//
// A Clip is a few seconds of one codec, size and bit rate, at 20 frames/s (a document: 5). It
// begins with its only keyframe and is played in a circle; whoever must send a keyframe jumps to
// its beginning. VP8 and VP9 have three temporal layers in the order 0 2 1 2, and every frame knows
// the nearest one that it refers to (Frame.Parent).
//
// # Frame numbers
//
// A receiver that does not decode must know nevertheless which frame it has, whether it is whole,
// what it refers to, and when it was captured. Every frame therefore carries a Stamp of 16 bytes
// with a checksum over the whole frame, where the codec's decoders skip it: after the last
// partition (VP8), after the last tile and before a superframe index (VP9), in a padding OBU (AV1).
// Browsers decode stamped frames as if there were none. The sender's and the receiver's clock must
// be one.
//
// # Voice
//
// A Voice is the same speech in one frame length and bit rate, with or without in-band FEC. Pauses
// are frames that an encoder with DTX would not send; Talk says what it sends.
package media

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"

	"draille/sfu/rtpx"
)

//go:embed clips
var files embed.FS

// Library is all clips. It is read-only and may be shared.
type Library struct {
	clips    []*Clip
	document *Clip
	voices   map[VoiceKey]*Voice
}

// Load returns the clips of the program; reading them once is enough for all.
var Load = sync.OnceValues(func() (*Library, error) { return load(files) })

func load(from fs.FS) (*Library, error) {
	library := &Library{voices: map[VoiceKey]*Voice{}}
	levels, err := fs.ReadFile(from, "clips/speech.levels")
	if err != nil {
		return nil, fmt.Errorf(
			"media: expected the levels of the speech, got none: make the clips again: %w", err)
	}
	names, err := fs.Glob(from, "clips/*.*")
	if err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	for _, path := range names {
		if err := library.add(from, path, levels); err != nil {
			return nil, fmt.Errorf("media: %s: %w", path, err)
		}
	}
	return library, nil
}

// add reads one file; its name says what it is.
func (l *Library) add(from fs.FS, path string, levels []byte) error {
	name := strings.TrimPrefix(path, "clips/")
	var milliseconds int
	var rate string
	switch {
	case name == "speech.levels":
		return nil
	case strings.HasSuffix(name, ".opus"):
		if _, err := fmt.Sscanf(strings.TrimSuffix(name, ".opus"), "opus-%dms-%s", &milliseconds,
			&rate); err != nil {
			return fmt.Errorf("expected a name like opus-20ms-24k-fec.opus: %w", err)
		}
		voice, err := readVoice(from, path, time.Duration(milliseconds)*time.Millisecond, levels)
		if err != nil {
			return err
		}
		l.voices[VoiceKey{voice.FrameLength, strings.HasSuffix(rate, "-fec"),
			strings.HasPrefix(rate, "12k")}] = voice
		return nil
	case strings.HasSuffix(name, "-5fps.ivf"):
		clip, err := readClip(from, path)
		l.document = clip
		return err
	default:
		clip, err := readClip(from, path)
		l.clips = append(l.clips, clip)
		return err
	}
}

// Clips lists the pictures of one codec and height in pixels (0: any height), the lowest bit rate
// first.
func (l *Library) Clips(codec rtpx.Codec, height int) []*Clip {
	var found []*Clip
	for _, c := range l.clips {
		if c.Codec == codec && (height == 0 || c.Height == height) {
			found = append(found, c)
		}
	}
	sortByBitrate(found)
	return found
}

// Document is a shared screen: VP8, 960×540, 5 frames/s.
func (l *Library) Document() *Clip { return l.document }

// Voice returns the speech in one form, or nil: frames last 20, 40 or 60 ms, and low speech has no
// FEC.
func (l *Library) Voice(key VoiceKey) *Voice { return l.voices[key] }

// VoiceKey names one form of the speech.
type VoiceKey struct {
	FrameLength time.Duration
	FEC         bool // in-band, as an encoder adds when its receiver reports loss
	Low         bool // 12 kbit/s instead of 24
}
