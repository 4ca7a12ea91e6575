// Package report holds the results of a load test: what was tried, what each participant got, what
// it cost the server, and what that means in one sentence.
//
// A [Run] is plain data, written as JSON in the schema that SCHEMA.md describes; nothing in it
// knows how the figures were measured, so that virtual participants and real browsers fill the same
// form. From a Run come a table for the terminal ([WriteTable]), one HTML page that opens without a
// network ([WriteHTML]), expectations that pass or fail ([ParseExpectation]), and a comparison with
// another run ([Compare]).
//
// [Figures] lists every figure by its name: the same names stand in tables, in expectations and in
// comparisons.
package report

import "time"

// Schema names the kind of file, and Version its version: it grows whenever a reader of the version
// before would misunderstand the file. New optional fields do not count.
const (
	Schema  = "draille-loadtest"
	Version = 1
)

// Run is one load test. Times inside are seconds since Started.
type Run struct {
	Schema          string        `json:"schema"`
	Version         int           `json:"version"`
	Generator       string        `json:"generator"`
	Started         time.Time     `json:"started"`
	DurationSeconds float64       `json:"durationSeconds"`
	Interrupted     string        `json:"interrupted,omitempty"`
	Scenario        Scenario      `json:"scenario"`
	Links           []Link        `json:"links,omitempty"`
	Machine         Machine       `json:"machine"`
	Load            GeneratorLoad `json:"load"`
	Server          Server        `json:"server"`
	Participants    []Participant `json:"participants"`
	Capacity        *Capacity     `json:"capacity,omitempty"`
	Matrix          *Matrix       `json:"matrix,omitempty"`
	Expectations    []Outcome     `json:"expectations,omitempty"`
	Verdict         Verdict       `json:"verdict"`
}

// Link is a link that participants stood behind.
type Link struct {
	Name    string `json:"name"`
	Summary string `json:"summary,omitempty"`
}

// Machine is where the participants ran.
type Machine struct {
	System      string `json:"system"`
	Processor   string `json:"processor,omitempty"`
	Cores       int    `json:"cores"`
	MemoryBytes int64  `json:"memoryBytes,omitempty"`
}

// GeneratorLoad is what the participants themselves took of their machine. When that was too much,
// Limit says in one sentence what ran out and which figures are therefore the generator's and not
// the server's.
type GeneratorLoad struct {
	CPUCores        Value        `json:"cpuCores,omitzero"`
	MachineBusy     Value        `json:"machineBusyRatio,omitzero"`
	LateMillisP95   Value        `json:"lateMillisecondsP95,omitzero"`
	Limit           string       `json:"limit,omitempty"`
	Samples         []LoadSample `json:"samples,omitempty"`
	GoroutinesStart Value        `json:"goroutinesStart,omitzero"`
	GoroutinesEnd   Value        `json:"goroutinesEnd,omitzero"`
	FilesStart      Value        `json:"openFilesStart,omitzero"`
	FilesEnd        Value        `json:"openFilesEnd,omitzero"`
	MemoryStart     Value        `json:"memoryBytesStart,omitzero"`
	MemoryEnd       Value        `json:"memoryBytesEnd,omitzero"`
	HeapStart       Value        `json:"heapBytesStart,omitzero"`
	HeapEnd         Value        `json:"heapBytesEnd,omitzero"`
}

// LoadSample is one second of GeneratorLoad.
type LoadSample struct {
	Second      float64 `json:"second"`
	CPUCores    Value   `json:"cpuCores,omitzero"`
	MachineBusy Value   `json:"machineBusyRatio,omitzero"`
	LateMillis  Value   `json:"lateMilliseconds,omitzero"`
}

