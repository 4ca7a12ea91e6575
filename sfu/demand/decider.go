package demand

import (
	"math"
	"slices"
	"time"

	"draille/sfu/media"
	"draille/sfu/rtpx"
)

// goal is what one encoding should be.
type goal struct {
	scale   int  // 1, 2 or 4
	reduced bool // it is smaller than its place for want of bit rate
	still   bool // it is for somebody whose link carries none that moves
	full    bool // the link that bounds its bit rate was found to carry no more
	bitrate int  // bit/s; 0: it is not wanted
}

// Decider decides what a publisher should send of one source, and remembers what they were told
// last. It is pure: time is an argument.
//
// Nobody watches: nothing. One watcher, or several who need about the same picture: the largest
// encoding alone, scaled to its place on the page and capped by what their links take, so that the
// encoder itself adapts to them. Otherwise both, until all are content with the smaller. A thin
// uplink never sends two, one that is not known yet shows with one what it has, and a very thin one
// sends a still picture or none. Who can only be shown still pictures spoils nobody's moving one;
// where there is nobody else, still pictures are sent.
type Decider struct {
	upstream
	share       Share
	codec       efficiency
	common      common
	sent        Mode // as the uplink and the watchers have it
	rare        rare
	current     []Encoding
	ordered     *Order
	fine        bool        // current is relative to the capture in full
	neededAt    []time.Time // when an encoding was wanted last
	activeSince []time.Time // when it was switched on
	// retired holds bit i where encoding i goes on only until its watchers have moved to another.
	retired uint32
	watched time.Time // when somebody watched last
	changed time.Time // when a cap or a scale last changed
	shrunk  time.Time // when a picture last became smaller
}

// Decide returns what to send, and reports whether the encodings are news. watchers are those who
// watch, uplink is what the publisher's link has for the source. Call it every 100 ms or so.
func (d *Decider) Decide(
	now time.Time, c Capture, watchers []Watcher, uplink Share,
) (o *Order, news bool) {
	_, news = d.decide(now, c, watchers, uplink)
	return d.latest(), news
}

// latest returns the order as it stands.
func (d *Decider) latest() *Order {
	next := Order{
		Encodings: d.told(d.current), Mode: d.sent, Limited: d.limited, Share: d.share.usual,
		retired: d.retired,
	}
	o := d.ordered
	if o == nil || o.Mode != next.Mode || o.Limited != next.Limited || o.retired != next.retired ||
		max(next.Share-o.Share, o.Share-next.Share) > int(shareStep*float64(o.Share)) ||
		!slices.Equal(o.Encodings, next.Encodings) {
		d.ordered = &next
	}
	return d.ordered
}

// decide returns the encodings to send and whether that is news.
func (d *Decider) decide(
	now time.Time, c Capture, watchers []Watcher, uplink Share,
) (encodings []Encoding, news bool) {
	if !slices.EqualFunc(
		d.current, c.RIDs, func(e Encoding, rid string) bool { return e.RID == rid },
	) {
		n := len(c.RIDs)
		*d = Decider{
			upstream:    d.upstream,
			ordered:     d.ordered,
			current:     nothing(c.RIDs),
			neededAt:    make([]time.Time, n),
			activeSince: make([]time.Time, n),
		}
		news = true // a page that was told nothing sends everything
	}
	d.share = uplink
	c = d.size(now, c, watchers)
	encodings = slices.Clone(d.current)
	d.sent = d.upstream.decide(now, uplink)
	if d.rare.decide(now, d.sent == Off && uplink.link >= rareFrom && len(watchers) > 0) &&
		c.Source == media.Camera {
		d.sent = Still
	}
	reason, watching := media.ReasonUplink, moved(watchers)
	if d.sent == Moving && c.Source == media.Camera && len(watchers) > 0 &&
		!slices.ContainsFunc(watching, func(w Watcher) bool { return !w.Still }) {
		d.sent, reason = Still, downlinkReason(
			slices.ContainsFunc(watchers, func(w Watcher) bool { return w.Full }),
		)
	}
	d.judge(uplink, c.most(watchers))
	switch {
	case len(watchers) > 0 && d.sent != Moving && c.Source == media.Camera:
		d.watched, d.retired = now, 0
		encodings = d.motionless(now, c, watchers, reason)
	case len(watchers) > 0:
		d.watched = now
		d.serve(now, encodings, c, watching)
	case d.watched.IsZero() || now.Sub(d.watched) >= demandHold:
		encodings = nothing(c.RIDs)
	}
	efficient := d.codec.decide(now, c.Decoded, encodings)
	codec := d.common.decide(now, c.Sends, watchers)
	if efficient {
		codec = EfficientCodec
	}
	for i := range encodings {
		e := &encodings[i]
		e.Codec, e.Unseen = "", e.Active && d.common.unseen(now)
		if e.Active && codec != rtpx.UnknownCodec {
			e.Codec = codec.String()
		}
	}
	if !news && slices.Equal(encodings, d.current) {
		return nil, false
	}
	d.current = encodings
	return d.told(encodings), true
}

