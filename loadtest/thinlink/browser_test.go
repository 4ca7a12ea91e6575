package thinlink

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"draille/loadtest/figures"
	"draille/loadtest/link"
	"draille/loadtest/link/tun"
	"draille/loadtest/report"
	"draille/loadtest/scenario"
	"draille/loadtest/thinlink/table"
	"draille/signaling/protocol"
)

// behave makes the test binary a driver without a browser: it tells what a call of a few seconds
// would have been.
const behave = "THINLINK_TEST_DRIVER"

func TestMain(m *testing.M) {
	if how := os.Getenv(behave); how != "" {
		drive(how)
		return
	}
	goleak.VerifyTestMain(m)
}

func drive(how string) {
	tell := func(e map[string]any) {
		line, _ := json.Marshal(e)
		fmt.Println(string(line))
	}
	if how == "breaks" {
		fmt.Fprintln(os.Stderr, "no such library")
		os.Exit(3)
	}
	if how == "codecs" {
		var task struct{ Questions []Question }
		_ = json.Unmarshal([]byte(os.Args[len(os.Args)-1]), &task)
		fmt.Println("not an answer")
		for _, q := range task.Questions {
			tell(map[string]any{"question": q})
			tell(map[string]any{"question": q,
				"answer": map[string]any{"ssim": 0.9, "frameRate": 15, "bitrate": q.Bitrate - 1000,
					"height": 360 / q.Scale}})
		}
		return
	}
	tell(map[string]any{"event": "ready"})
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var c command
		_ = json.Unmarshal(lines.Bytes(), &c)
		now := millis(time.Now())
		switch {
		case c.Do == "visit" && how == "refused":
			tell(map[string]any{"event": "failed", "reason": "the page said no"})
		case c.Do == "visit":
			tell(map[string]any{"event": "opened", "at": now})
			tell(map[string]any{"event": "inside", "at": now + 300})
			readings := []map[string]any{}
			for i := range 12 {
				readings = append(readings,
					map[string]any{"at": now + float64(1000*i), "reading": map[string]any{
						"samples": 48_000 * i, "silent": 480 * i, "concealed": 480 * i,
						"frames": 12 * i, "mainFrames": 12 * i, "others": 1, "width": 320,
						"height":      180,
						"audioBuffer": 4800 * i, "audioEmitted": 48_000 * i, "videoLost": i,
						"packetsReceived": 60 * i, "framesSent": 15 * i,
					}})
			}
			tell(map[string]any{"event": "notes", "notes": map[string]any{
				"participant": "p1", "connectedAt": now + 100, "firstAudioAt": now + 400,
				"firstFrameAt": now + 500, "taps": []float64{now + 200}, "readings": readings,
				"drawn": []drawn{{Frame: 1, At: now}},
				"seen": []seen{{Who: 1, Frame: 1, At: now + 600},
					{Who: 2, Frame: 1, At: now + 600}},
				"likeness": []likeness{{At: now + 700, SSIM: 0.9}, {At: now + 800, SSIM: 0.8}},
			}})
		case c.Do == "picture":
			tell(map[string]any{"event": "picture", "at": now, "caption": c.Caption,
				"png": []byte{1, 2, 3}})
		case c.Do == "leave":
			tell(map[string]any{"event": "left"})
		}
		if how == "dies" {
			os.Exit(4)
		}
	}
}

func start(t *testing.T, how string, seat Seat) (*Browser, error) {
	t.Helper()
	t.Setenv(behave, how)
	tools := &Tools{node: os.Args[0], web: ".", folder: t.TempDir(), chromium: "chromium"}
	b, err := tools.Start(t.Context(), seat)
	if err == nil {
		t.Cleanup(func() { assert.NoError(t, b.Close()) })
	}
	return b, err
}

func profile(t *testing.T, name string) link.Profile {
	t.Helper()
	p, err := link.Find(name)
	require.NoError(t, err)
	return p
}

// everybody sits down: a host, and a guest if there is a link for them.
func stageWith(t *testing.T, access *Access) *Stage {
	t.Helper()
	host, err := start(t, "plays", Seat{Name: "host", Who: 1, Admits: true})
	require.NoError(t, err)
	require.NoError(t, host.Visit(t.Context(), "http://x/#h"))
	require.NoError(t, host.Inside(t.Context()))
	guest, err := start(t, "plays", Seat{Name: "guest", Who: 2, Access: access})
	require.NoError(t, err)
	return &Stage{Host: host, Guest: guest, Link: func(s scenario.Seat) (string, error) {
		return "http://x/#" + s.Name, nil
	}}
}

