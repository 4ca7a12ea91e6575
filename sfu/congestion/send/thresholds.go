package send

import (
	"time"

	"draille/sfu/congestion/signal"
	"draille/sfu/regime"
)

const (
	packetBits = 1200 * 8   // of a full packet
	maxBitrate = 20_000_000 // bit/s: nobody needs more
	minHistory = 256        // packets
	// MaxHistory is how many packets are remembered at most: about 4 s at 20 Mbit/s.
	MaxHistory = 8192
	// between what passed here and there: the receiver's clock was set
	maxClockJump = 10 * time.Second
)

// Feedback that fails to come: the estimate decays.
//
// Measured: TestADeadLinkComesBack, TestGaps, TestWithoutFeedbackTheFloorIsReached.
const (
	feedbackTimeout = 1500 * time.Millisecond // silence after which it does,
	feedbackRTTs    = 3                       // and at least so many round trips
	decayInterval   = 500 * time.Millisecond
	decayFactor     = 0.7
	outage          = 400 * time.Millisecond // in which everything is lost
	// a receiver that did not report for longer was not just busy
	busyFor = 3 * time.Second
	// of the rate before a silence: where it goes on afterwards
	resumeShare = 0.25
)

// The same for the pacing, at once: the retransmission timer of RFC 6298.
//
// Measured: TestFeedbackThatFailsToComeHoldsThePacing.
const (
	ackGain       = 0.125 // by which the mean follows a feedback (RFC 6298 section 2.3)
	ackVariation  = 0.25  // and its mean deviation
	ackDeviations = 4     // after which a feedback is overdue,
	ackSlack      = 50 * time.Millisecond
	// of the estimate may leave once a packet is overdue,
	ackOverduePace = 0.5
	// less and less until nothing may when it is overdue by so much
	ackStop = 100 * time.Millisecond
)

// Round trip and least delay.
//
// Measured: TestJitterCostsLittle, TestOneFlowFillsTheLinkWithAShortQueue, TestADownlinkHeals.
const (
	rttGain    = 0.2
	baseBucket = 20 * time.Second // the least delay is kept for each stretch of so long,
	// over so many stretches: a queue may stand for long, and clocks drift by 6 ms
	baseBuckets = 6
)

// Groups of packets (draft-ietf-rmcat-gcc-02 section 5.2).
//
// Source: the draft for groupSpan, libwebrtc for both (inter_arrival_delta.cc).
const (
	// groupSpan is the send time within which packets form a group: what a pacer or a video frame
	// sends in one go queues behind itself, which says nothing of the link.
	groupSpan = 5 * time.Millisecond
	// maxBurst bounds a group that is held together because its packets arrive together (after a
	// stall of a radio link).
	maxBurst = 100 * time.Millisecond
)

// The trendline (libwebrtc's trendline_estimator.cc), with bounds in time for 17 packets a second.
// trendPoints, maxSmoothing, trendGain and trendMaxTrust are those of libwebrtc.
//
// Measured beyond libwebrtc: TestAudioAloneIsEnough, TestAWrongGuessOfWhatAByteCostsMakesNoQueue.
const (
	// groups in the window at least, while they are no older than trendMaxSpan
	trendPoints = 20
	// the window covers so much time, however many groups that takes
	trendMinSpan = 150 * time.Millisecond
	// and no more, however few they are: 17 audio packets a second must do
	trendMaxSpan   = time.Second
	trendMinPoints = 4
	trendTau       = 120 * time.Millisecond // the delay is smoothed over so long,
	minSmoothing   = 0.5                    // but the smoothed value keeps between this
	maxSmoothing   = 0.9                    // and this of itself at each group
	trendGain      = 4
	trendMaxTrust  = 60 // groups until the slope is trusted in full
	trendPerTrust  = 20 * time.Millisecond
	sizeForgetting = 0.98 // of the fit between size and delay, a group
	minSizeDelta   = 200  // bytes
)

// The adaptive threshold of the trendline (draft-ietf-rmcat-gcc-02 section 5.4).
//
// Source: libwebrtc (trendline_estimator.cc). The draft has the same but for thresholdUp (0.01) and
// thresholdDown (0.00018), and does not bound the time of a step.
const (
	overuseTime   = 10 * time.Millisecond // a slope above the threshold must last so long
	threshold0    = 12.5                  // ms
	minThreshold  = 6                     // ms
	maxThreshold  = 600                   // ms
	thresholdUp   = 0.0087                // share of the difference by which it moves a millisecond
	thresholdDown = 0.039
	// ms above the threshold that are taken for a spike, not for a new kind of jitter
	maxExcess      = 15
	maxThresholdDt = 100 * time.Millisecond
)

