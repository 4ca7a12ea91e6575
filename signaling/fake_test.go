package signaling

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"draille/signaling/protocol"
	"draille/signaling/quota"
	"draille/signaling/rules"
)

// recorder is a media plane that keeps what it is told. The real one is exercised in browsers.
type recorder struct {
	mu    sync.Mutex
	rooms []*recordedRoom
	seats map[string]*recordedSeat
	fail  error // of the next Join
	news  chan struct{}
}

func newRecorder() *recorder {
	return &recorder{seats: map[string]*recordedSeat{}, news: make(chan struct{}, 1)}
}

type recordedRoom struct {
	recorder *recorder
	id       string
	closed   bool
}

type recordedSeat struct {
	recorder   *recorder
	listener   Listener
	admitted   bool
	live       protocol.Live
	lines      int
	expected   int
	wants      []protocol.Subscription
	candidates []string
	offers     []string
	closed     bool
	channel    bool     // the data channel is open
	sent       []string // on it
	hold       chan struct{}

	up, down         int // bit/s that could travel beside the media
	upRate, downRate int // at most
	transferred      int // bytes that came
}

// change runs with the lock and wakes whoever waits for news.
func (r *recorder) change(do func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	do()
	select {
	case r.news <- struct{}{}:
	default:
	}
}

func (r *recorder) NewRoom(id string) MediaRoom {
	room := &recordedRoom{recorder: r, id: id}
	r.change(func() { r.rooms = append(r.rooms, room) })
	return room
}

func (r *recordedRoom) Join(id string, l Listener) (MediaParticipant, error) {
	seat := &recordedSeat{recorder: r.recorder, listener: l}
	var err error
	r.recorder.change(func() {
		if err = r.recorder.fail; err == nil {
			r.recorder.seats[id] = seat
		}
	})
	return seat, err
}

func (r *recordedRoom) Close() { r.recorder.change(func() { r.closed = true }) }

func (s *recordedSeat) Answer(ctx context.Context, connection, offer string) (string, error) {
	s.recorder.mu.Lock()
	hold := s.hold
	s.recorder.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	if offer == "panic" {
		panic("a fault in the media plane")
	}
	if offer == "not ours" {
		return "", errors.New(
			"expected an offer with one audio section, got none; use this server's page")
	}
	s.recorder.change(func() { s.offers = append(s.offers, connection) })
	return "answer to " + offer, nil
}

func (s *recordedSeat) AddCandidate(connection, candidate, mid string) error {
	if candidate == "bad" {
		return errors.New("expected a candidate, got another thing; leave it out")
	}
	s.recorder.change(
		func() { s.candidates = append(s.candidates, connection+" "+candidate+" "+mid) })
	return nil
}

func (s *recordedSeat) SetAdmitted(admitted bool) {
	s.recorder.change(func() { s.admitted = admitted })
}

func (s *recordedSeat) SetLive(live protocol.Live) {
	s.recorder.change(func() { s.live = live })
	if live.Camera && live.Screen {
		panic("a fault for a test")
	}
}

func (s *recordedSeat) SetSubscriptions(wants []protocol.Subscription) {
	s.recorder.change(func() { s.wants = wants })
}

func (s *recordedSeat) SetCapture(lines int) {
	s.recorder.change(func() { s.lines = lines })
}

func (s *recordedSeat) SetInitialEstimate(bitrate int) {
	s.recorder.change(func() { s.expected = bitrate })
}

func (s *recordedSeat) SetTransfers(up, down int) {
	s.recorder.change(func() { s.up, s.down = up, down })
}

func (s *recordedSeat) TransferRates() (up, down int) {
	s.recorder.mu.Lock()
	defer s.recorder.mu.Unlock()
	return s.upRate, s.downRate
}

func (s *recordedSeat) TransferArrived(bytes int) {
	s.recorder.change(func() { s.transferred += bytes })
}

func (s *recordedSeat) CSRCs() map[protocol.Source]uint32 {
	return map[protocol.Source]uint32{
		protocol.SourceMicrophone: 11,
		protocol.SourceCamera:     12,
		protocol.SourceScreen:     13,
	}
}

func (s *recordedSeat) Send(data []byte) bool {
	open := false
	s.recorder.change(func() {
		if open = s.channel; open {
			s.sent = append(s.sent, string(data))
		}
	})
	return open
}

func (s *recordedSeat) Close() { s.recorder.change(func() { s.closed = true }) }

// relay hands out a fixed server with the participant as user.
type relay struct{ lifetime time.Duration }

func (r relay) Credentials(payer quota.Payer, _ string, now time.Time) (
	[]protocol.ICEServer, time.Time,
) {
	return []protocol.ICEServer{
		{
			URLs:       []string{"turn:draille.example:3478"},
			Username:   payer.Participant,
			Credential: now.Format(time.RFC3339Nano),
		},
	}, now.Add(r.lifetime)
}

// notebook is a memory that a test can read.
type notebook struct {
	mu    sync.Mutex
	rooms map[string]rules.State
}

func (n *notebook) Recall() map[string]rules.State { return n.read() }

func (n *notebook) Keep(room string, state rules.State) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rooms[room] = state
}

func (n *notebook) KeepNow(room string, state rules.State, saved func()) {
	n.Keep(room, state)
	saved()
}

func (n *notebook) Forget(room string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.rooms, room)
}

func (n *notebook) read() map[string]rules.State {
	n.mu.Lock()
	defer n.mu.Unlock()
	return maps.Clone(n.rooms)
}
