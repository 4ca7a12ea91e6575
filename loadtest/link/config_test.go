package link_test

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"draille/loadtest/link"
)

func stringReader(s string) io.Reader { return strings.NewReader(s) }

func TestConfigurationsThatMakeNoSenseAreRefused(t *testing.T) {
	with := func(change func(*link.Config)) link.Config {
		c := link.Config{Conditions: link.Conditions{Rate: link.Mbps}, Queue: time.Second}
		change(&c)
		return c
	}
	step := func(at time.Duration, c link.Conditions) link.Step {
		return link.Step{At: at, Conditions: c}
	}
	for want, c := range map[string]link.Config{
		"rate -1 bit/s":    with(func(c *link.Config) { c.Rate = -1 }),
		"delay -1ns":       with(func(c *link.Config) { c.Delay = -1 }),
		"loss 1.5":         with(func(c *link.Config) { c.Loss = 1.5 }),
		"mean jitter":      with(func(c *link.Config) { c.Jitter.Mean = -1 }),
		"correlation 1":    with(func(c *link.Config) { c.Jitter.Correlation = 1 }),
		"queue is not":     with(func(c *link.Config) { c.Queue = 0 }),
		"no negative size": with(func(c *link.Config) { c.QueueBytes = -1 }),
		"period -1ns":      with(func(c *link.Config) { c.Period = -1 }),
		"after the step": with(func(c *link.Config) {
			c.Schedule = []link.Step{step(5, c.Conditions), step(5, c.Conditions)}
		}),
		"before the end": with(func(c *link.Config) {
			c.Period = 5
			c.Schedule = []link.Step{step(5, c.Conditions)}
		}),
		"step 0 at 5ns: link": with(func(c *link.Config) {
			c.Schedule = []link.Step{step(5, link.Conditions{Loss: 2})}
		}),
		"nothing would ever": with(func(c *link.Config) {
			c.Period, c.Schedule = 5, []link.Step{step(0, link.Conditions{Stopped: true})}
		}),
		"no negative size, and cells": with(func(c *link.Config) {
			c.Overhead = link.Overhead{CellPayload: 48, CellSize: 40}
		}),
		"share of the bad": with(func(c *link.Config) {
			c.Bursts = link.Bursts{Share: 1, Packets: 2}
		}),
		"probabilities between": with(func(c *link.Config) {
			c.Bursts = link.Bursts{Share: 0.1, Packets: 2, LossBad: 2}
		}),
		"exactly one": with(func(c *link.Config) {
			c.Bursts = link.Bursts{Share: 0.1, Packets: 2, Time: 2}
		}),
		"a positive time": with(func(c *link.Config) {
			c.Bursts = link.Bursts{Share: 0.1, Time: -2}
		}),
		"at least 1": with(func(c *link.Config) {
			c.Bursts = link.Bursts{Share: 0.1, Packets: 0.5}
		}),
		"longer bursts": with(func(c *link.Config) {
			c.Bursts = link.Bursts{Share: 0.9, Packets: 2}
		}),
	} {
		_, err := link.NewDirection(c, 1)
		assert.ErrorContains(t, err, want)
	}
	for _, c := range []link.Config{
		{},
		{Schedule: []link.Step{step(time.Second, link.Conditions{Delay: time.Second})}},
	} {
		_, err := link.NewDirection(c, 1)
		assert.NoError(t, err)
	}
	_, err := link.NewDirection(
		link.Config{Schedule: []link.Step{step(time.Second, link.Conditions{Stopped: true})}}, 1)
	assert.ErrorContains(t, err, "queue is not", "a limit later on counts too")
}

func TestTracesThatMakeNoSenseAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "empty",
		"1\nx\n":                            "line 2",
		"-4\n":                              "whole number",
		"5\n4\n":                            "increasing",
		"0\n0\n":                            "lasts no time",
		strings.Repeat("1", 70_000) + "\n1": "reading the trace",
	} {
		_, err := link.ParseTrace(stringReader(text))
		assert.ErrorContains(t, err, want)
	}
	_, err := link.NewTrace([]time.Duration{-1, 5})
	assert.ErrorContains(t, err, "no negative time")
}

