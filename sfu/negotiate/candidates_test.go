package negotiate

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/pion/ice/v4"
	"github.com/stretchr/testify/require"
)

func TestTCPCandidatesComeAfterTheOthers(t *testing.T) {
	sdp := "v=0\r\nm=audio 9\r\na=candidate:1 1 udp 2130706431 192.0.2.1 3478 typ " +
		"host\r\na=end-of-candidates\r\nm=video 9\r\n"
	require.Equal(t, sdp, WithTCPCandidates(sdp, nil))
	got := WithTCPCandidates(
		sdp,
		[]netip.AddrPort{
			netip.MustParseAddrPort("192.0.2.1:3479"),
			netip.MustParseAddrPort("[2001:db8::1]:3479"),
		},
	)
	require.Equal(
		t,
		strings.Replace(
			sdp,
			"a=end",
			"a=candidate:tcp1 1 tcp 1526726655 192.0.2.1 3479 typ host tcptype passive\r\n"+
				"a=candidate:tcp2 1 tcp 1526726399 2001:db8::1 3479 typ host tcptype "+
				"passive\r\na=end",
			1,
		),
		got,
	)
	for _, line := range strings.Split(got, "\r\n") {
		if text, found := strings.CutPrefix(line, "a=candidate:tcp"); found {
			candidate, err := ice.UnmarshalCandidate("tcp" + text)
			require.NoError(t, err)
			require.Equal(t, ice.TCPTypePassive, candidate.TCPType())
			require.Less(t, candidate.Priority(), uint32(2130706431))
		}
	}
}

func TestWithoutCandidates(t *testing.T) {
	const line = "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n"
	const sdp = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" + line + "a=mid:0\r\n" + line
	require.Equal(t, "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n",
		WithoutCandidates(sdp))
}
