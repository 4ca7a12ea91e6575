package bridge

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"draille/sfu"
	"draille/sfu/udp"
	"draille/signaling/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ear keeps what it hears, in the protocol's words.
type ear struct{ heard []any }

func (e *ear) Slots(slots []protocol.Slot) { e.heard = append(e.heard, slots) }
func (e *ear) Encode(source protocol.Source, encodings []protocol.Encoding) {
	e.heard = append(e.heard, source, encodings)
}
func (e *ear) Speakers(ids []string) { e.heard = append(e.heard, ids) }
func (e *ear) UplinkLoss(lossy, far []string) {
	e.heard = append(e.heard, lossy, far)
}
func (e *ear) Transport(state string) { e.heard = append(e.heard, state) }

func TestListenerIsTranslated(t *testing.T) {
	e := &ear{}
	var l sfu.Listener = listener{e}
	l.Slots(
		[]sfu.Slot{
			{
				MID:         "3",
				Participant: "p",
				Source:      sfu.Screen,
				Number:      9,
				Paused:      true,
				Still:       true,
				Reason:      sfu.ReasonUplink,
			},
		},
	)
	l.Encode(
		sfu.Microphone,
		[]sfu.Encoding{
			{Active: true, MaxBitrate: 16_000, FrameLength: 60 * time.Millisecond, Redundant: true},
		},
	)
	l.Encode(
		sfu.Camera,
		[]sfu.Encoding{
			{
				RID:          "h",
				Active:       true,
				MaxBitrate:   1,
				MaxFramerate: 2,
				Scale:        3,
				Reason:       sfu.ReasonUplink,
			},
		},
	)
	l.Speakers([]string{"p"})
	l.UplinkLoss([]string{"q"}, []string{"r"})
	l.Transport(sfu.TransportFailed)
	require.Equal(t, []any{
		[]protocol.Slot{
			{
				MID:         "3",
				Participant: "p",
				Source:      protocol.SourceScreen,
				CSRC:        9,
				Paused:      true,
				Still:       true,
				Reason:      protocol.ReasonUplink,
			},
		},
		protocol.SourceMicrophone,
		[]protocol.Encoding{{Active: true, MaxBitrate: 16_000, Ptime: 60, RED: true}},
		protocol.SourceCamera,
		[]protocol.Encoding{
			{
				RID:                   "h",
				Active:                true,
				MaxBitrate:            1,
				MaxFramerate:          2,
				ScaleResolutionDownBy: 3,
				Reason:                protocol.ReasonUplink,
			},
		},
		[]string{"p"},
		[]string{"q"},
		[]string{"r"},
		"failed",
	}, e.heard)
}

func TestDrivesARealEngine(t *testing.T) {
	socket, err := udp.Listen("127.0.0.1:0")
	require.NoError(t, err)
	engine, err := sfu.New(sfu.Config{Socket: socket.Media()})
	require.NoError(t, err)
	defer func() { require.NoError(t, engine.Close()); require.NoError(t, socket.Close()) }()

	room := Media(engine).NewRoom("cozes")
	defer room.Close()
	p, err := room.Join("p", &ear{})
	require.NoError(t, err)
	_, err = room.Join("p", &ear{})
	require.Error(t, err, "an id twice")

	numbers := p.CSRCs()
	require.Len(t, numbers, 3)
	require.NotEqual(t, numbers[protocol.SourceMicrophone], numbers[protocol.SourceCamera])
	p.SetAdmitted(true)
	p.SetLive(protocol.Live{Microphone: true})
	p.SetSubscriptions(
		[]protocol.Subscription{
			{Participant: "p", Source: protocol.SourceCamera, Width: 640, Height: 360, Priority: 2},
		},
	)
	_, err = p.Answer(context.Background(), "c", "not SDP")
	require.Error(t, err)
	require.Error(t, p.AddCandidate("unknown", "candidate:1 1 udp 1 192.0.2.1 1 typ host", "0"))
	require.False(t, p.Send([]byte("{}")), "no data channel is open")
	p.Close()
}
