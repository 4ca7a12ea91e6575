package sfu

import (
	"testing"

	"draille/sfu/congestion/send"
	"draille/sfu/demand"
)

// Where the voice leaves something, there are still pictures: the publisher is asked for them when
// nobody else watches, and otherwise single keyframes are let through.
func TestThinLinkShowsStillPictures(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(c *Config) {
		c.Downlink = send.Config{StartBitrate: 58_000, MinBitrate: 20_000, MaxBitrate: 60_000}
	})
	a, viewer := s.present("a", usual), s.present("viewer", usual)
	viewer.participant.SetView([]Want{want(a, Camera, 2)})
	eventually(t, "the publisher is asked for still pictures", func() bool {
		encodings := a.lastEncode(Camera)
		top := len(encodings) - 1
		return top >= 0 && encodings[top].Active &&
			encodings[top].MaxFramerate == demand.StillFramerate &&
			encodings[top].Reason == ReasonDownlink
	})
	camera := a.participant.Numbers()[Camera]
	eventually(t, "the viewer is told", func() bool {
		slot, ok := viewer.slotOf(a, Camera)
		return ok && slot.Still && !slot.Paused && slot.Reason == ReasonDownlink
	})
	eventually(t, "a picture comes", func() bool { return viewer.packetsFrom(camera) > 0 })
	microphone := a.participant.Numbers()[Microphone]
	heard := viewer.packetsFrom(microphone)
	eventually(
		t, "the voice goes on", func() bool { return viewer.packetsFrom(microphone) > heard+50 },
	)
}
