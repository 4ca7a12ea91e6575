package negotiate

import (
	"fmt"
	"net/netip"
	"strings"
)

// tcpPreference is the type preference of a TCP host candidate, below those of UDP (RFC 6544 §4.2).
const tcpPreference = 90

// WithTCPCandidates adds passive TCP candidates to an answer. Pion does not know of them: to it,
// who comes over TCP is one more address on the UDP socket, which it learns from the browser's
// checks like any other.
func WithTCPCandidates(sdp string, addresses []netip.AddrPort) string {
	const end = "a=end-of-candidates\r\n"
	if len(addresses) == 0 {
		return sdp
	}
	var lines strings.Builder
	for i, address := range addresses {
		priority := tcpPreference<<24 | (0xFFFF-i)<<8 | 0xFF // RFC 8445 §5.1.2.1, component 1
		fmt.Fprintf(
			&lines, "a=candidate:tcp%d 1 tcp %d %s %d typ host tcptype passive\r\n", i+1, priority,
			address.Addr(), address.Port(),
		)
	}
	return strings.ReplaceAll(sdp, end, lines.String()+end)
}

// WithoutCandidates takes the candidates out of an offer. A server that is ICE-lite never checks
// them (RFC 8445 section 2.5), and Pion would keep each for as long as the connection lives.
func WithoutCandidates(sdp string) string {
	var kept strings.Builder
	for line := range strings.Lines(sdp) {
		if !strings.HasPrefix(line, "a=candidate:") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}
