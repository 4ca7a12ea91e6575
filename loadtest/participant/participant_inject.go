package participant

import (
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"draille/loadtest/publish"
)

// What a participant never does by themselves, for tests of what a server takes from one who means
// harm. All of it travels over their own connection, encrypted as it should be.

// SendRTCP sends packets as they are.
func (p *Participant) SendRTCP(packets ...rtcp.Packet) error {
	p.mu.Lock()
	pc := p.peer.pc
	p.mu.Unlock()
	return pc.WriteRTCP(packets)
}

// SendCamera sends one packet of the camera's first encoding; again as a retransmission.
func (p *Participant) SendCamera(number uint16, timestamp uint32, again bool, payload []byte) {
	p.mu.Lock()
	camera := p.peer.camera[0]
	p.mu.Unlock()
	camera.write(publish.Packet{Number: number, Timestamp: timestamp, Again: again,
		Payload: payload})
}

// SendVoice sends one packet of the microphone.
func (p *Participant) SendVoice(number uint16, timestamp uint32, payload []byte) {
	p.mu.Lock()
	microphone := p.peer.microphone
	p.mu.Unlock()
	microphone.write(publish.Packet{Number: number, Timestamp: timestamp, Payload: payload})
}

// Receives lists the SSRCs that the server sends to them, retransmissions included.
func (p *Participant) Receives() []uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []uint32
	if p.in.slots == nil {
		return nil
	}
	for ssrc := range p.in.slots.bySSRC {
		all = append(all, ssrc)
	}
	return all
}

// Channel opens one more data channel, on which nothing is repeated.
func (p *Participant) Channel(label string) (*webrtc.DataChannel, error) {
	p.mu.Lock()
	pc := p.peer.pc
	p.mu.Unlock()
	ordered, retransmits := false, uint16(0)
	return pc.CreateDataChannel(label,
		&webrtc.DataChannelInit{Ordered: &ordered, MaxRetransmits: &retransmits})
}
