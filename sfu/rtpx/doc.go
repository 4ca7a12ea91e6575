// Package rtpx reads and rewrites RTP packets as far as a forwarder needs it. Of a payload it reads
// only the descriptor and the first bytes of the codec's header, and changes only picture numbers.
//
// The path of a packet through it:
//
//	// one parse, in place: fixed header, extensions, payload
//	packet, err := rtpx.Parse(raw)
//	packet.Codec = … // by payload type: the caller knows the mapping
//	packet.Frame, err = rtpx.Inspect(packet.Codec, packet.Payload)
//	// shared by all subscribers; duplicates end here
//	if history.Put(&packet) != rtpx.Stored { return }
//	// for each subscription: selection and numbers of one outgoing stream
//	out := rewriter.Rewrite(now, source, &packet)
//	switch out.Verdict {
//	case rtpx.Forward: copy the payload, out.Patch(copy, &packet.Frame), send with out's numbers
//	case rtpx.Fill:    send an empty packet with out's numbers
//	}
//	// on a NACK of an outgoing number
//	out, ok := rewriter.Sent(number)
//	// then History.Get(out.InSequenceNumber, …), out.Patch, and send it as RTX
//
// Everything here is pure: no clock, no goroutine, no socket; the current time is an argument.
// Nothing allocates in steady state. Only History may be used from several goroutines.
package rtpx