// Expect is decide before anybody may watch: the publisher sends nothing yet, and when they may,
// the encoding that one watcher needs is to start at once.
func (d *Decider) Expect(now time.Time, c Capture, uplink Share) (encodings []Encoding, news bool) {
	encodings, news = d.decide(
		now, c, []Watcher{{Bitrate: NominalBitrate(c.Source, c.pixels()), Selected: -1}}, uplink,
	)
	d.watched = time.Time{} // nobody has: if nobody does then, nothing is sent
	return encodings, news
}

// moved returns the watchers for whom moving pictures are made: a small one serves for stills, too,
// but not those who get none.
func moved(watchers []Watcher) []Watcher {
	return slices.DeleteFunc(
		slices.Clone(watchers), func(w Watcher) bool { return w.Still && w.Bitrate == 0 },
	)
}

func nothing(rids []string) []Encoding {
	encodings := make([]Encoding, len(rids))
	for i, rid := range rids {
		encodings[i].RID = rid
	}
	return encodings
}

// motionless returns the encodings where no moving picture is carried: by the uplink, or to
// anybody.
func (d *Decider) motionless(
	now time.Time, c Capture, watchers []Watcher, reason media.Reason,
) []Encoding {
	encodings := nothing(c.RIDs)
	top := len(encodings) - 1
	encodings[top].Reason = reason
	if d.sent == Off || d.rare.on && !d.rare.due(now) {
		return encodings
	}
	least := lowestHeight
	if d.rare.on {
		least = rareHeight
	}
	bitrate := d.share.stillBitrate()
	for _, w := range watchers {
		if w.Still {
			bitrate = min(bitrate, max(w.Bitrate, stillFloor))
			if w.Bitrate < rareBelow {
				least = rareHeight
			}
		}
	}
	scale := 1
	for scale < smallestScale && c.pixels()/(2*scale) >= least {
		scale *= 2
	}
	e := Encoding{
		RID:          c.RIDs[top],
		Active:       true,
		MaxBitrate:   bitrate,
		MaxFramerate: StillFramerate,
		Scale:        float64(scale),
		Reason:       reason,
	}
	if before := d.current[top]; before.Active && before.MaxFramerate == e.MaxFramerate &&
		before.Scale == e.Scale &&
		max(before.MaxBitrate-e.MaxBitrate, e.MaxBitrate-before.MaxBitrate) < stillFloor/2 {
		e.MaxBitrate = before.MaxBitrate // not worth a message
	}
	d.neededAt[top], d.shrunk = now, now
	encodings[top] = e
	return encodings
}

// serve changes the encodings to the fewest that serve all watchers.
func (d *Decider) serve(now time.Time, encodings []Encoding, c Capture, watchers []Watcher) {
	goals := make([]goal, len(watchers))
	for i, w := range watchers {
		goals[i] = d.goal(now, c, w)
	}
	trial := d.share.known && !d.share.full && c.most(watchers) >= trialBitrate
	made := d.divide(goals, c, trial)
	d.fit(made)
	top := len(made) - 1
	d.retired = 0
	for i := range encodings {
		e := &encodings[i]
		moving := slices.ContainsFunc(watchers, func(w Watcher) bool { return w.Selected == i })
		switch idle := now.Sub(d.neededAt[i]); {
		case made[i].bitrate > 0:
			d.neededAt[i] = now
			if !e.Active {
				d.activeSince[i] = now
			} else if i == top {
				most := max(d.handoverBitrate(now, c, goals, watchers, made), e.MaxBitrate)
				made[i].bitrate = min(made[i].bitrate, most)
			}
			d.steer(now, e, c, made[i])
		case !e.Active:
		case moving && idle < demandHold+handover, len(watchers) > 1 && idle < demandHold:
			d.retired |= 1 << i
		default:
			*e = Encoding{RID: e.RID}
		}
	}
}

