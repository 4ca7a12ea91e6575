package participant

import (
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"draille/loadtest/publish"
)

// wire keeps what is written to it.
type wire struct {
	webrtc.TrackLocalWriter
	headers []rtp.Header
}

func (w *wire) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	w.headers = append(w.headers, h.Clone())
	return len(payload), nil
}

// The server judges an uplink by when packets left, as Chromium tells it.
func TestPacketsTellWhenTheyLeft(t *testing.T) {
	var w wire
	o := &outlet{kind: webrtc.RTPCodecTypeAudio, mid: func() string { return "0" }, writer: &w}
	o.ids.departure, o.ids.transportCC = 2, 3
	left := time.Date(2030, 1, 1, 9, 0, 0, 0, time.UTC)
	for i := range 2 {
		o.write(publish.Packet{Number: uint16(i), Transport: int64(i),
			Left: left.Add(time.Duration(i) * 250 * time.Millisecond), Payload: []byte{1}})
	}
	o.write(publish.Packet{Number: 2, Payload: []byte{1}})
	require.Len(t, w.headers, 3)
	var told [2]rtp.AbsSendTimeExtension
	for i := range told {
		require.NoError(t, told[i].Unmarshal(w.headers[i].GetExtension(2)))
	}
	assert.Equal(t, uint64(1<<16), (told[1].Timestamp-told[0].Timestamp)&0xffffff,
		"a quarter of a second, of 2^18 in one")
	assert.Nil(t, w.headers[2].GetExtension(2), "who does not know says nothing")
}
