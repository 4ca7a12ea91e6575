package rtpx

import "time"

// timestampMap keeps the timestamps of one outgoing stream going over successive sources, whose own
// start at random.
type timestampMap struct {
	offset   uint32 // outgoing minus incoming
	newest   uint32 // outgoing
	newestAt time.Time
	started  bool
	source   SourceID // whose offset it is
}

// longestPause bounds the step at a switch, so that it is never taken for one backwards (half of
// 2^32 is 6.6 h of video).
const longestPause = time.Hour

// begin lets a source take over with a packet: its timestamp follows the newest one by the time
// that has passed, one frame at least, because two frames with one timestamp would be taken for
// one. A source that comes back keeps its old offset, which is exact, unless its timestamps
// contradict the time that has passed by more than half a second.
func (m *timestampMap) begin(now time.Time, source SourceID, p *Packet) {
	if !m.started {
		m.started = true
		m.offset, m.source, m.newestAt = m.newest-p.Timestamp, source, now
		return
	}
	rate := p.Codec.ClockRate()
	frame := rate / 50
	if p.Codec.Video() {
		frame = rate / 30
	}
	elapsed := min(max(now.Sub(m.newestAt), 0), longestPause)
	advance := max(uint32(elapsed.Seconds()*float64(rate)), frame)
	if source == m.source {
		again := p.Timestamp + m.offset - m.newest
		if again-frame < 1<<31 && max(again, advance)-min(again, advance) <= rate/2 {
			return
		}
	}
	m.offset, m.source = m.newest+advance-p.Timestamp, source
}

// advance notes an outgoing timestamp.
func (m *timestampMap) advance(now time.Time, timestamp uint32) {
	if TimestampNewer(timestamp, m.newest) {
		m.newest, m.newestAt = timestamp, now
	}
}
