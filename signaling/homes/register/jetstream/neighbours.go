package jetstream

import (
	"context"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"
)

const (
	// lookEvery is how often it is looked which other servers are connected: as often as the
	// server tries to reach them.
	lookEvery = time.Second
	// neverAfter is when a server is missed that has not been reached since the start: all are
	// started at about the same time.
	neverAfter = 10 * time.Second
)

// neighbours says once when another server goes, and once when it is back.
type neighbours struct {
	log     *zap.Logger
	others  []string // names
	missing map[string]bool
	since   time.Duration // of the start
}

func newNeighbours(log *zap.Logger, own string, names []string) *neighbours {
	n := &neighbours{log: log, missing: map[string]bool{}}
	for _, name := range names {
		if name != own {
			n.others = append(n.others, name)
		}
	}
	return n
}

// watch looks until ctx ends.
func (n *neighbours) watch(ctx context.Context, connected func() []string) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	met := map[string]bool{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		n.since += lookEvery
		names := connected()
		for _, name := range names {
			met[name] = true
		}
		n.look(names, met)
	}
}

// look compares with what was said last.
func (n *neighbours) look(connected []string, met map[string]bool) {
	for _, name := range n.others {
		switch here := slices.Contains(connected, name); {
		case here && n.missing[name]:
			delete(n.missing, name)
			n.log.Info("a keeper of the register is back", zap.String("keeper", name))
		case !here && !n.missing[name] && (met[name] || n.since >= neverAfter):
			n.missing[name] = true
			n.log.Warn(n.words(), zap.String("keeper", name))
		}
	}
}

// words say what follows from so many that are missing.
func (n *neighbours) words() string {
	if len(n.missing) < len(n.others) {
		return "a keeper of the register is not reached: the others go on without it; start it " +
			"again, before another one is lost"
	}
	missing := strings.Join(n.others, " and ")
	return "this keeper of the register reaches no other: nothing can be decided until one of " +
		missing + " runs and is reached"
}
