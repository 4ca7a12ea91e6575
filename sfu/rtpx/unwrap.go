package rtpx

// SequenceNewer reports whether a comes after b, modulo 2^16.
func SequenceNewer(a, b uint16) bool { return int16(a-b) > 0 }

// TimestampNewer reports whether a comes after b, modulo 2^32.
func TimestampNewer(a, b uint32) bool { return int32(a-b) > 0 }

// Unwrapper turns the wrapping numbers of one stream into ones that do not wrap: each result
// differs from the one before by the shortest way round. The zero value is ready; the first number
// stands for itself.
type Unwrapper[T uint16 | uint32] struct {
	last    int64
	started bool
}

// Unwrap returns the number without wrap-around. It may be negative when the first numbers came out
// of order.
func (u *Unwrapper[T]) Unwrap(number T) int64 {
	if !u.started {
		u.started, u.last = true, int64(number)
		return u.last
	}
	half := (^T(0))/2 + 1
	if ahead := number - T(u.last); ahead < half {
		u.last += int64(ahead)
	} else {
		u.last -= int64(-ahead)
	}
	return u.last
}
