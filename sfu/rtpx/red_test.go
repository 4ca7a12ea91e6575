package rtpx

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestSplitRED(t *testing.T) {
	// Two old frames, 1920 and 960 units old, of two and one bytes, then the primary.
	payload := unhex(t, "ef 1e 00 02  ef 0f 00 01  6f  aabb cc ddeeff")
	blocks, err := SplitRED(nil, payload)
	require.NoError(t, err)
	require.Equal(t, []REDBlock{
		{PayloadType: 111, TimestampOffset: 1920, Data: []byte{0xaa, 0xbb}},
		{PayloadType: 111, TimestampOffset: 960, Data: []byte{0xcc}},
		{PayloadType: 111, Data: []byte{0xdd, 0xee, 0xff}},
	}, blocks)
	built, err := AppendRED(nil, 111, blocks[2].Data, blocks[:2])
	require.NoError(t, err)
	require.Equal(t, payload, built)
}

func TestREDLimits(t *testing.T) {
	largest := REDBlock{
		PayloadType:     111,
		TimestampOffset: MaxREDOffset,
		Data:            make([]byte, MaxREDLength),
	}
	require.True(t, FitsRED(MaxREDOffset, MaxREDLength))
	built, err := AppendRED(nil, 111, []byte{1}, []REDBlock{largest})
	require.NoError(t, err)
	blocks, err := SplitRED(nil, built)
	require.NoError(t, err)
	require.Equal(t, largest, blocks[0])

	for _, bad := range []REDBlock{
		{TimestampOffset: MaxREDOffset + 1, Data: []byte{1}},
		{TimestampOffset: 960, Data: make([]byte, MaxREDLength+1)},
		{TimestampOffset: 960},
		{TimestampOffset: 0, Data: []byte{1}},
	} {
		require.False(t, FitsRED(uint32(bad.TimestampOffset), len(bad.Data)))
		prefix := []byte{42}
		built, err := AppendRED(prefix, 111, []byte{1}, []REDBlock{bad})
		require.ErrorContains(t, err, "does not fit RFC 2198")
		require.Equal(t, prefix, built)
	}
	require.False(t, FitsRED(1<<16+960, 1), "an offset is not cut to what fits")
}

func TestSplitREDRefuses(t *testing.T) {
	before := []REDBlock{{PayloadType: 7}}
	for _, payload := range []string{"", "ef", "ef 1e 00", "ef 1e 00 02", "ef 1e 00 02 6f",
		"ef 1e 00 02 6f aa"} {
		blocks, err := SplitRED(before, unhex(t, payload))
		require.ErrorIs(t, err, errRED, payload)
		require.Equal(t, before, blocks, payload)
	}
	blocks, err := SplitRED(nil, unhex(t, "6f"))
	require.NoError(t, err)
	require.Empty(t, blocks[0].Data, "an empty primary is legal")
}

func TestREDRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []REDBlock
		for range rapid.IntRange(0, 4).Draw(t, "redundant") {
			want = append(want, REDBlock{
				PayloadType:     rapid.Uint8Range(0, 127).Draw(t, "type"),
				TimestampOffset: rapid.Uint16Range(1, MaxREDOffset).Draw(t, "offset"),
				Data:            rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "data"),
			})
		}
		primary := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "primary")
		built, err := AppendRED(nil, 111, primary, want)
		require.NoError(t, err)
		got, err := SplitRED(nil, built)
		require.NoError(t, err)
		require.Len(t, got, len(want)+1)
		for i := range want {
			require.Equal(t, want[i], got[i])
		}
		require.EqualValues(t, 111, got[len(want)].PayloadType)
		require.Equal(t, primary, append([]byte{}, got[len(want)].Data...))
	})
}