// Server is what the server told of itself through its metrics.
type Server struct {
	URL               string         `json:"url"`
	Software          string         `json:"software,omitempty"`
	Local             bool           `json:"local"`
	Unmeasured        string         `json:"unmeasured,omitempty"`
	CoresAvailable    Value          `json:"coresAvailable,omitzero"`
	CPUCores          Value          `json:"cpuCores,omitzero"`
	CPUCoresPeak      Value          `json:"cpuCoresPeak,omitzero"`
	MemoryBytesPeak   Value          `json:"memoryBytesPeak,omitzero"`
	PacketsPerSecond  Value          `json:"packetsOutPerSecond,omitzero"`
	ForwardedPackets  Value          `json:"forwardedPackets,omitzero"`
	CPUMicrosPerPkt   Value          `json:"cpuMicrosecondsPerForwardedPacket,omitzero"`
	RetransmitRatio   Value          `json:"retransmittedRatio,omitzero"`
	GoroutinesStart   Value          `json:"goroutinesStart,omitzero"`
	GoroutinesEnd     Value          `json:"goroutinesEnd,omitzero"`
	OpenFilesStart    Value          `json:"openFilesStart,omitzero"`
	OpenFilesEnd      Value          `json:"openFilesEnd,omitzero"`
	MemoryBytesStart  Value          `json:"memoryBytesStart,omitzero"`
	MemoryBytesEnd    Value          `json:"memoryBytesEnd,omitzero"`
	HeapBytesStart    Value          `json:"heapBytesStart,omitzero"`
	HeapBytesEnd      Value          `json:"heapBytesEnd,omitzero"`
	DroppedByReason   map[string]int `json:"droppedByReason,omitempty"`
	UDPDroppedPackets Value          `json:"udpDroppedPackets,omitzero"`
	Samples           []ServerSample `json:"samples,omitempty"`
	Doors             []Door         `json:"doors,omitempty"`  // if there are several
	Deaths            *Deaths        `json:"deaths,omitempty"` // if any has cost something
}

// ServerSample is one reading of the server's metrics; rates are since the reading before.
type ServerSample struct {
	Second           float64 `json:"second"`
	CPUCores         Value   `json:"cpuCores,omitzero"`
	MemoryBytes      Value   `json:"memoryBytes,omitzero"`
	Goroutines       Value   `json:"goroutines,omitzero"`
	Rooms            Value   `json:"rooms,omitzero"`
	Participants     Value   `json:"participants,omitzero"`
	PacketsIn        Value   `json:"packetsInPerSecond,omitzero"`
	PacketsOut       Value   `json:"packetsOutPerSecond,omitzero"`
	Forwarded        Value   `json:"forwardedPerSecond,omitzero"`
	Retransmitted    Value   `json:"retransmittedPerSecond,omitzero"`
	CPUMicrosPerPkt  Value   `json:"cpuMicrosecondsPerForwardedPacket,omitzero"`
	BitsOutPerSecond Value   `json:"bitsOutPerSecond,omitzero"`
}

// Delays are quantiles of a delay.
type Delays struct {
	P50 Value `json:"p50,omitzero"`
	P95 Value `json:"p95,omitzero"`
	P99 Value `json:"p99,omitzero"`
}

// PersonFigures are what one person got over the whole call. Of several pictures, the one looked at
// counts.
type PersonFigures struct {
	Moves            int    `json:"moves,omitempty"`
	SilenceMillis    Value  `json:"silenceMilliseconds,omitzero"`
	AudioConcealed   Value  `json:"audioConcealedRatio,omitzero"`
	AudioSilent      Value  `json:"audioSilentConcealedRatio,omitzero"`
	AudioDelay       Delays `json:"audioDelayMilliseconds,omitzero"`
	FramesPerSecond  Value  `json:"framesPerSecond,omitzero"`
	FrozenSeconds    Value  `json:"frozenSeconds,omitzero"`
	FrozenRatio      Value  `json:"frozenRatio,omitzero"`
	Freezes          Value  `json:"freezes,omitzero"`
	Width            Value  `json:"width,omitzero"`
	Height           Value  `json:"height,omitzero"`
	VideoDelay       Delays `json:"videoDelayMilliseconds,omitzero"`
	DocumentFrames   Value  `json:"documentFramesPerSecond,omitzero"`
	DocumentDelay    Delays `json:"documentDelayMilliseconds,omitzero"`
	DocumentSSIM     Value  `json:"documentSSIM,omitzero"`
	DocumentReadable Value  `json:"documentReadableSeconds,omitzero"`
	SSIM             Value  `json:"ssim,omitzero"`
	RoundTripMillis  Value  `json:"roundTripMilliseconds,omitzero"`
	EstimateBits     Value  `json:"estimateBitsPerSecond,omitzero"`
	LinkDownBits     Value  `json:"linkDownBitsPerSecond,omitzero"`
	ReceivedBits     Value  `json:"receivedBitsPerSecond,omitzero"`
	SentBits         Value  `json:"sentBitsPerSecond,omitzero"`
	PacketsReceived  Value  `json:"packetsReceived,omitzero"`
	PacketsLostRatio Value  `json:"packetsLostRatio,omitzero"`
	FirstAudio       Value  `json:"joinToFirstAudioSeconds,omitzero"`
	FirstFrame       Value  `json:"joinToFirstFrameSeconds,omitzero"`
	AdmitToFrame     Value  `json:"admitToFirstFrameSeconds,omitzero"`
	JoinBytesDown    Value  `json:"joinBytesDown,omitzero"`
	JoinBytesUp      Value  `json:"joinBytesUp,omitzero"`
}

