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
