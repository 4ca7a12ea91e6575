package thinlink

import (
	"fmt"

	"draille/loadtest/report"
)

// FirstVisit is how long it took a browser that had never been there, and how much it sent and
// received meanwhile.
type FirstVisit struct {
	Connected     float64 // s since the link was followed
	Audio, Frame  float64 // s since then, too
	AdmittedFrame float64 // s since the host's tap
	Up, Down      int     // IP bytes until the first frame
}

// String tells it in a sentence.
func (f FirstVisit) String() string {
	return fmt.Sprintf("First visit, with an empty cache: first voice after %.1f s, first frame "+
		"after %.1f s (%.1f s after the host's tap), %.0f KiB down and %.0f KiB up until then.",
		f.Audio, f.Frame, f.AdmittedFrame, float64(f.Down)/1024, float64(f.Up)/1024)
}

// waitingReadings of the statistics, one a second, are enough for everything to have been set up
// before the host's tap.
const waitingReadings = 5

// positive is a figure of which 0 means that it was not measured.
func positive(n float64) report.Value {
	if n <= 0 {
		return report.Value{}
	}
	return report.Measured(n)
}

// firstDocument is the least number in the blocks of a document.
const firstDocument = 8

// meanLikeness is that of the pictures of people since a moment (ms).
func meanLikeness(all []likeness, since float64) report.Value {
	sum, count := 0.0, 0
	for _, l := range all {
		if l.At >= since && l.Who < firstDocument {
			sum, count = sum+l.SSIM, count+1
		}
	}
	return report.Measured(sum / float64(count)) // of nothing: not measured
}

const (
	documentLines  = 720  // of the page that is shared
	readable       = 0.95 // SSIM
	documentWithin = 5000 // ms within which a page is to be readable
)

// readDocument tells how like its source a document was five seconds after it was shared (ms since
// 1970), and how many seconds it took until it was readable, at its full size.
func readDocument(all []likeness, shared float64) (after5, seconds report.Value) {
	for _, l := range all {
		if l.Who < firstDocument || l.At < shared {
			continue
		}
		if l.At <= shared+documentWithin {
			after5 = report.Measured(l.SSIM)
		}
		if seconds.IsZero() && l.Lines == documentLines && l.SSIM >= readable {
			seconds = report.Measured((l.At - shared) / 1000)
		}
	}
	return after5, seconds
}

func fillSample(s *report.PersonSample, a, b reading) {
	s.AudioSilent = report.Measured((b.Silent - a.Silent) / (b.Samples - a.Samples))
	s.AudioBuffer = report.Measured(1000 * (b.AudioBuffer - a.AudioBuffer) /
		(b.AudioEmitted - a.AudioEmitted))
	s.VideoBuffer = report.Measured(1000 * (b.VideoBuffer - a.VideoBuffer) /
		(b.VideoEmitted - a.VideoEmitted))
	if b.Width > 0 {
		s.Width = report.Measured(b.Width)
	}
}
