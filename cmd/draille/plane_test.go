package main

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/sfu"
	"draille/signaling"
	"draille/signaling/protocol"
)

// heard is what the signalling would be told.
type heard struct {
	slots     []protocol.Slot
	source    protocol.Source
	encodings []protocol.Encoding
	speakers  []string
	transport string
}

func (h *heard) Slots(slots []protocol.Slot) { h.slots = slots }
func (h *heard) Encode(source protocol.Source, list []protocol.Encoding) {
	h.source, h.encodings = source, list
}
func (h *heard) Speakers(participants []string) { h.speakers = participants }
func (h *heard) Transport(state string)         { h.transport = state }

func TestWhatTheMediaPlaneSaysIsTranslated(t *testing.T) {
	h := &heard{}
	listener := planeListener{h}
	listener.Slots([]sfu.Slot{{MID: "4", Participant: "p2", Source: sfu.Screen, Number: 9, Paused: true, Reason: sfu.ReasonDownlink}})
	listener.Encode(sfu.Camera, []sfu.Encoding{{RID: "h", Active: true, MaxBitrate: 150_000, MaxFramerate: 15, Scale: 2}})
	listener.Speakers([]string{"p2"})
	listener.Transport(sfu.TransportConnected)
	require.Equal(t, &heard{
		slots: []protocol.Slot{{MID: "4", Participant: "p2", Source: protocol.SourceScreen, Number: 9, Paused: true,
			Reason: protocol.ReasonDownlink}},
		source:    protocol.SourceCamera,
		encodings: []protocol.Encoding{{RID: "h", Active: true, MaxBitrate: 150_000, MaxFramerate: 15, Scale: 2}},
		speakers:  []string{"p2"},
		transport: "connected",
	}, h)

	listener.Slots(nil)
	require.NotNil(t, h.slots, "null is no list in JSON")
}

// The words for the same things are the same on both sides.
func TestVocabulariesAgree(t *testing.T) {
	require.EqualValues(t, protocol.SourceMicrophone, sfu.Microphone)
	require.EqualValues(t, protocol.SourceCamera, sfu.Camera)
	require.EqualValues(t, protocol.SourceScreen, sfu.Screen)
	require.EqualValues(t, protocol.ReasonNone, sfu.NoReason)
	require.EqualValues(t, protocol.ReasonDownlink, sfu.ReasonDownlink)
	require.EqualValues(t, protocol.ReasonUplink, sfu.ReasonUplink)
	require.EqualValues(t, protocol.ReasonPublisher, sfu.ReasonPublisher)
	require.EqualValues(t, protocol.ReasonSlots, sfu.ReasonSlots)
}

func TestParticipantOfTheMediaPlane(t *testing.T) {
	socket, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	engine, err := sfu.New(sfu.Config{Socket: socket})
	require.NoError(t, err)
	defer engine.Close()
	var media signaling.Media = plane{engine: engine}
	room := media.NewRoom("room-1")
	defer room.Close()
	participant, err := room.Join("p1", &heard{})
	require.NoError(t, err)
	defer participant.Close()
	_, err = room.Join("p1", &heard{})
	require.Error(t, err, "the same participant twice")

	numbers := participant.Numbers()
	require.Len(t, numbers, 3)
	require.NotZero(t, numbers[protocol.SourceCamera])
	require.NotEqual(t, numbers[protocol.SourceCamera], numbers[protocol.SourceScreen])

	participant.SetAdmitted(true)
	participant.SetLive(protocol.Live{Microphone: true})
	participant.SetView([]protocol.Want{{Participant: "p2", Source: protocol.SourceCamera, Width: 640, Height: 360, Priority: 2}})
	require.False(t, participant.Send([]byte("{}")), "no data channel yet")
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, err = participant.Answer(ctx, "c1", "v=0 and nothing else")
	require.Error(t, err)

	stats := engine.Stats()
	require.Len(t, stats.Participants, 1)
	require.True(t, stats.Participants[0].Admitted)
}
