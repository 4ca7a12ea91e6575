package rtpx

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/stretchr/testify/require"
)

// The streams in testdata are 1.5 s of ffmpeg's testsrc2, 320×180 at 10 frames/s with a keyframe
// every 10 frames, by libvpx, libaom and x264. They are cut into packets by Pion's payloaders.

// ivfFrames splits an IVF file into frames.
func ivfFrames(t testing.TB, name string) [][]byte {
	t.Helper()
	file, err := os.ReadFile(name)
	require.NoError(t, err)
	var frames [][]byte
	for rest := file[32:]; len(rest) > 12; {
		size := int(binary.LittleEndian.Uint32(rest))
		frames = append(frames, rest[12:12+size])
		rest = rest[12+size:]
	}
	require.Len(t, frames, 15)
	return frames
}

// h264Frames splits an Annex B file into access units of one slice each, parameter sets with the
// slice after them.
func h264Frames(t testing.TB, name string) [][]byte {
	t.Helper()
	file, err := os.ReadFile(name)
	require.NoError(t, err)
	var frames [][]byte
	start := []byte{0, 0, 1}
	var frame []byte
	for _, nal := range bytes.Split(file, start)[1:] {
		nal = bytes.TrimRight(nal, "\x00")
		frame = append(append(frame, start...), nal...)
		if kind := nal[0] & nalTypes; kind == 1 || kind == nalIDR {
			frames, frame = append(frames, frame), nil
		}
	}
	return frames
}

func TestInspectRealStreams(t *testing.T) {
	for _, test := range []struct {
		codec      Codec
		frames     func(testing.TB, string) [][]byte
		file       string
		payloader  rtp.Payloader
		tellsEnd   bool
		showsSize  bool
		pictureIDs bool
		noPFrames  bool // Pion's flexible VP9 never says that a picture is predicted
	}{
		{VP8, ivfFrames, "testdata/vp8.ivf", &codecs.VP8Payloader{EnablePictureID: true}, false,
			true, true, false},
		{VP9, ivfFrames, "testdata/vp9.ivf", &codecs.VP9Payloader{FlexibleMode: true}, true, false,
			true, true},
		{VP9, ivfFrames, "testdata/vp9.ivf", &codecs.VP9Payloader{}, true, true, true, false},
		{AV1, ivfFrames, "testdata/av1.ivf", &codecs.AV1Payloader{}, false, false, false, false},
		{H264, h264Frames, "testdata/h264.h264", &codecs.H264Payloader{}, false, false, false,
			false},
	} {
		t.Run(test.codec.String(), func(t *testing.T) {
			var lastID Field
			for i, data := range test.frames(t, test.file) {
				payloads := test.payloader.Payload(400, data)
				keyframe, started, sized := false, 0, false
				for n, payload := range payloads {
					f, err := Inspect(test.codec, payload)
					require.NoError(
						t, err, "frame %d packet %d: %x", i, n, payload[:min(len(payload), 16)],
					)
					keyframe = keyframe || f.Keyframe
					sized = sized || (f.Width == 320 && f.Height == 180)
					if f.Start {
						started++
						require.Zero(t, n, "frame %d starts with its first packet", i)
					}
					if test.tellsEnd {
						require.Equal(t, n == len(payloads)-1, f.End, "frame %d packet %d", i, n)
					}
					if test.pictureIDs && i > 0 { // Pion leaves VP8's picture id 0 out
						require.True(t, f.PictureID.Present())
						if n == 0 && i > 1 {
							require.Equal(t, lastID.Value+1, f.PictureID.Value)
						}
						lastID = f.PictureID
					}
				}
				require.Equal(t, i%10 == 0 || test.noPFrames, keyframe, "frame %d", i)
				if keyframe || test.codec != H264 {
					require.Equal(t, 1, started, "frame %d", i)
				}
				require.Equal(t, test.showsSize && keyframe, sized, "frame %d", i)
			}
		})
	}
}

// TestPatchReadsBack checks against Pion's own parser that what Patch writes is what a receiver
// reads.
func TestPatchReadsBack(t *testing.T) {
	out := Out{pictureID: 0x7abc, tl0PicIdx: 0x55, keyIdx: 0x13}

	payload := unhex(t, "90 f0 92 34 c8 a7 01")
	f, err := Inspect(VP8, payload)
	require.NoError(t, err)
	out.Patch(payload, &f)
	var vp8 codecs.VP8Packet
	_, err = vp8.Unmarshal(payload)
	require.NoError(t, err)
	require.EqualValues(t, 0x7abc, vp8.PictureID)
	require.EqualValues(t, 0x55, vp8.TL0PICIDX)
	require.EqualValues(t, 0x13, vp8.KEYIDX)
	require.EqualValues(t, 2, vp8.TID)
	require.EqualValues(t, 1, vp8.Y)

	payload = unhex(t, "ec 11 33 09 aa")
	f, err = Inspect(VP9, payload)
	require.NoError(t, err)
	out.Patch(payload, &f)
	var vp9 codecs.VP9Packet
	_, err = vp9.Unmarshal(payload)
	require.NoError(t, err)
	require.EqualValues(t, 0x3c, vp9.PictureID, "seven bits stay seven bits")
	require.EqualValues(t, 0x55, vp9.TL0PICIDX)
	require.EqualValues(t, 1, vp9.SID)
	require.True(t, vp9.U)

	short := []byte{0x90}
	out.Patch(
		short,
		&Frame{
			PictureID: Field{Offset: 0, Bits: 15},
			TL0PicIdx: Field{Offset: 4, Bits: 8},
			KeyIdx:    Field{Offset: 5, Bits: 5},
		},
	)
	require.Equal(t, []byte{0x90}, short, "a payload shorter than its frame says is left alone")
}
