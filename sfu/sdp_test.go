package sfu

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/sfu/rtpx"
)

// The sections of an offer as Chromium writes them, cut down to what differs between them.
const (
	chromiumSession = "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE %s\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n"
	chromiumICE     = "c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:4ZcD\r\na=ice-pwd:2/1muCWoOi3uLifh0NuRHlHf\r\na=ice-options:trickle\r\n" +
		"a=fingerprint:sha-256 7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08\r\na=setup:actpass\r\na=mid:%s\r\n"
	chromiumAudio = "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\n" + chromiumICE +
		"a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n" +
		"a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\na=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n" +
		"a=%s\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n" +
		"a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n" +
		"a=rtpmap:13 CN/8000\r\na=rtpmap:110 telephone-event/48000\r\na=rtpmap:126 telephone-event/8000\r\n"
	chromiumVideo = "m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 98 99 45 46 116\r\n" + chromiumICE +
		"a=extmap:14 urn:ietf:params:rtp-hdrext:toffset\r\na=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n" +
		"a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n" +
		"a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\na=%s\r\na=rtcp-mux\r\na=rtcp-rsize\r\n" +
		"a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 goog-remb\r\na=rtcp-fb:96 transport-cc\r\na=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n" +
		"a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:102 H264/90000\r\na=rtcp-fb:102 transport-cc\r\na=rtcp-fb:102 nack\r\na=rtcp-fb:102 nack pli\r\n" +
		"a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\r\na=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n" +
		"a=rtpmap:98 VP9/90000\r\na=rtcp-fb:98 transport-cc\r\na=rtcp-fb:98 nack\r\na=rtcp-fb:98 nack pli\r\na=fmtp:98 profile-id=0\r\na=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=98\r\n" +
		"a=rtpmap:45 AV1/90000\r\na=rtcp-fb:45 transport-cc\r\na=rtcp-fb:45 nack\r\na=rtcp-fb:45 nack pli\r\na=fmtp:45 level-idx=5;profile=0;tier=0\r\n" +
		"a=rtpmap:46 rtx/90000\r\na=fmtp:46 apt=45\r\na=rtpmap:116 red/90000\r\n"
	chromiumData = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" + chromiumICE + "a=sctp-port:5000\r\na=max-message-size:262144\r\n"
)

// chromiumOffer is what Chromium offers with three senders, the camera in two encodings, and so many slots.
func chromiumOffer(audio, video int) string {
	var sections strings.Builder
	var mids []string
	add := func(format string, arguments ...any) {
		mid := fmt.Sprint(len(mids))
		mids = append(mids, mid)
		fmt.Fprintf(&sections, format, append([]any{mid}, arguments...)...)
	}
	add(chromiumAudio+"a=ssrc:1001 cname:x\r\na=ssrc:1001 msid:- a\r\n", "sendonly")
	add(chromiumVideo+"a=rid:q send\r\na=rid:f send\r\na=simulcast:send q;f\r\n", "sendonly")
	add(chromiumVideo+"a=ssrc-group:FID 1003 1004\r\na=ssrc:1003 cname:x\r\na=ssrc:1003 msid:- b\r\na=ssrc:1004 cname:x\r\na=ssrc:1004 msid:- b\r\n", "sendonly")
	for range audio {
		add(chromiumAudio, "recvonly")
	}
	for range video {
		add(chromiumVideo, "recvonly")
	}
	add(chromiumData)
	return fmt.Sprintf(chromiumSession, strings.Join(mids, " ")) + sections.String()
}

