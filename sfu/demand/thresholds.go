package demand

import (
	"math"
	"time"

	"draille/sfu/regime"
	"draille/sfu/rtpx"
)

// EfficientCodec is the one that publishers are asked for where bits are few.
const EfficientCodec = rtpx.AV1

// Shares of a link.
//
// Measured: TestDivideUplink, TestVoiceUse, TestGrants.
const (
	// GrantShare is the part of an estimate that is granted to encoders: keyframes and
	// retransmissions need the rest.
	GrantShare = 0.85
	// DocumentShare is the part of the uplink that a shared screen gets beside a camera.
	DocumentShare = 0.65
	// repairShare is the part of an uplink that is left for retransmissions and for the feedback on
	// what the publisher receives.
	repairShare = 0.05
	// frameHeaders is what the headers of a picture's frames take on the wire, in bit/s: twenty
	// frames a second.
	frameHeaders = 20 * 8 * rtpx.PacketOverhead
	// leastVoice is left for the microphone even while its owner is silent, in bit/s.
	leastVoice = 1.25 * regime.Voice
	// voiceMemory is how long the bit rate of a microphone counts that has fallen silent.
	voiceMemory = 5 * time.Second
	// voiceObeys is how long after a microphone was told to be encoded otherwise what is measured
	// may still be what came before.
	voiceObeys = 1500 * time.Millisecond
)

// A camera moves from motionFloor on, in bit/s of encoded picture; below, it takes a still picture
// every second or so, and below stillFloor none. It comes back when its share is larger by
// comeback, for comebackAfter; that is longer each time that it did not last.
//
// Measured: TestModeOfAThinUplink, TestModeDoesNotFlap, TestADipOfTheUplinkRestartsNoEncoder,
// TestAnUplinkHeals.
const (
	motionFloor   = 0.9 * regime.Stills
	stillFloor    = 0.6 * regime.Voice
	comeback      = 1.25
	comebackAfter = 2 * time.Second
	comebackMost  = 30 * time.Second
	comebackLasts = 20 * time.Second
	// A picture that moves has so little for stillPatience before it is a still one: just after a
	// fall the share is that of the voice as it was before, and a change costs a keyframe.
	stillPatience = 1200 * time.Millisecond
	// Where the share is plentyFor times what moves, it comes back after comebackSoon, however
	// often it did not last.
	plentyFor    = 2
	comebackSoon = 300 * time.Millisecond
	// drainFloor is what a picture may fall to while a queue drains, in bit/s.
	drainFloor = regime.Voice
	// A picture is limited by the uplink when it gets less than limitedBelow of what is watched,
	// until it gets limitedUntil.
	limitedBelow = 0.6
	limitedUntil = 0.8
)

// Still pictures.
//
// Measured: TestStillsLetKeyframesThroughOneByOne, TestStillsOfAPublisherWhoIsAskedForThem.
const (
	// StillFramerate is that of a still picture, in frames/s: libwebrtc, which keeps whole numbers
	// (VideoStream in video_encoder_config.h), takes what is below one for none.
	StillFramerate = 1
	stillCeiling   = regime.Frozen / 2 // bit/s
	// stillBurst is the part of a second for which a still picture may fill the link: the voice
	// waits behind it.
	stillBurst = 0.3
	// stillShare is the part of what the voice leaves that still pictures get: each of their
	// packets takes a thin link for as long as two or three of the voice, which must mostly find it
	// free.
	stillShare = 0.55
	// stillInterval is the least time between two pictures that are let through one by one: each
	// costs its publisher a keyframe, which those who see them move pay for.
	stillInterval = 5 * time.Second
	// stillLongest is the most: a picture that takes longer than its link pays for in that time is
	// not worth waiting for.
	stillLongest = 20 * time.Second
	// stillEarly is the part of an interval after which a keyframe is taken that comes by itself,
	// because somebody else asked for it.
	stillEarly = 0.6
	// stillSettles is how long nothing is shown after all that moved was stopped: first the link's
	// queue drains, for the voice. A picture that has to begin may still take stillAsk to do so by
	// itself, as most encoders do when they are told.
	stillSettles = 2 * time.Second
	stillAsk     = 500 * time.Millisecond
	// A publisher who sends more than stillMost, in bit/s, stillObeys after they were told to send
	// still pictures does not do so.
	stillMost  = 2 * stillCeiling
	stillObeys = 3 * time.Second
)

