package main

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

func TestWhatAFaultEndedBeginsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, told := observer.New(zapcore.ErrorLevel)
		ctx, stop := context.WithCancel(t.Context())
		times := 0
		keepGoing(ctx, zap.New(core), "letters", func(context.Context) {
			if times++; times < 3 {
				panic("no such letter")
			}
		})
		require.Equal(t, 3, times)
		require.Equal(t, 2, told.FilterFieldKey("stack").Len())
		keepGoing(ctx, zap.New(core), "letters", func(context.Context) {
			times++
			stop()
			panic("at the end")
		})
		require.Equal(t, 4, times)
	})
}
