package rtpx

// OBU types (AV1 bitstream specification, section 6.2.2).
const (
	obuSequenceHeader    = 1
	obuTemporalDelimiter = 2
)

// inspectAV1 reads the aggregation header of the AV1 RTP specification (section 4.4) and the
// headers of the OBUs that start in the packet. A keyframe is the packet that begins a coded video
// sequence (N bit), which holds a sequence header. The format tells neither the end of a frame nor
// switching points; LayerSync is set on every frame above the base layer nevertheless, because a
// forwarder raises one layer at a time, and encoders for calls build temporal layers as pyramids: a
// frame refers only to frames of lower layers since the last one of the base layer.
func inspectAV1(payload []byte) (Frame, error) {
	if len(payload) < 2 {
		return Frame{}, errTooShort
	}
	aggregation, rest := payload[0], payload[1:]
	var (
		// Z: the first element continues an OBU of the packet before
		continues = aggregation&0x80 != 0
		elements  = int(aggregation >> 4 & 0x03) // W: their count; 0: each has its length before it
		newSeq    = aggregation&0x08 != 0        // N
	)
	if continues && newSeq {
		return Frame{}, errReserved
	}
	var f Frame
	sequenceHeader := false
	for i := 1; len(rest) > 0; i++ {
		element := rest
		if elements == 0 || i < elements {
			size, read := leb128(rest)
			if read == 0 || size > uint64(len(rest)-read) {
				return Frame{}, errTooShort
			}
			element, rest = rest[read:read+int(size)], rest[read+int(size):]
		} else {
			rest = nil
		}
		if len(element) == 0 || (i == 1 && continues) {
			continue
		}
		header := element[0]
		switch header >> 3 & 0x0f {
		case obuSequenceHeader:
			sequenceHeader = true
		case obuTemporalDelimiter:
			continue
		}
		if header&0x04 != 0 && len(element) >= 2 {
			f.TemporalID, f.SpatialID = element[1]>>5, element[1]>>3&0x03
			f.LayersKnown = true
		} else if !continues {
			// Without extension the OBU belongs to layer 0, unless another element of the packet
			// says more.
			f.LayersKnown = true
		}
	}
	f.LayerSync = f.TemporalID > 0
	f.Start = !continues
	f.Keyframe = newSeq && sequenceHeader
	return f, nil
}

// leb128 reads a little-endian base-128 number (AV1 bitstream specification, section 4.10.5); read
// is 0 when it is cut short or longer than 8 bytes.
func leb128(b []byte) (value uint64, read int) {
	for i := 0; i < len(b) && i < 8; i++ {
		value |= uint64(b[i]&0x7f) << (7 * i)
		if b[i]&0x80 == 0 {
			return value, i + 1
		}
	}
	return 0, 0
}
