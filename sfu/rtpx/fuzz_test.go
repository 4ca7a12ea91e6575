package rtpx

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fuzzInspect runs one codec's parser on anything: it must not panic, and what it returns must
// point into the payload, so that patching in place with the same numbers changes nothing.
func fuzzInspect(f *testing.F, codec Codec, seeds ...string) {
	for _, seed := range seeds {
		f.Add(unhex(f, seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		frame, err := Inspect(codec, payload)
		if err != nil {
			require.Zero(t, frame)
			return
		}
		patched := bytes.Clone(payload)
		same := Out{
			pictureID: frame.PictureID.Value,
			tl0PicIdx: uint8(frame.TL0PicIdx.Value),
			keyIdx:    uint8(frame.KeyIdx.Value),
		}
		same.Patch(patched, &frame)
		require.Equal(t, payload, patched)
		other := Out{
			pictureID: ^frame.PictureID.Value,
			tl0PicIdx: ^uint8(frame.TL0PicIdx.Value),
			keyIdx:    ^uint8(frame.KeyIdx.Value),
		}
		other.Patch(patched, &frame)
		again, err := Inspect(codec, patched)
		require.NoError(t, err)
		again.PictureID.Value, again.TL0PicIdx.Value, again.KeyIdx.Value = frame.PictureID.Value,
			frame.TL0PicIdx.Value, frame.KeyIdx.Value
		require.Equal(t, frame, again, "patching changes nothing but the numbers")
	})
}

func FuzzVP8(f *testing.F) {
	fuzzInspect(f, VP8, "10504200 9d012a80026801 00", "90f09234c8a701", "90e07f054001", "808001")
}

func FuzzVP9(f *testing.F) {
	fuzzInspect(f, VP9, "fd81022a0502aa", "9a85551801400 0b40100aa", "ec113309aa", "8201080 10c01")
}

func FuzzAV1(f *testing.F) {
	fuzzInspect(f, AV1, "28020a0032aa", "103648aa", "a002aabb3620cc", "00ffffffffffffffffff01")
}

func FuzzH264(f *testing.F) {
	fuzzInspect(f, H264, "674200", "7800026742000268ce", "7c8588", "7f00")
}

func FuzzParse(f *testing.F) {
	f.Add(unhex(f, "90600001000000010000000 2bede000110250000aabb"), uint8(1))
	f.Add(unhex(f, "b0e00001000000010000000210000001030212340000 02"), uint8(3))
	f.Fuzz(func(t *testing.T, raw []byte, id uint8) {
		p, err := Parse(raw)
		if err != nil {
			return
		}
		require.LessOrEqual(t, len(p.Payload)+len(p.Extensions.Body)+fixedHeaderSize, len(raw))
		length := len(p.Extensions.Get(id))
		_, _, ok := p.Extensions.AudioLevel(id)
		require.Equal(t, length >= 1, ok)
		_, ok = p.Extensions.TransportSequenceNumber(id)
		require.Equal(t, length >= 2, ok)
		_, ok = p.Extensions.AbsoluteSendTime(id)
		require.Equal(t, length >= 3, ok)
	})
}

func FuzzRED(f *testing.F) {
	f.Add(unhex(f, "ef1e0002ef0f00016faabbccddeeff"))
	f.Add(unhex(f, "6f"))
	f.Add(unhex(f, "efffffff6f"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		blocks, err := SplitRED(nil, payload)
		if err != nil {
			return
		}
		last := len(blocks) - 1
		for _, b := range blocks[:last] {
			if !FitsRED(uint32(b.TimestampOffset), len(b.Data)) {
				return // legal on the wire, never built by us
			}
		}
		built, err := AppendRED(nil, blocks[last].PayloadType, blocks[last].Data, blocks[:last])
		require.NoError(t, err)
		require.Equal(t, payload, built)
	})
}

// FuzzRewriter gives a rewriter packets that any peer may make up.
func FuzzRewriter(f *testing.F) {
	f.Add(
		[]byte{0x10, 0x50, 0x42, 0, 0x9d, 1, 0x2a}, uint16(1), uint32(5), uint16(40_000), uint32(0),
		uint8(0),
	)
	f.Add(
		[]byte{0x90, 0xf0, 0x92, 0x34, 0xc8, 0xa7, 1}, uint16(65535), uint32(1), uint16(0),
		uint32(1<<31), uint8(2),
	)
	f.Fuzz(
		func(t *testing.T, payload []byte, number uint16, timestamp uint32, number2 uint16,
			timestamp2 uint32, temporal uint8) {
			if len(payload) == 0 {
				return // padding starts nothing
			}
			r := NewRewriter(32, 0, 0)
			r.SetTarget(Target{Source: 1, Spatial: temporal, Temporal: temporal})
			start := Packet{
				SequenceNumber: number,
				Timestamp:      timestamp,
				Codec:          VP8,
				Payload:        payload,
				Frame:          Frame{Start: true, Keyframe: true},
			}
			require.Equal(t, Forward, r.Rewrite(epoch, 1, &start).Verdict)
			for codec := Opus; codec <= H264; codec++ {
				p := Packet{
					SequenceNumber: number2 + uint16(codec),
					Timestamp:      timestamp2,
					Codec:          codec,
					Payload:        payload,
				}
				p.Frame, _ = Inspect(codec, payload)
				out := r.Rewrite(epoch.Add(time.Second), 1, &p)
				if out.Verdict == Forward {
					out.Patch(bytes.Clone(payload), &p.Frame)
					_, ok := r.Sent(out.SequenceNumber)
					require.True(t, ok)
				}
			}
		},
	)
}
