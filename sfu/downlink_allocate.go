package sfu

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"draille/sfu/allocation"
	"draille/sfu/congestion/send"
	"draille/sfu/demand"
	"draille/sfu/rtpx"
	"draille/sfu/voice"
)

// paddingSize is the size of a probing packet on the wire, in bytes: padding is at most 255 (RFC
// 3550 section 5.1).
const paddingSize = rtpx.PacketOverhead + 255

// lobbyBitrate is what probes aim at before admission, in bit/s: when the gate opens, the first
// keyframe should meet an estimate that carries it.
const lobbyBitrate = 1_500_000

// rttProbeInterval is the time between packets of padding that ask for the round trip of a new
// transport.
const rttProbeInterval = 300 * time.Millisecond

// picture is one video slot during an allocation.
type picture struct {
	sub     *subscription
	options []option
}

// plan is what an allocation is made of. It is kept for the next, which mostly is the same.
type plan struct {
	request  allocation.Request
	pictures []picture
	watching []*subscription
	wishes   []demand.Wish
	cautious int // bit/s that publishers should prepare for

	granted struct { // what came out of the wishes last, and of what
		estimate int
		audio    []int
		wishes   []demand.Wish
		bitrates []int
	}
}

// begin forgets all but what was granted.
func (p *plan) begin(budget int) {
	p.request = allocation.Request{
		Budget: budget,
		Audio:  p.request.Audio[:0],
		Videos: p.request.Videos[:0],
	}
	clear(p.pictures) // what is not shown any more must not be kept for it
	p.pictures, p.watching, p.wishes = p.pictures[:0], p.watching[:0], p.wishes[:0]
}

// grants shares the budget among the wishes.
func (p *plan) grants() []int {
	g, r := &p.granted, &p.request
	if g.bitrates == nil || g.estimate != p.cautious || !slices.Equal(g.audio, r.Audio) ||
		!slices.Equal(g.wishes, p.wishes) {
		g.estimate, g.audio, g.wishes = p.cautious, append(
			g.audio[:0],
			r.Audio...), append(
			g.wishes[:0],
			p.wishes...)
		g.bitrates = demand.Grants(p.cautious, r.Audio, p.wishes)
	}
	return g.bitrates
}

// adapt counts the pictures that nobody else watches as what their publishers are told to make of
// them.
func (p *plan) adapt() {
	for i, bitrate := range p.grants() {
		s := p.watching[i]
		at := slices.IndexFunc(p.pictures, func(picture picture) bool { return picture.sub == s })
		if at < 0 || len(*s.publication.subs.Load()) > 1 {
			continue
		}
		layers := p.request.Videos[at].Layers
		if most := layers[len(layers)-1].Bitrate; most > bitrate {
			for j := range layers {
				layers[j].Bitrate = int(
					float64(layers[j].Bitrate) * float64(bitrate) / float64(most),
				)
			}
		}
	}
}

// reallocate shares the budget anew because the wishes or the layers changed.
func (d *downlink) reallocate(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.allocate(now)
	}
}

// allocate shares the estimate among the slots and carries the outcome out.
func (d *downlink) allocate(now time.Time) {
	p := &d.plan
	estimate := d.estimator.Estimate()
	p.begin(estimate.Bitrate)
	p.cautious = estimate.Cautious
	far := !d.way.Observe(now, cmp.Or(d.reportedRTT, estimate.RTT))
	most := 0
	for _, s := range d.subs {
		s.far = far
		most += d.plans(now, s)
	}
	d.transfer = 0
	if wanted := int(d.env.transfer.Load()); wanted > 0 {
		d.transfer = p.transfer(estimate, wanted)
		most += min(wanted, demand.TransferProbe)
	}
	if now.Sub(d.fellAt) < adaptWithin {
		p.adapt()
	}
	result := d.allocator.Allocate(now, p.request)
	for i, picture := range p.pictures {
		picture.sub.apply(now, picture.options, result.Choices[i])
	}
	d.frozen, d.full = result.Frozen, estimate.Full
	granted := 0
	for i, bitrate := range p.grants() {
		p.watching[i].granted = bitrate
		granted += bitrate
	}
	d.pacer.Smooth(now, demand.SmoothBitrate(cmp.Or(d.reportedRTT, estimate.RTT), granted))
	d.probeTarget = p.probeTarget(result.Wanted, most, d.env.admitted.Load())
	if d.probeTarget > 0 {
		d.env.stir()
	}
	d.probe(now)
}

