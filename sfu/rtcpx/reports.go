// Package rtcpx reads and writes what RTCP says of a stream: sender and receiver reports (RFC 3550)
// and transport-wide feedback, without allocating for each packet.
package rtcpx

import (
	"time"
)

// NtpTime turns a time into an NTP timestamp (RFC 3550 section 4): seconds since 1900 in the upper
// half.
func NtpTime(t time.Time) uint64 {
	const since1900 = 2_208_988_800
	nanoseconds := uint64(t.UnixNano())
	seconds, rest := nanoseconds/1e9+since1900, nanoseconds%1e9
	return seconds<<32 | rest<<32/1e9
}

// SenderReport is the latest report of one incoming stream.
type SenderReport struct {
	NTP       uint64 // by the publisher's clock
	Timestamp uint32 // RTP, at the same moment
	Arrived   time.Time
}
