package bwe

import "time"

// Config holds every threshold of the estimator. The zero value of a field means its default (DefaultConfig).
type Config struct {
	StartBitrate int // bit/s assumed before the first proof, from a connection test or a remembered call
	MinBitrate   int // bit/s; the estimate never falls below
	MaxBitrate   int // bit/s; the estimate never rises above
}

// DefaultConfig returns the defaults of every threshold.
func DefaultConfig() Config {
	return Config{
		StartBitrate: 300_000,
		MinBitrate:   20_000,
		MaxBitrate:   20_000_000,
	}
}

// timing that the API promises.
const feedbackTimeout = 2 * time.Second
