package rtpx

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	require.NoError(t, err)
	return b
}

func TestCodecNames(t *testing.T) {
	for codec, want := range map[Codec]struct {
		mime, name string
		video      bool
		rate       uint32
	}{
		Opus: {"audio/opus", "opus", false, 48000},
		RED:  {"audio/red", "red", false, 48000},
		VP8:  {"video/VP8", "VP8", true, 90000},
		VP9:  {"video/VP9", "VP9", true, 90000},
		AV1:  {"video/AV1", "AV1", true, 90000},
		H264: {"video/H264", "H264", true, 90000},
	} {
		require.Equal(t, want.mime, codec.MimeType())
		require.Equal(t, want.name, codec.String())
		require.Equal(t, want.video, codec.Video())
		require.Equal(t, want.rate, codec.ClockRate())
		require.Equal(t, codec, CodecOf(strings.ToUpper(want.mime)))
	}
	require.Equal(t, UnknownCodec, CodecOf("video/H265"))
	require.Equal(
		t, UnknownCodec, CodecOf(""), "an empty type must not be taken for the unknown codec's own",
	)
	require.Equal(t, "unknown", UnknownCodec.String())
	require.Empty(t, Codec(200).MimeType())
}

func TestInspect(t *testing.T) {
	tests := []struct {
		name    string
		codec   Codec
		payload string
		want    Frame
	}{
		{"Opus", Opus, "78", Frame{Start: true, End: true, Keyframe: true, LayersKnown: true}},
		{"RED", RED, "6f 78", Frame{Start: true, End: true, Keyframe: true, LayersKnown: true}},

		{"VP8 without extension, keyframe of 640×360", VP8, "10 50 42 00 9d 01 2a 80 02 68 01 00",
			Frame{Start: true, Keyframe: true, LayersKnown: true, Width: 640, Height: 360}},
		{
			"VP8 keyframe cut before its size",
			VP8,
			"10 50 42 00",
			Frame{Start: true, Keyframe: true, LayersKnown: true},
		},
		{"VP8 scaling bits are not part of the size", VP8, "10 50 42 00 9d 01 2a 80 42 68 81 00",
			Frame{Start: true, Keyframe: true, LayersKnown: true, Width: 640, Height: 360}},
		{
			"VP8 all fields, 15-bit id, T2 with Y",
			VP8,
			"90 f0 92 34 c8 a7 01",
			Frame{Start: true, LayersKnown: true, TemporalID: 2, LayerSync: true,
				PictureID: Field{
					0x1234,
					2,
					15,
				}, TL0PicIdx: Field{0xc8, 4, 8}, KeyIdx: Field{7, 5, 5}},
		},
		{
			"VP8 7-bit id, T1 without Y, no key index",
			VP8,
			"90 e0 7f 05 40 01",
			Frame{Start: true, LayersKnown: true, TemporalID: 1,
				PictureID: Field{0x7f, 2, 7}, TL0PicIdx: Field{5, 3, 8}},
		},
		{
			"VP8 key index alone: no temporal id",
			VP8,
			"90 10 ff 01",
			Frame{Start: true, LayersKnown: true, KeyIdx: Field{31, 2, 5}},
		},
		{
			"VP8 continuation",
			VP8,
			"80 80 01 00",
			Frame{LayersKnown: true, PictureID: Field{1, 2, 7}},
		},
		{"VP8 second partition is no start", VP8, "11 00", Frame{LayersKnown: true}},

		{"VP9 flexible, 15-bit id, T1 S5, two references", VP9, "fd 81 02 2a 05 02 aa",
			Frame{
				Start:       true,
				End:         true,
				LayersKnown: true,
				TemporalID:  1,
				SpatialID:   5,
				PictureID:   Field{0x102, 1, 15},
			}},
		{"VP9 flexible key picture with sizes and group", VP9,
			"9a 85 55 18 0140 00b4 01 00 aa",
			Frame{Start: true, Keyframe: true, LayersKnown: true, PictureID: Field{0x555, 1, 15},
				Width: 320, Height: 180}},
		{"VP9 two spatial layers: the larger counts", VP9, "ba 81 00 00 30 0140 00b4 0280 0168 aa",
			Frame{
				Start:       true,
				Keyframe:    true,
				LayersKnown: true,
				PictureID:   Field{0x100, 1, 15},
				Width:       640,
				Height:      360,
			}},
		{
			"VP9 layers, non-flexible, T1 S1 U D",
			VP9,
			"ec 11 33 09 aa",
			Frame{
				Start:       true,
				End:         true,
				LayersKnown: true,
				TemporalID:  1,
				SwitchUp:    true,
				SpatialID:   1,
				PictureID:   Field{0x11, 1, 7},
				TL0PicIdx:   Field{9, 3, 8},
			},
		},
		{
			"VP9 upper layer of a key picture depends on the lower one",
			VP9,
			"ac 11 03 09 aa",
			Frame{Start: true, End: true, LayersKnown: true, SpatialID: 1,
				PictureID: Field{0x11, 1, 7}, TL0PicIdx: Field{9, 3, 8}},
		},
		{"VP9 bare", VP9, "08 aa", Frame{Start: true, Keyframe: true, LayersKnown: true}},

		{
			"AV1 new sequence: sequence header and frame",
			AV1,
			"28 02 0a 00 32 aa",
			Frame{Start: true, Keyframe: true, LayersKnown: true},
		},
		{"AV1 N without sequence header", AV1, "18 32 aa", Frame{Start: true, LayersKnown: true}},
		{
			"AV1 delta frame without extension",
			AV1,
			"10 32 aa",
			Frame{Start: true, LayersKnown: true},
		},
		{
			"AV1 T2 S1 in the extension",
			AV1,
			"10 36 48 aa",
			Frame{Start: true, LayersKnown: true, TemporalID: 2, SpatialID: 1, LayerSync: true},
		},
		{"AV1 continuation does not know its layers", AV1, "90 36 48", Frame{}},
		{
			"AV1 continuation, then an OBU that tells",
			AV1,
			"a0 02 aabb 36 20 cc",
			Frame{LayersKnown: true, TemporalID: 1, LayerSync: true},
		},
		{
			"AV1 W=0: every element has its length",
			AV1,
			"08 02 0a 00 02 32 aa",
			Frame{Start: true, Keyframe: true, LayersKnown: true},
		},
		{
			"AV1 delimiter is passed over",
			AV1,
			"20 02 12 00 36 20 aa",
			Frame{Start: true, LayersKnown: true, TemporalID: 1, LayerSync: true},
		},

		{
			"H.264 parameter set alone",
			H264,
			"67 42 00",
			Frame{Start: true, Keyframe: true, LayersKnown: true},
		},
		{"H.264 IDR alone", H264, "65 88", Frame{Keyframe: true, LayersKnown: true}},
		{"H.264 slice", H264, "41 9a", Frame{LayersKnown: true}},
		{
			"H.264 STAP-A of both parameter sets",
			H264,
			"78 0002 6742 0002 68ce",
			Frame{Start: true, Keyframe: true, LayersKnown: true},
		},
		{"H.264 STAP-A of slices", H264, "78 0002 419a", Frame{LayersKnown: true}},
		{
			"H.264 FU-A first fragment of an IDR",
			H264,
			"7c 85 88",
			Frame{Keyframe: true, LayersKnown: true},
		},
		{"H.264 FU-A last fragment of a slice", H264, "5c 41 88", Frame{LayersKnown: true}},
		{
			"H.264 FU-A later fragment of a parameter set starts nothing",
			H264,
			"7c 07 88",
			Frame{Keyframe: true, LayersKnown: true},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, err := Inspect(test.codec, unhex(t, test.payload))
			require.NoError(t, err)
			require.Equal(t, test.want, f)
		})
	}
}