// A queue that stands.
//
// Measured: TestABusyMachineIsNoThinLink, TestAStandingQueueIsSeenFast,
// TestAStallIsNoStandingQueue.
const (
	instantSpan   = 20 * time.Millisecond  // what arrives within so long counts as one observation
	standSpan     = 150 * time.Millisecond // a queue stands that has not been empty for so long,
	standInstants = 4                      // as so many observations say at least,
	standMaxSpan  = time.Second            // none of them older than this
	emptyQueue    = 20 * time.Millisecond  // of waiting at most: the queue is empty
	longQueue     = 180 * time.Millisecond // a queue that long is overuse even if it does not grow,
	grownQueue    = 80 * time.Millisecond  // or even that long
	grownFor      = 500 * time.Millisecond // if it grew so lately: it may be full
	// after a fall, until the queue is shorter than this and one packet's time,
	drainQueue  = 80 * time.Millisecond
	drainFactor = 0.8 // only this share of the estimate is sent
)

// The delay-based rate (draft-ietf-rmcat-gcc-02 section 5.5, libwebrtc's aimd_rate_control.cc).
// decreaseFactor, increasePerSec, framesPerSecond and responseTime are those of both, minIncrease,
// unprovenFactor and unprovenMargin those of libwebrtc.
//
// Measured beyond both: TestAStallOnAFullThinLinkCostsLittle,
// TestAnApplicationLimitedFlowDoesNotClimb, TestAnEncoderThatFollowsLooselyHasTheLink.
const (
	decreaseFactor  = 0.85
	increasePerSec  = 0.08        // multiplicative, far from where the link was full
	minIncrease     = 4_000       // bit/s each second, additive
	maxIncreaseSpan = time.Second // a longer pause between two feedbacks proves nothing
	framesPerSecond = 30          // of which the additive increase takes half a packet
	// besides the round trip, until a change of the rate shows,
	responseTime = 100 * time.Millisecond
	// unless it should fall to less than this share
	settlingShare = 0.7
	// the rate never rises beyond this multiple of what arrived,
	unprovenFactor = 1.5
	unprovenMargin = 10_000 // and this many bit/s,
	// of the rate at which the link was found full: from there on
	knownShare = 0.85
	// the rate never rises beyond this multiple of what arrived
	knownFactor = 1.1
	// nor at all beyond what arrives if more than this multiple of it is sent
	unexplained = 1.15
	// an overuse with a shorter queue may be jitter: one gentle step
	shortQueue = 60 * time.Millisecond
	// of the rate before is left at most: that may have been too deep,
	deepFall      = 0.6
	correctWithin = time.Second // as is known so soon after it
	provenShare   = 0.9         // of the estimate arrives: it is proven
	// who sends less than this share of the estimate has less to send
	limitedShare = 0.75
)

// What the link carried when it was full (draft-ietf-rmcat-gcc-02 section 5.5).
//
// Source: the draft, and for the bounds of the variance libwebrtc (link_capacity_estimator.cc).
const (
	capacityGain = 0.05
	// of the normalised variance, in kbit/s
	minCapacityDev   = 0.4
	maxCapacityDev   = 2.5
	capacityOutliers = 3 // standard deviations
)

// The capacity has just dropped.
//
// Measured: TestAFallIsThrottledAtOnce.
const (
	// a packet that is less later than the one before by no more than this counts: a small one
	// takes less time by itself
	dropSlack = 5 * time.Millisecond
	dropQueue = 50 * time.Millisecond // that the last of them waited at least
	dropSpan  = 40 * time.Millisecond // in which they arrived at least
	dropRatio = 2                     // times as slowly as they left
	dropPace  = 0.5                   // of the rate at which they arrived: what may leave
	dropFor   = 200 * time.Millisecond
)

