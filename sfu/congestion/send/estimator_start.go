package send

import "time"

// Expect lowers the beginning to what the link carried before there was anything to send, in bit/s:
// the page that loaded over it, for one. Once more has been proven than is assumed of any link it
// changes nothing.
func (e *Estimator) Expect(bitrate int) {
	if e.bitrate() <= float64(e.config.StartBitrate) {
		e.aimd.bitrate = min(e.aimd.bitrate, float64(bitrate))
		e.bound()
	}
}

// PathChanged forgets what was learnt of the path (another network after an ICE restart) and begins
// again with start bit/s, or with the lower of the current estimate and the configured start when
// start is 0.
func (e *Estimator) PathChanged(now time.Time, start int) {
	at := e.since(now)
	if start <= 0 {
		start = min(int(e.bitrate()), e.config.StartBitrate)
	}
	fresh := New(e.config)
	fresh.begun, fresh.origin, fresh.history, fresh.prober.id = true, e.origin, e.history,
		e.prober.id
	fresh.aimd.bitrate, fresh.aimd.updated, fresh.changed = float64(start), at, at
	*e = *fresh
	e.bound()
}
