package sfu

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/sfu/negotiate"
	"draille/sfu/negotiate/chromium"
	"draille/sfu/rtpx"
)

func TestAnswersChromium(t *testing.T) {
	s := newServer(t)
	c := s.join("chromium")
	sdp, err := c.participant.Answer(context.Background(), "page", chromium.Offer(3, 9))
	require.NoError(t, err)
	for _, line := range []string{"a=ice-lite", "a=rtpmap:111 opus/48000/2",
		"a=rtpmap:63 red/48000/2", "a=rtpmap:96 VP8/90000", "a=rtpmap:97 rtx/90000",
		"a=fmtp:97 apt=96", "a=rtpmap:98 VP9/90000", "a=rtpmap:45 AV1/90000",
		"a=rtpmap:102 H264/90000", "a=simulcast:recv q;f", "a=rtcp-fb:111 transport-cc",
		"a=rtcp-fb:96 nack pli", "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
		"a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", "a=setup:active",
		"a=ssrc-group:FID"} {
		if line == "a=setup:active" {
			require.Contains(t, sdp, "a=setup:")
			continue
		}
		require.Contains(t, sdp, line)
	}
	for _, line := range []string{"goog-remb", "telephone-event", "G722"} {
		require.NotContains(t, sdp, line)
	}
	require.Contains(t, sdp, fmt.Sprintf(" %s %d typ host", s.port.Addr(), s.port.Port()))
	require.Equal(t, 16, strings.Count(sdp, "\r\nm="))
	require.Equal(t, 12, strings.Count(sdp, "a=sendonly"))

	sections, err := negotiate.ParseAnswer(sdp)
	require.NoError(t, err)
	require.Equal(t, negotiate.PayloadType{Codec: rtpx.VP8, NACK: true}, sections["1"].Payloads[96])
	require.Equal(
		t, negotiate.PayloadType{FMTP: "apt=96", Repair: true, APT: 96}, sections["1"].Payloads[97],
	)
	require.Equal(
		t, negotiate.Extensions{TransportCC: 3, MID: 4, RID: 10, RepairedRID: 11},
		sections["1"].Extensions,
	)
	require.Equal(
		t, negotiate.Extensions{TransportCC: 3, SendTime: 2, MID: 4, AudioLevel: 1},
		sections["0"].Extensions,
	)
	require.False(t, sections["0"].Payloads[111].NACK, "Chromium does not offer NACK for audio")
	require.Equal(t, []string{"q", "f"}, c.participant.publications[Camera].encodings())
	require.Equal(t, []string{""}, c.participant.publications[Screen].encodings())
}

func TestForeignOfferLeavesTheTransportAlone(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a := s.connected("a", usual)
	eventually(t, "the server can send", func() bool { return a.participant.Send([]byte("hello")) })
	_, err := a.participant.Answer(context.Background(), "second", "v=0")
	require.ErrorIs(t, err, negotiate.ErrOffer)
	_, err = a.participant.Answer(context.Background(), a.connection, "v=0")
	require.ErrorIs(t, err, negotiate.ErrOffer)
	require.True(t, a.participant.Send([]byte("still there")))
	broken := strings.ReplaceAll(
		chromium.Offer(1, 1), "a=fingerprint:sha-256 ", "a=fingerprint:sha-256",
	)
	_, err = a.participant.Answer(context.Background(), "third", broken)
	require.ErrorIs(t, err, negotiate.ErrOffer)
	require.True(t, a.participant.Send([]byte("still there")))
}
