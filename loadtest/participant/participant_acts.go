package participant

import (
	"context"
	"maps"
	"slices"
	"time"

	"draille/signaling/protocol"
)

// ID is what the server calls them.
func (p *Participant) ID() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.welcome.Participant
}

// Roster lists who is in the room, themselves included, and who waits (for those who may admit).
func (p *Participant) Roster() (present, waiting []protocol.Person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(p.state.people)) {
		present = append(present, p.state.people[id])
	}
	return present, slices.Clone(p.state.guests)
}

// Slots is what the server says that the video slots carry.
func (p *Participant) Slots() []protocol.Slot {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.in.told)
}

// Place is where the server says that they are, and whether their media connection stands.
func (p *Participant) Place() (place protocol.Place, connected bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	connected = p.out != nil && p.out.ready
	switch {
	case p.state.admitted:
		return protocol.PlaceRoom, connected
	case p.state.waiting:
		return protocol.PlaceWaiting, connected
	}
	return protocol.PlaceLobby, connected
}

// Admit lets somebody in who waits, beside whoever is there.
func (p *Participant) Admit(id string) error {
	p.mu.Lock()
	beside := slices.Collect(maps.Keys(p.state.people))
	p.mu.Unlock()
	return p.send(protocol.Admit{Participant: id, Beside: beside})
}

// Remove puts somebody out.
func (p *Participant) Remove(id string) error {
	return p.send(protocol.Remove{Participant: id})
}

// Lock closes the room to whoever comes, or opens it again.
func (p *Participant) Lock(locked bool) error { return p.send(protocol.Lock{Locked: locked}) }

// Locked reports whether the room is closed to whoever comes.
func (p *Participant) Locked() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.locked
}

// AwaitAdmission waits until they are in the room themselves.
func (p *Participant) AwaitAdmission(ctx context.Context) error {
	return p.await(ctx, "to be let in", func(s *signalling) bool { return s.admitted })
}

// AwaitConnection waits until their media connection stands.
func (p *Participant) AwaitConnection(ctx context.Context) error {
	return p.await(ctx, "a media connection", func(*signalling) bool { return p.out.ready })
}

// Server is the address to which their media go, as far as it is known.
func (p *Participant) Server() string {
	p.mu.Lock()
	peer := p.peer
	p.mu.Unlock()
	if peer == nil || peer.pc.SCTP() == nil {
		return ""
	}
	pair, err := peer.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil || pair == nil {
		return ""
	}
	return pair.Remote.Address
}

// Speak lets them speak, or be silent.
func (p *Participant) Speak(speaking bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.speaking = speaking
}

// Share shows a document, or stops.
func (p *Participant) Share(shares bool) error {
	p.mu.Lock()
	live := p.out.live
	p.mu.Unlock()
	live.Screen = shares
	return p.setMedia(live)
}

// SetMedia switches microphone and camera on and off.
func (p *Participant) SetMedia(microphone, camera bool) error {
	p.mu.Lock()
	live := p.out.live
	p.mu.Unlock()
	live.Microphone, live.Camera = microphone, camera
	return p.setMedia(live)
}

// SetFrameLength sets how much sound a packet holds: 20, 40 or 60 ms.
func (p *Participant) SetFrameLength(length time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out.microphone.SetFrameLength(length)
}

func (p *Participant) setMedia(live protocol.Media) error {
	p.mu.Lock()
	p.out.setLive(live)
	p.mu.Unlock()
	p.wake()
	return p.send(live)
}

// CutSocket loses the websocket as a network does; they connect again by themselves and resume
// their place. Media goes on.
func (p *Participant) CutSocket() {
	p.mu.Lock()
	s := p.socket
	p.mu.Unlock()
	if s != nil {
		_ = s.conn.NetConn().Close()
	}
}
