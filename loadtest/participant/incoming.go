package participant

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"

	"draille/loadtest/figures"
	"draille/loadtest/playout"
	"draille/sfu/nack"
	"draille/sfu/rtpx"
	"draille/signaling/protocol"
)

const (
	ipUDP = 28 // bytes of IPv4 and UDP headers
	srtp  = 16 // bytes of authentication tag (AES-GCM)
)

// incoming is all that a participant receives over one peer, and what of it the person gets. It is
// guarded by the call's lock.
type incoming struct {
	ssrc        uint32 // own, in RTCP
	slots       *slots
	recorder    *twcc.Recorder
	began       time.Time
	streams     map[*slotSection]*stream
	pictures    map[pictureKey]*picture
	order       []pictureKey
	gaps        gaps
	leastTrip   time.Duration            // the shortest round trip so far; 0: not known
	repaired    bool                     // a voice of the room is repaired on its way to the server
	far         bool                     // the way to the server of one of them is long
	voiceBefore struct{ lost, came int } // packets of the voices, when they were last counted
	counts      figures.Traffic
	scratch     []uint16
	told        []protocol.Slot
	voiceAt     time.Time // when the last packet of a voice came
}

// stream is what arrives in one slot.
type stream struct {
	section   *slotSection
	reception playout.Reception
	audio     *playout.Audio
	lost      *nack.Generator
	picture   *picture // video: whose packets come now
}

type pictureKey struct {
	participant string
	source      protocol.Source
}

// picture is one source that is looked at, whichever slot carries it.
type picture struct {
	key      pictureKey
	number   uint32 // CSRC
	priority int
	wanted   bool
	model    *playout.Video
	section  *slotSection
}

func newIncoming(ssrc uint32) *incoming {
	return &incoming{ssrc: ssrc, recorder: twcc.NewRecorder(ssrc), began: time.Now(),
		streams:  map[*slotSection]*stream{},
		pictures: map[pictureKey]*picture{}}
}

// onRTP takes one decrypted packet.
func (in *incoming) onRTP(now time.Time, ssrc uint32, raw []byte) {
	in.counts.Packets++
	in.counts.Bytes += len(raw) + ipUDP + srtp
	p, err := rtpx.Parse(raw)
	if err != nil || in.slots == nil {
		return
	}
	if number, ok := p.Extensions.TransportSequenceNumber(in.slots.transportCC); ok {
		in.recorder.Record(ssrc, number, now.Sub(in.began).Microseconds())
	}
	section := in.slots.bySSRC[ssrc]
	if section == nil {
		return
	}
	s := in.streams[section]
	if s == nil {
		s = &stream{section: section}
		if section.video {
			s.lost = nack.NewGenerator(nack.Video())
		} else {
			config := nack.Audio()
			config.Echo, config.MaxAsks = 0, config.MaxAsks/2 // as browsers do
			s.audio, s.lost = &playout.Audio{}, nack.NewGenerator(config)
			s.audio.Wait(firstWords)
		}
		in.streams[section] = s
	}
	source := uint32(0)
	if raw[0]&0x0f > 0 && len(raw) >= 16 {
		source = binary.BigEndian.Uint32(raw[12:])
	}
	if section.video {
		in.onVideo(now, s, &p, source)
		return
	}
	in.voiceAt = now
	s.reception.Arrived(now, p.SequenceNumber, p.Timestamp, 48_000)
	s.lost.Arrived(now, p.SequenceNumber)
	s.audio.Arrived(now, playout.AudioPacket{Number: p.SequenceNumber, Timestamp: p.Timestamp,
		Source: source, Marker: p.Marker,
		RED: in.slots.payloads[p.PayloadType].codec == rtpx.RED, Payload: p.Payload})
}