func TestNamedProfilesWork(t *testing.T) {
	names := []string{}
	for _, p := range link.Profiles() {
		names = append(names, p.Name)
		up, down, err := p.New(1)
		require.NoError(t, err, p.Name)
		for _, d := range []*link.Direction{up, down} {
			delivered := 0
			for now := time.Duration(0); now < 10*time.Second; now += 20 * ms {
				if d.Send(now, 100).Fate == link.Delivered {
					delivered++
				}
			}
			assert.Greater(t, delivered, 200, "%s carries a voice", p.Name)
		}
		found, err := link.Find(p.Name)
		require.NoError(t, err)
		assert.Equal(t, p.Summary, found.Summary)
	}
	for _, name := range []string{"fibre", "adsl", "adsl-long", "adsl-end", "3g-edge", "4g-edge",
		"geo-satellite", "leo-satellite",
		"ehpad-wifi", "drop-30s", "thin-60", "thin-100", "thin-150", "thin-300-lossy",
		"thin-200-down"} {
		assert.Contains(t, names, name)
	}
	slices.Sort(names)
	assert.Len(t, slices.Compact(names), len(link.Profiles()), "no name twice")

	_, err := link.Find("carrier-pigeon")
	assert.ErrorContains(t, err, "adsl-end")

	broken := link.Profile{Name: "broken", Up: link.Config{Conditions: link.Conditions{Loss: 7}}}
	_, _, err = broken.New(1)
	assert.ErrorContains(t, err, "broken, up")
	broken.Up, broken.Down = broken.Down, broken.Up
	_, _, err = broken.New(1)
	assert.ErrorContains(t, err, "broken, down")
}

func TestMovingRatesHaveTheirRecordedStatistics(t *testing.T) {
	for _, c := range []struct {
		profile string
		way     func(link.Profile) link.Config
		mean    float64
		below   link.Bitrate
		share   float64
	}{
		{"3g-edge", func(p link.Profile) link.Config { return p.Down }, 522e3, 300 * link.Kbps,
			0.37},
		{"4g-edge", func(p link.Profile) link.Config { return p.Down }, 2025e3, 300 * link.Kbps,
			0.14},
		{"4g-edge", func(p link.Profile) link.Config { return p.Up }, 836e3, 300 * link.Kbps, 0.17},
	} {
		p, err := link.Find(c.profile)
		require.NoError(t, err)
		config := c.way(p)
		mean, limited := config.RateAt(0, config.Period)
		assert.True(t, limited)
		assert.InEpsilon(t, c.mean, float64(mean), 0.01)
		bad := 0
		for _, s := range config.Schedule {
			if s.Rate < c.below {
				bad++
			}
		}
		assert.InDelta(t, c.share, float64(bad)/float64(len(config.Schedule)), 0.01)
	}
}

func TestPictures(t *testing.T) {
	p, err := link.Find("drop-30s")
	require.NoError(t, err)
	assert.Equal(t, []string{
		"drop-30s        2 Mbit/s, 250 kbit/s from 30 s to 60 s, round trip 50 ms",
		"  down ███▅▅▅██████  250 kbit/s to 2 Mbit/s",
		"  up   ███▅▅▅██████  250 kbit/s to 2 Mbit/s",
	}, p.Picture(2*time.Minute, 12))
	assert.Len(t, link.Pictures(40), 3*len(link.Profiles()))

	trace, err := link.NewTrace([]time.Duration{time.Second, time.Second, 2 * time.Second})
	require.NoError(t, err)
	odd := link.Profile{Name: "odd", Up: link.Config{Trace: trace}, Down: link.Config{}}
	lines := odd.Picture(4*time.Second, 4)
	assert.Contains(t, lines[1], "no limit")
	assert.Equal(t, "  up   ▁█▇█  0 bit/s to 24 kbit/s", lines[2])

	dead := link.Profile{Up: link.Config{Conditions: link.Conditions{Stopped: true}, Queue: 1}}
	assert.Contains(t, dead.Picture(time.Second, 2)[2], "▁▁  0 bit/s")
}

func TestNames(t *testing.T) {
	assert.Equal(t, []string{"999 bit/s", "60 kbit/s", "1.5 Mbit/s", "80 Mbit/s"},
		[]string{link.Bitrate(999).String(), (60 * link.Kbps).String(), (1500 * link.Kbps).String(),
			(80 * link.Mbps).String()})
	assert.Equal(t, []string{"delivered", "queue full", "lost", "stuck", "fate 9"}, []string{
		link.Delivered.String(), link.QueueFull.String(), link.Lost.String(), link.Stuck.String(),
		link.Fate(9).String()})
}
