package participant

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/transport/v4"
	"github.com/pion/webrtc/v4"

	"draille/loadtest/figures"
	"draille/loadtest/rtc"
	"draille/signaling/protocol"
)

// openPeer makes a connection in the place of the one before, if any, and offers it.
//
// Long: one connection, in order from its making to its offer.
func (p *Participant) openPeer(random *rand.Rand) error {
	rids := []string{"q", "f"}
	if p.options.Single || p.options.Small {
		rids = []string{""}
	}
	slots := 4
	if p.state.welcome.Room.Kind == protocol.KindTelestaff {
		slots = 9
	}
	network := p.options.Net
	if p.options.Link != nil {
		network = func(base transport.Net) transport.Net {
			behind := transport.Net(p.options.Link.Net(base))
			if p.options.Net != nil {
				behind = p.options.Net(behind)
			}
			return behind
		}
	}
	l := &line{in: newIncoming(random.Uint32())}
	made, err := newPeer(rtc.Receiver{
		RTP:  func(ssrc uint32, raw []byte) { p.receiveRTP(l, ssrc, raw) },
		RTCP: func(ssrc uint32, raw []byte) { p.receiveRTCP(l, ssrc, raw) },
	}, network, p.options.Codec, rids, slots)
	if err != nil {
		return err
	}
	p.mu.Lock()
	if p.leaving {
		p.mu.Unlock()
		return errors.Join(errLeft, made.pc.Close())
	}
	var before []*peer
	switch {
	case p.peer == nil:
	case p.moved: // it plays on until the next one does
		before = p.retire()
	default:
		before = append(before, p.peer)
	}
	p.moved = false
	p.opened++
	// a page that is opened again has others
	made.id = fmt.Sprintf("c%d-%08x", p.opened, rand.Uint32())
	l.peer, l.out = made, newOutgoing(made, &p.options, random)
	p.peer, p.in, p.out = l.peer, l.in, l.out
	p.figures.last = totals{}
	p.mu.Unlock()
	p.end(before...)
	made.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		p.onState(made, state)
	})
	made.channel.OnMessage(func(m webrtc.DataChannelMessage) {
		if message, err := protocol.UnmarshalServer(m.Data); err == nil {
			p.handle(message)
		}
	})
	sdp, err := made.pc.Offer()
	if err != nil {
		return err
	}
	p.mu.Lock()
	made.offer = sdp
	p.mu.Unlock()
	return p.send(protocol.Offer{Connection: made.id, SDP: sdp})
}

// repeatOffer says the offer again that the websocket of before may have swallowed, or its answer.
func (p *Participant) repeatOffer() {
	p.mu.Lock()
	peer := p.peer
	if peer == nil || peer.answered || peer.offer == "" {
		p.mu.Unlock()
		return
	}
	offer := protocol.Offer{Connection: peer.id, SDP: peer.offer}
	p.mu.Unlock()
	_ = p.send(offer) // the next websocket says it again
}

func (p *Participant) onState(of *peer, state webrtc.PeerConnectionState) {
	p.mu.Lock()
	current := p.peer == of
	if current {
		p.out.ready = state == webrtc.PeerConnectionStateConnected
		p.notify()
	}
	p.mu.Unlock()
	if !current {
		return
	}
	switch state {
	case webrtc.PeerConnectionStateConnected:
		p.mark(func(j *figures.Join) *float64 { return &j.Connected })
		p.wake()
	case webrtc.PeerConnectionStateFailed:
		p.note("the media connection failed")
	default:
	}
}

func (p *Participant) wake() {
	select {
	case p.kick <- struct{}{}:
	default:
	}
}

// run makes, paces and repairs what is sent, and notes figures.
func (p *Participant) run() {
	timer := time.NewTimer(tickEvery)
	defer timer.Stop()
	var tick, feedback, report, second time.Time
	due := func(at *time.Time, now time.Time, every time.Duration) bool {
		if now.Before(*at) {
			return false
		}
		if at.IsZero() || now.Sub(*at) > every {
			*at = now
		}
		*at = at.Add(every)
		return true
	}
	second = p.joined.Add(secondEvery)
	planned := time.Now().Add(tickEvery)
	for {
		select {
		case <-p.stop:
			return
		case <-p.kick:
		case <-timer.C:
		}
		now := time.Now()
		p.watch(now)
		p.mu.Lock()
		if late := now.Sub(planned); late > tolerated {
			p.figures.late += late - tolerated
		}
		if due(&tick, now, tickEvery) {
			p.out.tick(now)
			p.out.microphone.Speak(p.speaks(now))
		}
		p.out.capture(now)
		retired := p.keepRetired(now)
		packets := p.in.controlPackets(now, p.rtt())
		if due(&feedback, now, feedbackEvery) {
			packets = append(packets, p.in.feedback()...)
		}
		if due(&report, now, reportEvery) {
			packets = append(packets, p.in.report(now)...)
			packets = append(packets, p.out.reports(now)...)
		}
		ready := p.out.ready
		next, pc := p.in.due(p.out.due(now)), p.peer.pc
		if retired != nil && retired.out.due(now).Before(next) {
			next = retired.out.due(now)
		}
		p.mu.Unlock()
		if due(&second, now, secondEvery) {
			p.sample(now)
		}
		if ready && len(packets) > 0 {
			_ = pc.WriteRTCP(packets) // fails while the connection closes: nobody is left to tell
		}
		planned = now.Add(max(next.Sub(now), time.Millisecond))
		timer.Reset(time.Until(planned))
	}
}

func (p *Participant) speaks(now time.Time) bool {
	if p.options.Speech != nil {
		return p.options.Speech(now.Sub(p.joined))
	}
	return p.speaking
}

// rtt is the round trip to the server; the lock is held.
func (p *Participant) rtt() time.Duration { return cmp.Or(p.out.roundTrip(), defaultRTT) }

// receiveRTP notes one media packet.
func (p *Participant) receiveRTP(from *line, ssrc uint32, raw []byte) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	from.in.onRTP(now, ssrc, raw)
	p.doors.media = now
	if from.in.voiceAt.Equal(now) {
		p.voices.heard(now)
	}
}

// receiveRTCP takes reports, feedback and requests.
func (p *Participant) receiveRTCP(from *line, ssrc uint32, raw []byte) {
	packets, err := rtcp.Unmarshal(raw)
	if err != nil {
		return
	}
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, packet := range packets {
		if report, ok := packet.(*rtcp.SenderReport); ok {
			from.in.onSenderReport(now, ssrc, report)
			continue
		}
		from.out.onRTCP(now, ssrc, packet)
	}
}