func TestAnswersChromium(t *testing.T) {
	s := newServer(t)
	c := s.join("chromium")
	sdp, err := c.participant.Answer(context.Background(), "page", chromiumOffer(3, 9))
	require.NoError(t, err)
	for _, line := range []string{"a=ice-lite", "a=rtpmap:111 opus/48000/2", "a=rtpmap:63 red/48000/2", "a=rtpmap:96 VP8/90000", "a=rtpmap:97 rtx/90000",
		"a=fmtp:97 apt=96", "a=rtpmap:98 VP9/90000", "a=rtpmap:45 AV1/90000", "a=rtpmap:102 H264/90000", "a=simulcast:recv q;f", "a=rtcp-fb:111 transport-cc",
		"a=rtcp-fb:96 nack pli", "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
		"a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", "a=setup:active", "a=ssrc-group:FID"} {
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

	sections, err := parseAnswer(sdp)
	require.NoError(t, err)
	require.Equal(t, payloadType{codec: rtpx.VP8, nack: true}, sections["1"].payloads[96])
	require.Equal(t, payloadType{fmtp: "apt=96", repair: true, apt: 96}, sections["1"].payloads[97])
	require.Equal(t, extensions{transportCC: 3, mid: 4, rid: 10, repairedRID: 11}, sections["1"].extensions)
	require.Equal(t, extensions{transportCC: 3, sendTime: 2, mid: 4, audioLevel: 1}, sections["0"].extensions)
	require.False(t, sections["0"].payloads[111].nack, "Chromium does not offer NACK for audio")
	require.Equal(t, []string{"q", "f"}, c.participant.encodings(Camera))
	require.Equal(t, []string{""}, c.participant.encodings(Screen))
}

func TestParseOffer(t *testing.T) {
	o, err := parseOffer(chromiumOffer(1, 2), nil)
	require.NoError(t, err)
	require.Equal(t, map[string]Source{"0": Microphone, "1": Camera, "2": Screen}, o.sources)
	require.Equal(t, []slotSection{{"3", false}, {"4", true}, {"5", true}}, o.slots)
	require.Equal(t, map[uint32]stream{1001: {source: Microphone}, 1003: {source: Screen}, 1004: {source: Screen, repair: true}}, o.streams)
	require.Equal(t, map[Source][]string{Camera: {"q", "f"}}, o.rids)
	require.Equal(t, "4ZcD", o.ufrag)
}

func TestRefusesForeignOffers(t *testing.T) {
	good := chromiumOffer(1, 1)
	cut := func(old, replacement string) string { return strings.ReplaceAll(good, old, replacement) }
	many := good + strings.Repeat(fmt.Sprintf(chromiumVideo, "x", "recvonly"), maxOfferSections)
	for name, c := range map[string]struct{ offer, says string }{
		"empty":                 {"", "three sending sections"},
		"not SDP":               {"hello", "syntax"},
		"too large":             {good + strings.Repeat("a=x\r\n", maxOfferBytes/5), "bytes"},
		"a thousand sections":   {strings.Repeat("m=video 9 X 0\r\n", 1000), "64 media sections"},
		"many sections":         {many, "64 media sections"},
		"no mid":                {cut("a=mid:1\r\n", ""), "a=mid"},
		"the same mid twice":    {cut("a=mid:1\r\n", "a=mid:0\r\n"), "unique"},
		"a long mid":            {cut("a=mid:1\r\n", "a=mid:"+strings.Repeat("m", 100)+"\r\n"), "a=mid"},
		"no ICE":                {cut("a=ice-ufrag:4ZcD\r\n", ""), "ice-ufrag"},
		"no DTLS":               {cut("a=fingerprint:", "a=x:"), "fingerprint"},
		"a foreign section":     {cut("m=application", "m=text"), "audio, video or application"},
		"no senders":            {cut("a=sendonly", "a=recvonly"), "three sending sections"},
		"a fourth sender":       {cut("a=recvonly", "a=sendonly"), "a fourth"},
		"senders out of order":  {swapFirstTwo(good), "in the order microphone"},
		"only a session header": {fmt.Sprintf(chromiumSession, ""), "three sending sections"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseOffer(c.offer, nil)
			require.ErrorIs(t, err, ErrOffer)
			require.ErrorContains(t, err, c.says)
			require.Less(t, len(err.Error()), 500)
		})
	}
	_, err := parseOffer(strings.Replace(good, "a=sendonly", "a=recvonly", 1), map[string]Source{"0": Microphone})
	require.ErrorContains(t, err, "go on sending the microphone")
}

func swapFirstTwo(offer string) string {
	parts := strings.SplitN(offer, "m=", 4)
	return parts[0] + "m=" + parts[2] + "m=" + parts[1] + "m=" + parts[3]
}

func TestForeignOfferLeavesTheTransportAlone(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a := s.connected("a", usual)
	eventually(t, "the server can send", func() bool { return a.participant.Send([]byte("hello")) })
	_, err := a.participant.Answer(context.Background(), "second", "v=0")
	require.ErrorIs(t, err, ErrOffer)
	_, err = a.participant.Answer(context.Background(), a.connection, "v=0")
	require.ErrorIs(t, err, ErrOffer)
	require.True(t, a.participant.Send([]byte("still there")))
	broken := strings.ReplaceAll(chromiumOffer(1, 1), "a=fingerprint:sha-256 ", "a=fingerprint:sha-256")
	_, err = a.participant.Answer(context.Background(), "third", broken)
	require.ErrorIs(t, err, ErrOffer)
	require.True(t, a.participant.Send([]byte("still there")))
}

func TestCompatible(t *testing.T) {
	baseline, constrained := "packetization-mode=1;profile-level-id=42001f", "packetization-mode=1;profile-level-id=42E01F"
	require.True(t, compatible(rtpx.H264, baseline, constrained))
	require.False(t, compatible(rtpx.H264, baseline, "packetization-mode=1;profile-level-id=640032"))
	require.False(t, compatible(rtpx.H264, baseline, "packetization-mode=0;profile-level-id=42001f"))
	require.True(t, compatible(rtpx.VP8, "", "max-fr=30"))
}

func FuzzParseOffer(f *testing.F) {
	f.Add(chromiumOffer(1, 1))
	f.Add("v=0\r\n")
	f.Add(fmt.Sprintf(chromiumSession, "0"))
	f.Fuzz(func(t *testing.T, text string) {
		o, err := parseOffer(text, map[string]Source{"0": Microphone})
		if err != nil {
			require.ErrorIs(t, err, ErrOffer)
			return
		}
		require.Len(t, o.sources, 3)
		require.LessOrEqual(t, len(o.slots), maxOfferSections)
		_, _ = parseAnswer(text)
	})
}
