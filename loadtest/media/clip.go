package media

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/pion/webrtc/v4/pkg/media/ivfreader"

	"draille/sfu/rtpx"
)

// Clip is a few seconds of encoded pictures.
type Clip struct {
	Codec         rtpx.Codec
	Width, Height int
	Framerate     float64 // frames/s
	Bitrate       int     // bit/s of payload on the average, without the keyframe
	Peak          int     // bit/s of payload in the second that takes most, the keyframe included
	Frames        []Frame // the first is the only keyframe
}

// Frame is one encoded frame as RTP carries it: of AV1, the OBUs without temporal delimiter and
// without size fields.
type Frame struct {
	Data       []byte
	OBUs       []int // AV1: bytes of each OBU in Data
	Keyframe   bool
	TemporalID uint8
	Sync       bool // refers to the base layer alone
	Parent     int  // how many frames back the nearest one is that it refers to; 0: none
}

// pattern is the order of temporal layers in VP8 and VP9 clips. Frames of the top layer refer to
// the frame before them, which is one of a lower layer, and nothing refers to them.
var pattern = []Frame{
	{TemporalID: 0, Parent: 4}, {TemporalID: 2, Parent: 1, Sync: true},
	{TemporalID: 1, Parent: 2, Sync: true}, {TemporalID: 2, Parent: 1},
}

func readClip(from fs.FS, path string) (*Clip, error) {
	file, err := from.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	reader, header, err := ivfreader.NewWith(file)
	if err != nil {
		return nil, fmt.Errorf("expected an IVF file: %w", err)
	}
	clip := &Clip{Width: int(header.Width), Height: int(header.Height),
		Framerate: float64(header.TimebaseDenominator) / float64(header.TimebaseNumerator)}
	switch header.FourCC {
	case "VP80":
		clip.Codec = rtpx.VP8
	case "VP90":
		clip.Codec = rtpx.VP9
	case "AV01":
		clip.Codec = rtpx.AV1
	default:
		return nil, fmt.Errorf("expected VP8, VP9 or AV1, got %q", header.FourCC)
	}
	layered := clip.Codec != rtpx.AV1 && clip.Framerate == 20
	for {
		data, _, err := reader.ParseNextFrame()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("frame %d is cut short: %w", len(clip.Frames), err)
		}
		frame := Frame{Parent: 1}
		if layered {
			frame = pattern[len(clip.Frames)%len(pattern)]
		}
		if len(clip.Frames) == 0 {
			frame.Keyframe, frame.Parent, frame.Sync = true, 0, false
		}
		if err := frame.take(clip.Codec, data); err != nil {
			return nil, fmt.Errorf("frame %d: %w", len(clip.Frames), err)
		}
		clip.Frames = append(clip.Frames, frame)
	}
	if len(clip.Frames) < 2 || layered && len(clip.Frames)%len(pattern) != 0 {
		return nil, fmt.Errorf(
			"expected some frames, in whole rounds of the temporal layers, got %d",
			len(clip.Frames))
	}
	bytes := 0
	for _, f := range clip.Frames[1:] {
		bytes += len(f.Data)
	}
	clip.Bitrate = int(float64(8*bytes) * clip.Framerate / float64(len(clip.Frames)-1))
	clip.Peak = clip.peak()
	return clip, nil
}

// peak is the bit rate of the second that takes most, wherever it begins: a clip is played in a
// circle.
func (c *Clip) peak() int {
	second, most := min(int(c.Framerate), len(c.Frames)), 0
	for begin := range c.Frames {
		bytes := 0
		for i := range second {
			bytes += len(c.Frames[(begin+i)%len(c.Frames)].Data)
		}
		most = max(most, int(float64(8*bytes)*c.Framerate/float64(second)))
	}
	return most
}

// take brings the encoder's bytes into the form in which RTP carries them, and checks that
// keyframes are where they should be.
func (f *Frame) take(codec rtpx.Codec, data []byte) error {
	if len(data) == 0 {
		return errors.New("expected some bytes, got none")
	}
	f.Data = data
	keyframe := data[0]&1 == 0 // VP8: RFC 6386 section 9.1
	switch codec {
	case rtpx.VP9:
		// VP9 bitstream specification, section 6.2: marker, profile, show_existing_frame,
		// frame_type
		keyframe = data[0]&0x04 == 0
	case rtpx.AV1:
		var err error
		if keyframe, err = f.splitOBUs(data); err != nil {
			return err
		}
	}
	if keyframe != f.Keyframe {
		return fmt.Errorf("expected keyframe %v, got %v", f.Keyframe, keyframe)
	}
	return nil
}

// Types of OBUs (AV1 bitstream specification, section 6.2.2).
const (
	obuSequenceHeader    = 1
	obuTemporalDelimiter = 2
	obuPadding           = 15
)

// splitOBUs removes temporal delimiters and size fields (AV1 RTP specification, section 5).
func (f *Frame) splitOBUs(unit []byte) (keyframe bool, err error) {
	f.Data = nil
	for len(unit) > 0 {
		header, size, read := unit[0], 0, 1
		for shift := 0; ; shift += 7 {
			if read >= len(unit) || shift > 28 {
				return false, errors.New("expected the size of an OBU, got the end of the frame")
			}
			b := unit[read]
			read++
			size |= int(b&0x7f) << shift
			if b&0x80 == 0 {
				break
			}
		}
		if header&0x06 != 0x02 || read+size > len(unit) {
			return false, errors.New("expected OBUs with a size and without extension")
		}
		kind := header >> 3 & 0x0f
		keyframe = keyframe || kind == obuSequenceHeader
		if kind != obuTemporalDelimiter {
			f.Data = append(f.Data, header&^0x02)
			f.Data = append(f.Data, unit[read:read+size]...)
			f.OBUs = append(f.OBUs, 1+size)
		}
		unit = unit[read+size:]
	}
	return keyframe, nil
}

func sortByBitrate(clips []*Clip) {
	slices.SortFunc(clips, func(a, b *Clip) int { return a.Bitrate - b.Bitrate })
}
