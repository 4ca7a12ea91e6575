package sfu

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"draille/sfu/demand"
	"draille/sfu/rtpx"
	"draille/sfu/udp"
)

// subscriber is a slot that carries a publication, with the downlink that it belongs to.
type subscriber interface {
	// layerAppeared hears that a layer begins, or goes on after a pause, before its packet comes.
	layerAppeared(now time.Time)
	forward(now time.Time, a *arrival, out *udp.Batch)
	// watcher returns what the publisher must know of the slot; false: it carries something else.
	watcher(p *publication) (w demand.Watcher, ok bool)
	// bitrate returns what the slot's link is believed to carry, in bit/s; false: nothing is sent.
	bitrate(p *publication) (bitrate int, ok bool)
}

// publication is one source of one participant: what comes in. It lives as long as the participant;
// its layers come and go with the transport.
type publication struct {
	sourceState
	owner  string // id of the participant
	number uint32 // CSRC of every packet of it that is forwarded
	live   atomic.Bool
	near   atomic.Bool // the way from the participant is short
	// rids are those of its encodings, from the smallest picture to the largest; {""}: there is
	// one.
	rids atomic.Pointer[[]string]
	// sends are the codecs that were negotiated, as the browser prefers them; nil: none yet.
	sends atomic.Pointer[[]rtpx.Codec]

	// mu guards changes of the two lists, which are read for every packet. It is taken under a
	// downlink's lock, and no other is taken under it.
	mu     sync.Mutex
	layers atomic.Pointer[[]*layer]
	subs   atomic.Pointer[[]subscriber]

	decider demand.Decider // guarded by the room's lock
}

func newPublication(owner string, source Source, number uint32) *publication {
	p := &publication{owner: owner, number: number}
	p.source = source
	p.order.Store(&demand.Order{})
	p.layers.Store(&[]*layer{})
	p.subs.Store(&[]subscriber{})
	p.setEncodings(nil)
	return p
}

// setEncodings takes over the rids that were negotiated; none: there is a single encoding.
func (p *publication) setEncodings(rids []string) {
	if len(rids) == 0 {
		rids = []string{""}
	}
	p.rids.Store(&rids)
}

// encodings lists the rids, the smallest picture first; {""} for a single encoding.
func (p *publication) encodings() []string { return *p.rids.Load() }

// flowing returns the layers, the smallest picture first.
func (p *publication) flowing() []*layer { return *p.layers.Load() }

// addLayer makes a layer known; one of the same rid that came before is replaced. order holds the
// rids from the smallest picture to the largest.
func (p *publication) addLayer(l *layer, order []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	layers := slices.DeleteFunc(
		slices.Clone(*p.layers.Load()), func(other *layer) bool { return other.rid == l.rid },
	)
	layers = append(layers, l)
	slices.SortStableFunc(
		layers,
		func(x, y *layer) int { return slices.Index(order, x.rid) - slices.Index(order, y.rid) },
	)
	p.layers.Store(&layers)
}

// drop forgets the layers of a transport that is gone.
func (p *publication) drop(from origin) {
	p.mu.Lock()
	defer p.mu.Unlock()
	layers := slices.DeleteFunc(
		slices.Clone(*p.layers.Load()), func(l *layer) bool { return l.origin == from },
	)
	p.layers.Store(&layers)
}

// subscribe lets a slot have what comes from now on.
func (p *publication) subscribe(s subscriber) {
	p.mu.Lock()
	defer p.mu.Unlock()
	subs := append(slices.Clone(*p.subs.Load()), s)
	p.subs.Store(&subs)
}

func (p *publication) unsubscribe(s subscriber) {
	p.mu.Lock()
	defer p.mu.Unlock()
	subs := slices.DeleteFunc(
		slices.Clone(*p.subs.Load()), func(other subscriber) bool { return other == s },
	)
	p.subs.Store(&subs)
}

// forward gives a packet to everybody who watches or listens.
func (p *publication) forward(now time.Time, a *arrival, out *udp.Batch) {
	for _, s := range *p.subs.Load() {
		if a.first {
			s.layerAppeared(now)
		}
		s.forward(now, a, out)
	}
}

// requestKeyframes asks for a keyframe of every layer that flows.
func (p *publication) requestKeyframes(now time.Time) {
	if p.source == Microphone {
		return
	}
	for _, l := range p.flowing() {
		l.requestKeyframe(now)
	}
}

// watchers lists the places where the publication is shown, and reports whether all of them decode
// the efficient codec.
func (p *publication) watchers() (watchers []demand.Watcher, decoded bool) {
	decoded = true
	for _, s := range *p.subs.Load() {
		if w, ok := s.watcher(p); ok {
			watchers = append(watchers, w)
			decoded = decoded && w.Decodes.Has(demand.EfficientCodec)
		}
	}
	return watchers, decoded
}

// listeners returns the bit/s of the links of those who are sent a publication.
func (p *publication) listeners() []int {
	var bitrates []int
	for _, s := range *p.subs.Load() {
		if bitrate, ok := s.bitrate(p); ok {
			bitrates = append(bitrates, bitrate)
		}
	}
	return bitrates
}

// subscribed reports whether somebody's page shows what is live.
func (p *publication) subscribed() bool { return p.live.Load() && len(*p.subs.Load()) > 0 }

// capture returns what the publisher can encode.
func (p *publication) capture() demand.Capture {
	return demand.Capture{
		Source: p.source, RIDs: p.encodings(), Height: int(p.height.Load()),
		Fine: p.fine() && p.near.Load(), Sends: p.codecs(),
	}
}

// codecs lists what the browser may send, as it prefers them.
func (p *publication) codecs() []rtpx.Codec {
	if sends := p.sends.Load(); sends != nil {
		return *sends
	}
	return nil
}

// shown returns the shorter side that a publication has on a page, in device pixels; 0: not known.
func (p *publication) shown(want Want) int {
	for _, l := range p.flowing() {
		width, height := l.pictureSize()
		if width > 0 && want.Width > 0 {
			scale := min(float64(want.Width)/float64(width), float64(want.Height)/float64(height))
			return int(float64(min(width, height)) * scale)
		}
	}
	return min(want.Width, want.Height)
}

// options lists what flows of a publication now, the smallest picture first.
func (p *publication) options(now time.Time) []option {
	var options []option
	rids := p.encodings()
	layers, order := p.flowing(), p.order.Load()
	last := slices.ContainsFunc(layers, func(l *layer) bool {
		return !order.IsRetired(slices.Index(rids, l.rid)) && l.flows(now)
	})
	for _, l := range layers {
		index := slices.Index(rids, l.rid)
		if last && order.IsRetired(index) {
			continue // another one is there to move to
		}
		options = l.options(now, options, max(index, 0), len(rids))
	}
	return options
}