// The capacity of the other way has just dropped.
//
// Measured: TestAFallThatTheOtherWayToldOfIsBelievedAtOnce.
const (
	// a queue that is full on either way holds feedback up for that long
	reverseFor = 500 * time.Millisecond
	// of what is feared to be left may leave, until it is known
	reversePace = 0.5
	// of it is believed to be left, however slowly the first few packets came
	reverseTrust = 0.75
	// bit/s that are taken to get through at least: the picture may have stood still
	reverseLeast = regime.Modest
	peakMemory   = 4 * time.Second // in which what was sent is forgotten
	// once it is confirmed, what arrives tells of what was held back
	reverseHold = 600 * time.Millisecond
)

// The path has become longer.
//
// Measured: TestADownlinkHeals, make ablate RULE=send/longer-path.
const (
	// by which one packet is later than the one before, beyond what its size costs
	stepLeap  = 40 * time.Millisecond
	stepBand  = 10 * time.Millisecond // in which the delay stays since,
	stepLasts = time.Second           // for so long
	// stepSoon after the leap at most that must be so: a download leaves the queue the same for a
	// while now and then.
	stepSoon = 6 * time.Second
	// stepQueue above the delay that stays is a queue that there was besides: then the new path is
	// full sooner than the old one was.
	stepQueue = 60 * time.Millisecond
)

// Loss.
//
// Measured: TestRandomLossIsNotCongestion, TestALossyBeginning.
const (
	lossInterval    = 250 * time.Millisecond // one observation covers so long at least
	lossPackets     = 25                     // and so many packets, unless that takes longer than
	lossMaxInterval = 1500 * time.Millisecond
	lossReportGain  = 0.3
	// by which the inherent loss follows what is seen on a calm link
	inherentGain = 0.2
	// from this queueing delay on losses may come from a full queue
	loadedQueue    = 50 * time.Millisecond
	lossMargin     = 0.02 // above the inherent loss that is forgiven,
	lossDeviations = 2.0  // and so many standard deviations of the observation,
	leastVariance  = 0.01 // of at least this variance
	lossSlope      = 0.5  // share of the excess by which the rate falls,
	lossLeast      = 0.5  // to this share of it at least
	// share by which the rate may rise a second after loss proved congestion
	policedGrowth = 0.02
)

// The experiment that tells whether loss is congestion.
//
// Measured: TestAShortBufferIsRecognisedByExperiment.
const (
	suspicious      = 0.06 // loss on a calm link that asks for it
	experimentDepth = 0.8  // of the rate at most, while it lasts,
	experimentBelow = 0.9  // and of what arrives of it
	experimentCount = 80   // packets that it lasts,
	// unless there are fewer: then the loss counts as the line's own
	experimentLasts = 5 * time.Second
	// bit/s: a voice that loses packets needs what there is for its repetitions
	experimentLeast = thinRate
	trustFor        = 45 * time.Second // an inherent loss proven by experiment is believed so long,
	maxTrustFor     = 6 * time.Minute  // doubled up to this when proven again
)

var experiment = signal.LossRule{Left: 0.6}

// Probes.
//
// Measured: TestAWideLinkIsProvenFast, TestTheBeginningIsSafeOnAThinLink. libwebrtc begins with
// probes of three and six times the estimate (probe_controller.cc), which fill the queue of a thin
// link.
const (
	probeFactor    = 1.5  // no probe asks for more than this multiple of the estimate
	minProbeFactor = 1.15 // less would not tell from noise
	probeReserve   = 1.1  // above what is wanted, for the estimate stays below what a probe proves
	probeDuration  = 100 * time.Millisecond
	probeShort     = 40 * time.Millisecond // from wideProbe bit/s on
	wideProbe      = 2_500_000
	probePackets   = 8
	probeMinPacket = 100                   // bytes
	probeCalm      = 30 * time.Millisecond // of queueing delay at most when a probe begins
	probeSettle    = time.Second           // after a decrease
	thinRate       = regime.Thin           // bit/s that a voice and the smallest picture need
)

