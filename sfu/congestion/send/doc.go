// Package send estimates how much one receiver's downlink carries, from what the sender knows:
// which packet left when, and when the receiver says that it arrived (transport-wide feedback). It
// follows the algorithms published as "Google Congestion Control" (draft-ietf-rmcat-gcc-02 and its
// descendants) and is pure: time and packets are arguments.
//
// The owner calls OnSent for every packet that leaves (audio, video, retransmissions and padding
// alike, with its size on the wire), OnFeedback for every feedback packet, Tick a few times a
// second, and reads Estimate afterwards. When somebody could use more than the estimate, Probe says
// whether and how to try for more.
//
// One file a concern, in the order in which a feedback passes through them:
//
//   - history.go: the packets sent lately. Feedback for anything else is ignored.
//   - inter_arrival_delta.go, trendline_estimator.go: does a queue grow? Works on thin links too,
//     where a packet's own size is most of its delay, and with 17 packets a second.
//   - delays.go, signal.Meter: round trip, queueing delay, the acknowledged bit rate.
//   - standing_queue.go: does the queue stay, or was somebody only held up for a moment? Without it
//     a busy machine at either end passes for a thin link.
//   - loss_based_control.go: which loss is ours, and which is the line's.
//   - cross_traffic.go: a download that keeps the queue full whatever we do.
//   - capacity_drop.go: the capacity has just dropped to a fraction; holds the pacing back until
//     the trendline is sure.
//   - delay_step.go: the path has become longer. Its delay leaps and stays, which a queue's does
//     not.
//   - ack_timer.go: feedback that fails to come; holds the pacing back before there is anything to
//     judge.
//   - reverse_drop.go: the capacity of the other way of the line has just dropped; holds the pacing
//     back until feedback tells of this one.
//   - aimd_rate_control.go: the rate that follows. It never rises beyond what has been proven by
//     what arrived, so that a source that sends little learns little.
//   - signal.CapacityRise: large packets that take no longer than small ones; what was full carries
//     more by now.
//   - probe_controller.go: how such a source learns more: short bursts at 1.5 times the estimate at
//     most, and only while somebody wants more. A rate that was carried before a drop is looked for
//     every other second.
//   - estimator*.go: all of it together, and what happens when feedback fails to come.
//
// # What was tried and did not help
//
//   - Taking 95 % of what arrived of a probe that the link did not carry: it favours whoever has
//     more, two flows stayed at 600 and 350 kbit/s of 1 Mbit/s for minutes. 85 %, as after any
//     overuse, lets them meet.
//   - Letting a probe's own queue count as overuse: every probe that found nothing cost 15–28 % of
//     the rate.
//   - Lowering the rate by a fifth in the loss experiment whatever the loss: with a third lost that
//     stays above what the link carries, and a policer passes for a bad line. It goes below what
//     arrives now.
//   - Learning the line's own loss while a queue drains: each overload was followed by an
//     experiment.
//   - Forgetting the least delay after 30 s, as audio alone can keep a queue standing for longer on
//     a link thinner than itself; it then looks empty, and the rate climbs into it. Two minutes are
//     kept.
//   - Taking growing delays alone for overuse: on a machine whose processes wait 20–300 ms for a
//     processor, several times a second, the rate fell to what happened to arrive just then, 25
//     kbit/s on a free link, and the picture was paused.
//   - Calling a queue standing for as long as 500 ms after it grew, however short it is: it costs
//     2–3 % of the capacity of thin links. Above 80 ms it costs nothing.
//   - Holding against a link that a probe left late, or arrived in one piece: backing off after
//     these, audio alone took 5–16 s from 30 to 100 kbit/s on a busy machine, and often more than
//     30 s to 1 Mbit/s.
//   - Recognising a download by the share of our former rate that is left: one that was there
//     before us leaves none to compare with. What arrives against what is sent tells more.
//   - Following the losses as one TCP does (RFC 5348 with a weight of 1, less by 30 % at each
//     loss): 46 % of the capacity beside one download and 13 % beside ten. A call counts for four.
//   - Never yielding to what was taken for a download: two calls behind one line kept a queue of
//     300 ms full for minutes after the download had ended, or one of them starved.
//   - Leaving a rate where a stall had put it: the gap in what arrives passes for a slow link, and
//     a full link of 150 kbit/s was taken for 50 twice a minute. What comes out of the queue
//     afterwards corrects it.
//   - Beginning at 300 kbit/s: on 60 kbit/s the queue was full before the first feedback had come.
//   - Measuring a probe up to its last packet whatever its size: a small one at the end arrives
//     earlier, and hid the queue that the others had made.
//   - Judging who sends less than they may by what came out of the queue instead of by the
//     acknowledged bit rate: no link of make ablate is better for it.
//   - Not solved: a download that never lets the queue run empty from before the first packet on.
//     The least delay is then not known, and the share that remains for us is small.
package send
