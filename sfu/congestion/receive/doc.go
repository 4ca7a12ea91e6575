// Package receive judges the uplink of one publisher by what arrives from them, and says how
// much all their media together may take. Their own congestion control sees a queue only when
// feedback has come back through it, and does not give in while it may send more than the link
// carries; the server sees the queue grow packet by packet.
//
// How much later a packet arrives than its timestamp says, compared with the least delayed packet
// of the last half minute, is the queue before it, but for the time that a large packet itself
// takes on a thin link. The best timestamp is that of its departure (abs-send-time). A voice is
// sent at even intervals, so its RTP timestamps are as good; those of pictures are better than
// none. While a queue stands, what arrives is all that the link carries. The limit is set below
// that until the queue is gone, and grows again while none forms: slowly where the link was found
// full before, fast once more than that has got through. Loss without a queue is taken for
// congestion only if it falls when less is sent.
//
// # What was tried and did not help
//
//   - Letting the limit grow to 90 kbit/s ten seconds after a queue, whatever was found: an attempt
//     does so after one.
//   - Taking back every cut whose queue was gone before the publisher could have obeyed, not only
//     those of a fall: an attempt shows sooner what the link carries.
//   - Taking back a cut because what waited came in bursts: on a thin link with a device that is
//     late, 2.3 % of the voice came too late instead of 0.8 %.
//
// Controller is pure: time is an argument. Rates are bit/s on the wire, headers of IP and UDP
// included.
package receive