func TestACallWithTwoBrowsers(t *testing.T) {
	stage := stageWith(t, nil)
	first, err := stage.FirstVisit(t.Context(), "http://x/#g")
	require.NoError(t, err)
	assert.InDelta(t, 0.4, first.Audio, 0.01)
	assert.InDelta(t, 0.5, first.Frame, 0.01)
	assert.Contains(t, first.String(), "first voice after 0.4 s")

	for _, kind := range []table.Kind{table.Empty, table.Warm, table.Waiting} {
		visit, err := stage.Joining(t.Context(), "http://x/#g", kind)
		require.NoError(t, err)
		assert.InDelta(t, 0.4, visit.Voice.Or(0), 0.01, kind)
		assert.InDelta(t, 0.5, visit.Frame.Or(0), 0.01, kind)
		assert.True(t, visit.Down.IsZero(), "no link, no bytes")
	}

	before := time.Now()
	plan := Plan("host", "guest", profile(t, "thin-150"), time.Minute, 1)
	host, err := stage.Join(t.Context(), plan.Seats[0])
	require.NoError(t, err)
	guest, err := stage.Join(t.Context(), plan.Seats[1])
	require.NoError(t, err)
	require.NoError(t, stage.Guest.Began(t.Context()))
	pictured := func() bool {
		return len(stage.Guest.visit().pictures) == 1 && len(stage.Host.visit().pictures) == 1
	}
	require.NoError(t, stage.Guest.await(t.Context(), "the picture", func() bool {
		return len(stage.Guest.now.pictures) == 1
	}))
	require.NoError(t, stage.Host.await(t.Context(), "the picture", func() bool {
		return len(stage.Host.now.pictures) == 1
	}))
	assert.True(t, pictured())

	guest.Speak(true)
	guest.Share(true)
	f := guest.Figures()
	assert.Equal(t, "guest", f.Name)
	assert.Equal(t, "p1", f.ID)
	assert.Equal(t, 132, f.Video.Frames)
	assert.Positive(t, f.Video.Delay.Count)
	assert.Equal(t, 11, f.Received.Lost)
	assert.Zero(t, f.Audio.Audible)
	guest.Leave()
	<-guest.Ended()
	require.NoError(t, guest.Err())
	host.Leave()
	<-host.Ended()
	assert.False(t, stage.Host.visit().left, "the host stays for the next call")

	assert.InDelta(t, 15, stage.Sent().Or(0), 1e-9)
	run := &report.Run{Started: before, Participants: []report.Participant{
		{Name: "guest", Kind: "virtual", Samples: make([]report.PersonSample, 12)},
		{Name: "stranger", Kind: "virtual"}}}
	stage.Complete(run)
	p := run.Participants[0]
	assert.Equal(t, "browser", p.Kind)
	assert.InDelta(t, 0.85, p.Figures.SSIM.Or(0), 1e-9)
	assert.InDelta(t, 100, p.Samples[3].AudioBuffer.Or(0), 1e-9)
	assert.InDelta(t, 0.01, p.Samples[3].AudioSilent.Or(0), 1e-9)
	assert.InDelta(t, 320, p.Samples[3].Width.Or(0), 0)
	require.Len(t, p.Images, 1)
	assert.Equal(t, []byte{1, 2, 3}, p.Images[0].PNG)
	assert.Equal(t, "virtual", run.Participants[1].Kind)

	machine := &Machine{Browsers: []*Browser{stage.Host, stage.Guest}}
	assert.Positive(t, machine.Read().CPUSeconds)
}

type noStage struct{}

var errNoStage = errors.New("nobody here")

func (noStage) Join(context.Context, scenario.Seat) (scenario.Participant, error) {
	return nil, errNoStage
}

func TestSeatsWithoutABrowserGoElsewhere(t *testing.T) {
	host, err := start(t, "plays", Seat{Name: "host"})
	require.NoError(t, err)
	stage := &Stage{Host: host}
	assert.True(t, stage.Sent().IsZero())
	_, err = stage.Join(t.Context(), scenario.Seat{Name: "guest"})
	require.ErrorContains(t, err, "no browser for guest")
	stage.Others = noStage{}
	_, err = stage.Join(t.Context(), scenario.Seat{Name: "guest", Kind: protocol.KindConsultation})
	require.ErrorIs(t, err, errNoStage)
	stage.Complete(&report.Run{})
}

