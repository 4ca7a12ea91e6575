//go:build !unix

package main

import (
	"context"
	"errors"
	"io"
	"time"
)

func cpuTime() time.Duration { return 0 }

func holdPID(string, string) (io.Closer, []string, error) {
	return nil, nil, errors.New("several servers that serve one name need Linux or another Unix")
}

func stopServing(context.Context, string, func(string, time.Time)) error {
	return errors.New("several servers that serve one name need Linux or another Unix")
}