func (in *incoming) onVideo(now time.Time, s *stream, p *rtpx.Packet, source uint32) {
	kind := in.slots.payloads[p.PayloadType]
	if kind.repair {
		if len(p.Payload) < 2 {
			in.counts.Padding++
			return
		}
		in.counts.Retransmitted++
		p.SequenceNumber, p.Payload = binary.BigEndian.Uint16(p.Payload), p.Payload[2:]
		kind = in.slots.payloads[kind.apt]
	} else {
		s.reception.Arrived(now, p.SequenceNumber, p.Timestamp, 90_000)
	}
	s.lost.Arrived(now, p.SequenceNumber)
	if picture := in.bySource(source); picture != nil {
		if picture.section != s.section {
			picture.model.Moved()
		}
		s.picture, picture.section = picture, s.section
	}
	if s.picture == nil {
		return
	}
	s.picture.model.Arrived(now,
		playout.VideoPacket{Number: p.SequenceNumber, Timestamp: p.Timestamp, Source: source,
			Marker: p.Marker,
			Codec:  kind.codec, Payload: p.Payload})
}

func (in *incoming) bySource(number uint32) *picture {
	for _, p := range in.pictures {
		if p.number == number {
			return p
		}
	}
	return nil
}

// look tells which pictures are looked at, of which sources.
func (in *incoming) look(now time.Time, wants []protocol.Subscription,
	people map[string]protocol.Person) {
	for _, w := range wants {
		key := pictureKey{w.Participant, w.Source}
		p := in.pictures[key]
		if p == nil {
			p = &picture{key: key, model: &playout.Video{}}
			in.pictures[key] = p
			in.order = append(in.order, key)
		}
		p.number, p.priority = people[w.Participant].CSRCs[w.Source], w.Priority
	}
	for key, p := range in.pictures {
		wanted := slices.ContainsFunc(wants, func(w protocol.Subscription) bool {
			return key == pictureKey{w.Participant, w.Source}
		})
		paused := wanted && slices.ContainsFunc(in.told, func(s protocol.Slot) bool {
			return key == pictureKey{s.Participant, s.Source} && s.Paused
		})
		p.wanted = wanted
		p.model.Expect(now, wanted && !paused, paused)
	}
}

// alone tells the voices that nobody speaks any more who could be heard in them.
func (in *incoming) alone(now time.Time) {
	for _, s := range in.streams {
		if s.audio != nil {
			s.audio.Ended(now)
		}
	}
}

// controlPackets returns what is to be told to the server now: NACKs and keyframe requests.
func (in *incoming) controlPackets(now time.Time, rtt time.Duration) []rtcp.Packet {
	var packets []rtcp.Packet
	for section, s := range in.streams {
		if s.audio != nil {
			s.audio.Advance(now)
		}
		var hopeless bool
		in.scratch, hopeless = s.lost.Due(now, rtt, in.scratch[:0])
		if len(in.scratch) > 0 {
			in.counts.NACKs += len(in.scratch)
			packets = append(packets,
				&rtcp.TransportLayerNack{SenderSSRC: in.ssrc, MediaSSRC: section.ssrc,
					Nacks: rtcp.NackPairsFromSequenceNumbers(in.scratch)})
		}
		if s.picture != nil && s.picture.section == section &&
			s.picture.model.KeyframeWanted(now, hopeless) {
			in.counts.PLIs++
			packets = append(packets,
				&rtcp.PictureLossIndication{SenderSSRC: in.ssrc, MediaSSRC: section.ssrc})
		}
	}
	return packets
}

// due returns when control packets are due again at the latest.
func (in *incoming) due(next time.Time) time.Time {
	for _, s := range in.streams {
		if at, missing := s.lost.Next(); missing && at.Before(next) {
			next = at
		}
	}
	return next
}

func (in *incoming) feedback() []rtcp.Packet { return in.recorder.BuildFeedbackPacket() }

// report returns the receiver report of all slots.
func (in *incoming) report(now time.Time) []rtcp.Packet {
	report := &rtcp.ReceiverReport{SSRC: in.ssrc}
	for section, s := range in.streams {
		if block, ok := s.reception.Block(now, section.ssrc); ok && len(report.Reports) < 31 {
			report.Reports = append(report.Reports, block)
		}
	}
	if len(report.Reports) == 0 {
		return nil
	}
	return []rtcp.Packet{report}
}

// onSenderReport takes one of the server's.
func (in *incoming) onSenderReport(now time.Time, ssrc uint32, p *rtcp.SenderReport) {
	if in.slots == nil || p.SSRC != ssrc {
		return
	}
	if s := in.streams[in.slots.bySSRC[ssrc]]; s != nil {
		s.reception.Report(now, p.NTPTime)
	}
}

