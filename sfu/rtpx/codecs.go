package rtpx

// Codecs is a set of codecs; the zero value is empty.
type Codecs uint8

// With returns the set with one codec more; UnknownCodec adds nothing.
func (s Codecs) With(c Codec) Codecs {
	if c == UnknownCodec {
		return s
	}
	return s | 1<<c
}

// Has reports whether a codec is in the set.
func (s Codecs) Has(c Codec) bool { return c != UnknownCodec && s&(1<<c) != 0 }
