package rtpx

import (
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
)

// path is the way of one packet through the package, with one subscriber.
type path struct {
	raw      []byte
	history  *History
	rewriter *Rewriter
	copied   []byte
	now      time.Time
	number   uint16
}

func newPath(tb testing.TB) *path {
	packet := rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: 96, SSRC: 1},
		Payload: append(unhex(tb, "90 f0 92 34 c8 07"), make([]byte, 1100)...),
	}
	require.NoError(tb, packet.SetExtension(3, []byte{0, 0}))
	raw, err := packet.Marshal()
	require.NoError(tb, err)
	p := &path{
		raw:      raw,
		history:  NewHistory(VideoHistory),
		rewriter: NewRewriter(512, 0, 0),
		copied:   make([]byte, 1500),
		now:      epoch,
	}
	p.rewriter.SetTarget(all(1))
	return p
}

// step sends the next packet, one frame of its own, all the way, and answers a request for one of
// the packets before it.
func (p *path) step(tb testing.TB) {
	p.number++
	p.now = p.now.Add(time.Millisecond)
	p.raw[2], p.raw[3] = byte(p.number>>8), byte(p.number)
	p.raw[5], p.raw[6] = byte(p.number>>8), byte(p.number)
	packet, err := Parse(p.raw)
	if err != nil {
		tb.Fatal(err)
	}
	packet.Codec, packet.Arrival = VP8, p.now
	if packet.Frame, err = Inspect(VP8, packet.Payload); err != nil {
		tb.Fatal(err)
	}
	if p.history.Put(&packet) != Stored {
		tb.Fatal("not stored")
	}
	out := p.rewriter.Rewrite(p.now, 1, &packet)
	if out.Verdict != Forward {
		tb.Fatal("not forwarded")
	}
	out.Patch(p.copied[:copy(p.copied, packet.Payload)], &packet.Frame)
	sent, ok := p.rewriter.Sent(out.SequenceNumber)
	if !ok {
		tb.Fatal("not remembered")
	}
	again, ok := p.history.Get(sent.InSequenceNumber, p.copied)
	if !ok {
		tb.Fatal("forgotten")
	}
	sent.Patch(again.Payload, &again.Frame)
}

func TestSteadyPathAllocatesNothing(t *testing.T) {
	p := newPath(t)
	for range 2000 { // until the history has grown
		p.step(t)
	}
	require.Zero(t, testing.AllocsPerRun(2000, func() { p.step(t) }))

	var blocks []REDBlock
	red, dst := unhex(t, "ef1e0002ef0f00016faabbccddeeff"), make([]byte, 0, 100)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		blocks, _ = SplitRED(blocks[:0], red)
		dst, _ = AppendRED(dst[:0], 111, blocks[2].Data, blocks[:2])
	}))
}

func BenchmarkWholePath(b *testing.B) {
	p := newPath(b)
	b.ReportAllocs()
	for b.Loop() {
		p.step(b)
	}
}

func BenchmarkParse(b *testing.B) {
	p := newPath(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(p.raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkInspect(b *testing.B) {
	for codec, payload := range map[Codec]string{VP8: "90f09234c8a701", VP9: "ec113309aa",
		AV1: "103648aa", H264: "7c8588"} {
		bytes := unhex(b, payload)
		b.Run(codec.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Inspect(codec, bytes); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkHistoryPut(b *testing.B) {
	h, p := NewHistory(VideoHistory), numbered(0, 1100, epoch)
	b.ReportAllocs()
	for b.Loop() {
		p.SequenceNumber++
		h.Put(p)
	}
}

func BenchmarkHistoryGet(b *testing.B) {
	h, buffer := NewHistory(VideoHistory), make([]byte, 1500)
	h.Put(numbered(7, 1100, epoch))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		buffer := make([]byte, len(buffer))
		for pb.Next() {
			if _, ok := h.Get(7, buffer); !ok {
				b.Fail()
			}
		}
	})
}

func BenchmarkRewrite(b *testing.B) {
	r := NewRewriter(512, 0, 0)
	r.SetTarget(all(1))
	e := newEncoder(VP8, 0, easyPyramid)
	p := e.encode(true, 1)[0]
	b.ReportAllocs()
	for b.Loop() {
		r.Rewrite(epoch, 1, p)
		p.SequenceNumber++
		p.Timestamp += 4500
	}
}

func BenchmarkPatch(b *testing.B) {
	payload := unhex(b, "90f09234c8a701")
	f, err := Inspect(VP8, payload)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		Out{pictureID: 1}.Patch(payload, &f)
	}
}