// lost is how many packets of all slots never arrived.
func (in *incoming) lost() int {
	sum := 0
	for _, s := range in.streams {
		sum += s.reception.Lost()
	}
	return sum
}

// delayPlayout makes voices wait as long as our page would: a second's share of sound was
// concealed, and the latest round trip took that long; 0: none is known.
func (in *incoming) delayPlayout(now time.Time, concealed float64, trip time.Duration) {
	in.gaps.take(concealed, in.lostShare())
	if trip > 0 && (in.leastTrip == 0 || trip < in.leastTrip) {
		in.leastTrip = trip
	}
	w := way{trip: in.leastTrip, repaired: in.repaired, far: in.far,
		limited: slices.ContainsFunc(in.told, func(s protocol.Slot) bool {
			return s.Reason == protocol.ReasonDownlink || s.Reason == protocol.ReasonUplink
		})}
	for _, s := range in.streams {
		if s.audio != nil {
			s.audio.Wait(in.gaps.wait(now, s.audio.Began(), w))
		}
	}
}

// lostShare is the share of the voices' packets since the last call that did not come as they were
// first sent.
func (in *incoming) lostShare() float64 {
	lost, came := 0, 0
	for _, s := range in.streams {
		if s.audio != nil {
			lost += s.reception.Lost()
			came += s.audio.Figures().Packets
		}
	}
	before := in.voiceBefore
	in.voiceBefore.lost, in.voiceBefore.came = lost, came
	lost, came = max(0, lost-before.lost), came-before.came
	if lost+came == 0 {
		return 0
	}
	return float64(lost) / float64(lost+came)
}

// voices sums up what was heard.
func (in *incoming) voices(now time.Time,
	delays *playout.Delays) (sum figures.Audio, began time.Time) {
	for _, s := range in.streams {
		if s.audio == nil {
			continue
		}
		s.audio.Advance(now)
		addAudio(&sum, s.audio.Figures())
		delays.Merge(s.audio.Delays())
		if at := s.audio.Began(); began.IsZero() || !at.IsZero() && at.Before(began) {
			began = at
		}
	}
	return sum, began
}

func addAudio(sum *figures.Audio, a figures.Audio) {
	sum.Total += a.Total
	sum.Speech += a.Speech
	sum.Concealed += a.Concealed
	sum.Audible += a.Audible
	sum.Skipped += a.Skipped
	sum.Stretched += a.Stretched
	sum.Shrunk += a.Shrunk
	sum.Packets += a.Packets
	sum.Late += a.Late
	sum.Duplicates += a.Duplicates
	sum.FromRED += a.FromRED
	sum.FromFEC += a.FromFEC
	sum.Target = max(sum.Target, a.Target)
}

func addVideo(sum *figures.Video, v figures.Video) {
	sum.Frames += v.Frames
	sum.Keyframes += v.Keyframes
	sum.Incomplete += v.Incomplete
	sum.Undecodable += v.Undecodable
	sum.Corrupt += v.Corrupt
	sum.Freezes += v.Freezes
	sum.Frozen += v.Frozen
	sum.Watched += v.Watched
	sum.Paused += v.Paused
	if v.Height > sum.Height {
		sum.Width, sum.Height = v.Width, v.Height
	}
}

// seen sums up what was seen: all pictures, and each apart.
func (in *incoming) seen(now time.Time,
	delays *playout.Delays) (sum figures.Video, each []figures.Picture, began time.Time) {
	for _, key := range in.order {
		p := in.pictures[key]
		p.model.Advance(now)
		v := p.model.Figures(now)
		addVideo(&sum, v)
		delays.Merge(p.model.Delays())
		each = append(each,
			figures.Picture{Participant: key.participant, Source: string(key.source),
				Priority: p.priority, Video: v})
		if at := p.model.Began(); began.IsZero() || !at.IsZero() && at.Before(began) {
			began = at
		}
	}
	return sum, each, began
}

// mainOf is the index of the picture with the highest priority among those that are watched now, −1
// if there is none.
func (in *incoming) mainOf(each []figures.Picture) int {
	main := -1
	for i, key := range in.order {
		p := in.pictures[key]
		if p.wanted && (main < 0 || p.priority > each[main].Priority) {
			main = i
		}
	}
	return main
}
