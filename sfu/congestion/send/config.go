package send

import (
	"cmp"

	"draille/sfu/congestion/signal"
	"draille/sfu/regime"
)

// Config holds what depends on the receiver. The zero value of a field means its default
// (DefaultConfig). The thresholds of the algorithms are constants beside them, each with its
// meaning.
type Config struct {
	// bit/s assumed before the first proof: from a connection test or a remembered call
	StartBitrate int
	MinBitrate   int          // bit/s; the estimate never falls below
	MaxBitrate   int          // bit/s; the estimate never rises above
	Without      signal.Rules // those of Rules that are off; none in service
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config {
	return Config{
		StartBitrate: regime.Modest / 2,
		MinBitrate:   regime.Voice,
		MaxBitrate:   maxBitrate,
	}
}

func (c Config) withDefaults() Config {
	d := DefaultConfig()
	c.MinBitrate = cmp.Or(c.MinBitrate, d.MinBitrate)
	c.MaxBitrate = max(c.MinBitrate, cmp.Or(c.MaxBitrate, d.MaxBitrate))
	c.StartBitrate = min(c.MaxBitrate, max(c.MinBitrate, cmp.Or(c.StartBitrate, d.StartBitrate)))
	return c
}