func TestEncodersAnswer(t *testing.T) {
	tools := &Tools{node: os.Args[0], web: ".", folder: t.TempDir(), chromium: "chromium"}
	t.Setenv(behave, "codecs")
	questions := Questions([]string{"AV1", "VP8"}, []int{40_000}, 3*time.Second)
	assert.Equal(t, Question{Scale: 1, Settle: 5, Measure: 3}, questions[0], "without a codec")
	assert.Equal(t, Question{Codec: "AV1", Bitrate: 40_000, Scale: 1, Settle: 5, Measure: 3},
		questions[1])
	told := 0
	encodings, err := tools.Codecs(t.Context(), questions, func(table.Encoding) { told++ })
	require.NoError(t, err)
	assert.Equal(t, 4, told)
	encodings[3].CoreShare = 0 // of this process
	assert.Equal(t, table.Encoding{Codec: "VP8", MaxBitrate: 40_000, Height: 180, SSIM: 0.9,
		FrameRate: 15, Bitrate: 39_000}, encodings[3])

	t.Setenv(behave, "breaks")
	_, err = tools.Codecs(t.Context(), questions, nil)
	require.ErrorContains(t, err, "no such library")
	tools.node = filepath.Join(t.TempDir(), "nothing")
	_, err = tools.Codecs(t.Context(), questions, nil)
	require.ErrorContains(t, err, "cannot be started")
}

func TestABrowserThatDoesNotStart(t *testing.T) {
	_, err := start(t, "breaks", Seat{Name: "guest"})
	require.ErrorContains(t, err, "waiting for the browser of guest to start")
	require.ErrorContains(t, err, "no such library")
	tools := &Tools{node: filepath.Join(t.TempDir(), "nothing"), folder: t.TempDir()}
	_, err = tools.Start(t.Context(), Seat{Name: "guest"})
	require.ErrorContains(t, err, "cannot be started")
}

func TestACallThatBreaksOff(t *testing.T) {
	refused, err := start(t, "refused", Seat{Name: "host"})
	require.NoError(t, err)
	require.ErrorContains(t, refused.Visit(t.Context(), "http://x/#h"), "the page said no")
	short, cancel := context.WithCancel(t.Context())
	cancel()
	plays, err := start(t, "plays", Seat{Name: "host"})
	require.NoError(t, err)
	require.ErrorIs(t, plays.Inside(short), context.Canceled)
	require.ErrorContains(t, plays.Began(short),
		"not yet: the page was opened, the server knew them")

	dies, err := start(t, "dies", Seat{Name: "host"})
	require.NoError(t, err)
	stage := &Stage{Host: dies}
	host, err := stage.Join(t.Context(), scenario.Seat{Name: "host"})
	require.NoError(t, err)
	require.NoError(t, dies.tell(command{Do: "visit"}))
	<-host.Ended()
	require.ErrorContains(t, host.Err(), "has ended")
	require.Error(t, dies.Leave(t.Context()))
	dies.Picture("too late")
	var f figures.Participant = host.Figures()
	assert.Equal(t, "host", f.Name)
}

func TestBytesOfJoiningAreThoseOfTheLink(t *testing.T) {
	if err := tun.Supported(); err != nil {
		t.Skip(err)
	}
	access, err := Open(profile(t, "fibre"), 1)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, access.Close()) })
	require.True(t, access.ServerAddr().IsValid())
	access.Restart()

	program, err := access.Wrapper(t.TempDir(), "ip")
	require.NoError(t, err)
	out, err := exec.Command(program, "-4", "route").CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Contains(t, string(out), "default dev access0")

	server, err := net.ListenUDP("udp", &net.UDPAddr{IP: access.ServerAddr().AsSlice()})
	require.NoError(t, err)
	defer server.Close()
	from := millis(time.Now())
	send := fmt.Sprintf("exec 3<>/dev/udp/%s/%d; printf %%0500d 0 >&3", access.ServerAddr(),
		server.LocalAddr().(*net.UDPAddr).Port)
	shell, err := access.Wrapper(t.TempDir(), "bash")
	require.NoError(t, err)
	out, err = exec.Command(shell, "-c", send).CombinedOutput()
	require.NoError(t, err, string(out))
	require.NoError(t, server.SetReadDeadline(time.Now().Add(10*time.Second)))
	n, _, err := server.ReadFromUDP(make([]byte, 1500))
	require.NoError(t, err)
	assert.Equal(t, 500, n)
	require.Eventually(t, func() bool {
		up, _ := access.meter.between(from, millis(time.Now()))
		return up >= 528
	}, 5*time.Second, meterEvery)
	assert.False(t, strings.Contains(access.Remark(), "%"))

	stage := stageWith(t, access)
	_, err = stage.Join(t.Context(), Plan("host", "guest", access.Profile, time.Minute, 1).Seats[1])
	require.NoError(t, err)
	stage.Complete(&report.Run{})
}
