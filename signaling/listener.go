package signaling

import (
	"go.uber.org/zap"

	"draille/signaling/protocol"
)

// listener hears the media plane of a seat and passes on, in the room's goroutine.
type listener struct{ seat *seat }

// Slots implements Listener. Whoever stands outside hears nothing of who is inside, whatever the
// media plane says.
func (l listener) Slots(slots []protocol.Slot) {
	l.seat.later(func() {
		if !l.seat.admitted() {
			return
		}
		message := protocol.Slots{Slots: slots}
		l.seat.slots = &message
		l.seat.send(message)
		l.seat.room.tellWatcher()
	})
}

// Encode implements Listener.
func (l listener) Encode(source protocol.Source, encodings []protocol.Encoding) {
	l.seat.later(func() {
		message := protocol.Encode{Source: source, Encodings: encodings}
		l.seat.encodings[source] = message
		l.seat.send(message)
	})
}

// Speakers implements Listener. Who speaks is out of date within a second: the unreliable channel
// suits it better.
func (l listener) Speakers(participants []string) {
	l.seat.later(func() {
		s := l.seat
		if !s.admitted() {
			return
		}
		message := protocol.Speakers{Participants: participants}
		data, err := protocol.Marshal(message)
		if err != nil {
			s.room.log.Error("message cannot be written", zap.Error(err))
			return
		}
		if s.media.Send(data) {
			s.room.server.counters.sent.add(protocol.TypeOf(message))
			return
		}
		s.send(message)
	})
}

// UplinkLoss implements Listener.
func (l listener) UplinkLoss(lossy, far []string) {
	l.seat.later(func() {
		if !l.seat.admitted() {
			return
		}
		message := protocol.UplinkLoss{Participants: lossy, Far: far}
		l.seat.uplinkLoss = &message
		l.seat.send(message)
	})
}

// transportFailed is the state of a transport that has ended.
const transportFailed = "failed"

// Transport implements Listener.
func (l listener) Transport(state string) {
	l.seat.reached.Store(state != transportFailed)
	select {
	case l.seat.room.changed <- struct{}{}:
	default:
	}
	l.seat.room.log.Info("transport", zap.String("participant", l.seat.id),
		zap.String("state", state))
	l.seat.later(func() {
		switch state {
		case "disconnected", "failed":
			l.seat.cut = true
		case "connected":
			l.seat.cut = false
		}
		l.seat.room.tellWatcher()
	})
}
