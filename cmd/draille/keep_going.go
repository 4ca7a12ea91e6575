package main

import (
	"context"
	"time"

	"go.uber.org/zap"
)

// faultPause is how long after a fault something begins again.
const faultPause = time.Second

// keepGoing does what goes on beside calls and requests until it returns, and begins it again where
// a fault of the program ended it: a letter that cannot be written ends nobody's call.
func keepGoing(ctx context.Context, log *zap.Logger, what string, do func(context.Context)) {
	for faulted(log, what, func() { do(ctx) }) && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(faultPause):
		}
	}
}

// faulted reports whether a fault ended something.
func faulted(log *zap.Logger, what string, do func()) (fault bool) {
	defer func() {
		if problem := recover(); problem != nil {
			fault = true
			log.Error("a fault of the program: it begins again, the calls go on",
				zap.String("during", what), zap.Any("fault", problem), zap.Stack("stack"))
		}
	}()
	do()
	return false
}
