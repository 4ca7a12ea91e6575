package send

import "time"

// Probe says whether to send a probe now, given the bitrate that the receiver could use (bit/s;
// what it would take to show all that its page wants, and no more). It returns false while a probe
// is on its way, while the link is busy or when the last ones proved that there is nothing to win.
// Ask after every feedback and tick; once it has returned a cluster, send it.
func (e *Estimator) Probe(now time.Time, wanted int) (Cluster, bool) {
	at := e.since(now)
	unheard := e.waiting && at-e.waitingFrom > feedbackTimeout/2+e.delays.rtt
	busy := unheard || e.delays.rtt == 0 || e.trendline.state == Overusing ||
		e.delays.stand > probeCalm || e.draining ||
		e.loss.experiment.Running || e.aimd.everFell && at-e.calmSince < probeSettle
	if busy {
		return Cluster{}, false
	}
	first := !e.proven && e.prober.retry == 0
	return e.prober.begin(at, first, e.bitrate(), float64(wanted), float64(e.config.MaxBitrate))
}

func (e *Estimator) judgeProbe(now time.Duration) {
	v, proven := e.prober.verdict(now, e.delays.rtt, e.loss.reported)
	if v == pending {
		return
	}
	won := proven > e.aimd.bitrate
	switch {
	case won:
		e.aimd.proven(proven)
		e.loss.proven(proven)
	case v == saturated && !e.proven && proven > 0: // what was assumed at the start was too much
		e.aimd.bitrate = proven
	}
	e.proven = e.proven || v == carried || v == saturated
	e.judgeFull(v, won)
	e.prober.conclude(now, v, won, e.aimd.bitrate)
}

// judgeFull notes whether the link carries no more: of one probe chance or a busy machine may have
// said so.
func (e *Estimator) judgeFull(v verdict, won bool) {
	switch {
	case v == saturated:
		e.saturated++
		e.full = e.full || e.saturated >= saturatedProbes
	case v == carried:
		e.saturated = 0
		e.full = e.full && !won
	}
}