// handoverBitrate returns the most bit/s that the largest encoding may take while somebody still
// gets it who is to get a smaller one that has just been switched on.
func (d *Decider) handoverBitrate(
	now time.Time, c Capture, goals []goal, watchers []Watcher, made []goal,
) int {
	top, fresh, most := len(made)-1, false, math.MaxInt
	for i := range top {
		fresh = fresh ||
			made[i].bitrate > 0 &&
				(d.activeSince[i].IsZero() || !d.current[i].Active ||
					now.Sub(d.activeSince[i]) < handover)
	}
	for i, w := range watchers {
		if fresh && w.Selected == top && !d.suits(c, goals[i], made[top]) {
			most = min(most, halfFrames*w.Bitrate)
		}
	}
	return most
}

// divide tells what each encoding should be. On trial, the uplink is to show what it has.
func (d *Decider) divide(goals []goal, c Capture, trial bool) []goal {
	made := make([]goal, len(c.RIDs))
	top := len(made) - 1
	largest := goals[slices.IndexFunc(goals, func(g goal) bool { return !g.still })]
	for _, g := range goals {
		if !g.still &&
			(g.scale < largest.scale || g.scale == largest.scale && g.bitrate > largest.bitrate) {
			largest = g
		}
	}
	if made[top] = largest; top == 0 || len(goals) == 1 {
		return made
	}
	if d.share.known && d.share.usual < singleBelow || trial && d.share.usual < triedFrom {
		made[top].serveAll(goals, trial)
		return made
	}
	// alone is for those whom no moving picture reaches, if nobody else needs a small one
	small, alone := goal{}, goal{}
	for _, g := range goals {
		switch {
		case g.still:
			alone = goal{scale: max(g.scale, 2), bitrate: g.bitrate, full: g.full}
		case largest.scale == 1 && d.suits(c, g, largest):
			made[top].atMost(g.bitrate, g.full)
		case small.bitrate == 0:
			small = goal{scale: max(g.scale, 2), bitrate: g.bitrate, full: g.full}
		default:
			small.scale = max(min(small.scale, g.scale), 2)
			small.atMost(g.bitrate, g.full)
		}
	}
	if small.bitrate == 0 && largest.scale == 1 {
		small = alone
	}
	if small.bitrate == 0 {
		return made
	}
	most, least := smallBitrate(c.pixels() / small.scale)
	small.bitrate = min(max(small.bitrate, least), most)
	low := top - 1
	if small.scale == smallestScale {
		low = max(top-2, 0)
	}
	if largest.scale > 1 {
		made[top] = goal{}
		if !slices.ContainsFunc(d.current[:top], func(e Encoding) bool { return e.Active }) {
			low = top // when they are looked at, nobody has to move to another encoding
		}
	}
	made[low] = small
	return made
}

// atMost bounds a goal by what a link has for it, in bit/s.
func (g *goal) atMost(bitrate int, full bool) {
	if bitrate < g.bitrate {
		g.bitrate, g.full = bitrate, full
	}
}

// serveAll bounds a goal by what one encoding for all goals takes.
func (g *goal) serveAll(goals []goal, trial bool) {
	for _, of := range goals {
		switch {
		case of.still:
		case trial:
			g.atMost(max(halfFrames*of.bitrate, trialBitrate), of.full)
		default:
			g.atMost(max(of.bitrate, decentBitrate), of.full)
		}
	}
}

// fit keeps what is made within the uplink: the smaller encoding first.
func (d *Decider) fit(made []goal) {
	left := d.share.cap()
	if left == 0 {
		return
	}
	for i := range made {
		if made[i].bitrate > 0 {
			made[i].bitrate = max(min(made[i].bitrate, left), drainFloor)
			left -= made[i].bitrate
		}
	}
}

// suits reports whether the encoding made for one goal serves another.
func (d *Decider) suits(c Capture, g, made goal) bool {
	if g.scale != made.scale {
		return false
	}
	share, join := splitShare, joinShare
	if c.pixels()/made.scale <= lowestHeight {
		share, join = smallSplitShare, smallJoinShare
	}
	if slices.ContainsFunc(
		d.current[:len(d.current)-1], func(e Encoding) bool { return e.Active },
	) {
		share = join
	}
	return float64(g.bitrate) >= share*float64(made.bitrate)
}

