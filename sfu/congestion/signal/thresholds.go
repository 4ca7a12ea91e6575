package signal

import "time"

// Meter.Acknowledged: the acknowledged bit rate of goog_cc, for few packets, too.
//
// Measured: TestAudioAloneIsEnough of package send.
const (
	acknowledgedWindow    = 250 * time.Millisecond // over which a rate is measured
	acknowledgedMaxWindow = time.Second            // up to this while there are
	acknowledgedPackets   = 10                     // fewer packets than this
	acknowledgedLeast     = 3                      // packets: fewer tell no rate
	// a longer silence is a pause of the source, not a slow link
	acknowledgedMaxGap = 300 * time.Millisecond
)

// Meter.Throughput. Measured: TestThinLinks of package receive.
const (
	meterStep  = 20 * time.Millisecond
	meterLeast = 5 * meterStep
	meterMoves = 64 // entries that are forgotten at once: it decides about time and memory alone
)

// Meter.Fastest. Measured: TestBreathlessMachineIsNoQueue of package receive.
const (
	burstPackets = 16
	burstWindow  = 500 * time.Millisecond
	// access points and modems hold packets back for less, and let them go together
	burstSpan = 40 * time.Millisecond
)

// CapacityRise. A packet tells of the capacity when it should take TellingWait longer than one of
// SmallPacket bytes.
//
// Measured: TestTheWayBackFromAFall of package send, TestReturnOfAModestSender of receive.
const (
	SmallPacket = 200 // bytes: it takes next to no time
	TellingWait = 12 * time.Millisecond
	RiseShare   = 0.5 // of what it should take: it took less
	risePackets = 8   // more than riseTaken times those that took longer
	riseTaken   = 2   // measured: TestARiseIsFoundThoughPacketsAreLate of package receive
	riseSpan    = 400 * time.Millisecond
)

// CapacityDrop. Measured: TestAFallIsThrottledAtOnce of package send, TestDropped of receive.
const dropSteps = 2 // three packets in a row

// LossExperiment. Measured: TestRandomLossIsNotCongestion of package send, TestGoodLinks of
// receive.
const excuseFactor = 1.5 // times the loss that was found to be the line's own
