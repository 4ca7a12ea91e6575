package jetstream

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"draille/signaling/homes/register"
)

// What NATS answers where there is no room for a change: in the server, on its disk, or for the
// account.
const (
	codeServerFull  jetstream.ErrorCode = 10023
	codeDiskFull    jetstream.ErrorCode = 10047
	codeAccountFull jetstream.ErrorCode = 10002
)

// refusesMore reports whether it is for want of room that a change is refused.
func refusesMore(err error) bool {
	var refused *jetstream.APIError
	return errors.As(err, &refused) && (refused.ErrorCode == codeServerFull ||
		refused.ErrorCode == codeDiskFull || refused.ErrorCode == codeAccountFull)
}

// unknown is what is said of a change that was not stored as far as it is known. Whoever refuses it
// for want of room may have been replaced, and another one store it.
func unknown(err error) error {
	if refusesMore(err) {
		return fmt.Errorf("%w: %w: %w", register.ErrUnknown, register.ErrFull, err)
	}
	return fmt.Errorf("%w: %w", register.ErrUnknown, err)
}

// Bytes returns how much a server keeps of the register. A server of ours takes nothing more, not
// even what would replace something, once that is MaxStore.
func (r *Register) Bytes(ctx context.Context) (uint64, error) {
	info, err := r.info(ctx)
	if err != nil {
		return 0, fmt.Errorf("jetstream: asking how full the register is: %w", err)
	}
	return info.State.Bytes, nil
}

func (r *Register) info(ctx context.Context) (*jetstream.StreamInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, maxAnswer)
	defer cancel()
	return r.stream.Info(ctx)
}
