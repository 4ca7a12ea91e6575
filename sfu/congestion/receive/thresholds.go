package receive

import (
	"time"

	"draille/sfu/congestion/signal"
	"draille/sfu/regime"
)

const (
	maxStreams       = 8                     // whose delay is followed
	evaluateInterval = 25 * time.Millisecond // between two looks at the queue
	meterKeep        = 2 * time.Second
	noLimit          = 4_000_000 // bit/s: a link that carries so much is given no limit
	// longest step of the limit's growth, if nothing came meanwhile
	maxGrowSpan = 200 * time.Millisecond
)

// The delay of a stream.
//
// Measured: TestNoQueue, TestStreamsThatStop, TestLargePacketsAreNoQueue.
const (
	binLength = 50 * time.Millisecond
	binCount  = 6 // 250 ms and the bin that has just begun
	// A floor is the least delay of floorCount stretches of floorLength: long enough to see an
	// empty queue in a busy call, short enough for clocks that drift by 100 ppm.
	floorLength = 6 * time.Second
	floorCount  = 5
	latestCount = 2 // packets in a row tell of a queue that grows fast
	// restartGap is a pause after which the timestamps of a stream may have stood still.
	restartGap = 2 * time.Second
	// pictureSlack is how long a picture may wait for its encoder and pacer before its delay tells
	// of a queue.
	pictureSlack = 40 * time.Millisecond
	// what a packet's own size costs on a link that may carry so much more than is known
	ownCaution = 1.5
)

// A queue stands that has not been shorter than standWait for a quarter of a second, or than
// steepWait for a few packets that did not come at once, as they do after a stall.
//
// Measured: TestThinLinks, TestStallsAreNoQueues.
const (
	standWait   = 40 * time.Millisecond
	standSpan   = 100 * time.Millisecond
	standWindow = 200 * time.Millisecond
	steepWait   = 75 * time.Millisecond
	steepSpan   = 30 * time.Millisecond
	emptyWait   = 20 * time.Millisecond // of no queue
)

// A cut leaves keepShare of what the link carries, less the longer the queue is that must drain:
// within drainTime, but never below leastShare.
//
// Measured: TestFallAndReturn, TestThinLinks.
const (
	keepShare   = 0.88
	leastShare  = 0.55
	drainTime   = 1500 * time.Millisecond
	resumeShare = 0.92                    // of what the link carries, once the queue is gone
	cutInterval = 400 * time.Millisecond  // a publisher needs that long to do what they are told
	cutShare    = 0.7                     // of what got through before: the capacity has dropped
	cutAgain    = 150 * time.Millisecond  // and goes on dropping
	outage      = 1200 * time.Millisecond // in which nothing comes at all: it tells of no rate
	busyLeast   = 100 * time.Millisecond  // to measure a rate
	growPause   = 300 * time.Millisecond  // after a queue is gone
)

// Growth of the limit: factors a second.
//
// Measured: TestGoodLinks, TestFallAndReturn, TestCeiling.
const (
	gentleGrowth  = 1.10            // where the link was found full
	returnGrowth  = 1.4             // below that,
	returnBelow   = 0.85            // of it
	aboveGrowth   = 1.2             // above it: there should be a queue by now
	startGrowth   = 3.0             // before a queue was ever found
	carefulGrowth = 1.8             // where links that are too thin for more are found,
	carefulBelow  = 2 * regime.Thin // bit/s
	recallGrowth  = 3.5             // up to the rate before a drop
	climbGrowth   = 2.4             // elsewhere
)

// Bounds of the growth.
//
// Measured: TestReturnOfAModestSender, TestExpectation, TestPictureIsTriedAgain.
const (
	// how far the limit may be above the most that got through lately without a queue
	provenFactor = 1.8
	provenWindow = 500 * time.Millisecond
	provenFloor  = 1.25 * regime.Voice // bit/s: a voice
	provenHold   = 2 * time.Second
	refuted      = 1.1 // times the capacity found got through: the link carries more
	// times the capacity found: who sends less than they may proves nothing,
	unproven = 1.35
	// and a voice alone never would: it and a still picture are tried,
	tryable = provenFactor * provenFloor
	// bit/s: a link that is said to carry no more will soon be full; pages tell of no better one
	expectFull  = regime.Thin + 10_000
	recallFor   = 90 * time.Second // how long the rate before a drop is worth coming back to
	recallShare = 0.9              // of it is come back to fast
)

