// Package rtpx is what a forwarder must know of RTP packets, and nothing deeper: payloads stay closed, so that end-to-end
// encryption can come without touching it.
//
// One packet's way through it:
//
//	packet, err := rtpx.Parse(raw)                       // fixed header, extensions, payload: one parse, in place
//	packet.Codec = …                                     // by payload type, the caller knows the mapping
//	packet.Frame, err = rtpx.Inspect(packet.Codec, packet.Payload)
//	if history.Put(&packet) != rtpx.Stored { return }    // shared by all subscribers; duplicates end here
//	// for each subscription:
//	out := rewriter.Rewrite(now, source, &packet)        // selection and numbers of one outgoing stream
//	switch out.Verdict {
//	case rtpx.Forward: copy the payload, out.Patch(copy, &packet.Frame), send with out's numbers
//	case rtpx.Fill:    send an empty packet with out's numbers
//	}
//	// on a NACK of an outgoing number:
//	out, ok := rewriter.Sent(number)                     // then History.Get(out.InSequenceNumber, …), out.Patch, send as RTX
//
// Everything here is pure: no clock, no goroutine, no socket; the current time is an argument. Nothing allocates in
// steady state. Only History may be used from several goroutines.
package rtpx
