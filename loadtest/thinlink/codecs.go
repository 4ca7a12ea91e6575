package thinlink

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"draille/loadtest/thinlink/table"
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

// Codecs asks one browser, and tells each answer as it comes; told may be nil. CPU is what the
// browser's processes use above what they use without a codec: encoding, sending, receiving and
// decoding.
func (t *Tools) Codecs(ctx context.Context, questions []Question,
	told func(table.Encoding)) ([]table.Encoding, error) {
	task, err := json.Marshal(struct {
		Chromium  string     `json:"chromium"`
		Page      string     `json:"page"`
		Questions []Question `json:"questions"`
	}{t.chromium, filepath.Join(t.folder, "codecs-page.js"), questions})
	if err != nil {
		return nil, err
	}
	driver := exec.CommandContext(ctx, t.node, filepath.Join(t.folder, "codecs.mjs"), string(task))
	driver.Dir = t.web
	var complaints strings.Builder
	driver.Stderr = &complaints
	output, err := driver.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := driver.Start(); err != nil {
		return nil, fmt.Errorf("the driver of a browser cannot be started: %w", err)
	}
	var encodings []table.Encoding
	var cpu, idle float64 // s when the measurement began, cores without a codec
	var began time.Time
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		var a answer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			continue // the wait below tells what happened
		}
		now, used := time.Now(), familySeconds("/proc", []int{driver.Process.Pid})
		if a.Answer == nil {
			began, cpu = now, used
			continue
		}
		cores := (used - cpu) / now.Sub(began).Seconds()
		if a.Question.Codec == "" {
			idle = cores
			continue
		}
		e := table.Encoding{Codec: a.Question.Codec, MaxBitrate: a.Question.Bitrate,
			Height: int(a.Answer.Height), SSIM: a.Answer.SSIM,
			FrameRate: a.Answer.FrameRate, CoreShare: max(0, cores-idle), Bitrate: a.Answer.Bitrate}
		encodings = append(encodings, e)
		if told != nil {
			told(e)
		}
	}
	if err := driver.Wait(); err != nil {
		return nil, fmt.Errorf("the browser did not answer: %w",
			errors.Join(context.Cause(ctx), err,
				errors.New(strings.TrimSpace(complaints.String()))))
	}
	return encodings, nil
}
