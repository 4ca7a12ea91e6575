package thinlink

import (
	"time"
)

// Question is one encoder, at one size and bit rate. See web/e2e/thinlink/page/codecs.ts.
type Question struct {
	// AV1, VP9 or VP8; empty: none, the picture is shown as it was drawn
	Codec   string  `json:"codec"`
	Bitrate int     `json:"bitrate"` // bit/s
	Scale   int     `json:"scale"`   // by how much the picture is smaller than 640×360
	Settle  float64 `json:"settle"`  // s, before it is measured
	Measure float64 `json:"measure"` // s
}

// settling is how long an encoder takes to find its rate.
const settling = 5 * time.Second

// Questions asks every codec for every bit rate (bit/s), at 360 and at 180 lines, and before them
// for what the browser takes without any.
func Questions(codecs []string, bitrates []int, measure time.Duration) []Question {
	questions := []Question{{"", 0, 1, settling.Seconds(), measure.Seconds()}}
	for _, bitrate := range bitrates {
		for _, scale := range []int{1, 2} {
			for _, codec := range codecs {
				questions = append(questions,
					Question{codec, bitrate, scale, settling.Seconds(), measure.Seconds()})
			}
		}
	}
	return questions
}

// answer is a line of the driver's output.
type answer struct {
	Question Question
	Answer   *struct{ SSIM, FrameRate, Bitrate, Height float64 } // nil: it begins to measure now
}