// smallBitrate returns the bounds of what the smaller of two encodings is given, in bit/s: for
// pictures that are not looked at, or for a link that is much thinner than the others, which can
// take fewer of its frames.
func smallBitrate(height int) (most, least int) {
	if height <= lowestHeight {
		return smallMost, smallLeast
	}
	return NominalBitrate(media.Camera, height) / 2, largerLeast
}

// goal says what would be made for one watcher alone.
func (d *Decider) goal(now time.Time, c Capture, w Watcher) goal {
	if d.share.known {
		w.Bitrate = min(w.Bitrate, d.share.usual)
	}
	scale, reduced := 1, false
	if c.Source == media.Camera {
		placed := sizeScale(c, float64(w.Height))
		scale = max(placed, rateScale(c, float64(w.Bitrate)))
		// An encoding that is nearly right stays: another size costs a keyframe.
		larger := max(
			sizeScale(c, (1+nearlyRight)*float64(w.Height)), rateScale(c, float64(w.Bitrate)),
		)
		smaller := max(
			sizeScale(c, (1-nearlyRight)*float64(w.Height)),
			rateScale(c, (1-nearlyRight)*float64(w.Bitrate)),
		)
		for _, e := range d.current {
			is := int(e.Scale)
			switch {
			case !e.Active:
			case larger <= is && is <= smaller,
				scale < is && placed < is && now.Sub(d.shrunk) < growAfter:
				scale = is
			}
		}
		reduced = scale > placed
	}
	return goal{
		scale:   scale,
		reduced: reduced,
		still:   w.Still,
		full:    w.Full,
		bitrate: max(min(w.Bitrate, NominalBitrate(c.Source, c.pixels()/scale)), demandFloor),
	}
}

// steer moves an encoding to a goal, unless the difference is not worth a message.
func (d *Decider) steer(now time.Time, e *Encoding, c Capture, g goal) {
	difference := float64(max(g.bitrate-e.MaxBitrate, e.MaxBitrate-g.bitrate))
	reason := d.reason(c, g)
	same := e.Scale == float64(g.scale) && difference < demandStep*float64(e.MaxBitrate) &&
		e.Reason == reason &&
		e.MaxFramerate != StillFramerate
	if e.Active && (same || now.Sub(d.changed) < d.interval(e, g)) {
		return
	}
	if e.Active {
		d.changed = now
		if g.reduced && float64(g.scale) > e.Scale {
			d.shrunk = now
		}
	}
	*e = Encoding{
		RID:        e.RID,
		Active:     true,
		MaxBitrate: g.bitrate,
		Scale:      float64(g.scale),
		Reason:     reason,
	}
	if c.Source == media.Screen {
		e.MaxFramerate = documentFramerate(g.bitrate)
	}
}

// documentFramerate returns the frames/s of a document at that bit rate: it gives up frames, never
// sharpness.
func documentFramerate(bitrate int) float64 {
	for _, d := range documentFramerates {
		if bitrate < d.below {
			return d.framerate
		}
	}
	return documentMost
}

// interval returns how long after the last change an encoding may move to a goal.
func (d *Decider) interval(e *Encoding, g goal) time.Duration {
	switch {
	case d.share.known && g.bitrate >= d.share.cap() && g.bitrate < e.MaxBitrate:
		return 0
	case float64(g.bitrate) > (1+demandLeap)*float64(e.MaxBitrate):
		return demandLeapInterval
	default:
		return demandInterval
	}
}

// downlinkReason is said of a picture that gets little because of those who watch. A link that has
// only not been tried with more is not called weak.
func downlinkReason(full bool) media.Reason {
	if full {
		return media.ReasonDownlink
	}
	return media.ReasonUnproven
}

// reason tells the publisher what keeps an encoding below what is watched.
func (d *Decider) reason(c Capture, g goal) media.Reason {
	good := limitedBelow * float64(NominalBitrate(c.Source, c.pixels()/g.scale))
	if c.Source == media.Screen {
		good = goodDocument
	}
	switch {
	case d.limited:
		return media.ReasonUplink
	case d.unproven:
		return media.ReasonUnproven
	case float64(g.bitrate) < good:
		return downlinkReason(g.full)
	default:
		return media.NoReason
	}
}
