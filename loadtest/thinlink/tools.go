package thinlink

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"draille/loadtest/link/tun"
)

// Tools are the programs and files that browsers are driven with.
type Tools struct {
	web      string // folder of the client's sources
	speech   string
	node     string
	chromium string
	folder   string // of what was built
}

// Where things lie, from the folder of the client's sources on. The driver is built there because
// it needs the packages beside it.
const (
	speechFile = "../loadtest/media/clips/opus-20ms-24k.opus"
	playwright = "node_modules/@playwright/test"
	sources    = "e2e/thinlink"
	built      = "node_modules/.thinlink"
)

var chromiumNames = []string{"chromium", "chromium-browser", "google-chrome-stable",
	"google-chrome"}

// Prepare looks for everything that is needed and builds the driver. Its errors say in one sentence
// what is missing.
func Prepare(ctx context.Context, web string) (*Tools, error) {
	if err := tun.Supported(); err != nil {
		return nil, err
	}
	return PrepareBrowsers(ctx, web)
}

// PrepareBrowsers is Prepare for browsers behind no emulated link: root is not needed.
func PrepareBrowsers(ctx context.Context, web string) (*Tools, error) {
	web, err := filepath.Abs(web)
	if err != nil {
		return nil, err
	}
	t := &Tools{web: web, speech: filepath.Join(web, speechFile), folder: filepath.Join(web, built)}
	if _, err := os.Stat(filepath.Join(web, sources)); err != nil {
		return nil, fmt.Errorf("%s is not the folder web of the sources, which drives the "+
			"browsers: run it from the top of the sources, or give --web", web)
	}
	if _, err := os.Stat(filepath.Join(web, playwright)); err != nil {
		return nil, fmt.Errorf("cannot find Playwright in %s: run npm ci there, or make build", web)
	}
	if t.node, err = exec.LookPath("node"); err != nil {
		return nil, errors.New("node is missing: install Node.js 20 or newer")
	}
	if t.chromium, err = findChromium(); err != nil {
		return nil, err
	}
	build := exec.CommandContext(ctx, t.node, sources+"/build.mjs", t.folder)
	build.Dir = web
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("the driver of the browsers cannot be built: %w: %s", err,
			strings.TrimSpace(string(out)))
	}
	return t, nil
}

func findChromium() (string, error) {
	for _, name := range chromiumNames {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf(
		"chromium is missing: install it (apt-get install chromium); one of %s was looked for",
		strings.Join(chromiumNames, ", "))
}

// Start starts a browser and waits until it is there. Close it.
func (t *Tools) Start(ctx context.Context, seat Seat) (*Browser, error) {
	folder, err := os.MkdirTemp("", "draille-thinlink-")
	if err != nil {
		return nil, fmt.Errorf("no folder for a browser: %w", err)
	}
	b := &Browser{seat: seat, folder: folder, exited: make(chan struct{}),
		changed: make(chan struct{}), now: &visit{}}
	if err := b.start(t); err != nil {
		_ = os.RemoveAll(folder)
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	if err := b.await(ctx, "the browser of "+seat.Name+" to start", func() bool {
		return b.ready
	}); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}
