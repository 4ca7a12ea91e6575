package voice

import (
	"time"

	"draille/sfu/regime"
)

const (
	// MaxVoices is how many voices one receiver is sent at once, at most: more talking at the same
	// time nobody follows.
	MaxVoices = 3
	// MaxFrames is how many frames a packet repeats at most.
	MaxFrames = 2
	// maxReach is how old a repeated frame may be: no jitter buffer waits longer for the sake of
	// repairs.
	maxReach = 180 * time.Millisecond
	// PacketOverhead is what one packet costs on the wire beyond its payload, in bytes: IPv4 and
	// UDP, RTP with one CSRC and the transport-wide sequence number, the authentication tag of
	// AES-GCM.
	PacketOverhead = 28 + 24 + 16
	// blockHeader is what each repeated frame costs beyond its data, in bytes (RFC 2198 section 3).
	blockHeader = 4
	// usualFrame is what a packet of a voice holds where nothing is known of it (RFC 7587 section
	// 6.1).
	usualFrame = 20 * time.Millisecond
	// RepairWithin is the round trip up to which the answer to a request comes in time.
	RepairWithin = 150 * time.Millisecond

	lossMemory = 400  // packets of which the shares are an average
	sentMemory = 1024 // packets whose fate may still be unknown, a power of two
	// MaxStreams is how many voices of one receiver are told apart.
	MaxStreams = 16
)

// What a receiver gets.
//
// Measured: TestWhatAListenerGets, TestGivesUpAtOnceAndComesBackAfterSeconds.
const (
	// Share of a receiver's budget that voices may take while there are pictures to look at, and
	// without any. As long as the link is too thin for a picture anyway, voices may take most of
	// it.
	shareBesidePictures = 0.5
	shareAlone          = 0.8
	// smallPicture is what a picture must have that is no more than small: all else may be voices'.
	smallPicture   = regime.Stills + 0.5*regime.Voice // bit/s
	noPictureBelow = regime.Frozen                    // bit/s
	// Of voices that lose more than that as they are nothing is understood: repetitions come before
	// any picture. Where no queue stands they may take what a link of garbledBitrate, in bit/s, has
	// for them, for a lossy link seems thinner than it is.
	garbled        = 0.1
	garbledBitrate = regime.Thin / 2
	upwardHold     = 4 * time.Second // after a change, before voices or redundancy come back;
	// but for the first time if voices lose packets, for a call begins below what its link carries,
	// or if they are garbled although no queue stands
	soonHold       = time.Second
	upwardHeadroom = 0.9 // of the least budget lately must be enough
)

// How much of the sound may be missing before more of it is repeated. Where requests (NACK) are
// answered in time, what is lost now and then comes back by itself.
//
// Measured: TestBurstsAskForRepetitionsFromFurtherBack, TestLessRedundancyOnlyAfterCalm.
const (
	tolerated         = 0.005
	toleratedRepaired = 0.01
	// toleratedSingle holds where each packet repeats one frame: at 5 % of random loss it leaves
	// more.
	toleratedSingle = 0.002
	evidenceNeeded  = 15 // packets
	// leftShare: a kind that costs the same is better if it leaves less than this share,
	leftShare = 0.7
	// leftMargin: and so much less of all, since the shares rest on some hundred packets only.
	leftMargin = 0.01
	// calmBefore is how long less redundancy was enough before there is less,
	calmBefore = 10 * time.Second
	calmFirst  = 3 * time.Second // or than that with which they began
)

// rungs are the encodings from the best to the thinnest. Headers cost 27, 14 and 9 kbit/s at 20, 40
// and 60 ms, so frames grow before the bit rate falls by much. On the wire they take 59, 51, 38,
// 29, 25 and 21 kbit/s.
var rungs = []rung{
	{1.25 * regime.Decent, Encoding{Bitrate: 32_000, Frame: 20 * time.Millisecond}},
	{1.1 * regime.Modest, Encoding{Bitrate: 24_000, Frame: 20 * time.Millisecond}},
	{1.35 * regime.Moving, Encoding{Bitrate: 24_000, Frame: 40 * time.Millisecond}},
	{regime.Moving, Encoding{Bitrate: 20_000, Frame: 60 * time.Millisecond}},
	{2.25 * regime.Voice, Encoding{Bitrate: 16_000, Frame: 60 * time.Millisecond}},
	{0, Encoding{Bitrate: 12_000, Frame: 60 * time.Millisecond}},
}

// How a publisher's encoding follows the link.
//
// Measured: TestEncodingFollowsTheLinkDownFastAndUpSlowly, TestAShortDipIsNotWorthAChange.
const (
	// dipTolerated: a link that is thinner for less than that is not worth a change,
	dipTolerated = 500 * time.Millisecond
	// deepDip: unless it is thinner than this share of what the encoding asks for.
	deepDip    = 0.6
	climbAfter = 6 * time.Second // a link has been good enough for so long, with
	// climbHeadroom is the share of its rate that a link may carry before the encoding becomes
	// better.
	climbHeadroom = 0.8
	// At each change a browser loses what its encoder has begun to fill, half a frame: what is no
	// matter of need waits so long for a pause.
	pausePatience = 30 * time.Second
)

// What a publisher repeats.
//
// Measured: TestRedundancyStopsOnlyWhenTheLossIsOver, TestAGarbledVoiceMayTakeMoreOfItsUplink.
const (
	// lossRepeated is the loss from which a publisher repeats frames, and where their repairs come
	// in time
	lossRepeated = 0.02
	lossRepaired = 0.03
	lossOver     = 0.3              // share of those below which they stop, when it lasts
	lossOverFor  = 15 * time.Second // so long
	// lossSmoothing is the time constant of the mean that is compared, but for the first that is
	// known.
	lossSmoothing  = 3 * time.Second
	redundantShare = 0.45 // of the uplink that a voice may take with what it repeats,
	// or if it does so already, or if so much is lost that nothing is understood, of an uplink from
	keptShare = 0.6
	// so many bit/s on: a thinner one loses it because it is full
	garbledFrom = regime.Thin - regime.Voice
	// spareFrom is the bit/s of uplink that has some to spare for what is repeated without need.
	spareFrom = 1.1 * regime.Modest
	// A voice begins with what it repeats, unless its uplink is known to be thin: what is asked for
	// again would come too late for a buffer that is still short. Where nothing is lost for so long
	// it is repeated no more.
	beginning = 5 * time.Second
	// QueueStands and unqueuedFor: of any uplink before which no queue has stood for so long: what
	// is lost there is not lost because it is full.
	QueueStands = 30 * time.Millisecond
	unqueuedFor = 2 * time.Second
	// fallsFor is for how long a queue may be that of a link that has just fallen. What is lost
	// meanwhile was sent before anybody knew, and tells nothing of what comes after.
	fallsFor = 4 * time.Second
)
