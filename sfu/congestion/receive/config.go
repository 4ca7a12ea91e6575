package receive

import (
	"cmp"

	"draille/sfu/congestion/signal"
	"draille/sfu/regime"
)

// Config bounds the limit; zero values mean DefaultConfig.
type Config struct {
	Start   int          // bit/s allowed on a link of which nothing is known
	Floor   int          // bit/s that are always allowed
	Ceiling int          // bit/s from which on there is no limit
	Without signal.Rules // those of Rules that are off; none in service
}

// DefaultConfig begins with what carries a voice and a small picture.
var DefaultConfig = Config{Start: 0.8 * regime.Thin, Floor: regime.Voice, Ceiling: noLimit}

func (c Config) withDefaults() Config {
	c.Start = cmp.Or(c.Start, DefaultConfig.Start)
	c.Floor = cmp.Or(c.Floor, DefaultConfig.Floor)
	c.Ceiling = cmp.Or(c.Ceiling, DefaultConfig.Ceiling)
	return c
}
