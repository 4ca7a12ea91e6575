package voice

// Losses learns which of the voice packets to one receiver are lost, and works out what each kind
// of redundancy would have left of that: bursts make the difference between kinds. The zero value
// is ready. Its methods must not be called concurrently.
type Losses struct {
	sent    [sentMemory]sentPacket
	streams [MaxStreams]uint16 // fates of the latest packets, bit 0 the latest; 1: lost
	known   float64            // packets, the older ones counting less
	left    [kinds]float64     // of them lost beyond repair
}

type sentPacket struct {
	number int64 // transport-wide; 0: none
	stream uint8
}

// Sent notes a voice packet that leaves under a transport-wide sequence number (positive, rising)
// in one of the receiver's voices (0 … MaxStreams−1).
func (l *Losses) Sent(number int64, stream int) {
	if stream < MaxStreams {
		l.sent[number&(sentMemory-1)] = sentPacket{number, uint8(stream)}
	}
}

// Reported takes what the receiver says of a packet, of whatever kind. Only the first report of a
// packet counts.
func (l *Losses) Reported(number int64, received bool) {
	p := &l.sent[number&(sentMemory-1)]
	if p.number != number || number == 0 {
		return
	}
	p.number = 0
	fates := l.streams[p.stream] << 1
	if !received {
		fates |= 1
	}
	l.streams[p.stream] = fates
	const keep = 1 - 1.0/lossMemory
	l.known = l.known*keep + 1
	for r := range kinds {
		l.left[r] *= keep
		// The oldest packet whose repetitions have all had their turn by now.
		lost := fates >> r.reach() & 1
		for _, distance := range r.Distances() {
			lost &= fates >> (r.reach() - distance)
		}
		l.left[r] += float64(lost & 1)
	}
}

// Left returns the share of packets that is lost beyond repair with that redundancy, 0…1.
func (l *Losses) Left(r Redundancy) float64 {
	if l.known == 0 {
		return 0
	}
	return l.left[r] / l.known
}

// Evidence returns how many packets the shares rest on, lossMemory at most.
func (l *Losses) Evidence() float64 { return l.known }