// PersonSample is one second of what a person got.
type PersonSample struct {
	Second          float64 `json:"second"`
	AudioConcealed  Value   `json:"audioConcealedRatio,omitzero"`
	FramesPerSecond Value   `json:"framesPerSecond,omitzero"`
	FrozenSeconds   Value   `json:"frozenSeconds,omitzero"`
	PausedSeconds   Value   `json:"pausedSeconds,omitzero"`
	Width           Value   `json:"width,omitzero"`
	Height          Value   `json:"height,omitzero"`
	VideoDelay      Value   `json:"videoDelayMilliseconds,omitzero"`
	AudioDelay      Value   `json:"audioDelayMilliseconds,omitzero"`
	AudioSilent     Value   `json:"audioSilentConcealedRatio,omitzero"`
	AudioBuffer     Value   `json:"audioJitterBufferMilliseconds,omitzero"`
	VideoBuffer     Value   `json:"videoJitterBufferMilliseconds,omitzero"`
	EstimateBits    Value   `json:"estimateBitsPerSecond,omitzero"`
	LinkDownBits    Value   `json:"linkDownBitsPerSecond,omitzero"`
	LinkUpBits      Value   `json:"linkUpBitsPerSecond,omitzero"`
	ReceivedBits    Value   `json:"receivedBitsPerSecond,omitzero"`
	SentBits        Value   `json:"sentBitsPerSecond,omitzero"`
	RoundTripMillis Value   `json:"roundTripMilliseconds,omitzero"`
}

// Image is what a person saw at one moment: a PNG, in base64.
type Image struct {
	Second  float64 `json:"second"`
	Caption string  `json:"caption"`
	PNG     []byte  `json:"png"`
}

// Try is one size that was tried.
type Try struct {
	Count           int    `json:"count"`
	Held            bool   `json:"held"`
	Broke           string `json:"broke,omitempty"`
	Participants    int    `json:"participants"`
	AudioConcealed  Value  `json:"audioConcealedRatio,omitzero"`
	AddedDelay      Value  `json:"addedDelayMillisecondsP95,omitzero"`
	CPURatio        Value  `json:"cpuRatio,omitzero"`
	CPUMicrosPerPkt Value  `json:"cpuMicrosecondsPerForwardedPacket,omitzero"`
	Forwarded       Value  `json:"forwardedPerSecond,omitzero"`
	GeneratorLimit  string `json:"generatorLimit,omitempty"`
	// Where its rooms lived, if there are several servers, and what deaths have cost.
	Doors  []Door  `json:"doors,omitempty"`
	Deaths *Deaths `json:"deaths,omitempty"`
}

// Outcome is an expectation and what came of it.
type Outcome struct {
	Expectation string `json:"expectation"`
	Met         bool   `json:"met"`
	Came        string `json:"came"`
}

// Verdict is the run in one word and one sentence.
type Verdict struct {
	Level    Level  `json:"level"`
	Sentence string `json:"sentence"`
}

// Level is the word of a verdict.
type Level string

// Levels, from the best to the worst. Void means that the run proves nothing about the server.
const (
	Good Level = "good"
	Fair Level = "fair"
	Bad  Level = "bad"
	Void Level = "void"
)