// The verdict on a probe.
//
// Source of probeCarried and probeMaxSpeedup: libwebrtc (probe_bitrate_estimator.cc), which judges
// from 80 % of the bytes on, and takes 0.95 of what arrived when the link did not carry it.
//
// Measured: TestALossyLineIsExploredSoon,
// TestAStartThatWasAssumedTooHighIsCorrectedByTheFirstProbe.
const (
	probeKnown = 90 // % of its bytes: it is judged
	// share of the sent rate that must arrive for the link to have carried it
	probeCarried = 0.9
	// of what arrived when the link did not: as after an overuse, so that two flows that probe
	// share evenly
	probeSaturated = 0.85
	// of what it took longer to arrive than to leave its second half must wait longer than its
	// first: half if a queue grew
	probeGrowth = 0.25
	// packets that arrive so much faster than they left waited together somewhere: no proof
	probeMaxSpeedup = 2.0
	probeMaxLoss    = 0.15 // above the ordinary loss,
	probeLeastLost  = 2    // packets, and more than chance takes of so few,
	unknownVariance = 0.1  // of which so much is assumed at least, since it may not be known yet
	probeTells      = 0.5  // of its packets and bytes at least must tell
	// of the first packet's size: a smaller one takes less time by itself, and hides a queue
	probeEqualSize = 0.75
	// of the rate at which a probe was to leave: less did, it told nothing of that rate
	probeBelow = 0.95
	probeWait  = 300 * time.Millisecond // and one and a half round trips, for feedback
	// besides a round trip, until the queue that a probe made is forgotten
	probeEcho  = 150 * time.Millisecond
	probeQueue = 120 * time.Millisecond // such a queue is not longer
)

// The wait until the next probe.
//
// Measured: TestThePictureComesBackAtOnce, TestTheWayBackFromAFall.
const (
	// after a probe that told nothing; doubles up to probeBackoff,
	probeRetry = 50 * time.Millisecond
	// or to this below thinRate, where a probe is small and a picture hangs on it
	probeThinMax = 400 * time.Millisecond
	// after one that found nothing below thinRate; doubles up to probeMaxBackoff
	probeThinRetry = 500 * time.Millisecond
	probeBackoff   = 2 * time.Second // the same above
	// so many that the link did not carry, in a row, tell that it carries no more:
	// TestABusyBeginningIsNotCalledFull, TestFullIsFound
	saturatedProbes = 2
	probeMaxBackoff = 10 * time.Second
	// a rate before a drop is worth looking for so long,
	memoryFor   = 90 * time.Second
	memoryFall  = 0.8  // if no more than this share of it was left,
	memoryFound = 0.95 // until this share of it is back
)

// Cross traffic that keeps the queue full.
//
// Measured: TestADownloadBesideUsLeavesAShare,
// TestAloneOnALinkThatAudioFillsThereIsNoCrossTraffic.
const (
	crossQueue   = 50 * time.Millisecond // a queue that is never shorter than this
	crossFor     = 4 * time.Second       // and three round trips,
	crossRTTs    = 3
	crossFalls   = 2           // although the rate fell so many times,
	crossLowered = 0.9         // and what is sent to this share at most
	inPlace      = 0.1         // what arrives is what is sent, give or take this share
	inPlaceTau   = time.Second // over so long
	// of what is sent arrives: no cross traffic, a full link that is ours alone
	crossAlone  = 0.7
	crossTells  = 3 * regime.Voice      // bit/s that are sent: of less, a few packets decide
	crossBar    = 15 * time.Second      // after cross traffic that was none
	crossGone   = 30 * time.Millisecond // a queue shorter than this
	crossLately = 10 * time.Second      // after it was last there it is recognised after
	crossAgain  = time.Second           // and a round trip and one fall
)

// The rate beside cross traffic.
//
// Source: RFC 5348 section 3.1; measured: TestADownloadBesideUsLeavesAShare,
// TestAfterADownloadTheQueueGoes.
const (
	crossWeight = 4 // downloads that a call counts for
	// what losses leave of the rate: so many downloads lose about that when one of them halves its
	// window
	crossDecrease  = 0.85
	crossHold      = time.Second // after a decrease: time for the queue to show whether it was ours
	crossLoss      = 0.005       // above the inherent loss and a standard deviation: the rate falls
	crossMostLoss  = 0.035       // on average: from here on it falls whatever its share is
	crossLossGain  = 0.1         // by which the mean loss follows an observation
	minCrossLoss   = 0.0005
	maxCrossGrowth = 0.25 // share of the rate by which it rises a second at most
	// after it was recognised the rate yields for the first time, then after twice as long
	yieldFirst = 15 * time.Second
	yieldMost  = 30 * time.Second // at most
	yieldFor   = time.Second      // and a round trip
	yieldShare = 0.25             // of the rate that is left meanwhile
	yieldBack  = 0.85             // of the rate before, when the queue went
)
