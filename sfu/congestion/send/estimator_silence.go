package send

import "time"

// Tick lets time pass: the estimate decays while feedback fails to come. Call it every 100 ms or
// so.
func (e *Estimator) Tick(now time.Time) {
	at := e.since(now)
	e.now = max(e.now, at)
	silence := max(feedbackTimeout, feedbackRTTs*e.delays.rtt)
	if latest := e.history.find(e.history.newest); e.waiting &&
		at-latest.sent >= silence-decayInterval {
		// Feedback that was lost is not repeated, and there will be none before something arrives.
		e.waiting, e.acks.newest = false, latest.seq
	}
	if !e.waiting || at-e.waitingFrom < silence || at-e.decayed < decayInterval {
		return
	}
	e.decayed = at
	if !e.isOn(silenceRule) {
		return
	}
	if e.silenced == 0 {
		e.silenced, e.silencedAt = e.aimd.bitrate, at
	}
	e.prober.remember(at, e.aimd.bitrate)
	e.aimd.bitrate *= decayFactor
	e.bound()
}

// resume goes on after a silence: most links come back as they were, and probes soon tell. When
// nothing was lost it was not the link that was silent but the receiver, too busy to report; and
// before its first feedback it may not have had the keys yet to read anything.
func (e *Estimator) resume(now time.Duration, complete bool) {
	if e.silenced == 0 {
		return
	}
	share := resumeShare
	first, busy := e.delays.rtt == 0, complete && now-e.silencedAt < busyFor && e.isOn(busyRule)
	if first || busy {
		share = 1
	}
	e.aimd.proven(share * e.silenced)
	e.prober.next, e.silenced = 0, 0
}
