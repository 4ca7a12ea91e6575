// Package linktest is the server's half of the page's connection test: it answers what a page sends
// on the unreliable data channel "test" of its own media connection, so that delay, loss and rate
// are those of the way that the call will take. It decides nothing; the page counts. It is pure:
// time is an argument, and packets go in and out as bytes.
//
// A message begins with its kind; numbers are big-endian. Whatever is malformed or beyond the
// limits gets no answer.
//
//	echo  1 | number u32 | …                                    page → server
//	      1 | number u32 | echoes received u32 | …        server → page, as long as what was sent
//	down  2 | length u16, ms | rate u16, kbit/s | round trip u16, ms
//	                                                      page → server, until packets come
//	      2 | number u32 | … 1,100 bytes in all                 server → page
//	up    3 | number u32 | …                                    page → server
//	      3 | packets u32 | bytes u32 | from the first to the latest u32, µs | gaps u16, 0.1 ms
//	                                                      server → page, every 100 ms
//
// The gaps are those before each packet that came since the report before, the very first has none.
package linktest

import (
	"encoding/binary"
	"math"
	"time"
)

// Kinds of messages.
const (
	kindEcho byte = 1
	kindDown byte = 2
	kindUp   byte = 3
)

// Limits of one session: a stranger's page gets no more out of a test than out of a call.
const (
	Life            = 30 * time.Second
	PacketBytes     = 1100 // of a packet down: one SCTP packet on every path
	maxMessageBytes = 1200
	maxEchoes       = 256
	maxDownLength   = 5 * time.Second
	maxDownKbps     = 2500
	reportInterval  = 100 * time.Millisecond
	gapUnit         = 100 * time.Microsecond
	maxGapBytes     = 2 * 256 // of one report
	echoHeader      = 9
)

// The flow down keeps little more in flight than what comes through: what waits in the kernel's or
// SCTP's queues when the time is up would delay everything behind it.
const (
	firstInFlight  = 6 << 10 // bytes
	inFlightGrowth = 2       // of what was acknowledged in a round trip
	ackInterval    = 100 * time.Millisecond
	maxDownCredit  = 50 * time.Millisecond // of sending time, after a late tick
)

// Session is one test.
type Session struct {
	began  time.Time
	echoes uint32

	down struct {
		until        time.Time // zero: not asked for
		latest       time.Time // when credit was given last
		bytesPerSec  float64
		credit       float64 // bytes
		window       time.Duration
		number       uint32
		sent         uint64
		acknowledged []mark
	}
	up struct {
		packets, bytes      uint32
		first, latest       time.Time
		reported            time.Time
		reportedAt, repeats uint32 // packets at the report before; reports
		gaps                []byte // as they will be reported
	}
}

type mark struct {
	at    time.Time
	bytes uint64
}

// New begins a session.
func New(now time.Time) *Session { return &Session{began: now} }

// Over reports whether the session has lasted long enough; it then answers nothing.
func (s *Session) Over(now time.Time) bool { return now.Sub(s.began) >= Life }

// Receive takes a message and returns the answer, nil for none.
func (s *Session) Receive(now time.Time, message []byte) []byte {
	if s.Over(now) || len(message) < 5 || len(message) > maxMessageBytes {
		return nil
	}
	switch message[0] {
	case kindEcho:
		return s.echo(message)
	case kindDown:
		s.startDown(now, message)
	case kindUp:
		s.countUp(now, len(message))
	}
	return nil
}

func (s *Session) echo(message []byte) []byte {
	if len(message) < echoHeader || s.echoes >= maxEchoes {
		return nil
	}
	s.echoes++
	answer := make([]byte, len(message))
	copy(answer, message)
	binary.BigEndian.PutUint32(answer[5:], s.echoes)
	return answer
}

func (s *Session) startDown(now time.Time, message []byte) {
	d := &s.down
	if len(message) < 7 || !d.until.IsZero() {
		return
	}
	length := time.Duration(binary.BigEndian.Uint16(message[1:])) * time.Millisecond
	kbps := min(binary.BigEndian.Uint16(message[3:]), maxDownKbps)
	roundTrip := time.Duration(binary.BigEndian.Uint16(message[5:])) * time.Millisecond
	d.until, d.latest = now.Add(min(length, maxDownLength)), now
	d.bytesPerSec = float64(kbps) * 1000 / 8
	d.window = roundTrip + ackInterval
}

func (s *Session) countUp(now time.Time, bytes int) {
	u := &s.up
	if u.packets == 0 {
		u.first, u.reported = now, now
	} else if len(u.gaps) < maxGapBytes {
		u.gaps = binary.BigEndian.AppendUint16(u.gaps, uint16(
			min(max(0, now.Sub(u.latest)/gapUnit), math.MaxUint16)))
	}
	u.packets++
	u.bytes += uint32(bytes)
	u.latest = now
}

// Send returns the packets that are to leave now; buffered is how many bytes of those before have
// not arrived yet, as far as is known. It is to be called every few milliseconds.
func (s *Session) Send(now time.Time, buffered int) [][]byte {
	if s.Over(now) {
		return nil
	}
	packets := s.sendDown(now, buffered)
	if report := s.report(now); report != nil {
		packets = append(packets, report)
	}
	return packets
}

func (s *Session) sendDown(now time.Time, buffered int) [][]byte {
	d := &s.down
	if !now.Before(d.until) {
		return nil
	}
	acknowledged := d.sent - min(d.sent, uint64(buffered))
	d.acknowledged = append(d.acknowledged, mark{now, acknowledged})
	for len(d.acknowledged) > 1 && now.Sub(d.acknowledged[0].at) > d.window {
		d.acknowledged = d.acknowledged[1:]
	}
	inFlight := firstInFlight + int(inFlightGrowth*float64(acknowledged-d.acknowledged[0].bytes))
	d.credit = min(
		d.credit+d.bytesPerSec*now.Sub(d.latest).Seconds(), d.bytesPerSec*maxDownCredit.Seconds(),
	)
	d.latest = now
	var packets [][]byte
	for d.credit >= PacketBytes && buffered+PacketBytes <= inFlight {
		packet := make([]byte, PacketBytes)
		packet[0] = kindDown
		binary.BigEndian.PutUint32(packet[1:], d.number)
		packets = append(packets, packet)
		d.number++
		d.credit -= PacketBytes
		d.sent += PacketBytes
		buffered += PacketBytes
	}
	return packets
}

// report tells what has come up until now. The last one is told once more: nothing on this channel
// is repeated.
func (s *Session) report(now time.Time) []byte {
	u := &s.up
	if u.packets == 0 || now.Sub(u.reported) < reportInterval {
		return nil
	}
	if u.packets != u.reportedAt {
		u.repeats = 0
	} else if u.repeats >= 3 {
		return nil
	}
	u.repeats++
	u.reportedAt, u.reported = u.packets, now
	report := make([]byte, 13, 13+len(u.gaps))
	report[0] = kindUp
	binary.BigEndian.PutUint32(report[1:], u.packets)
	binary.BigEndian.PutUint32(report[5:], u.bytes)
	binary.BigEndian.PutUint32(report[9:], uint32(u.latest.Sub(u.first).Microseconds()))
	report = append(report, u.gaps...)
	u.gaps = u.gaps[:0]
	return report
}
