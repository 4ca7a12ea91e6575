package sfu

import (
	"time"

	"draille/sfu/congestion/receive"
	"draille/sfu/demand"
)

// SetTransfers tells at which bit/s bytes could travel beside the media, from the participant and
// to them; 0: there are none. They are the signaling's, in parts, and no more than TransferRates:
// voices come before them, and what they are given moving pictures are not.
func (p *Participant) SetTransfers(up, down int) {
	p.transferUp.Store(int64(up))
	p.transferDown.Store(int64(down))
	p.room.kick()
}

// TransferRates returns the bit/s that may come from the participant and go to them beside the
// media, all headers included. Without a transport both are 0: nothing is known of the way.
func (p *Participant) TransferRates() (up, down int) {
	t := p.transport.Load()
	if t == nil || !t.path.connected.Load() {
		return 0, 0
	}
	return int(p.transferGranted.Load()), t.down.transferRate()
}

// TransferArrived counts what came from the participant beside the media, in bytes on the wire: it
// was carried by the same link.
func (p *Participant) TransferArrived(bytes int) {
	if t := p.transport.Load(); t != nil {
		t.up.arrived(receive.Packet{Arrival: time.Now(), Size: bytes})
	}
}

// transferUplink returns what a publisher's uplink has for pictures, beside a transfer if there is
// one. The room's lock is held.
func (p *Participant) transferUplink(t *transport, voice int) demand.Uplink {
	uplink, rate := t.up.demandUplink(), 0
	if most := int(p.transferUp.Load()); most > 0 {
		// While a queue stands the limit is below what the link carries, so that it drains.
		rate = min(demand.TransferRate(uplink.ForTransfers(), voice), most)
		uplink = uplink.Less(rate)
	}
	p.transferGranted.Store(int64(rate))
	return uplink
}
