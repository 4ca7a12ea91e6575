package rtpx

import "time"

// SourceID names one incoming layer (one SSRC of a publication) to a Rewriter; the caller chooses it, never reusing one
// while the Rewriter lives. 0 is no source.
type SourceID uint32

// AllLayers as a layer number means: as many as there are.
const AllLayers = 7

// Target is what an outgoing stream should carry.
type Target struct {
	Source SourceID // 0: nothing, the stream is paused
	// Highest spatial and temporal layers within that source (VP9 SVC; VP8, VP9 and AV1 temporal layers); others are dropped.
	Spatial, Temporal uint8
	// Cut stops the present source at once instead of at the first keyframe of this one: it does not fit any more.
	Cut bool
}

// Verdict says what to do with a packet.
type Verdict uint8

// Verdicts of a Rewriter.
const (
	Drop    Verdict = iota // forward nothing; the gap is closed where it can be
	Forward                // send it with Out's numbers
	Fill                   // send an empty packet with Out's numbers: the packet is not wanted, but its number was reserved
)

// Out is how one packet leaves.
type Out struct {
	Verdict Verdict
	// Switched: the stream carries another source (or the same one anew) from this packet on. If this packet came late,
	// later ones of its source were dropped while the switch waited: give those after it in the History to Rewrite again.
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

// Patch writes the stream's picture numbers into a copy of the packet's payload. f is the incoming packet's Frame.
func (o Out) Patch(payload []byte, f *Frame) {}

// Rewriter makes one continuous outgoing stream out of the packets of successive sources, layers and codecs. Not safe
// for concurrent use.
type Rewriter struct{}

// NewRewriter returns a Rewriter that starts at the given numbers (random ones, RFC 3550 section 5.1) and can map the last
// history packets back (rounded up to a power of two).
func NewRewriter(history int, firstSequenceNumber uint16, firstTimestamp uint32) *Rewriter {
	return &Rewriter{}
}

// SetTarget says what to carry. Another source takes over at its next keyframe (audio: at its next packet); until then
// the present one goes on. Fewer layers take effect at the next frame, more at the next frame where they can be entered.
func (r *Rewriter) SetTarget(t Target) {}

// Target returns what SetTarget said last.
func (r *Rewriter) Target() Target { return Target{} }

// Source returns the source that is carried now, 0 when none is.
func (r *Rewriter) Source() SourceID { return 0 }

// Layers returns the highest spatial and temporal layers that are forwarded now.
func (r *Rewriter) Layers() (spatial, temporal uint8) { return 0, 0 }

// WantsKeyframe tells whether the target can only be reached by a keyframe of its source.
func (r *Rewriter) WantsKeyframe() bool { return false }

// Rewrite decides on one packet of a source and gives it its outgoing numbers. Packets of other sources than the present one
// and the target are dropped.
func (r *Rewriter) Rewrite(now time.Time, source SourceID, p *Packet) Out { return Out{} }

// Sent returns how the packet with that outgoing sequence number left, for a retransmission. ok is false when it was never
// sent or is forgotten.
func (r *Rewriter) Sent(sequenceNumber uint16) (out Out, ok bool) { return Out{}, false }

// TimestampOffset returns what is added (modulo 2^32) to the present source's timestamps, so that its sender reports can be
// rewritten; ok is false when nothing is carried.
func (r *Rewriter) TimestampOffset() (offset uint32, ok bool) { return 0, false }
