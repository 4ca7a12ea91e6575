package rtpx

import (
	"testing"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParseAgreesWithPion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		packet := rtp.Packet{
			Header: rtp.Header{
				Version:        2,
				Marker:         rapid.Bool().Draw(t, "marker"),
				PayloadType:    rapid.Uint8Range(0, 127).Draw(t, "type"),
				SequenceNumber: rapid.Uint16().Draw(t, "number"),
				Timestamp:      rapid.Uint32().Draw(t, "timestamp"),
				SSRC:           rapid.Uint32().Draw(t, "ssrc"),
				CSRC:           rapid.SliceOfN(rapid.Uint32(), 0, 15).Draw(t, "csrc"),
			},
			Payload: rapid.SliceOfN(rapid.Byte(), 1, 50).Draw(t, "payload"),
		}
		twoByte := rapid.Bool().Draw(t, "two-byte")
		elements := rapid.MapOfN(rapid.Uint8Range(1, 14), rapid.SliceOfN(rapid.Byte(), 1, 16), 0,
			5).
			Draw(t, "elements")
		if len(elements) > 0 {
			packet.Extension, packet.ExtensionProfile = true, profileOneByte
			if twoByte {
				packet.ExtensionProfile = profileTwoByte
			}
			for id, element := range elements {
				if err := packet.SetExtension(id, element); err != nil {
					t.Fatal(err)
				}
			}
		}
		if padding := rapid.Byte().Draw(t, "padding"); padding > 0 {
			packet.Padding, packet.PaddingSize = true, padding
		}
		raw, err := packet.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(raw)
		require.NoError(t, err)
		require.Equal(t, packet.Marker, got.Marker)
		require.Equal(t, packet.PayloadType, got.PayloadType)
		require.Equal(t, packet.SequenceNumber, got.SequenceNumber)
		require.Equal(t, packet.Timestamp, got.Timestamp)
		require.Equal(t, packet.SSRC, got.SSRC)
		require.Equal(t, packet.Payload, got.Payload)
		for id := uint8(1); id < 15; id++ {
			require.Equal(t, elements[id], got.Extensions.Get(id), "element %d", id)
		}
	})
}

func TestParseRefuses(t *testing.T) {
	for _, test := range []struct {
		name, raw string
		want      error
	}{
		{"eleven bytes", "80 60 0001 00000001 000000", errShortHeader},
		{"version 1", "40 60 0001 00000001 00000002", errVersion},
		{"fewer CSRCs than said", "82 60 0001 00000001 00000002 00000003", errShortHeader},
		{"no room for the extension's header", "90 60 0001 00000001 00000002 bede", errShortHeader},
		{"extension longer than the packet", "90 60 0001 00000001 00000002 bede0002 10aa0000",
			errShortHeader},
		{"padding of zero", "a0 60 0001 00000001 00000002 aabb00", errShortPadding},
		{"padding longer than the payload", "a0 60 0001 00000001 00000002 aabb04", errShortPadding},
		{"padding without payload", "a0 60 0001 00000001 00000002", errShortPadding},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse(unhex(t, test.raw))
			require.ErrorIs(t, err, test.want)
		})
	}
	p, err := Parse(unhex(t, "a0 60 0001 00000001 00000002 000003"))
	require.NoError(t, err)
	require.Empty(t, p.Payload, "a packet may be padding only")
}

func TestExtensions(t *testing.T) {
	one := Extensions{profileOneByte, unhex(t, "10 a5 00 31 1234 00")}
	level, voice, ok := one.AudioLevel(1)
	require.True(t, ok && voice)
	require.EqualValues(t, 0x25, level)
	number, ok := one.TransportSequenceNumber(3)
	require.True(t, ok)
	require.EqualValues(t, 0x1234, number)
	_, ok = one.TransportSequenceNumber(1)
	require.False(t, ok, "one byte is no number")
	_, ok = one.TransportSequenceNumber(9)
	require.False(t, ok)
	_, ok = one.AbsoluteSendTime(3)
	require.False(t, ok, "two bytes are no time")
	sent, ok := Extensions{
		Profile: profileOneByte,
		Body:    []byte{0x22, 0x12, 0x34, 0x56},
	}.AbsoluteSendTime(
		2,
	)
	require.True(t, ok)
	require.EqualValues(t, 0x123456, sent)
	_, ok = one.TransportSequenceNumber(1)
	require.False(t, ok)

	two := Extensions{profileTwoByte | 5, unhex(t, "01 01 14 00 20 00 03 02 0102")}
	level, voice, ok = two.AudioLevel(1)
	require.True(t, ok)
	require.False(t, voice)
	require.EqualValues(t, 0x14, level)
	require.NotNil(t, two.Get(0x20), "an element may be empty, and is there nevertheless")
	_, _, ok = two.AudioLevel(0x20)
	require.False(t, ok)
	require.Equal(t, []byte{1, 2}, two.Get(3))

	for name, lying := range map[string]Extensions{
		"one-byte length beyond the block": {profileOneByte, unhex(t, "3f 1234 00")},
		"two-byte length beyond the block": {profileTwoByte, unhex(t, "03 7f 1234")},
		"two-byte cut after its id":        {profileTwoByte, unhex(t, "00 00 00 03")},
		"identifier 15 ends a block":       {profileOneByte, unhex(t, "f0 31 1234")},
		"another profile":                  {0x1234, unhex(t, "31 1234 00")},
		"none":                             {},
	} {
		require.Nil(t, lying.Get(3), name)
	}
	require.Nil(t, one.Get(0), "0 is padding, no identifier")
}

func TestUnwrapper(t *testing.T) {
	var u Unwrapper[uint16]
	for _, step := range []struct {
		number uint16
		want   int64
	}{{65534, 65534}, {65535, 65535}, {1, 65537}, {0, 65536}, {65533, 65533}, {2, 65538},
		{2, 65538}} {
		require.Equal(t, step.want, u.Unwrap(step.number))
	}
	var early Unwrapper[uint16]
	early.Unwrap(1)
	require.EqualValues(t, -2, early.Unwrap(65534))

	var ts Unwrapper[uint32]
	ts.Unwrap(0xffff_ff00)
	require.EqualValues(t, 0x1_0000_0100, ts.Unwrap(0x100))

	rapid.Check(t, func(t *rapid.T) {
		var u Unwrapper[uint16]
		truth := rapid.Int64Range(0, 65535).Draw(t, "first")
		require.Equal(t, truth, u.Unwrap(uint16(truth)))
		for range rapid.IntRange(0, 200).Draw(t, "steps") {
			truth += rapid.Int64Range(-32767, 32767).Draw(t, "step")
			require.Equal(t, truth, u.Unwrap(uint16(truth)))
		}
	})
}

func TestNewer(t *testing.T) {
	require.True(t, SequenceNewer(0, 65535))
	require.False(t, SequenceNewer(65535, 0))
	require.False(t, SequenceNewer(5, 5))
	require.True(t, TimestampNewer(10, 0xffff_fff0))
	require.False(t, TimestampNewer(0xffff_fff0, 10))
}
