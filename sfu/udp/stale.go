package udp

import "time"

// How long a datagram may wait for the slow reader of a virtual peer, which is one who comes over
// TCP: what is later than that is of no use any more, and keeps what follows from being in time.
// Pictures go first: sound is dropped only when it has waited twice as long. ICE, DTLS and RTCP are
// never dropped for their age, since they are small and others wait for them.
const (
	staleVideo = 200 * time.Millisecond
	staleAudio = 400 * time.Millisecond
	// voiceBytes is the longest packet that may be voice: 60 ms at 24 kbit/s with two earlier
	// frames beside it, and headers. The last packet of a frame of video may be as short; it then
	// waits for nothing and is soon dropped, too.
	voiceBytes = 640
)

// stale reports whether a datagram has waited too long to be worth sending.
func stale(data []byte, waited time.Duration) bool {
	if waited < staleVideo || !isRTP(data) {
		return false
	}
	return len(data) > voiceBytes || waited >= staleAudio
}

// isRTP tells media from everything else by its first two bytes (RFC 7983, RFC 5761 §4).
func isRTP(data []byte) bool {
	return len(data) >= 12 && data[0]&0xC0 == 0x80 && (data[1] < 192 || data[1] > 223)
}
