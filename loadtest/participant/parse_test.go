package participant

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"draille/loadtest/playout"
	"draille/sfu/rtpx"
	"draille/signaling/protocol"
)

const someAnswer = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" +
	"m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\nc=IN IP4 " +
	"0.0.0.0\r\na=mid:3\r\na=sendonly\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\n" +
	"a=fmtp:63 111/111\r\na=extmap:4 " +
	"http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\na=ssrc:1111 " +
	"cname:a\r\n" +
	"m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 " +
	"0.0.0.0\r\na=mid:6\r\na=sendonly\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 " +
	"rtx/90000\r\na=fmtp:97 apt=96\r\n" +
	"a=ssrc-group:FID 2222 3333\r\na=ssrc:2222 cname:a\r\na=ssrc:3333 cname:a\r\n" +
	"m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 " +
	"0.0.0.0\r\na=mid:1\r\na=recvonly\r\na=ssrc:oops cname\r\n"

func TestReadAnswer(t *testing.T) {
	s, err := readAnswer(someAnswer)
	require.NoError(t, err)
	assert.EqualValues(t, 4, s.transportCC)
	assert.Equal(t, payload{codec: rtpx.Opus}, s.payloads[111])
	assert.Equal(t, payload{codec: rtpx.RED}, s.payloads[63])
	assert.Equal(t, payload{repair: true, apt: 96}, s.payloads[97])
	require.Len(t, s.byMID, 2)
	assert.Equal(t, &slotSection{mid: "6", video: true, ssrc: 2222, rtxSSRC: 3333}, s.bySSRC[3333])
	assert.Same(t, s.bySSRC[2222], s.bySSRC[3333])
	assert.Equal(t, &slotSection{mid: "3", ssrc: 1111}, s.byMID["3"])
	_, err = readAnswer("nonsense")
	require.ErrorContains(t, err, "expected an answer in SDP")
}

func FuzzReadAnswer(f *testing.F) {
	f.Add(someAnswer)
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := readAnswer(text); err == nil {
			for _, section := range s.bySSRC {
				if s.byMID[section.mid] == nil {
					t.Fatalf("section %q has no mid", section.mid)
				}
			}
		}
	})
}

func TestRoundTripByReports(t *testing.T) {
	left := time.Unix(1_700_000_000, 999_000_000)
	var reception playout.Reception
	block := func(heldFor time.Duration) *rtcp.ReceptionReport {
		arrived := left.Add(30 * time.Millisecond)
		reception.Report(arrived, ntpTime(left))
		b, ok := reception.Block(arrived.Add(heldFor), 1)
		require.True(t, ok)
		return &b
	}
	reception.Arrived(left, 1, 0, 48_000)
	b, _ := reception.Block(left, 1)
	_, ok := tripOf(left, &b)
	assert.False(t, ok, "no report has been sent")
	for _, held := range []time.Duration{0, 10 * time.Millisecond, 3 * time.Second} {
		trip, ok := tripOf(left.Add(70*time.Millisecond+held), block(held))
		require.True(t, ok)
		assert.InDelta(t, 70*time.Millisecond, trip, float64(time.Millisecond), held)
	}
	trip, ok := tripOf(left.Add(29*time.Millisecond), block(0))
	require.True(t, ok)
	assert.Positive(t, trip, "a clock that was set back")
}

func TestFeedbackReader(t *testing.T) {
	var r feedbackReader
	p := &rtcp.TransportLayerCC{BaseSequenceNumber: 65_534, PacketStatusCount: 4,
		ReferenceTime: 1<<24 - 1, PacketChunks: []rtcp.PacketStatusChunk{
			&rtcp.StatusVectorChunk{SymbolList: []uint16{rtcp.TypeTCCPacketReceivedSmallDelta,
				rtcp.TypeTCCPacketNotReceived}},
			&rtcp.RunLengthChunk{PacketStatusSymbol: rtcp.TypeTCCPacketReceivedSmallDelta,
				RunLength: 5},
		}, RecvDeltas: []*rtcp.RecvDelta{{Delta: 1000}, {Delta: 2000}, {Delta: 3000}}}
	acks := r.read(p, 1<<16+10)
	require.Len(t, acks, 4)
	assert.EqualValues(t, 65_534, acks[0].Seq)
	assert.EqualValues(t, 65_537, acks[3].Seq)
	assert.False(t, acks[1].Received)
	first := acks[0].Arrival
	assert.Equal(t, 5*time.Millisecond, acks[3].Arrival-first)
	// The reference time goes on over its end.
	p.ReferenceTime = 0
	acks = r.read(p, 1<<16+10)
	assert.Equal(t, 64*time.Millisecond, acks[0].Arrival-first)
	p.RecvDeltas = p.RecvDeltas[:1]
	assert.Len(t, r.read(p, 1<<16+10), 2, "lies about its length")
}

func FuzzFeedbackReader(f *testing.F) {
	f.Add([]byte{0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0, 1, 0, 0, 1, 0, 0x20, 1, 4, 0},
		int64(5))
	f.Fuzz(func(t *testing.T, raw []byte, next int64) {
		var p rtcp.TransportLayerCC
		if p.Unmarshal(raw) != nil || next < 1 {
			return
		}
		var r feedbackReader
		if acks := r.read(&p, next); len(acks) > int(p.PacketStatusCount) {
			t.Fatalf("%d acknowledgements of %d packets", len(acks), p.PacketStatusCount)
		}
	})
}

func TestViews(t *testing.T) {
	person := func(id string, camera, screen bool) protocol.Person {
		return protocol.Person{ID: id, Media: protocol.Live{Camera: camera, Screen: screen}}
	}
	others := []protocol.Person{person("a", true, false), person("b", false, true),
		person("c", true, false)}
	wants := Speaker(others, []string{"b", "c", "a"})
	require.Len(t, wants, 3)
	assert.Equal(t, protocol.SourceScreen, wants[0].Source)
	assert.Equal(t, []int{document, thumbnail, lookedAt},
		[]int{wants[0].Priority, wants[1].Priority, wants[2].Priority})
	wants = Everybody(others, nil)
	require.Len(t, wants, 3)
	assert.Equal(t, lookedAt, wants[1].Priority)
	assert.Empty(t, Speaker(nil, nil))

	large := func(spoke ...string) string {
		for _, w := range Speaker(others, spoke) {
			if w.Priority == lookedAt {
				return w.Participant
			}
		}
		return ""
	}
	assert.Equal(t, "a", large(), "nobody has spoken yet: the first")
	assert.Equal(t, "a", large("b"), "nobody sees who has no camera")

	s := signalling{welcome: protocol.Welcome{Participant: "me"}}
	for _, speakers := range [][]string{{"a"}, {}, {"me"}, {"me", "c", "a"}, {"me"}, {}} {
		s.heard(speakers)
	}
	assert.Equal(t, []string{"c", "a"}, s.spoke,
		"who spoke last stays large in a pause, and while one speaks oneself")
	assert.Equal(t, "c", large(s.spoke...))
}
