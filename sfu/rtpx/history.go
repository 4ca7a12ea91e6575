package rtpx

import (
	"math"
	"math/bits"
	"sync"
	"time"
)

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
	Bytes   int           // of payload at most, rounded up to a power of two
	Span    time.Duration // how long a packet should be kept
}

// VideoHistory and AudioHistory are what one incoming layer usually needs.
var (
	VideoHistory = HistoryConfig{Packets: 512, Bytes: 512 << 10, Span: time.Second}
	AudioHistory = HistoryConfig{Packets: 128, Bytes: 32 << 10, Span: time.Second}
)

// firstArena is where a History's memory begins to grow, in bytes.
const firstArena = 8 << 10

// restartDistance is how far behind a packet must be to be taken for the first of a stream that
// started anew with other numbers (MAX_DROPOUT of RFC 3550 appendix A.1); the one after it must
// prove it.
const restartDistance = 3000

// History is the packet history of one incoming layer, shared by all of its subscribers. One
// goroutine may Put while any number of goroutines Get. Its memory grows with the layer's bit rate
// up to the configured bounds, after which neither Put nor Get allocates.
//
// Payloads lie one after the other in one ring of bytes, so that small packets cost little and
// nothing is allocated or freed a packet.
type History struct {
	mu      sync.RWMutex // no other is taken under it
	span    time.Duration
	limit   int
	entries []historyEntry // by unwrapped sequence number, modulo their count

	unwrap  Unwrapper[uint16]
	started bool
	newest  int64
	restart int64 // the number that, coming next, proves that the stream has started anew

	arena []byte
	// written counts all bytes, holes at the ring's end included; modulo its size, it is where to
	// write next.
	written int64
	floor   int64     // nothing written before is there any more
	lapped  time.Time // when writing last went round
}

// historyEntry is a Packet without what is not kept, and where its payload lies.
type historyEntry struct {
	number    int64 // unwrapped sequence number; math.MinInt64: empty
	start     int64 // of its payload, in bytes ever written; negative: not kept
	size      int32
	timestamp uint32
	ssrc      uint32
	arrival   time.Time
	frame     Frame
	codec     Codec
	payload   uint8 // type
	marker    bool
}

// NewHistory returns an empty history.
func NewHistory(config HistoryConfig) *History {
	limit := powerOfTwo(config.Bytes)
	h := &History{
		span:    config.Span,
		limit:   limit,
		entries: make([]historyEntry, powerOfTwo(config.Packets)),
		arena:   make([]byte, min(firstArena, limit)),
		restart: math.MinInt64,
	}
	h.forget()
	return h
}

func powerOfTwo(n int) int { return 1 << bits.Len(uint(max(n, 1)-1)) }

func (h *History) forget() {
	for i := range h.entries {
		h.entries[i].number = math.MinInt64
	}
}

// Put stores a copy of the packet. It refuses duplicates and packets older than everything kept. A
// payload larger than the whole history is remembered as having come, but cannot be had again.
func (h *History) Put(p *Packet) PutResult {
	h.mu.Lock()
	defer h.mu.Unlock()
	number := h.unwrap.Unwrap(p.SequenceNumber)
	if !h.started {
		h.begin(number, p.Arrival)
	}
	switch behind := h.newest - number; {
	case behind >= restartDistance:
		if number != h.restart {
			h.restart = number + 1
			return TooLate
		}
		h.forget()
		h.begin(number, p.Arrival)
	case behind >= int64(len(h.entries)):
		return TooLate
	default:
		h.restart = math.MinInt64
	}
	entry := h.entry(number)
	if entry.number == number {
		return Duplicate
	}
	h.newest = max(h.newest, number)
	*entry = historyEntry{
		number: number, start: h.write(p.Payload, p.Arrival), size: int32(len(p.Payload)),
		timestamp: p.Timestamp, ssrc: p.SSRC, arrival: p.Arrival, frame: p.Frame,
		codec: p.Codec, payload: p.PayloadType, marker: p.Marker,
	}
	return Stored
}

func (h *History) begin(number int64, now time.Time) {
	h.started, h.newest, h.restart = true, number, math.MinInt64
	h.lapped = now
}

func (h *History) entry(number int64) *historyEntry {
	return &h.entries[uint64(number)&uint64(len(h.entries)-1)]
}

// write copies the payload into the ring and returns its start, negative when it can never fit.
func (h *History) write(payload []byte, now time.Time) int64 {
	need := int64(len(payload))
	for need > h.room() {
		// A payload is never split over the ring's end.
		h.written += h.room()
		if tooLarge := need > int64(len(h.arena)); !h.lap(now, tooLarge) && tooLarge {
			return -1
		}
	}
	start := h.written
	copy(h.arena[start%int64(len(h.arena)):], payload)
	filled := need == h.room()
	h.written += need
	if filled {
		h.lap(now, false)
	}
	return start
}

func (h *History) room() int64 {
	size := int64(len(h.arena))
	return size - h.written%size
}

// lap notes that the ring has just been filled to its end, and lets it grow when it must or when it
// holds less than the span; it reports whether it grew.
func (h *History) lap(now time.Time, must bool) bool {
	short := now.Sub(h.lapped) < h.span
	h.lapped = now
	return (must || short) && h.grow()
}

// grow doubles the ring, which has just been filled to its end; false when it is as large as it may
// be.
func (h *History) grow() bool {
	size := int64(len(h.arena))
	if size >= int64(h.limit) {
		return false
	}
	larger := make([]byte, 2*size)
	lap := h.written - size
	copy(larger[lap%(2*size):], h.arena)
	h.arena, h.floor = larger, max(h.floor, lap)
	return true
}

// Get returns the packet with that sequence number; its payload is copied into payload (room for a
// whole datagram is enough) and its Extensions are empty. ok is false when the packet never came,
// is forgotten, or does not fit.
func (h *History) Get(sequenceNumber uint16, payload []byte) (p Packet, ok bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	entry := h.kept(sequenceNumber)
	if entry == nil || len(payload) < int(entry.size) {
		return Packet{}, false
	}
	ring, size := int64(len(h.arena)), int(entry.size)
	at := int(entry.start % ring)
	return Packet{
		SSRC: entry.ssrc, Timestamp: entry.timestamp,
		SequenceNumber: sequenceNumber, PayloadType: entry.payload,
		Marker: entry.marker, Codec: entry.codec, Frame: entry.frame, Arrival: entry.arrival,
		Payload: payload[:copy(payload[:size], h.arena[at:at+size])],
	}, true
}

// Size returns how many bytes of payload Get would copy; ok is false when it would find nothing.
func (h *History) Size(sequenceNumber uint16) (size int, ok bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	entry := h.kept(sequenceNumber)
	if entry == nil {
		return 0, false
	}
	return int(entry.size), true
}

// kept returns the entry of a packet whose payload is still there; nil: there is none. h.mu is
// held.
func (h *History) kept(sequenceNumber uint16) *historyEntry {
	number := h.newest - int64(uint16(h.newest)-sequenceNumber)
	entry := h.entry(number)
	if !h.started || entry.number != number || entry.start < h.floor ||
		h.written-entry.start > int64(len(h.arena)) {
		return nil
	}
	return entry
}

// Newest returns the highest sequence number so far; ok is false when there is none.
func (h *History) Newest() (sequenceNumber uint16, ok bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return uint16(h.newest), h.started
}
