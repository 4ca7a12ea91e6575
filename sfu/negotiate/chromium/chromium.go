// Package chromium writes an offer as Chromium does, for tests.
package chromium

import (
	"fmt"
	"strings"
)

// The sections of an offer as Chromium writes them, cut down to what differs between them.
const (
	Session = "v=0\r\n" +
		"o=- 4611731400430051336 2 IN IP4 127.0.0.1\r\n" +
		"s=-\r\n" +
		"t=0 0\r\n" +
		"a=group:BUNDLE %s\r\n" +
		"a=extmap-allow-mixed\r\n" +
		"a=msid-semantic: WMS\r\n"
	ice = "c=IN IP4 0.0.0.0\r\n" +
		"a=rtcp:9 IN IP4 0.0.0.0\r\n" +
		"a=ice-ufrag:4ZcD\r\n" +
		"a=ice-pwd:2/1muCWoOi3uLifh0NuRHlHf\r\n" +
		"a=ice-options:trickle\r\n" +
		"a=fingerprint:sha-256 " +
		"7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:" +
		"DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08\r\n" +
		"a=setup:actpass\r\n" +
		"a=mid:%s\r\n"
	Audio = "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\n" + ice +
		"a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n" +
		"a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n" +
		"a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n" +
		"a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n" +
		"a=%s\r\n" +
		"a=rtcp-mux\r\n" +
		"a=rtcp-rsize\r\n" +
		"a=rtpmap:111 opus/48000/2\r\n" +
		"a=rtcp-fb:111 transport-cc\r\n" +
		"a=fmtp:111 minptime=10;useinbandfec=1\r\n" +
		"a=rtpmap:63 red/48000/2\r\n" +
		"a=fmtp:63 111/111\r\n" +
		"a=rtpmap:9 G722/8000\r\n" +
		"a=rtpmap:0 PCMU/8000\r\n" +
		"a=rtpmap:8 PCMA/8000\r\n" +
		"a=rtpmap:13 CN/8000\r\n" +
		"a=rtpmap:110 telephone-event/48000\r\n" +
		"a=rtpmap:126 telephone-event/8000\r\n"
	Video = "m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 98 99 45 46 116\r\n" + ice +
		"a=extmap:14 urn:ietf:params:rtp-hdrext:toffset\r\n" +
		"a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n" +
		"a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n" +
		"a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n" +
		"a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n" +
		"a=%s\r\n" +
		"a=rtcp-mux\r\n" +
		"a=rtcp-rsize\r\n" +
		"a=rtpmap:96 VP8/90000\r\n" +
		"a=rtcp-fb:96 goog-remb\r\n" +
		"a=rtcp-fb:96 transport-cc\r\n" +
		"a=rtcp-fb:96 ccm fir\r\n" +
		"a=rtcp-fb:96 nack\r\n" +
		"a=rtcp-fb:96 nack pli\r\n" +
		"a=rtpmap:97 rtx/90000\r\n" +
		"a=fmtp:97 apt=96\r\n" +
		"a=rtpmap:102 H264/90000\r\n" +
		"a=rtcp-fb:102 transport-cc\r\n" +
		"a=rtcp-fb:102 nack\r\n" +
		"a=rtcp-fb:102 nack pli\r\n" +
		"a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\r\n" +
		"a=rtpmap:103 rtx/90000\r\n" +
		"a=fmtp:103 apt=102\r\n" +
		"a=rtpmap:98 VP9/90000\r\n" +
		"a=rtcp-fb:98 transport-cc\r\n" +
		"a=rtcp-fb:98 nack\r\n" +
		"a=rtcp-fb:98 nack pli\r\n" +
		"a=fmtp:98 profile-id=0\r\n" +
		"a=rtpmap:99 rtx/90000\r\n" +
		"a=fmtp:99 apt=98\r\n" +
		"a=rtpmap:45 AV1/90000\r\n" +
		"a=rtcp-fb:45 transport-cc\r\n" +
		"a=rtcp-fb:45 nack\r\n" +
		"a=rtcp-fb:45 nack pli\r\n" +
		"a=fmtp:45 level-idx=5;profile=0;tier=0\r\n" +
		"a=rtpmap:46 rtx/90000\r\n" +
		"a=fmtp:46 apt=45\r\n" +
		"a=rtpmap:116 red/90000\r\n"
	Data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" + ice + "a=sctp-port:5000\r\n" +
		"a=max-message-size:262144\r\n"
)

// Offer is what Chromium offers with three senders, the camera in two encodings, and so many slots.
func Offer(audio, video int) string {
	var sections strings.Builder
	var mids []string
	add := func(format string, arguments ...any) {
		mid := fmt.Sprint(len(mids))
		mids = append(mids, mid)
		fmt.Fprintf(&sections, format, append([]any{mid}, arguments...)...)
	}
	add(Audio+"a=ssrc:1001 cname:x\r\na=ssrc:1001 msid:- a\r\n", "sendonly")
	add(Video+"a=rid:q send\r\na=rid:f send\r\na=simulcast:send q;f\r\n", "sendonly")
	add(
		Video+"a=ssrc-group:FID 1003 1004\r\n"+
			"a=ssrc:1003 cname:x\r\na=ssrc:1003 msid:- b\r\n"+
			"a=ssrc:1004 cname:x\r\na=ssrc:1004 msid:- b\r\n",
		"sendonly",
	)
	for range audio {
		add(Audio, "recvonly")
	}
	for range video {
		add(Video, "recvonly")
	}
	add(Data)
	return fmt.Sprintf(Session, strings.Join(mids, " ")) + sections.String()
}
