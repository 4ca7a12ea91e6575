package receive

import "draille/sfu/congestion/signal"

// The rules of the controller that go beyond cutting the limit while a queue stands and letting it
// grow elsewhere. Config.Without switches them off.
const (
	steepRule      signal.Rules = 1 << iota // a few packets tell of a queue that grows fast
	packetTimeRule                          // what a packet's own size costs is taken off its delay
	rebaseRule                              // a delay that stays whatever is sent is another path's
	stallRule                               // what comes in bursts did not wait
	leapRule                                // a packet takes no longer on a link than its size
	sentRule                                // less than got through before makes no queue
	refuteRule                              // a fall that is over too soon was none
	burstRule                               // what came fastest bounds what the link carries below
	drainRule                               // the longer the queue, the less is left by a cut
	cutAgainRule                            // a capacity that goes on dropping is cut sooner
	provenRule                              // the limit stays near what got through
	capacityRule                            // near the capacity found it grows gently
	carefulRule                             // on thin links it grows slower
	recallRule                              // up to the rate before a drop it grows fast
	attemptRule                             // what stands still or is little is tried now and then
	dropRule                                // two large late packets tell of a drop
	riseRule                                // large packets that are quick tell of one that rose
	experimentRule                          // loss without a queue is tried
)

// Rules lists the rules by their names.
func Rules() []signal.Named {
	return []signal.Named{
		{Name: "receive/steep-queue", Rule: steepRule},
		{Name: "receive/packet-time", Rule: packetTimeRule},
		{Name: "receive/rebase", Rule: rebaseRule},
		{Name: "receive/stall", Rule: stallRule},
		{Name: "receive/leap", Rule: leapRule},
		{Name: "receive/sent-less", Rule: sentRule},
		{Name: "receive/refute", Rule: refuteRule},
		{Name: "receive/burst", Rule: burstRule},
		{Name: "receive/drain", Rule: drainRule},
		{Name: "receive/cut-again", Rule: cutAgainRule},
		{Name: "receive/proven", Rule: provenRule},
		{Name: "receive/known-capacity", Rule: capacityRule},
		{Name: "receive/careful", Rule: carefulRule},
		{Name: "receive/recall", Rule: recallRule},
		{Name: "receive/attempt", Rule: attemptRule},
		{Name: "receive/capacity-drop", Rule: dropRule},
		{Name: "receive/capacity-rise", Rule: riseRule},
		{Name: "receive/loss-experiment", Rule: experimentRule},
	}
}
