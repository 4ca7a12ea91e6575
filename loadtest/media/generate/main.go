// Command generate makes the clips of package media: a French voice, by espeak-ng and libopus, and
// moving pictures, by libvpx and libaom, all through ffmpeg. The clips are kept with the sources,
// so this is needed only to change them:
//
//	go run ./loadtest/media/generate -out loadtest/media/clips
package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// speech is what the voice says: sentences of a consultation, with the pauses of somebody who waits
// for an answer.
var speech = []string{
	"Bonjour Madame, je suis contente de vous revoir. Comment avez-vous dormi cette semaine ?",
	"Vous me disiez que le soir était difficile. Est-ce que cela va un peu mieux ?",
	"Très bien. Nous allons garder le même traitement, et nous en reparlons dans quinze jours.",
}

const pauseSeconds = 1.2 // after each sentence

// pictures, each coded once a line below: frames/s, size and what moves in it.
var (
	camera   = "testsrc2=s=%dx%d:r=20,boxblur=2"
	document = "color=white:s=960x540:r=5,drawgrid=w=96:h=18:t=1:c=gray," +
		"drawbox=x='40+mod(t*120,400)':y=60:w=320:h=180:color=navy:t=fill"
)

// A clip begins with its one keyframe, as a browser sends one only when it is asked: the clip goes
// on as long as fits.
const (
	smallSeconds = 8 // 90p and 180p
	largeSeconds = 4
)

type picture struct {
	codec         string
	width, height int
	rate          int // kbit/s
}

func (p picture) seconds() int {
	if p.height <= 180 {
		return smallSeconds
	}
	return largeSeconds
}

var pictures = []picture{
	{"vp8", 160, 90, 20}, {"vp8", 160, 90, 40}, {"vp8", 160, 90, 75},
	{"vp8", 320, 180, 40}, {"vp8", 320, 180, 80}, {"vp8", 320, 180, 150},
	{"vp8", 640, 360, 100}, {"vp8", 640, 360, 200}, {"vp8", 640, 360, 400}, {"vp8", 640, 360, 700},
	{"vp9", 160, 90, 20}, {"vp9", 160, 90, 50},
	{"vp9", 320, 180, 40}, {"vp9", 320, 180, 100}, {"vp9", 640, 360, 100}, {"vp9", 640, 360, 200},
	{"vp9", 640, 360, 400},
	{"av1", 160, 90, 20}, {"av1", 160, 90, 50},
	{"av1", 320, 180, 40}, {"av1", 320, 180, 100}, {"av1", 640, 360, 120}, {"av1", 640, 360, 250},
}

