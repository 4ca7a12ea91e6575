package rtpx

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSkipClosesUpNumbersAndPictureIDs(t *testing.T) {
	r := NewRewriter(64, 1000, 5000)
	r.SetTarget(Target{Source: 1, Spatial: AllLayers, Temporal: AllLayers})
	packet := func(number uint16, key bool) *Packet {
		return &Packet{
			SequenceNumber: number, Timestamp: uint32(number) * 3000, Codec: VP8, Marker: true,
			Payload: []byte{0},
			Frame: Frame{
				Start:       true,
				Keyframe:    key,
				LayersKnown: true,
				PictureID:   Field{Value: number, Offset: 2, Bits: 15},
			},
		}
	}
	now := time.Unix(1_700_000_000, 0)
	first := r.Rewrite(now, 1, packet(10, true))
	require.Equal(t, Forward, first.Verdict)
	r.Skip(2, packet(11, false)) // of another source: nothing to close up
	r.Skip(1, packet(11, false))
	r.Skip(1, &Packet{SequenceNumber: 12, Timestamp: 12 * 3000, Codec: VP8}) // padding
	next := r.Rewrite(now, 1, packet(13, false))
	require.Equal(t, Forward, next.Verdict)
	require.Equal(t, first.SequenceNumber+1, next.SequenceNumber)
	require.Equal(
		t, first.pictureID+2, next.pictureID,
		"11 was skipped, 12 held no picture and left a gap before it came here",
	)

	late := r.Rewrite(now, 1, packet(15, false)) // 14 is missing and keeps its number
	r.Skip(1, packet(14, false))
	require.Equal(t, next.SequenceNumber+2, late.SequenceNumber)
}