// Rare stills: where a voice leaves too little for one picture a second, in bit/s.
//
// Measured: TestAPictureNowAndThenBesideAVoice, TestRareStillsAreLetThroughOneByOne.
const (
	// rareFrom is what a link must carry for them: less is the voice's.
	rareFrom = 1.9 * regime.Voice
	// rareBelow is what still pictures must have to come once a second.
	rareBelow = int(0.55 * stillFloor)
	// One is asked for every rareInterval, for rareFor: browsers begin with it in a moment. It is
	// of rareHeight, in pixels: all of it stands in the voice's way.
	rareInterval = 9 * time.Second
	rareFor      = 600 * time.Millisecond
	rareHeight   = 90
)

// Keyframes.
//
// Measured: TestKeyframeRequests.
const (
	// KeyframeInterval is the least time between two keyframe requests for one layer: a keyframe
	// costs its publisher several frames' worth of bits. On a thin uplink it is longer, so that
	// keyframes take keyframeUplink of it at most.
	KeyframeInterval = 500 * time.Millisecond
	keyframeUplink   = 0.25
	keyframePatience = 4 * time.Second // whoever cannot decode waits no longer than that
	// keyframeFresh is how long after a keyframe began nobody needs another: whoever came just now
	// is in time for it, and if they are not, they ask again.
	keyframeFresh = 100 * time.Millisecond
)

// One encoding for all, or two.
//
// Measured: TestDemandOfWatchers, TestDemandOfThinWatchers, TestAnUntriedUplinkIsTried.
const (
	// Watchers of one size whose links differ by less than splitShare share one encoding, made for
	// the thinnest of them: half the bit rate is one step in quality, and a second encoding costs
	// the publisher's uplink more. Once there are two, they become one when the links differ by
	// less than joinShare.
	splitShare = 0.45
	joinShare  = 0.6
	// Of the smallest picture there is no smaller one, only half of its frames, and more bits buy
	// next to nothing.
	smallSplitShare = 0.35
	smallJoinShare  = 0.45
	// halfFrames is how much more than somebody's link an encoding may take while they do with half
	// of its frames: for a moment, until a smaller one is there for them, or while an uplink is on
	// trial.
	halfFrames = 2
	// singleBelow is the share, in bit/s of encoded picture, below which a publisher is never asked
	// for two encodings: what a voice leaves of a decent link.
	singleBelow = 0.875 * regime.Decent
	// decentBitrate is what one encoding for all is given even if somebody's link has less, in
	// bit/s.
	decentBitrate = 2 * regime.Stills
	// An uplink that was never full is on trial until its share is triedFrom, in bit/s: one
	// encoding, made for the thinnest of several links, would never show that it has enough for
	// two. It is given trialBitrate at least, if somebody's link takes so much. A browser that
	// knows no more than that sends both; with less it would send the smaller alone.
	trialBitrate = regime.Decent
	triedFrom    = regime.Wide + 50_000
	// The smaller of two encodings is given so much, in bit/s: at 180 lines, and above.
	smallMost   = regime.Thin
	smallLeast  = 2 * regime.Stills
	largerLeast = 0.8 * regime.Thin
)

// How an encoding follows what is wanted.
//
// Measured: TestDemandIsToldOnce, TestDemandHandsOver, TestDemandFallsAtOnceAndRisesInSteps.
const (
	// demandHold is how long an encoding goes on that nobody wants any more: a picture that comes
	// back soon costs no keyframe.
	demandHold = 700 * time.Millisecond
	// handover is how long watchers have to move from one encoding to another.
	handover = 2 * time.Second
	// demandFloor is the least that an encoding is given, in bit/s: below, no encoder makes a
	// picture.
	demandFloor = regime.Stills
	// A cap changes when it is off by more than demandStep, and not more often than demandInterval.
	demandStep     = 0.1
	shareStep      = 0.1 // of an order's share, likewise
	demandInterval = 500 * time.Millisecond
	// One that falls because the uplink carries less falls at once, and one that rises by
	// demandLeap soon: the way up begins far below what most links carry.
	demandLeap         = 0.25
	demandLeapInterval = 250 * time.Millisecond
)

