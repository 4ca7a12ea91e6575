package rtpx

import "time"

// PutResult says what History did with a packet.
type PutResult uint8

// Results of History.Put.
const (
	Stored    PutResult = iota // new: forward it
	Duplicate                  // already there (a repair that came twice): drop it
	TooLate                    // older than everything kept: drop it
)

// HistoryConfig bounds a History. It keeps packets for Span, as long as Packets and Bytes allow.
type HistoryConfig struct {
	Packets int           // at most this many, rounded up to a power of two
	Bytes   int           // of payload at most
	Span    time.Duration // how long a packet should be kept
}

// VideoHistory and AudioHistory are what one incoming layer usually needs.
var (
	VideoHistory = HistoryConfig{Packets: 512, Bytes: 512 << 10, Span: time.Second}
	AudioHistory = HistoryConfig{Packets: 128, Bytes: 32 << 10, Span: time.Second}
)

// History is the packet history of one incoming layer, shared by all of its subscribers. One goroutine may Put while any
// number of goroutines Get. Its memory grows with the layer's bit rate up to the configured bounds, after which
// neither Put nor Get allocates.
type History struct{}

// NewHistory returns an empty history.
func NewHistory(config HistoryConfig) *History { return &History{} }

// Put stores a copy of the packet. It refuses duplicates and packets older than everything kept.
func (h *History) Put(p *Packet) PutResult { return Stored }

// Get returns the packet with that sequence number; its payload is copied into payload (room for a whole datagram is
// enough) and its Extensions are empty. ok is false when the packet never came, is forgotten, or does not fit.
func (h *History) Get(sequenceNumber uint16, payload []byte) (p Packet, ok bool) {
	return Packet{}, false
}

// Newest returns the highest sequence number so far; ok is false when there is none.
func (h *History) Newest() (sequenceNumber uint16, ok bool) { return 0, false }