func TestInspectRefuses(t *testing.T) {
	for _, test := range []struct {
		name    string
		codec   Codec
		payload string
		want    error
	}{
		{"empty audio", Opus, "", errTooShort},
		{"VP8 empty", VP8, "", errTooShort},
		{"VP8 descriptor only", VP8, "80 80 01", errTooShort},
		{"VP8 cut in the picture id", VP8, "80 80", errTooShort},
		{"VP8 cut in a long picture id", VP8, "80 80 81", errTooShort},
		{"VP8 cut before TL0PICIDX", VP8, "80 40", errTooShort},
		{"VP8 cut before TID", VP8, "80 20", errTooShort},
		{"VP9 one byte", VP9, "08", errTooShort},
		{"VP9 cut in the picture id", VP9, "80 81", errTooShort},
		{"VP9 cut before layers", VP9, "a0 01", errTooShort},
		{"VP9 cut before TL0PICIDX", VP9, "a0 01 20", errTooShort},
		{"VP9 cut in references", VP9, "d0 01 03", errTooShort},
		{"VP9 four references", VP9, "d0 01 03 03 03 03 aa", errReserved},
		{"VP9 cut in the structure", VP9, "82 01", errTooShort},
		{"VP9 cut in sizes", VP9, "82 01 10 01", errTooShort},
		{"VP9 cut before the group", VP9, "82 01 08", errTooShort},
		{"VP9 cut in the group", VP9, "82 01 08 02 00", errTooShort},
		{"VP9 cut in a group's references", VP9, "82 01 08 01 0c 01", errTooShort},
		{"VP9 no payload after the structure", VP9, "82 01 00", errTooShort},
		{"AV1 one byte", AV1, "10", errTooShort},
		{"AV1 Z and N", AV1, "98 0a", errReserved},
		{"AV1 element longer than the packet", AV1, "20 7f 0a", errTooShort},
		{"AV1 endless length", AV1, "00 ff ff ff ff ff ff ff ff ff 01", errTooShort},
		{"H.264 one byte", H264, "67", errTooShort},
		{"H.264 STAP-A element longer than the packet", H264, "78 00ff 67", errTooShort},
		{"H.264 STAP-A empty element", H264, "78 0000 67", errTooShort},
		{"H.264 STAP-A cut", H264, "78 00", errTooShort},
		{"H.264 FU-A without payload", H264, "7c 85", errTooShort},
		{"H.264 reserved type", H264, "7f 00", errReserved},
		{"no codec", UnknownCodec, "00 00", errUnknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Inspect(test.codec, unhex(t, test.payload))
			require.ErrorIs(t, err, test.want)
		})
	}
}
