package bridge

import (
	"draille/sfu"
	"draille/signaling"
	"draille/signaling/protocol"
)

type listener struct{ outer signaling.Listener }

// Slots implements sfu.Listener.
func (l listener) Slots(slots []sfu.Slot) {
	l.outer.Slots(convert(slots, func(s sfu.Slot) protocol.Slot {
		return protocol.Slot{
			MID:         s.MID,
			Participant: s.Participant,
			Source:      protocol.Source(s.Source),
			CSRC:        s.Number,
			Paused:      s.Paused,
			Still:       s.Still,
			Reason:      protocol.Reason(s.Reason),
		}
	}))
}

// Encode implements sfu.Listener.
func (l listener) Encode(source sfu.Source, encodings []sfu.Encoding) {
	l.outer.Encode(
		protocol.Source(source),
		convert(encodings, func(e sfu.Encoding) protocol.Encoding {
			return protocol.Encoding{
				RID:                   e.RID,
				Active:                e.Active,
				MaxBitrate:            e.MaxBitrate,
				MaxFramerate:          e.MaxFramerate,
				ScaleResolutionDownBy: e.Scale,
				Codec:                 e.Codec,
				Ptime:                 int(e.FrameLength.Milliseconds()),
				RED:                   e.Redundant,
				Unseen:                e.Unseen,
				Reason:                protocol.Reason(e.Reason),
			}
		}),
	)
}

// Speakers implements sfu.Listener.
func (l listener) Speakers(ids []string) { l.outer.Speakers(ids) }

// UplinkLoss implements sfu.Listener.
func (l listener) UplinkLoss(lossy, far []string) { l.outer.UplinkLoss(lossy, far) }

// Transport implements sfu.Listener.
func (l listener) Transport(state sfu.TransportState) { l.outer.Transport(string(state)) }

func convert[From, To any](from []From, one func(From) To) []To {
	to := make([]To, len(from))
	for i, item := range from {
		to[i] = one(item)
	}
	return to
}
