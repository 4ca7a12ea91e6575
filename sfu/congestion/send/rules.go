package send

import "draille/sfu/congestion/signal"

// The rules of the estimator that go beyond delay gradient, loss and acknowledged bit rate.
// Config.Without switches them off.
const (
	standingRule    signal.Rules = 1 << iota // delays grow: overuse only if a queue stands
	longQueueRule                            // a queue that stands is overuse
	probeQueueRule                           // a short queue after a probe is the probe's
	packetTimeRule                           // what a packet's size costs is taken off its delay
	drainRule                                // after a fall less is sent until the queue is gone
	gentleRule                               // overuse with a short queue costs one gentle step
	correctRule                              // a fall that was too deep is taken back
	knownRule                                // near the known capacity it stays near what arrives
	unexplainedRule                          // more is sent than arrives: the rate does not rise
	lossRule                                 // loss with a queue bounds the rate
	experimentRule                           // loss without a queue is tried
	outageRule                               // losses in a long row say nothing of the rate
	crossRule                                // beside a download the rate follows the losses
	yieldRule                                // and yields now and then
	dropRule                                 // the first late packets hold the pacing back
	ackTimerRule                             // feedback that is overdue holds the pacing back
	reverseRule                              // a drop of the other way holds the pacing back
	longerRule                               // a delay that leaps and stays is a longer path
	riseRule                                 // large packets that are quick call for a probe
	memoryRule                               // a rate before a fall is looked for sooner
	retryRule                                // a probe that told nothing is soon repeated
	thinProbeRule                            // on a thin link a probe is soon repeated
	silenceRule                              // the estimate decays while feedback fails to come
	busyRule                                 // a receiver silent without loss was busy
)

// Rules lists the rules by their names.
func Rules() []signal.Named {
	return []signal.Named{
		{Name: "send/standing-queue", Rule: standingRule},
		{Name: "send/long-queue", Rule: longQueueRule},
		{Name: "send/probe-queue", Rule: probeQueueRule},
		{Name: "send/packet-time", Rule: packetTimeRule},
		{Name: "send/drain", Rule: drainRule},
		{Name: "send/gentle-step", Rule: gentleRule},
		{Name: "send/correct-fall", Rule: correctRule},
		{Name: "send/known-capacity", Rule: knownRule},
		{Name: "send/unexplained", Rule: unexplainedRule},
		{Name: "send/loss", Rule: lossRule},
		{Name: "send/loss-experiment", Rule: experimentRule},
		{Name: "send/outage", Rule: outageRule},
		{Name: "send/cross-traffic", Rule: crossRule},
		{Name: "send/yield", Rule: yieldRule},
		{Name: "send/capacity-drop", Rule: dropRule},
		{Name: "send/ack-timer", Rule: ackTimerRule},
		{Name: "send/reverse-drop", Rule: reverseRule},
		{Name: "send/longer-path", Rule: longerRule},
		{Name: "send/capacity-rise", Rule: riseRule},
		{Name: "send/probe-memory", Rule: memoryRule},
		{Name: "send/probe-retry", Rule: retryRule},
		{Name: "send/thin-probe", Rule: thinProbeRule},
		{Name: "send/silence", Rule: silenceRule},
		{Name: "send/busy-receiver", Rule: busyRule},
	}
}
