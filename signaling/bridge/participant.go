package bridge

import (
	"context"

	"draille/sfu"
	"draille/signaling/protocol"
)

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

// SetCapture implements signaling.MediaParticipant.
func (p participant) SetCapture(lines int) { p.inner.SetCapture(lines) }

// SetSubscriptions implements signaling.MediaParticipant.
func (p participant) SetSubscriptions(wants []protocol.Subscription) {
	p.inner.SetView(convert(wants, func(w protocol.Subscription) sfu.Want {
		return sfu.Want{
			Participant: w.Participant,
			Source:      sfu.Source(w.Source),
			Width:       w.Width,
			Height:      w.Height,
			Priority:    sfu.Priority(w.Priority),
		}
	}))
}

// SetInitialEstimate implements signaling.MediaParticipant.
func (p participant) SetInitialEstimate(bitrate int) { p.inner.Expect(bitrate) }

// SetTransfers implements signaling.MediaParticipant.
func (p participant) SetTransfers(up, down int) { p.inner.SetTransfers(up, down) }

// TransferRates implements signaling.MediaParticipant.
func (p participant) TransferRates() (up, down int) { return p.inner.TransferRates() }

// TransferArrived implements signaling.MediaParticipant.
func (p participant) TransferArrived(bytes int) { p.inner.TransferArrived(bytes) }

// CSRCs implements signaling.MediaParticipant.
func (p participant) CSRCs() map[protocol.Source]uint32 {
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