// Size of a picture.
//
// Measured: TestDemandKeepsASizeThatIsNearlyRight, TestSizeComesBackLater; make codecs.
const (
	// growAfter is how long a picture that became smaller for want of bit rate stays so.
	growAfter = 8 * time.Second
	// lowestHeight is as small as an encoding is made for the sake of its bit rate, in pixels: a
	// smaller face tells nothing.
	lowestHeight = 180
	// assumedHeight stands for a captured height that is not known: what our page asks cameras for.
	assumedHeight = 360
	// enlarged is how much a picture may be enlarged on a page before the next larger one is asked
	// for.
	enlarged = 1.25
	// nearlyRight is how far off a size may be that stays: another one costs a keyframe.
	nearlyRight = 0.1
	// smallestScale is how much smaller than captured the smallest encoding is.
	smallestScale = 4
	// screenBitrate is what a screen is given, in bit/s, whatever its height.
	screenBitrate = 1_500_000
)

// cameraBitrate is what a picture of so many lines at most takes, in bit/s.
type cameraBitrate struct{ height, nominal, least int }

// cameraBitrates are what a camera of a browser is given for a picture of so many lines at most,
// and the least with which such a picture is better than one half as high, in bit/s. More makes a
// person at 360 lines hardly more like (0.935 instead of 0.929 with VP8 at 800 kbit/s: make codecs
// BITRATES=500,800), and when a line falls, all that is under way by the time that anybody knows
// waits before the voice. Of 720 lines nothing was measured yet: LiveKit's preset for 30 frames/s
// of them is 1.7 Mbit/s, ours sends 24.
var cameraBitrates = []cameraBitrate{
	{180, 1.25 * regime.Modest, 0.8 * regime.Thin},
	{360, 1.25 * regime.Decent, 0.8 * regime.Thin},
	{540, 1_300_000, 1.3 * regime.Thin},
	{math.MaxInt, 1_500_000, 1.75 * regime.Decent},
}

// Fine pictures: of twice the lines that are encoded by default. What is under way when a line
// falls waits before the voice, so they are for short ways alone, on which it is noticed at once,
// and for links that were found to carry them.
//
// Measured: TestAFinePicture, TestAFinePictureGoesFirst.
const (
	// FineLines is what a camera must give for half of it to be a picture of default size.
	FineLines = 2 * assumedHeight
	// fineFrom is the height of a place on a page that asks for one, in pixels: the default picture
	// would be enlarged by more than is hardly seen. One that is there stays in fineKept of that.
	fineFrom = enlarged * assumedHeight
	fineKept = 0.85
)

// The efficient codec.
//
// Measured: TestFewBitsAskForTheEfficientCodec; draille loadtest codecs.
const (
	// efficientBelow is the bit/s below which a face gains by a codec that says more with fewer
	// bits, and takes more work: at 40 kbit/s AV1 shows a third more frames than VP8 and VP9, from
	// 80 on they are alike (draille loadtest codecs). Once it is in use, it stays in use up to
	// plainAbove.
	efficientBelow = regime.Modest / 2
	plainAbove     = regime.Modest
	// codecPatience is how long the other codec must have been the better one: a change costs a
	// keyframe.
	codecPatience = 4 * time.Second
)

// Documents.
//
// Measured: TestDemandOfADocument.
const (
	// goodDocument is what a document takes that is read rather than watched, in bit/s.
	goodDocument = regime.Decent
)

// documentFramerates are a document's frames/s below so many bit/s: it gives up frames, never
// sharpness.
var documentFramerates = []struct {
	below     int
	framerate float64
}{{regime.Stills, 1}, {regime.Thin, 3}, {regime.Decent, 5}, {2 * regime.Decent, 10}}

// documentMost is the frame rate of a document above all of these.
const documentMost = 15

// Moving pictures are kept apart where the way is long (DSL, a mobile network, a satellite): should
// it fall, the less is under way by the time that anybody knows, and a voice waits there anyway.
//
// Measured: TestPicturesLeaveSmoothlyOverALongWay.
const (
	longTrip = 30 * time.Millisecond
	// A way is long again from longAgain on; either is believed that lasts so long: machines are
	// late, too.
	longAgain = 2 * longTrip
	wayLasts  = time.Second
	// smoothFactor is in multiples of what all pictures are granted: a large one may take longer
	// than until the next.
	smoothFactor = 1.5
	smoothLeast  = regime.Wide // bit/s: below that the estimate does it
)
