package sfu

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/sfu/congestion/send"
)

// indexOf is which slot of its kind carries a source to a client, from 1 on; 0: none does.
func (c *client) indexOf(video bool, number uint32) int {
	t := c.participant.transport.Load()
	slots := t.audio
	if video {
		slots = t.video
	}
	t.down.mu.Lock()
	defer t.down.mu.Unlock()
	for i, s := range slots {
		if s.publication != nil && s.publication.number == number {
			return i + 1
		}
	}
	return 0
}

func TestEachFaceGoesBesideItsVoice(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	viewer := s.present("viewer", shape{audio: 4, video: 4})
	viewer.participant.SetView([]Want{})
	a, b := s.present("a", shape{}), s.present("b", shape{})
	shown := []Want{}
	for _, other := range []*client{a, b} {
		eventually(t, other.id+" is heard", func() bool {
			return viewer.packetsFrom(other.participant.Numbers()[Microphone]) > 5
		})
	}
	// Last come, first shown: without the voices, the first slot would be b's.
	for _, other := range []*client{b, a} {
		numbers := other.participant.Numbers()
		shown = append(shown, want(other, Camera, 2))
		viewer.participant.SetView(shown)
		eventually(t, other.id+" is seen", func() bool {
			return viewer.packetsFrom(numbers[Camera]) > 5
		})
		require.Equal(t, viewer.indexOf(false, numbers[Microphone]),
			viewer.indexOf(true, numbers[Camera]), other.id)
	}
}

// A face that appears where its voice has no place beside is joined by the voice, in a pause.
func TestAVoiceFollowsItsFaceInAPause(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	viewer := s.present("viewer", shape{audio: 4, video: 1})
	viewer.participant.SetView([]Want{})
	a, b := s.present("a", shape{}), s.present("b", shape{})
	for _, other := range []*client{a, b} {
		eventually(t, other.id+" is heard", func() bool {
			return viewer.packetsFrom(other.participant.Numbers()[Microphone]) > 5
		})
	}
	numbers := b.participant.Numbers()
	require.Equal(t, 2, viewer.indexOf(false, numbers[Microphone]))
	viewer.participant.SetView([]Want{want(b, Camera, 2)})
	eventually(t, "b is seen", func() bool { return viewer.packetsFrom(numbers[Camera]) > 5 })
	require.Equal(t, 2, viewer.indexOf(false, numbers[Microphone]), "b speaks")
	a.quiet.Store(true)
	eventually(t, "the voice of a leaves the place beside the face of b", func() bool {
		return viewer.indexOf(false, a.participant.Numbers()[Microphone]) > 2
	})
	b.quiet.Store(true)
	eventually(t, "the voice of b takes it", func() bool {
		return viewer.indexOf(false, numbers[Microphone]) == 1
	})
	before := viewer.packetsFrom(numbers[Microphone])
	eventually(t, "b is heard there", func() bool {
		return viewer.packetsFrom(numbers[Microphone]) > before+10
	})
}

// Browsers hold a voice back for the picture that they play it in step with, and the packets of a
// still come whenever the link has room.
func TestAVoiceLeavesAStill(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(c *Config) {
		c.Downlink = send.Config{StartBitrate: 58_000, MinBitrate: 20_000, MaxBitrate: 60_000}
	})
	a, b := s.present("a", shape{audio: 2, video: 2}), s.present("b", shape{})
	a.participant.SetView([]Want{want(b, Camera, 2)})
	numbers := b.participant.Numbers()
	eventually(t, "the face of b is a still", func() bool {
		slot, ok := a.slotOf(b, Camera)
		return ok && slot.Still
	})
	b.quiet.Store(true)
	eventually(t, "the voice of b is beside nobody", func() bool {
		voice, face := a.indexOf(false, numbers[Microphone]), a.indexOf(true, numbers[Camera])
		return voice > 0 && face > 0 && voice != face
	})
	before := a.packetsFrom(numbers[Microphone])
	eventually(t, "it is heard there", func() bool {
		return a.packetsFrom(numbers[Microphone]) > before+10
	})
}

// A browser plays in step what has one stream's name: the slots of a pair, and no others.
func TestTheSlotsOfAPairAreOneStream(t *testing.T) {
	t.Parallel()
	c := newServer(t).connected("a", shape{audio: 3, video: 3})
	streams := map[string]map[string]int{}
	kind := ""
	for line := range strings.Lines(c.pc.RemoteDescription().SDP) {
		if media, ok := strings.CutPrefix(line, "m="); ok {
			kind, _, _ = strings.Cut(media, " ")
		}
		if msid, ok := strings.CutPrefix(line, "a=msid:"); ok {
			stream, _, _ := strings.Cut(msid, " ")
			if streams[stream] == nil {
				streams[stream] = map[string]int{}
			}
			streams[stream][kind]++
		}
	}
	require.Len(t, streams, 3, "%v", streams)
	for name, kinds := range streams {
		require.Equal(t, map[string]int{"audio": 1, "video": 1}, kinds, name)
	}
}
