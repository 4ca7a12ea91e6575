package rtpx

import (
	"encoding/binary"
	"time"
)

// SourceID names one incoming layer (one SSRC of a publication) to a Rewriter; the caller chooses
// it, never reusing one while the Rewriter lives. 0 is no source.
type SourceID uint32

// AllLayers as a layer number means: as many as there are.
const AllLayers = 7

// Target is what an outgoing stream should carry.
type Target struct {
	Source SourceID // 0: nothing, the stream is paused
	// Highest spatial and temporal layers within that source (VP9 SVC; VP8, VP9 and AV1 temporal
	// layers); others are dropped.
	Spatial, Temporal uint8
	// Cut stops the present source at once instead of at the first keyframe of this one: it does
	// not fit any more.
	Cut bool
}

// Verdict says what to do with a packet.
type Verdict uint8

// Verdicts of a Rewriter.
const (
	Drop    Verdict = iota // forward nothing; the gap is closed where it can be
	Forward                // send it with Out's numbers
	// Fill: send an empty packet with Out's numbers. The packet is not forwarded, but its number
	// was reserved.
	Fill
)

// Out is how one packet leaves.
type Out struct {
	Verdict Verdict
	// Switched: the stream carries another source (or the same one anew) from this packet on. If
	// this packet came late, later ones of its source were dropped while the switch waited: give
	// those after it in the History to Rewrite again.
	Switched         bool
	Marker           bool
	InSequenceNumber uint16
	SequenceNumber   uint16
	Timestamp        uint32
	Source           SourceID
	pictureID        uint16
	tl0PicIdx        uint8
	keyIdx           uint8
}

// Patch writes the stream's picture numbers into a copy of the packet's payload. f is the incoming
// packet's Frame.
func (o Out) Patch(payload []byte, f *Frame) {
	if id := f.PictureID; id.Present() && int(id.Offset)+int(id.Bits+7)/8 <= len(payload) {
		if id.Bits == 15 {
			binary.BigEndian.PutUint16(payload[id.Offset:], 0x8000|o.pictureID)
		} else {
			payload[id.Offset] = uint8(o.pictureID) & 0x7f
		}
	}
	if idx := f.TL0PicIdx; idx.Present() && int(idx.Offset) < len(payload) {
		payload[idx.Offset] = o.tl0PicIdx
	}
	if idx := f.KeyIdx; idx.Present() && int(idx.Offset) < len(payload) {
		payload[idx.Offset] = payload[idx.Offset]&0xe0 | o.keyIdx&0x1f
	}
}

// Rewriter makes one continuous outgoing stream out of the packets of successive sources, layers
// and codecs. Not safe for concurrent use.
type Rewriter struct {
	target            Target
	source            SourceID
	codec             Codec
	spatial, temporal uint8 // highest layers forwarded now
	broken            bool  // too much of the source is lost: it waits for a keyframe

	sequence  sequenceMap
	timestamp timestampMap
	pictures  pictureNumbers
	frames    frameRecords
	sent      []Out // by outgoing number, modulo their count
}

// NewRewriter returns a Rewriter that starts at the given numbers (random ones, RFC 3550 section
// 5.1) and can map the last history packets back (rounded up to a power of two).
func NewRewriter(history int, firstSequenceNumber uint16, firstTimestamp uint32) *Rewriter {
	r := &Rewriter{
		sequence:  newSequenceMap(history),
		timestamp: timestampMap{newest: firstTimestamp},
		sent:      make([]Out, powerOfTwo(history)),
	}
	r.sequence.next = firstSequenceNumber
	return r
}

// SetTarget says what to carry. Another source takes over at its next keyframe (audio: at its next
// packet); until then the present one goes on, unless the target cuts it. Fewer layers take effect
// at the next frame, more at the next frame where they can be entered. Without source the stream
// stops at once.
func (r *Rewriter) SetTarget(t Target) {
	r.target = t
	if t.Source != r.source && (t.Source == 0 || t.Cut) {
		r.source = 0
	}
}

// Target returns what SetTarget said last.
func (r *Rewriter) Target() Target { return r.target }

// Source returns the source that is carried now, 0 when none is.
func (r *Rewriter) Source() SourceID { return r.source }

// Layers returns the highest spatial and temporal layers that are forwarded now.
func (r *Rewriter) Layers() (spatial, temporal uint8) { return r.spatial, r.temporal }

// WantsKeyframe reports whether the target can only be reached by a keyframe of its source (with
// audio: by its next packet).
func (r *Rewriter) WantsKeyframe() bool {
	if r.target.Source == 0 {
		return false
	}
	return r.target.Source != r.source || r.broken ||
		(r.codec == VP9 && r.spatial < r.target.Spatial)
}

// Rewrite decides on one packet of a source and gives it its outgoing numbers. Packets of other
// sources than the present one and the target are dropped. Every packet of the source must be
// given, padding and unreadable ones with an empty payload, so that the gaps of those that are not
// forwarded can be closed.
func (r *Rewriter) Rewrite(now time.Time, source SourceID, p *Packet) Out {
	if source != r.source {
		return r.takeOver(now, source, p)
	}
	switch order := r.sequence.order(p.SequenceNumber); {
	case order == restarted:
		r.broken = true
		return r.takeOver(now, source, p)
	case r.broken:
		return r.takeOver(now, source, p)
	case order == repeated:
		return Out{}
	case order == late:
		return r.forwardLate(p)
	case p.Codec != r.codec && p.Codec.Video() && len(p.Payload) > 0:
		// The publisher changed its codec: nothing of the other one is of use to a decoder.
		r.broken = true
		return r.takeOver(now, source, p)
	default:
		return r.forward(now, p)
	}
}

