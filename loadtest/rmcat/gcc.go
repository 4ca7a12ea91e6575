package rmcat

import (
	"fmt"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/gcc"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// PionGCC makes controllers of the congestion controller in pion/interceptor (pkg/gcc), the
// baseline. It reads the clock itself and works in goroutines: play it inside a testing/synctest
// bubble whose clock follows Options.Advance, with synctest.Wait as Options.Settle. It never
// probes.
func PionGCC(l Limits) (Controller, error) {
	estimator, err := gcc.NewSendSideBWE(
		gcc.SendSideBWEInitialBitrate(l.Start),
		gcc.SendSideBWEMinBitrate(l.Min),
		gcc.SendSideBWEMaxBitrate(l.Max),
		gcc.SendSideBWEPacer(gcc.NewNoOpPacer()), // the flow paces
	)
	if err != nil {
		return nil, fmt.Errorf("rmcat: creating pion's gcc: %w", err)
	}
	sink := interceptor.RTPWriterFunc(func(*rtp.Header, []byte, interceptor.Attributes) (int,
		error) {
		return 0, nil
	})
	writer := estimator.AddStream(&interceptor.StreamInfo{
		SSRC: gccSSRC,
		RTPHeaderExtensions: []interceptor.RTPHeaderExtension{
			{URI: transportCCURI, ID: transportCCID}},
	}, sink)
	return &gccController{estimator: estimator, writer: writer, payload: make([]byte, 1500)}, nil
}

const (
	gccSSRC        = 1
	transportCCURI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
	transportCCID  = 3
)

type gccController struct {
	estimator *gcc.SendSideBWE
	writer    interceptor.RTPWriter
	payload   []byte
	reports   uint8
}

func (g *gccController) OnSent(p Packet) {
	sequence, err := rtp.TransportCCExtension{TransportSequence: uint16(p.Seq)}.Marshal()
	if err != nil {
		panic(err) // of two bytes: cannot fail
	}
	header := rtp.Header{Version: 2, SSRC: gccSSRC, SequenceNumber: uint16(p.Seq)}
	if err := header.SetExtension(transportCCID, sequence); err != nil {
		panic(err) // the identifier is a valid one
	}
	// It counts RTP header and payload: give it a payload that makes up the packet's size.
	payload := g.payload[:max(0, p.Size-header.MarshalSize())]
	if _, err := g.writer.Write(&header, payload, nil); err != nil {
		panic(err) // the stream is known and the sink takes everything
	}
}

func (g *gccController) OnFeedback(_ time.Time, acks []Ack) {
	report := transportCC(acks, g.reports)
	g.reports++
	if err := g.estimator.WriteRTCP([]rtcp.Packet{report}, nil); err != nil {
		panic(err) // the report is well formed and the estimator open
	}
}

// transportCC writes a report as a browser would, with a status vector.
func transportCC(acks []Ack, count uint8) *rtcp.TransportLayerCC {
	const perChunk = 7
	report := &rtcp.TransportLayerCC{
		MediaSSRC: gccSSRC, FbPktCount: count,
		BaseSequenceNumber: uint16(acks[0].Seq), PacketStatusCount: uint16(len(acks)),
	}
	var last time.Duration
	first := true
	for len(acks) > 0 {
		chunk := &rtcp.StatusVectorChunk{Type: rtcp.TypeTCCStatusVectorChunk,
			SymbolSize: rtcp.TypeTCCSymbolSizeTwoBit}
		for _, ack := range acks[:min(perChunk, len(acks))] {
			symbol := uint16(rtcp.TypeTCCPacketNotReceived)
			if ack.Received {
				if first {
					first = false
					last = ack.Arrival.Truncate(64 * time.Millisecond)
					report.ReferenceTime = uint32(last / (64 * time.Millisecond))
				}
				delta := ack.Arrival - last
				last = ack.Arrival
				symbol = rtcp.TypeTCCPacketReceivedSmallDelta
				if delta > 255*arrivalUnit {
					symbol = rtcp.TypeTCCPacketReceivedLargeDelta
				}
				report.RecvDeltas = append(report.RecvDeltas,
					&rtcp.RecvDelta{Type: symbol, Delta: delta.Microseconds()})
			}
			chunk.SymbolList = append(chunk.SymbolList, symbol)
		}
		acks = acks[min(perChunk, len(acks)):]
		report.PacketChunks = append(report.PacketChunks, chunk)
	}
	return report
}

func (g *gccController) Tick(time.Time) {}

func (g *gccController) Target() int { return g.estimator.GetTargetBitrate() }

func (g *gccController) Probe(time.Time, int) (Cluster, bool) { return Cluster{}, false }

// Close ends its goroutines.
func (g *gccController) Close() error { return g.estimator.Close() }
