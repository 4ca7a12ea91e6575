package link

import "fmt"

// Overhead is what the layers below IP add to a packet. The zero value adds
// nothing.
type Overhead struct {
	// PerPacket bytes are added to each IP packet.
	PerPacket int
	// CellPayload and CellSize, if set, cut the result into cells: each started
	// CellPayload bytes cost CellSize bytes on the wire.
	CellPayload, CellSize int
}

// PPPoEoverATM is how most ADSL lines carry a packet: PPP (2) and PPPoE (6, RFC
// 2516) in Ethernet (14), LLC/SNAP bridged (10, RFC 2684), AAL5 trailer (8),
// padded into ATM cells of 48 bytes which cost 53 (ITU-T I.363.5).
var PPPoEoverATM = Overhead{PerPacket: 40, CellPayload: 48, CellSize: 53}

// Ethernet is a frame without its preamble: header 14, check sequence 4.
var Ethernet = Overhead{PerPacket: 18}

// Wire is the number of bytes that an IP packet of size bytes costs.
func (o Overhead) Wire(size int) int {
	size += o.PerPacket
	if o.CellPayload == 0 {
		return size
	}
	return (size + o.CellPayload - 1) / o.CellPayload * o.CellSize
}

func (o Overhead) validate() error {
	if o.PerPacket < 0 || o.CellPayload < 0 || o.CellSize < o.CellPayload ||
		(o.CellPayload == 0 && o.CellSize != 0) {
		return fmt.Errorf("link: overhead %+v: expected no negative size, and cells at least as "+
			"large as what they carry", o)
	}
	return nil
}
