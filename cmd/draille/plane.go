package main

import (
	"context"

	"draille/sfu"
	"draille/signaling"
	"draille/signaling/protocol"
)

// plane fits the media plane to what the signalling asks for. The two have types of their own, so that neither needs
// the other; here they are turned into each other.
type plane struct{ engine *sfu.Engine }

// NewRoom implements signaling.Media.
func (p plane) NewRoom(id string) signaling.MediaRoom { return planeRoom{p.engine.NewRoom(id)} }

type planeRoom struct{ *sfu.Room }

// Join implements signaling.MediaRoom.
func (r planeRoom) Join(id string, listener signaling.Listener) (signaling.MediaParticipant, error) {
	participant, err := r.Room.Join(id, planeListener{listener})
	if err != nil {
		return nil, err
	}
	return planeParticipant{participant}, nil
}

type planeParticipant struct{ *sfu.Participant }

// Answer implements signaling.MediaParticipant.
func (p planeParticipant) Answer(ctx context.Context, connection, offer string) (string, error) {
	return p.Participant.Answer(ctx, connection, offer)
}

// SetLive implements signaling.MediaParticipant.
func (p planeParticipant) SetLive(live protocol.Live) { p.Participant.SetLive(sfu.Live(live)) }

// SetView implements signaling.MediaParticipant.
func (p planeParticipant) SetView(wants []protocol.Want) {
	p.Participant.SetView(convert(wants, func(w protocol.Want) sfu.Want {
		return sfu.Want{Participant: w.Participant, Source: sfu.Source(w.Source), Width: w.Width, Height: w.Height, Priority: w.Priority}
	}))
}

// Numbers implements signaling.MediaParticipant.
func (p planeParticipant) Numbers() map[protocol.Source]uint32 {
	numbers := map[protocol.Source]uint32{}
	for source, number := range p.Participant.Numbers() {
		numbers[protocol.Source(source)] = number
	}
	return numbers
}

// planeListener passes on what the media plane says to a participant.
type planeListener struct{ listener signaling.Listener }

func (l planeListener) Slots(slots []sfu.Slot) {
	l.listener.Slots(convert(slots, func(s sfu.Slot) protocol.Slot {
		return protocol.Slot{MID: s.MID, Participant: s.Participant, Source: protocol.Source(s.Source), Number: s.Number,
			Paused: s.Paused, Reason: protocol.Reason(s.Reason)}
	}))
}

func (l planeListener) Encode(source sfu.Source, encodings []sfu.Encoding) {
	l.listener.Encode(protocol.Source(source), convert(encodings, func(e sfu.Encoding) protocol.Encoding {
		return protocol.Encoding(e)
	}))
}

func (l planeListener) Speakers(ids []string) { l.listener.Speakers(ids) }

func (l planeListener) Transport(state sfu.TransportState) { l.listener.Transport(string(state)) }

// convert turns each of a list into something else; the result is never nil, since null is no list in JSON.
func convert[From, To any](list []From, one func(From) To) []To {
	converted := make([]To, 0, len(list))
	for _, item := range list {
		converted = append(converted, one(item))
	}
	return converted
}
