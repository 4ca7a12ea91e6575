package store

import (
	"context"
	"time"

	"draille/signaling/practice"
)

// Lease reports whether holder may do the job called name until now plus the duration: whether
// nobody else holds it. Whoever holds it may ask again in time to keep it. Clocks of nodes may
// stand apart by less than the duration: a lease that ends later than that allows is of somebody
// whose clock was ahead, and is set right since.
func (s *Store) Lease(ctx context.Context, name, holder string, now time.Time,
	duration time.Duration) (bool, error) {
	var taken int64
	err := s.Write(ctx, func(tx *Tx) error {
		var err error
		taken, err = tx.Exec(`INSERT INTO leases (name, holder, until) VALUES ($1, $2, $3)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
			WHERE leases.holder = excluded.holder OR leases.until < $4 OR leases.until > $5`,
			name, holder, int64(practice.InstantOf(now.Add(duration))),
			int64(practice.InstantOf(now)), int64(practice.InstantOf(now.Add(2*duration))))
		return err
	})
	return taken == 1, err
}
