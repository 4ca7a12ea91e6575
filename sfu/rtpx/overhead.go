package rtpx

// What packets cost on the wire beyond what they carry, in bytes.
const (
	// DatagramOverhead is what IPv4 and UDP add.
	DatagramOverhead = 28
	// TagSize is the length of the authentication tag of AES-GCM (RFC 7714 section 12).
	TagSize = 16
	// PacketOverhead is what an outgoing packet costs beyond its payload: IPv4 and UDP, RTP with
	// one CSRC and the transport-wide sequence number, and the authentication tag.
	PacketOverhead = DatagramOverhead + 24 + TagSize
	// ReceivedOverhead is what an incoming packet cost beyond itself once it is decrypted.
	ReceivedOverhead = DatagramOverhead + TagSize
)
