package rtpx

// Skip notes a packet of the present source that will not be sent although Rewrite might have
// forwarded it: a pacer dropped it. Its number is closed up, and when nothing of its frame has been
// decided yet the frame counts as dropped. Give it in its place, between the packets before and
// after it. A packet that is late keeps the number reserved for it.
func (r *Rewriter) Skip(source SourceID, p *Packet) {
	if source == 0 || source != r.source || r.broken ||
		r.sequence.order(p.SequenceNumber) != inOrder {
		return
	}
	if len(p.Payload) > 0 && p.Codec == r.codec && r.frames.find(p.Timestamp) == nil &&
		r.frames.after(p.Timestamp) == nil {
		r.pictures.skip(p.Codec, &p.Frame)
		r.frames.add(
			frameRecord{
				timestamp:       p.Timestamp,
				spatial:         r.spatial,
				pictureIDOffset: r.pictures.pictureID.offset,
			},
		)
	}
	r.sequence.take(p.SequenceNumber, false)
}
