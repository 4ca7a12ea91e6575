package allocation

import "time"

// Allocator is Distribute with a memory: a picture becomes worse at once when the budget does not carry it any more,
// and better only when the budget has carried it with some headroom and the picture has not changed for a while. Its
// methods must not be called concurrently.
type Allocator struct{ config Config }

// New returns an Allocator without memory yet.
func New(config Config) *Allocator { return &Allocator{config: config} }

// Allocate shares the request's budget. Call it whenever the budget or the wishes change, and a few times a second
// besides: a picture becomes better only when it is asked again after its hold.
func (a *Allocator) Allocate(now time.Time, request Request) Result { return Result{} }
