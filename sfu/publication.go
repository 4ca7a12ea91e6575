package sfu

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"draille/sfu/demand"
	"draille/sfu/udp"
)

// publication is one source of one participant: what comes in. It lives as long as the participant; its layers come and
// go with the transport.
type publication struct {
	owner  *Participant
	source Source
	number uint32 // CSRC of every packet of it that is forwarded
	live   atomic.Bool

	mu     sync.Mutex // guards changes of the two lists, which are read for every packet
	layers atomic.Pointer[[]*layer]
	subs   atomic.Pointer[[]*subscription]

	height atomic.Int32                 // pixels of the shorter side of what is captured, the largest seen; 0: not known
	demand demand.Decider               // owned by the room, under its lock
	order  atomic.Pointer[demand.Order] // what demand decided last
}

func newPublication(owner *Participant, source Source, number uint32) *publication {
	p := &publication{owner: owner, source: source, number: number}
	p.order.Store(&demand.Order{})
	p.layers.Store(&[]*layer{})
	p.subs.Store(&[]*subscription{})
	return p
}

// flowing returns the layers, the smallest picture first.
func (p *publication) flowing() []*layer { return *p.layers.Load() }

// addLayer makes a layer known; one of the same rid that came before is replaced. order holds the rids from the
// smallest picture to the largest.
func (p *publication) addLayer(l *layer, order []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	layers := slices.DeleteFunc(slices.Clone(*p.layers.Load()), func(other *layer) bool { return other.rid == l.rid })
	layers = append(layers, l)
	slices.SortStableFunc(layers, func(x, y *layer) int { return slices.Index(order, x.rid) - slices.Index(order, y.rid) })
	p.layers.Store(&layers)
}

// drop forgets the layers of a transport that is gone.
func (p *publication) drop(up *uplink) {
	p.mu.Lock()
	defer p.mu.Unlock()
	layers := slices.DeleteFunc(slices.Clone(*p.layers.Load()), func(l *layer) bool { return l.up == up })
	p.layers.Store(&layers)
}

func (p *publication) subscribe(s *subscription) {
	p.mu.Lock()
	defer p.mu.Unlock()
	subs := append(slices.Clone(*p.subs.Load()), s)
	p.subs.Store(&subs)
}

func (p *publication) unsubscribe(s *subscription) {
	p.mu.Lock()
	defer p.mu.Unlock()
	subs := slices.DeleteFunc(slices.Clone(*p.subs.Load()), func(other *subscription) bool { return other == s })
	p.subs.Store(&subs)
}

// forward gives a packet to everybody who watches or listens.
func (p *publication) forward(now time.Time, a *arrival, out *udp.Batch) {
	for _, s := range *p.subs.Load() {
		if a.first {
			s.down.layerAppeared(now, s)
		}
		s.down.forward(now, s, a, out)
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

// watchers lists the places where the publication is shown, and tells whether all of them decode the efficient codec; the room's
// lock is held.
func (p *publication) watchers() (watchers []demand.Watcher, decoded bool) {
	decoded = true
	rids := p.owner.encodings(p.source)
	for _, s := range *p.subs.Load() {
		s.down.mu.Lock()
		if s.publication == p {
			watchers = append(watchers, s.watcher(rids))
			decoded = decoded && s.decodes(demand.EfficientCodec)
		}
		s.down.mu.Unlock()
	}
	return watchers, decoded
}

// wanted tells whether somebody's page shows what is live.
func (p *publication) wanted() bool { return p.live.Load() && len(*p.subs.Load()) > 0 }

// still tells that the publisher was told to send still pictures.
func (p *publication) still() bool { return p.order.Load().Mode == demand.Still }

// dark tells that the publisher was told to send nothing, because his uplink carries no picture.
func (p *publication) dark() bool { return p.order.Load().Mode == demand.Off }

// silence is how long nothing may come of the publication before it counts as not flowing: a still picture comes once a
// second at best.
func (p *publication) silence() time.Duration {
	if p.still() {
		return stillActiveWithin
	}
	return activeWithin
}

// capture returns what the publisher can encode.
func (p *publication) capture() demand.Capture {
	return demand.Capture{Source: p.source, Rids: p.owner.encodings(p.source), Height: int(p.height.Load())}
}

// shown returns the shorter side that a publication has on a page, in device pixels; 0: not known.
func (p *publication) shown(want Want) int {
	for _, l := range p.flowing() {
		l.mu.Lock()
		width, height := l.width, l.height
		l.mu.Unlock()
		if width > 0 && want.Width > 0 {
			return int(float64(min(width, height)) * min(float64(want.Width)/float64(width), float64(want.Height)/float64(height)))
		}
	}
	return min(want.Width, want.Height)
}
