package srtp

// replayed is how many packets of a voice are kept: more than anybody asks for again in time.
const replayed = 32

// Replays keeps the latest packets of a voice as they left, protected. A repair that has no stream
// of its own (RFC 4588) bears the number of the packet that was lost, and so has its nonce: unless
// it is the same to the last bit, AES-GCM gives away what both say and the key that authenticates
// them (RFC 7714 section 8.4).
type Replays struct {
	packets [replayed]struct {
		number uint16
		data   []byte
	}
}

func (r *Replays) Keep(number uint16, data []byte) {
	p := &r.packets[number%replayed]
	p.number, p.data = number, append(p.data[:0], data...)
}

// Get returns nil when the packet never left or is forgotten.
func (r *Replays) Get(number uint16) []byte {
	if p := &r.packets[number%replayed]; p.number == number {
		return p.data
	}
	return nil
}
