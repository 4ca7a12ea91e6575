package rmcat

import (
	"math/rand/v2"
	"time"

	"draille/loadtest/link"
)

// The media source: Opus at 24 kbit/s and video at 25 frames/s, in packets whose headers
// (IPv4, UDP, SRTP, RTP with its extensions) cost 62 bytes.
const (
	headerBytes    = 62
	audioInterval  = 20 * time.Millisecond
	audioBytes     = 60 + headerBytes
	audioBitrate   = audioBytes * 8 * int(time.Second/audioInterval)
	frameInterval  = 40 * time.Millisecond
	maxPacketBytes = 1200
	minFrameBytes  = 150 // an encoder skips a frame rather than make a smaller one

	// pacingFactor is how much faster than the target a frame leaves.
	pacingFactor = 1.5
	// maxBacklog is when an encoder begins to skip frames: they would be late anyway.
	maxBacklog = 250 * time.Millisecond

	feedbackInterval = 100 * time.Millisecond
	tickInterval     = 100 * time.Millisecond
	// arrivalUnit is the resolution of transport-wide feedback.
	arrivalUnit = 250 * time.Microsecond
)

// flow is a media sender, its controller and its receiver.
type flow struct {
	sim     *simulation
	config  MediaFlow
	control Controller
	max     int // bit/s that the encoder can use
	noise   *rand.Rand
	there   *link.Direction // bottleneck of its media
	back    *link.Direction // bottleneck of its feedback

	seq     int64
	credit  float64 // bytes that the encoder may still put into the next frame
	queue   []int   // sizes of video packets that wait for the pacer
	queued  int     // bytes of them
	pumping bool
	probe   probe

	arrived []Ack // received since the last report
	base    int64 // first sequence number of the next report

	stats flowStats
}

// probe is the cluster on its way.
type probe struct {
	Cluster
	bytes, packets int // sent so far
}

func (p *probe) active() bool {
	return p.ID != 0 && (p.bytes < p.Bytes || p.packets < p.Packets)
}

// start begins to send.
func (f *flow) start() {
	loop := &f.sim.loop
	f.base = f.seq
	f.audio()
	f.video()
	loop.Every(audioInterval, func() bool { f.audio(); return true })
	loop.Every(frameInterval, func() bool { f.video(); return true })
	loop.Every(tickInterval, func() bool {
		f.control.Tick(f.sim.wall())
		f.askProbe()
		return true
	})
	loop.Every(feedbackInterval, func() bool { f.report(); return true })
}

func (f *flow) paused() bool {
	now := f.sim.loop.Now()
	return now >= f.config.PauseFrom && now < f.config.PauseTo
}

func (f *flow) audio() {
	if !f.paused() {
		f.send(audioBytes, true)
	}
}

// video encodes one frame at what the target leaves after the audio, ±20 %.
func (f *flow) video() {
	if f.paused() {
		f.credit = 0
		return
	}
	target := f.control.Target()
	budget := max(0, min(target, f.max)-audioBitrate)
	if float64(f.queued*8) > float64(target)*maxBacklog.Seconds() {
		return
	}
	f.credit += float64(budget) / 8 * frameInterval.Seconds()
	frame := f.credit * (0.8 + 0.4*f.noise.Float64())
	if frame < minFrameBytes {
		return
	}
	f.credit -= frame
	packets := (int(frame) + maxPacketBytes - 1) / maxPacketBytes
	for range packets {
		size := max(int(frame)/packets, headerBytes+1)
		f.queue = append(f.queue, size)
		f.queued += size
	}
	f.pump()
}

// pump sends what waits at the pacing rate: one packet now, the rest later.
func (f *flow) pump() {
	if f.pumping {
		return
	}
	size, media, rate := f.next()
	if size == 0 {
		return
	}
	f.pumping = true
	f.send(size, media)
	f.sim.loop.After(time.Duration(float64(size*8)/rate*float64(time.Second)), func() {
		f.pumping = false
		f.pump()
	})
}

// next takes the next packet for the pacer: video first, padding while a probe lacks it.
func (f *flow) next() (size int, media bool, rate float64) {
	rate = pacingFactor * float64(max(f.control.Target(), 10_000))
	if f.probe.active() {
		rate = float64(f.probe.Bitrate)
	}
	if len(f.queue) > 0 {
		size = f.queue[0]
		f.queue = f.queue[1:]
		f.queued -= size
		return size, true, rate
	}
	if !f.probe.active() {
		return 0, false, rate
	}
	size = maxPacketBytes
	if f.probe.Packets > 0 {
		size = min(size, f.probe.Bytes/f.probe.Packets)
	}
	return max(size, headerBytes+1), false, rate
}

func (f *flow) askProbe() {
	if f.probe.active() {
		return
	}
	wanted := f.max
	if f.paused() {
		wanted = 0
	}
	if c, ok := f.control.Probe(f.sim.wall(), wanted); ok {
		f.probe = probe{Cluster: c}
		f.pump()
	}
}

// send puts a packet on the bottleneck.
func (f *flow) send(size int, media bool) {
	loop := &f.sim.loop
	now := loop.Now()
	packet := Packet{Seq: f.seq, Size: size, At: f.sim.wall()}
	f.seq++
	if f.probe.active() {
		packet.Probe = f.probe.ID
		f.probe.bytes += size
		f.probe.packets++
	}
	f.control.OnSent(packet)
	dep := f.there.Send(now, size)
	f.stats.sent(now, dep, size, media)
	if dep.Fate == link.Delivered {
		seq, at := packet.Seq, dep.At+f.config.Delay
		loop.At(at, func() {
			f.arrived = append(f.arrived,
				Ack{Seq: seq, Received: true, Arrival: at.Round(arrivalUnit)})
		})
	}
}

// report sends feedback for everything up to the latest packet received.
func (f *flow) report() {
	if len(f.arrived) == 0 {
		return
	}
	last := f.arrived[len(f.arrived)-1].Seq
	acks := make([]Ack, 0, last+1-f.base)
	for seq := f.base; seq <= last; seq++ {
		if f.arrived[0].Seq == seq {
			acks = append(acks, f.arrived[0])
			f.arrived = f.arrived[1:]
		} else {
			acks = append(acks, Ack{Seq: seq})
		}
	}
	f.base = last + 1
	// IP, UDP, SRTCP, the report's head, two bits of status and about a byte of delta a packet.
	size := 28 + 14 + 20 + len(acks)/4 + len(acks)
	dep := f.back.Send(f.sim.loop.Now(), size)
	if dep.Fate != link.Delivered {
		return
	}
	f.sim.loop.At(dep.At+f.config.Delay, func() {
		f.control.OnFeedback(f.sim.wall(), acks)
		f.sim.settle()
		f.askProbe()
	})
}

// drained is the time from a fall to the first short wait after the first long one.
func (f *flow) drained(from, to time.Duration) time.Duration {
	long := false
	for _, d := range f.stats.delays {
		if d.at < from || d.at >= to {
			continue
		}
		if d.wait >= DrainedBelow {
			long = true
		} else if long {
			return d.at - from
		}
	}
	if long {
		return to - from
	}
	return 0
}
