package forwarding

import (
	"sync"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"

	"draille/sfu/rtpx"
)

// A histogram of delays: steps of delayStep up to the last, which takes all that is longer.
const (
	delayStep  = 20 * time.Microsecond
	delaySteps = 25_000 // half a second
)

// histogram counts delays.
type histogram struct {
	steps [delaySteps]uint32
	count uint64
}

func (h *histogram) add(delay time.Duration) {
	h.steps[min(max(delay/delayStep, 0), delaySteps-1)]++
	h.count++
}

func (h *histogram) merge(other *histogram) {
	for i, n := range other.steps {
		h.steps[i] += n
	}
	h.count += other.count
}

// quantile returns the delay that the given share of all packets did not exceed.
func (h *histogram) quantile(share float64) time.Duration {
	left := int64(share * float64(h.count))
	for i, n := range h.steps {
		if left -= int64(n); left < 0 {
			return time.Duration(i+1) * delayStep
		}
	}
	return delaySteps * delayStep
}

// window is a span of sending: what left within it is counted, whenever it arrives.
type window struct{ from, to time.Duration }

func (w window) holds(left time.Duration) bool { return left >= w.from && left < w.to }

// incoming counts what one client receives. Its methods may be called concurrently.
type incoming struct {
	sampled bool // what is missing has arrived all the same: package sink

	mu        sync.Mutex
	slots     map[uint32]*slot // by SSRC
	extension uint8
	recorder  *twcc.Recorder
	started   time.Time
	latest    arrival
	unwrap    rtpx.Unwrapper[uint16] // of transport-wide numbers
	window    window
	counted   uint64 // media packets of the window
	others    uint64 // that arrived in the window and are none of its media packets
	repeated  uint64
	strangers uint64 // packets of an SSRC that was not negotiated
	delays    histogram
}

// arrival is one packet's transport-wide number, and when it arrived in µs; a number of 0 is none.
type arrival struct{ number, at int64 }

// slot is one SSRC of the server.
type slot struct {
	media   bool // no retransmissions
	known   bool
	unwrap  rtpx.Unwrapper[uint16]
	first   int64
	highest int64
	count   int64
	seen    [1024]int64 // number received last in this place
}

func newIncoming(own uint32, sampled bool) *incoming {
	return &incoming{sampled: sampled, slots: map[uint32]*slot{},
		recorder: twcc.NewRecorder(own), started: time.Now()}
}

// receive takes one decrypted packet.
func (in *incoming) receive(ssrc uint32, raw []byte, now time.Time) {
	p, err := rtpx.Parse(raw)
	if err != nil {
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if number, ok := p.Extensions.TransportSequenceNumber(in.extension); ok {
		in.record(ssrc, number, now.Sub(in.started).Microseconds())
	}
	if !in.take(ssrc, p.Payload, p.SequenceNumber, now) && in.window.holds(now.Sub(clock)) {
		in.others++
	}
}

// record notes for the feedback when a packet arrived. Where few are delivered, the others arrived
// at even intervals between the last two that were.
func (in *incoming) record(ssrc uint32, number uint16, at int64) {
	now := arrival{number: in.unwrap.Unwrap(number) + 1, at: at}
	if from := in.latest; in.sampled && from.number != 0 {
		for n := from.number + 1; n < now.number; n++ {
			share := (now.at - from.at) * (n - from.number) / (now.number - from.number)
			in.recorder.Record(ssrc, uint16(n-1), from.at+share)
		}
	}
	in.recorder.Record(ssrc, number, at)
	if now.number > in.latest.number {
		in.latest = now
	}
}

// take counts a packet; false when it is none of the window's media.
func (in *incoming) take(ssrc uint32, payload []byte, number uint16, now time.Time) bool {
	s := in.slots[ssrc]
	if s == nil {
		in.strangers++
		return false
	}
	left, ok := stamped(payload)
	if !ok || !s.media {
		return false
	}
	if !s.take(number) {
		in.repeated++
		return false
	}
	if !in.window.holds(left) {
		return false
	}
	in.counted++
	in.delays.add(now.Sub(clock) - left)
	return true
}

// take notes a sequence number; false when it came before.
func (s *slot) take(number uint16) bool {
	n := s.unwrap.Unwrap(number) + 1 // 0 is an empty place
	if !s.known {
		s.known, s.first, s.highest = true, n, n
	}
	place := &s.seen[uint64(n)%uint64(len(s.seen))]
	if *place == n {
		return false
	}
	*place = n
	s.highest = max(s.highest, n)
	s.count++
	return true
}

// feedback returns the transport-wide feedback that is due.
func (in *incoming) feedback() []rtcp.Packet {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.recorder.BuildFeedbackPacket()
}

// report returns the reception reports of all slots.
func (in *incoming) report(own uint32) []rtcp.Packet {
	in.mu.Lock()
	defer in.mu.Unlock()
	report := &rtcp.ReceiverReport{SSRC: own}
	for ssrc, s := range in.slots {
		if s.known && len(report.Reports) < 31 {
			lost := max(s.highest-s.first+1-s.count, 0)
			if in.sampled {
				lost = 0
			}
			report.Reports = append(report.Reports,
				rtcp.ReceptionReport{SSRC: ssrc, LastSequenceNumber: uint32(s.highest - 1),
					TotalLost: uint32(lost)})
		}
	}
	return []rtcp.Packet{report}
}

// count begins a window.
func (in *incoming) count(w window) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.window, in.counted, in.others, in.repeated, in.delays = w, 0, 0, 0, histogram{}
}
