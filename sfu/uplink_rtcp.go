package sfu

import (
	"time"

	"github.com/pion/rtcp"

	"draille/sfu/rtcpx"
)

// onSenderReport remembers the publisher's report for the subscribers' own.
func (u *uplink) onSenderReport(now time.Time, report *rtcp.SenderReport) {
	for _, l := range u.layers() {
		if l.ssrc != report.SSRC {
			continue
		}
		u.clock.Observe(report.NTPTime, now)
		l.setReport(rtcpx.SenderReport{
			NTP: report.NTPTime, Timestamp: report.RTPTime, Arrived: now,
		})
	}
}
