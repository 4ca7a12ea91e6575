package rtpx

// pictureNumbers keeps picture ids, TL0PICIDX and KEYIDX continuous over the sources of one
// outgoing stream. What is added to each is constant within a source, except to VP8 picture ids,
// see skip.
type pictureNumbers struct {
	pictureID, tl0PicIdx, keyIdx number
}

// number is one of them, modulo 2^16: the wire takes as many of its low bits as it has.
type number struct {
	offset uint16 // outgoing minus incoming
	last   uint16 // outgoing, of the newest frame
}

// begin lets a source take over at a frame: its numbers follow those of the newest frame.
func (n *pictureNumbers) begin(f *Frame) {
	n.pictureID.offset = n.pictureID.last + 1 - f.PictureID.Value
	n.tl0PicIdx.offset = n.tl0PicIdx.last + 1 - f.TL0PicIdx.Value
	n.keyIdx.offset = n.keyIdx.last + 1 - f.KeyIdx.Value
}

// advance notes the newest frame that is forwarded.
func (n *pictureNumbers) advance(f *Frame) {
	n.pictureID.advance(f.PictureID)
	n.tl0PicIdx.advance(f.TL0PicIdx)
	n.keyIdx.advance(f.KeyIdx)
}

func (n *number) advance(f Field) {
	if f.Present() {
		n.last = f.Value + n.offset
	}
}

// skip notes the newest frame when it is dropped. VP8 decoders wait for the frame that a gap in the
// picture ids promises, so the gap is closed; VP9 pictures refer to others by the distance of their
// ids (P_DIFF, or the place in the group of pictures), so that theirs must stay.
func (n *pictureNumbers) skip(codec Codec, f *Frame) {
	if codec == VP8 && f.PictureID.Present() {
		n.pictureID.offset--
	}
}

// frameRecord is what was decided about one frame; all of its packets share it.
type frameRecord struct {
	timestamp       uint32 // incoming
	known           bool
	forwarded       bool
	spatial         uint8  // highest layer that is forwarded
	pictureIDOffset uint16 // outgoing minus incoming
}

// frameRecords remembers the latest frames of one source.
type frameRecords struct {
	records [32]frameRecord
	next    int
	newest  uint32 // highest timestamp
}

// begin forgets all frames; the first one to come has that timestamp.
func (r *frameRecords) begin(timestamp uint32) { *r = frameRecords{newest: timestamp} }

// find returns the record of a frame, nil when it has none.
func (r *frameRecords) find(timestamp uint32) *frameRecord {
	if TimestampNewer(timestamp, r.newest) {
		return nil
	}
	for i := range r.records {
		record := &r.records[(r.next-1-i)&(len(r.records)-1)]
		if !record.known {
			return nil
		}
		if record.timestamp == timestamp {
			return record
		}
	}
	return nil
}

// after returns the record of the next frame known after that timestamp, nil when it would be the
// newest.
func (r *frameRecords) after(timestamp uint32) *frameRecord {
	if TimestampNewer(timestamp, r.newest) {
		return nil
	}
	var next *frameRecord
	for i := range r.records {
		record := &r.records[i]
		if record.known && TimestampNewer(record.timestamp, timestamp) &&
			(next == nil || TimestampNewer(next.timestamp, record.timestamp)) {
			next = record
		}
	}
	return next
}

func (r *frameRecords) add(record frameRecord) *frameRecord {
	record.known = true
	if TimestampNewer(record.timestamp, r.newest) {
		r.newest = record.timestamp
	}
	slot := &r.records[r.next]
	*slot = record
	r.next = (r.next + 1) & (len(r.records) - 1)
	return slot
}