// takeOver lets the target's source, or the present one anew, take over at a frame that a decoder
// can start with.
func (r *Rewriter) takeOver(now time.Time, source SourceID, p *Packet) Out {
	selected := source == r.target.Source || source == r.source
	if !selected || source == 0 || len(p.Payload) == 0 || !p.Frame.Start || !p.Frame.Keyframe {
		return Out{}
	}
	r.timestamp.begin(now, source, p)
	r.source, r.codec, r.broken = source, p.Codec, false
	if source == r.target.Source {
		r.spatial, r.temporal = r.target.Spatial, r.target.Temporal
	}
	r.sequence.begin(p.SequenceNumber)
	r.pictures.begin(&p.Frame)
	r.frames.begin(p.Timestamp)
	out := r.forward(now, p)
	out.Switched = true
	return out
}

// forward gives numbers to a packet that comes after all others of its source.
func (r *Rewriter) forward(now time.Time, p *Packet) Out {
	if len(p.Payload) == 0 {
		r.sequence.take(p.SequenceNumber, false)
		return Out{}
	}
	frame := r.frames.find(p.Timestamp)
	if frame == nil {
		frame = r.decide(p)
	}
	send := frame.forwarded && p.Frame.SpatialID <= frame.spatial
	number := r.sequence.take(p.SequenceNumber, send)
	if !send {
		return Out{}
	}
	out := r.out(p, frame, number)
	r.timestamp.advance(now, out.Timestamp)
	return r.remember(out)
}

// forwardLate gives the number that was reserved to a packet that was missing.
func (r *Rewriter) forwardLate(p *Packet) Out {
	var frame *frameRecord
	if len(p.Payload) > 0 {
		if frame = r.frames.find(p.Timestamp); frame == nil {
			frame = r.decide(p)
		}
	}
	send := frame != nil && frame.forwarded && p.Frame.SpatialID <= frame.spatial
	number := r.sequence.take(p.SequenceNumber, send)
	if !send {
		return Out{
			Verdict:          Fill,
			Source:           r.source,
			InSequenceNumber: p.SequenceNumber,
			SequenceNumber:   number,
			Timestamp:        p.Timestamp + r.timestamp.offset,
		}
	}
	return r.remember(r.out(p, frame, number))
}

// decide says whether a frame is forwarded that shows its first packet now.
func (r *Rewriter) decide(p *Packet) *frameRecord {
	record := frameRecord{timestamp: p.Timestamp, pictureIDOffset: r.pictures.pictureID.offset}
	if next := r.frames.after(p.Timestamp); next != nil {
		// The whole frame is late. Its picture id was reserved between those of its neighbours.
		record.pictureIDOffset = next.pictureIDOffset
		record.forwarded, record.spatial = p.Frame.TemporalID <= r.temporal, r.spatial
		return r.frames.add(record)
	}
	r.adjustLayers(&p.Frame)
	record.forwarded, record.spatial = p.Frame.TemporalID <= r.temporal, r.spatial
	if record.forwarded {
		r.pictures.advance(&p.Frame)
		if p.Frame.SwitchUp && r.source == r.target.Source {
			r.temporal = max(r.temporal, r.target.Temporal)
		}
	} else {
		r.pictures.skip(p.Codec, &p.Frame)
	}
	return r.frames.add(record)
}

// adjustLayers moves the layers that are forwarded towards the target, before a new frame is
// decided on.
func (r *Rewriter) adjustLayers(f *Frame) {
	if r.source != r.target.Source {
		return
	}
	r.spatial, r.temporal = min(r.spatial, r.target.Spatial), min(r.temporal, r.target.Temporal)
	if f.Keyframe && f.SpatialID == 0 {
		r.spatial, r.temporal = r.target.Spatial, r.target.Temporal
	}
	// One layer at a time: a frame that enters a layer says nothing about the layers between.
	if f.LayerSync && f.TemporalID == r.temporal+1 && r.temporal < r.target.Temporal {
		r.temporal++
	}
}

func (r *Rewriter) out(p *Packet, frame *frameRecord, number uint16) Out {
	return Out{
		Verdict:          Forward,
		InSequenceNumber: p.SequenceNumber,
		SequenceNumber:   number,
		Timestamp:        p.Timestamp + r.timestamp.offset,
		Source:           r.source,
		// Without its highest spatial layers a picture ends earlier (RFC 9628 section 4.1).
		Marker: p.Marker ||
			(p.Codec == VP9 && p.Frame.End && p.Frame.SpatialID == frame.spatial),
		pictureID: p.Frame.PictureID.Value + frame.pictureIDOffset,
		tl0PicIdx: uint8(p.Frame.TL0PicIdx.Value + r.pictures.tl0PicIdx.offset),
		keyIdx:    uint8(p.Frame.KeyIdx.Value + r.pictures.keyIdx.offset),
	}
}

func (r *Rewriter) remember(out Out) Out {
	r.sent[int(out.SequenceNumber)&(len(r.sent)-1)] = out
	return out
}

// Sent returns how the packet with that outgoing sequence number left, for a retransmission. ok is
// false when it was never sent or is forgotten.
func (r *Rewriter) Sent(sequenceNumber uint16) (out Out, ok bool) {
	if int(r.sequence.next-1-sequenceNumber) >= len(r.sent) {
		return Out{}, false
	}
	out = r.sent[int(sequenceNumber)&(len(r.sent)-1)]
	return out, out.Verdict == Forward && out.SequenceNumber == sequenceNumber
}

// TimestampOffset returns what is added (modulo 2^32) to the present source's timestamps, so that
// its sender reports can be rewritten; ok is false when nothing is carried.
func (r *Rewriter) TimestampOffset() (offset uint32, ok bool) {
	return r.timestamp.offset, r.source != 0
}
