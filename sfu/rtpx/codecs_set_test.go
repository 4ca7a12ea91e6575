package rtpx

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCodecsIsASet(t *testing.T) {
	var s Codecs
	s = s.With(VP8).With(H264).With(UnknownCodec)
	for c := UnknownCodec; c <= H264; c++ {
		require.Equal(t, c == VP8 || c == H264, s.Has(c), c)
	}
}
