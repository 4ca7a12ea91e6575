package sfu

import "sync/atomic"

// dropReason says why a packet was not forwarded.
type dropReason int

const (
	dropMalformed dropReason = iota
	dropUnknown
	dropGate
	dropMuted
	dropCodec
	dropDuplicate
	dropPacer
	dropForgotten
	dropProtection
	dropWrite
	dropReasons
)

var dropNames = [dropReasons]string{
	"malformed",  // not RTP or RTCP
	"unknown",    // of no section of the offer
	"gate",       // from somebody who is not admitted
	"muted",      // of a source that is not live
	"codec",      // in a codec that the receiver, or this server, does not know
	"duplicate",  // came before
	"pacer",      // waited too long for a thin link
	"forgotten",  // left the history while it waited
	"protection", // SRTP that its keys do not open, or that came before
	"write",      // the transport refused it
}

// counters count what the engine did. They are bumped for every packet, hence atomics.
type counters struct {
	packetsIn, bytesIn, packetsOut, bytesOut           atomic.Uint64
	forwarded, retransmitted, keyframeRequests, probes atomic.Uint64
	dropped                                            [dropReasons]atomic.Uint64
}

func (c *counters) drop(reason dropReason) { c.dropped[reason].Add(1) }