func main() {
	out := flag.String("out", "loadtest/media/clips", "folder for the clips")
	flag.Parse()
	if err := generate(*out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func generate(out string) error {
	for _, tool := range []string{"ffmpeg", "espeak-ng"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf(
				"%s is missing: install it (on Debian: apt install %s) and run this again; "+
					"without it the clips that come with the sources are good as they are", tool,
				tool)
		}
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	if err := generateSpeech(out); err != nil {
		return err
	}
	for _, p := range pictures {
		if err := generatePicture(out, p); err != nil {
			return err
		}
	}
	return generateDocument(out)
}

// generateSpeech speaks, and codes the same sound once for every frame length and bit rate that a
// browser may be asked for.
func generateSpeech(out string) error {
	work, err := os.MkdirTemp("", "draille-speech-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	var sound []byte // 48 kHz, mono, 16 bits
	for i, sentence := range speech {
		wav := filepath.Join(work, fmt.Sprintf("%d.wav", i))
		if err := run("espeak-ng", "-v", "fr", "-s", "150", "-w", wav, sentence); err != nil {
			return err
		}
		raw := filepath.Join(work, fmt.Sprintf("%d.raw", i))
		if err := ffmpeg("-i", wav, "-ar", "48000", "-ac", "1", "-f", "s16le", raw); err != nil {
			return err
		}
		spoken, err := os.ReadFile(raw)
		if err != nil {
			return err
		}
		sound = append(sound, spoken...)
		sound = append(sound, make([]byte, 2*int(pauseSeconds*48000))...)
	}
	// Whole frames of every length: 120 ms hold six of 20, three of 40 and two of 60.
	const unit = 2 * 48 * 120
	sound = sound[:len(sound)/unit*unit]
	if err := os.WriteFile(filepath.Join(out, "speech.levels"), levels(sound), 0o644); err != nil {
		return err
	}
	raw := filepath.Join(work, "all.raw")
	if err := os.WriteFile(raw, sound, 0o644); err != nil {
		return err
	}
	for _, milliseconds := range []string{"20", "40", "60"} {
		for name, options := range map[string][]string{
			"24k": {"-b:a", "24k"}, "24k-fec": {"-b:a", "24k", "-fec", "1", "-packet_loss", "15"},
			"12k": {"-b:a", "12k"},
		} {
			arguments := append([]string{"-f", "s16le", "-ar", "48000", "-ac", "1", "-i", raw,
				"-c:a", "libopus", "-application", "voip",
				"-frame_duration", milliseconds, "-map_metadata", "-1", "-bitexact",
				"-serial_offset", "1"}, options...)
			if err := ffmpeg(
				append(arguments,
					filepath.Join(out, "opus-"+milliseconds+"ms-"+name+".opus"))...); err != nil {
				return err
			}
		}
	}
	return nil
}

// levels measures every 20 ms in −dBov, as RFC 6464 counts: 0 is the loudest, 127 digital silence.
func levels(sound []byte) []byte {
	const frame = 960
	var all []byte
	for at := 0; at+2*frame <= len(sound); at += 2 * frame {
		sum := 0.0
		for i := range frame {
			sample := float64(int16(binary.LittleEndian.Uint16(sound[at+2*i:]))) / 32768
			sum += sample * sample
		}
		level := 127.0
		if sum > 0 {
			level = min(127, -10*math.Log10(sum/frame))
		}
		all = append(all, byte(level))
	}
	return all
}

func generatePicture(out string, p picture) error {
	rate := fmt.Sprintf("%dk", p.rate)
	name := fmt.Sprintf("%s-%dx%d-%dk.ivf", p.codec, p.width, p.height, p.rate)
	arguments := []string{"-f", "lavfi", "-i", fmt.Sprintf(camera, p.width, p.height), "-t",
		fmt.Sprint(p.seconds()),
		"-pix_fmt", "yuv420p", "-b:v", rate, "-g", "1000", "-keyint_min", "1000", "-bitexact",
		"-lag-in-frames", "0"}
	// The temporal layers 0 2 1 2 in which browsers send: a frame refers to lower layers alone.
	layers := fmt.Sprintf(
		"ts_number_layers=3:ts_target_bitrate=%d,%d,%d:ts_rate_decimator=4,2,1:"+
			"ts_periodicity=4:ts_layer_id=0,2,1,2:ts_layering_mode=3",
		p.rate*45/100, p.rate*65/100, p.rate)
	realtime := []string{"-maxrate", rate, "-minrate", rate, "-bufsize",
		fmt.Sprintf("%dk", p.rate/2), "-deadline", "realtime", "-cpu-used", "-6",
		"-error-resilient", "1", "-auto-alt-ref", "0", "-ts-parameters", layers, "-threads", "1"}
	switch p.codec {
	case "vp8":
		arguments = append(arguments,
			append([]string{"-c:v", "libvpx", "-qmax", "60"}, realtime...)...)
	case "vp9":
		arguments = append(arguments,
			append([]string{"-c:v", "libvpx-vp9", "-qmax", "60"}, realtime...)...)
	case "av1":
		arguments = append(arguments, "-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8",
			"-threads", "1", "-row-mt", "0")
	}
	return ffmpeg(append(arguments, filepath.Join(out, name))...)
}

// generateDocument makes a page with a figure that moves a little: what a shared screen looks like
// to an encoder.
func generateDocument(out string) error {
	return ffmpeg("-f", "lavfi", "-i", document, "-t", fmt.Sprint(largeSeconds), "-pix_fmt",
		"yuv420p", "-c:v", "libvpx", "-b:v", "300k",
		"-g", "1000", "-keyint_min", "1000", "-deadline", "realtime", "-cpu-used", "-6",
		"-lag-in-frames", "0", "-auto-alt-ref", "0", "-bitexact",
		filepath.Join(out, "vp8-960x540-300k-5fps.ivf"))
}

func ffmpeg(arguments ...string) error {
	return run("ffmpeg", append([]string{"-hide_banner", "-loglevel", "error", "-y"},
		arguments...)...)
}

func run(name string, arguments ...string) error {
	var complaints bytes.Buffer
	command := exec.Command(name, arguments...)
	command.Stderr = &complaints
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", name, strings.Join(arguments, " "),
			errors.Join(err, errors.New(complaints.String())))
	}
	return nil
}