// plans takes up in the plan what a slot carries, and returns what it could use at most, in bit/s.
func (d *downlink) plans(now time.Time, s *subscription) (most int) {
	p := &d.plan
	switch source := s.publication; {
	case source == nil:
	case !s.video:
		if l := s.audioTarget(); l != nil {
			most = s.voiceBitrate(now, l)
			p.request.Audio = append(p.request.Audio, most)
		}
	case !source.live.Load():
		s.pause(ReasonPublisher)
	default:
		w := s.wish()
		p.watching, p.wishes = append(p.watching, s), append(p.wishes, w)
		most = w.Most
		options := source.options(now)
		switch {
		// What begins before it can leave would begin without its keyframe.
		case d.sealer == nil || len(options) == 0:
			s.pause(ReasonPublisher)
		case s.sender.bound && !s.selectPayload(options[0].from.currentFormat()):
			s.pause(ReasonCodec)
		default:
			p.pictures = append(p.pictures, picture{s, options})
			p.request.Videos = append(p.request.Videos, videoOf(s, options))
		}
	}
	return most
}

// transfer takes out of the budget what is to travel beside the media, and returns it, in bit/s.
func (p *plan) transfer(estimate send.Estimate, wanted int) int {
	voices := 0
	for _, bitrate := range p.request.Audio {
		voices += bitrate
	}
	rate := min(demand.TransferRate(min(estimate.Bitrate, estimate.Cautious), voices), wanted)
	p.request.Budget -= rate
	p.cautious -= rate
	return rate
}

// transferRate returns what may travel beside the media, in bit/s.
func (d *downlink) transferRate() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.transfer
}

// probeTarget returns what the page could use, in bit/s; 0: nothing to probe for. wanted is what
// the allocation would have, most what all that is sent takes at best.
func (p *plan) probeTarget(wanted, most int, admitted bool) int {
	switch {
	case len(p.watching) > 0:
		// of an estimate no more than that is granted
		return max(wanted, int(float64(most)/demand.GrantShare))
	case !admitted:
		return lobbyBitrate
	case len(p.request.Audio) > 0:
		// Voices alone never fill what they left when the link fell.
		return max(voice.Wanted(), int(float64(most)/demand.GrantShare))
	default:
		return 0
	}
}

func videoOf(s *subscription, options []option) allocation.Video {
	video := allocation.Video{
		ID:       strconv.FormatUint(uint64(s.publication.number), 10),
		Priority: s.want.Priority,
		Width:    s.want.Width, Height: s.want.Height,
		Layers: make([]allocation.Layer, len(options)),
		Stills: s.publication.source == Camera,
	}
	for i, o := range options {
		video.Layers[i] = o.layer
	}
	return video
}

// probe tries for more bandwidth when the estimator says so, with padding behind whatever waits.
func (d *downlink) probe(now time.Time) {
	padder := d.padder()
	if padder == nil || d.probeTarget == 0 || !d.path.connected.Load() {
		return
	}
	if d.estimator.Estimate().RTT == 0 && now.Sub(d.rttProbed) > rttProbeInterval {
		// The estimator wants to know the round trip first, and nothing else may be flowing yet.
		d.rttProbed = now
		padder.pad(now, paddingSize)
	}
	cluster, ok := d.estimator.Probe(now, d.probeTarget)
	if !ok {
		return
	}
	d.pacer.Probe(now, cluster.ID, cluster.Bitrate, cluster.Bytes)
	size := paddingSize
	if cluster.Packets > 0 {
		size = min(size, max(cluster.Bytes/cluster.Packets, rtpx.PacketOverhead+1))
	}
	for left := cluster.Bytes; left > 0; left -= size {
		padder.pad(now, size)
	}
	d.env.counters.probes.Add(1)
}

// padder returns a slot whose retransmission stream can carry padding.
func (d *downlink) padder() *subscription {
	for _, s := range d.subs {
		if s.sender.rtxSSRC != 0 && s.outgoing.rtx != 0 && s.sender.bound {
			return s
		}
	}
	return nil
}
