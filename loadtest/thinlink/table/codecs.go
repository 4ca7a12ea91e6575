package table

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"draille/loadtest/report"
)

// Encoding is what one encoder made of a talking face, at one size and bit rate.
type Encoding struct {
	Codec      string
	MaxBitrate int     // bit/s, as it was told
	Height     int     // lines that were sent
	SSIM       float64 // likeness to the source of 640×360
	FrameRate  float64 // frames/s
	CoreShare  float64 // cores for encoding and decoding it
	Bitrate    float64 // bit/s that it took
}

// What is asked of an encoder: half of a core, which a modest tablet can spare, and frames that are
// a moving picture.
const (
	affordable  = 0.5
	enoughShare = 0.85 // of the best frame rate of the others
)

// Best is the encoding with the best likeness among those that are affordable and whose frame rate
// is not much below the best; −1 if none is.
func Best(encodings []Encoding) int {
	fastest := 0.0
	for _, e := range encodings {
		if e.CoreShare <= affordable {
			fastest = max(fastest, e.FrameRate)
		}
	}
	best := -1
	for i, e := range encodings {
		if e.CoreShare > affordable || e.FrameRate < enoughShare*fastest || e.FrameRate == 0 {
			continue
		}
		if best < 0 || e.SSIM > encodings[best].SSIM {
			best = i
		}
	}
	return best
}

// WriteCodecs prints a Markdown table: a line for each bit rate and size, a column for each codec,
// the best in bold.
func WriteCodecs(w io.Writer, encodings []Encoding) error {
	type line struct{ bitrate, height int }
	var lines []line
	var codecs []string
	for _, e := range encodings {
		if l := (line{e.MaxBitrate, e.Height}); !slices.Contains(lines, l) {
			lines = append(lines, l)
		}
		if !slices.Contains(codecs, e.Codec) {
			codecs = append(codecs, e.Codec)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "| bit rate | lines | %s |\n| --- | --- |%s\n", strings.Join(codecs, " | "),
		strings.Repeat(" --- |", len(codecs)))
	for _, l := range lines {
		fmt.Fprintf(&b, "| %s | %d |", report.BitRate.Format(report.Measured(l.bitrate)), l.height)
		var row []Encoding
		for _, e := range encodings {
			if (line{e.MaxBitrate, e.Height}) == l {
				row = append(row, e)
			}
		}
		best := Best(row)
		for _, codec := range codecs {
			i := slices.IndexFunc(row, func(e Encoding) bool { return e.Codec == codec })
			if i < 0 {
				b.WriteString(" |")
				continue
			}
			mark := ""
			if i == best {
				mark = "**"
			}
			fmt.Fprintf(&b, " %s%s%s |", mark, row[i].text(), mark)
		}
		b.WriteString("\n")
	}
	b.WriteString("\nSSIM against the source of 640×360, frames/s, share of a core for encoding " +
		"and decoding, and the bit rate that it used. In bold\nthe best likeness of those that " +
		"take half a core at most and show no fewer frames than the others.\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (e *Encoding) text() string {
	cost := fmt.Sprintf("%.0f %%", 100*e.CoreShare)
	if e.CoreShare > affordable {
		cost += " ✗"
	}
	return fmt.Sprintf("%.3f · %.1f/s · %s · %.0f kbit/s", e.SSIM, e.FrameRate, cost,
		e.Bitrate/1000)
}
