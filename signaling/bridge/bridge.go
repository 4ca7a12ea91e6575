// Package bridge lets a signaling server drive the media plane of package sfu. It only translates: signaling speaks in
// the words of its protocol, the sfu in its own, and neither has to know the other's.
package bridge

import (
	"context"

	"draille/sfu"
	"draille/signaling"
	"draille/signaling/protocol"
)

// Engine is the part of *sfu.Engine that is needed.
type Engine interface {
	NewRoom(id string) *sfu.Room
}

// Media returns the engine as a signaling server wants it.
func Media(engine Engine) signaling.Media { return media{engine} }

type media struct{ engine Engine }

// NewRoom implements signaling.Media.
func (m media) NewRoom(id string) signaling.MediaRoom { return room{m.engine.NewRoom(id)} }

type room struct{ *sfu.Room }

// Join implements signaling.MediaRoom.
func (r room) Join(id string, l signaling.Listener) (signaling.MediaParticipant, error) {
	p, err := r.Room.Join(id, listener{l})
	if err != nil {
		return nil, err
	}
	return participant{p}, nil
}

// participant translates for one participant.
type participant struct{ inner *sfu.Participant }

// Answer implements signaling.MediaParticipant.
func (p participant) Answer(ctx context.Context, connection, offer string) (string, error) {
	return p.inner.Answer(ctx, connection, offer)
}

// AddCandidate implements signaling.MediaParticipant.
func (p participant) AddCandidate(connection, candidate, mid string) error {
	return p.inner.AddCandidate(connection, candidate, mid)
}

// SetAdmitted implements signaling.MediaParticipant.
func (p participant) SetAdmitted(admitted bool) { p.inner.SetAdmitted(admitted) }

// SetLive implements signaling.MediaParticipant.
func (p participant) SetLive(live protocol.Live) { p.inner.SetLive(sfu.Live(live)) }

// SetView implements signaling.MediaParticipant.
func (p participant) SetView(wants []protocol.Subscription) {
	p.inner.SetView(convert(wants, func(w protocol.Subscription) sfu.Want {
		return sfu.Want{Participant: w.Participant, Source: sfu.Source(w.Source), Width: w.Width, Height: w.Height, Priority: w.Priority}
	}))
}

// Expect implements signaling.MediaParticipant.
func (p participant) Expect(bitrate int) { p.inner.Expect(bitrate) }

// Numbers implements signaling.MediaParticipant.
func (p participant) Numbers() map[protocol.Source]uint32 {
	numbers := map[protocol.Source]uint32{}
	for source, number := range p.inner.Numbers() {
		numbers[protocol.Source(source)] = number
	}
	return numbers
}

// Send implements signaling.MediaParticipant.
func (p participant) Send(data []byte) bool { return p.inner.Send(data) }

// Close implements signaling.MediaParticipant.
func (p participant) Close() { p.inner.Close() }

type listener struct{ outer signaling.Listener }

// Slots implements sfu.Listener.
func (l listener) Slots(slots []sfu.Slot) {
	l.outer.Slots(convert(slots, func(s sfu.Slot) protocol.Slot {
		return protocol.Slot{MID: s.MID, Participant: s.Participant, Source: protocol.Source(s.Source), CSRC: s.Number,
			Paused: s.Paused, Still: s.Still, Reason: protocol.Reason(s.Reason)}
	}))
}

// Encode implements sfu.Listener.
func (l listener) Encode(source sfu.Source, encodings []sfu.Encoding) {
	l.outer.Encode(protocol.Source(source), convert(encodings, func(e sfu.Encoding) protocol.Encoding {
		return protocol.Encoding{RID: e.RID, Active: e.Active, MaxBitrate: e.MaxBitrate, MaxFramerate: e.MaxFramerate, ScaleResolutionDownBy: e.Scale,
			Codec: e.Codec, Ptime: int(e.FrameLength.Milliseconds()), RED: e.Redundant, Reason: protocol.Reason(e.Reason)}
	}))
}

// Speakers implements sfu.Listener.
func (l listener) Speakers(ids []string) { l.outer.Speakers(ids) }

// Patchy implements sfu.Listener.
func (l listener) Patchy(ids []string) { l.outer.UplinkLoss(ids) }

// Transport implements sfu.Listener.
func (l listener) Transport(state sfu.TransportState) { l.outer.Transport(string(state)) }

func convert[From, To any](from []From, one func(From) To) []To {
	to := make([]To, len(from))
	for i, item := range from {
		to[i] = one(item)
	}
	return to
}