// rebaseAfter is how long a delay must stay the same although less is sent than the link carries,
// or nothing is lost: no queue does that.
//
// Measured: TestLongerRoute, TestSoundLost.
const (
	rebaseAfter = 1200 * time.Millisecond
	rebaseBand  = 25 * time.Millisecond
	rebaseShare = 0.85 // of what arrived when the queue was found: less is sent
	farLess     = 0.5  // of it: whatever is lost
)

// The capacity has just dropped when two large packets in a row came late, by dropWait and each by
// dropStep more than the one before it, so far apart that the rate is less than dropDeep of what
// got through before. After a stall they come together, and a stall between two holds up one alone.
// A small packet takes no time by itself: it tells of nothing but stalls.
//
// Measured: TestDropped, TestLossInALargePictureIsNoFall.
const (
	dropSize  = 500 // bytes
	dropFirst = 20 * time.Millisecond
	dropStep  = 20 * time.Millisecond
	dropAgain = 10 * time.Millisecond // the second of them may be smaller
	dropWait  = 50 * time.Millisecond
	dropDeep  = 0.5
	dropLasts = 2 * time.Second
	// bit/s that got through before: on a thinner link any picture takes that long
	dropLeast = regime.Modest
	// The first of them is suspicious on a link where no large packet has come so late for
	// suspectCalm.
	suspectCalm = time.Second
	suspectWait = 40 * time.Millisecond
)

// A picture that does not move for want of limit is given what it needs, whatever is believed,
// attemptFirst after the queue was last found empty; after each attempt that a queue or loss ended,
// the next comes twice as late, attemptMost at most. So is a voice alone that could be encoded
// better.
//
// Measured: TestAnUplinkHeals, TestAttemptsCostAVoiceLittle, TestAVoiceAloneHeals and
// TestAVoiceAloneOnASteadyThinLink of package demand.
const (
	attemptFirst = time.Second
	attemptMost  = 30 * time.Second
	// One that a queue ended that stood for longer than obeyTime, and came as from a full link, is
	// believed: the next comes attemptSure later at least.
	attemptSure   = 3 * time.Second
	attemptShare  = 1.1             // of what it needs is allowed
	attemptProven = 0.8             // of what it needed got through without a queue: it is proven
	attemptLasts  = 5 * time.Second // without a queue: it is proven, too
	// quickLarge large packets in a row that took no longer than on a link of quickMargin times
	// what is needed say that the next attempt is due now.
	quickLarge  = 1
	quickMargin = 1.5
)

// What has waited in a full link's queue comes no faster than the link carries. So it is rather a
// machine that is out of breath, for stallLasts at most, where some of what is late comes
// stallBurst times as fast as all of it together.
//
// Measured: TestBreathlessMachineIsNoQueue, TestAnUplinkHeals and
// TestADeviceOutOfBreathIsNoThinLink of package demand.
const (
	stallLasts = time.Second
	stallBurst = 2
	stallLeast = 0.5 // of Config.Floor: no queue comes of so little
	// leapLeast is how much later than the one before a packet must be to tell: less is jitter.
	leapLeast = 60 * time.Millisecond
	// sureWait is the queue from which the link has fallen, however little was sent.
	sureWait = 100 * time.Millisecond
	// obeyTime is how long a publisher takes to send less: no queue of a link that has fallen is
	// gone before.
	obeyTime = 400 * time.Millisecond
)

// Loss, counted over windows.
//
// Measured: TestOneLossySecondIsChance.
const (
	lossWindow  = time.Second
	lossMemory  = 2 * time.Second
	lossPackets = 20 // too few tell nothing: the window goes on
	// Shares from which on loss may be congestion: in two windows in a row, or in one. Where a
	// twentieth is lost by chance, one window in twenty-five has twice that.
	lossFound = 0.1
	lossPlain = 0.2
)

// The experiment that tells whether loss is congestion.
//
// Measured: TestLossThatFallsIsCongestion, TestATrialIsNoFall, TestAFewPacketsProveNothing.
const (
	trialShare = 0.75 // of what arrives is allowed meanwhile
	// trialMost is how long it takes at most: where hardly anything is sent it shows nothing.
	trialMost   = 3 * time.Second
	trialLength = 2 // windows that end after the limit was lowered: the first is half from before
	// excuseFor is how long a link on which loss did not fall is taken for a bad one.
	excuseFor = time.Minute
)

var experiment = signal.LossRule{Left: 0.5, Deviations: 2}
