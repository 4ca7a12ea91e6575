package nack

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestResponderAnswersOnceARoundTrip(t *testing.T) {
	r := NewResponder(0.5)
	require.True(t, r.Allow(at(0), 1, 0, 100, rtt, 1_000_000), "number 0 is one like any other")
	require.False(t, r.Allow(at(59), 1, 0, 100, rtt, 1_000_000))
	require.True(t, r.Allow(at(59), 2, 0, 100, rtt, 1_000_000), "another stream")
	require.True(t, r.Allow(at(60), 1, 0, 100, rtt, 1_000_000))
	require.False(
		t, r.Allow(at(65), 1, 0, 100, 0, 1_000_000),
		"an unknown round trip does not open the gates",
	)
	require.True(t, r.Allow(at(70), 1, 0, 100, 0, 1_000_000))
}

func TestResponderAnswersOnePacketOnTheThinnestLink(t *testing.T) {
	r := NewResponder(0.1)
	require.True(t, r.Allow(at(0), 1, 5, 1200, rtt, 20_000))
	require.False(t, r.Allow(at(100), 1, 6, 1200, rtt, 20_000))
	require.True(
		t, r.Allow(at(101), 1, 7, 300, rtt, 20_000),
		"a smaller one fits, and the refusal cost nothing",
	)
	require.False(t, r.Allow(at(3000), 1, 6, 1200, rtt, 20_000))
	require.True(t, r.Allow(at(6000), 1, 6, 1200, rtt, 20_000))
}

func TestResponderSavesUpItsBudget(t *testing.T) {
	r := NewResponder(0.5)
	r.Allow(at(0), 1, 0, 100, rtt, 1_000_000)
	answers := 0
	for i := range 100 {
		if r.Allow(at(60_000), 1, uint16(i), 625, rtt, 1_000_000) {
			answers++
		}
	}
	require.Equal(t, 25, answers, "those of a quarter of a second, however long nothing was lost")
}

func TestResponderSurvivesAClockThatStepsBack(t *testing.T) {
	r := NewResponder(0.1)
	require.True(t, r.Allow(at(1000), 1, 5, 1500, rtt, 20_000))
	require.False(t, r.Allow(at(0), 1, 6, 1500, rtt, 20_000))
}

// TestResponderNeverExceedsItsShare: under any storm of requests, over any time.
func TestResponderNeverExceedsItsShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		share := rapid.Float64Range(0, 0.5).Draw(t, "share")
		estimate := rapid.IntRange(20_000, 3_000_000).Draw(t, "estimate")
		r := NewResponder(share)
		rate := share * float64(estimate) / 8
		now, sent := epoch, 0
		last := map[[2]uint32]time.Time{}
		for range rapid.IntRange(1, 300).Draw(t, "requests") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "ms")) * time.Millisecond)
			ssrc, number := rapid.Uint32Range(1, 3).
				Draw(t, "ssrc"),
				rapid.Uint16Range(0, 40).
					Draw(t, "number")
			size := rapid.IntRange(50, 1200).Draw(t, "size")
			if !r.Allow(now, ssrc, number, size, rtt, estimate) {
				continue
			}
			sent += size
			key := [2]uint32{ssrc, uint32(number)}
			if before, ok := last[key]; ok {
				require.GreaterOrEqual(t, now.Sub(before), rtt)
			}
			last[key] = now
			allowed := rate*now.Sub(epoch).Seconds() + max(rate*burst.Seconds(), minBurstBytes)
			require.LessOrEqual(t, float64(sent), allowed+1)
		}
	})
}

func BenchmarkAllow(b *testing.B) {
	r := NewResponder(0.5)
	number, now := uint16(0), epoch
	b.ReportAllocs()
	for b.Loop() {
		number++
		now = now.Add(time.Millisecond)
		r.Allow(now, 1, number, 1000, rtt, 10_000_000)
	}
}
