// Package figures is what a virtual participant measured, as plain data: a report can be made of it
// without knowing how calls work. All durations are written to JSON in milliseconds as float64 by
// their field's name.
package figures

// Participant is everything that one participant measured from Join on. Counters are cumulative.
type Participant struct {
	Name string `json:"name"`
	ID   string `json:"id"` // given by the server
	Role string `json:"role"`
	Link string `json:"link,omitempty"` // profile of their emulated link; empty: none

	Join  Join  `json:"join"`
	Audio Audio `json:"audio"` // of all voices that they hear, together
	Video Video `json:"video"` // of all pictures that they look at, together
	Sent  Sent  `json:"sent"`

	// the same, each picture apart, in the order in which they were first seen
	Pictures []Picture `json:"pictures"`
	Seconds  []Second  `json:"seconds"` // one a second since Join, the first at 1 s

	Received   Traffic `json:"received"`
	Reconnects int     `json:"reconnects"`      // websockets opened after the first
	Moves      int     `json:"moves,omitempty"` // the call was taken up again, by a new connection
	// longest time between two packets of voices
	Silence float64 `json:"silenceMs,omitempty"`
	// Late adds up by how much more than 20 ms their timers fired late, in ms: the load test's own
	// machine was too slow, and what was measured in those moments is its limit and not the
	// server's.
	Late float64 `json:"lateMs"`
	// what the server refused, and how the call ended if not by Leave
	Errors []string `json:"errors,omitempty"`
}

// Join says how long it took from calling Join until something happened, in ms; 0: it has not
// happened.
type Join struct {
	Welcome    float64 `json:"welcomeMs"`    // the server knows them
	Connected  float64 `json:"connectedMs"`  // ICE and DTLS stand
	Admitted   float64 `json:"admittedMs"`   // the gate opened
	FirstAudio float64 `json:"firstAudioMs"` // first sound played
	FirstFrame float64 `json:"firstFrameMs"` // first frame decoded
	// AdmissionToFirstFrame is FirstFrame − Admitted, in ms; 0: no frame yet.
	AdmissionToFirstFrame float64 `json:"admissionToFirstFrameMs"`
}

// Audio is what the ear got, in ms of sound, counted in steps of 20 ms.
type Audio struct {
	// played since each voice's first packet, silence included
	Total float64 `json:"totalMs"`
	// of it while the source was not silent, concealed or not
	Speech float64 `json:"speechMs"`
	// made up because nothing had arrived, pauses of DTX not counted
	Concealed float64 `json:"concealedMs"`
	// Audible is the part of Concealed in which the source was not silent.
	Audible   float64 `json:"audibleMs"`
	Skipped   float64 `json:"skippedMs"`   // never played, because the buffer jumped over a gap
	Stretched float64 `json:"stretchedMs"` // inserted by slowing down
	Shrunk    float64 `json:"shrunkMs"`    // removed by speeding up

	Packets    int `json:"packets"`    // arrived
	Late       int `json:"late"`       // arrived after their turn: lost
	Duplicates int `json:"duplicates"` // arrived twice
	FromRED    int `json:"fromRed"`    // frames played out of RFC 2198 redundancy
	FromFEC    int `json:"fromFec"`    // frames played out of in-band FEC

	// delay that the jitter buffer aims at, now, the longest of all voices
	Target float64 `json:"targetMs"`
	// Delay is from mouth to ear: capture to playing, without the sound card. Known of virtual
	// senders to virtual listeners, and of browsers to browsers.
	Delay Delays `json:"delay"`
}

// Audible share of all played sound (0–1), as browsers' statistics give it: (concealed − silent
// concealed) / total.
func (a Audio) AudibleShare() float64 { return share(a.Audible, a.Total) }

// Video is what the eye got.
type Video struct {
	Frames      int `json:"frames"`      // whole, decodable, and in time for their turn
	Keyframes   int `json:"keyframes"`   // of these
	Incomplete  int `json:"incomplete"`  // given up because packets were missing
	Undecodable int `json:"undecodable"` // whole, but without the frames that they refer to
	// a browser would have decoded them without what they refer to: broken picture
	Corrupt int `json:"corrupt"`
	// gaps of at least max(3δ, δ + 150 ms) between frames, δ the mean of the last 30 (W3C
	// webrtc-stats)
	Freezes int     `json:"freezes"`
	Frozen  float64 `json:"frozenMs"`  // in freezes, the one that goes on included
	Watched float64 `json:"watchedMs"` // a picture was expected and had begun
	Paused  float64 `json:"pausedMs"`  // the server had said that a wanted picture is paused
	// of the last frame, of the largest picture; 0: the sender did not say
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Delay  Delays `json:"delay"` // capture to decoding. Known of virtual senders alone.
}

// Framerate is the mean while a picture was expected, frames/s. Of several pictures it is the mean
// of each.
func (v Video) Framerate() float64 { return share(float64(v.Frames)*1000, v.Watched) }

// FrozenShare is the share of the watched time in freezes (0–1).
func (v Video) FrozenShare() float64 { return share(v.Frozen, v.Watched) }

// Delays sums up many delays, in ms.
type Delays struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50Ms"`
	P95   float64 `json:"p95Ms"`
	P99   float64 `json:"p99Ms"`
	Max   float64 `json:"maxMs"`
}

// Picture is one source that the participant looked at.
type Picture struct {
	Participant string `json:"participant"` // whose
	Source      string `json:"source"`      // camera or screen
	// as asked for last: 0 thumbnail, 1 grid, 2 looked at, 3 document, 4 interpreter
	Priority int   `json:"priority"`
	Video    Video `json:"video"`
}

// Traffic counts RTP packets, retransmissions and padding included. Bytes have IPv4 and UDP
// headers.
type Traffic struct {
	Packets       int `json:"packets"`
	Bytes         int `json:"bytes"`
	Retransmitted int `json:"retransmitted"` // packets
	Padding       int `json:"padding"`       // packets without payload: probes
	NACKs         int `json:"nacks"`         // packets that the receiver asked for again
	PLIs          int `json:"plis"`          // keyframes that the receiver asked for
	// packets that never arrived as they were first sent; of what was received alone
	Lost int `json:"lost"`
}

// Sent is what they published.
type Sent struct {
	Traffic
	Frames int `json:"frames"` // camera frames sent, of all encodings
	// camera frames that did not fit the rate and were not encoded
	Held      int `json:"held"`
	Keyframes int `json:"keyframes"`
	// camera frames that the machine of the load test was too slow to make: its limit, not the
	// server's
	Missed   int     `json:"missed"`
	Dropped  int     `json:"dropped"`     // packets that waited too long before the uplink
	Estimate int     `json:"estimateBps"` // own estimate of the uplink, bit/s
	Asked    int     `json:"askedBps"`    // that the server asks the camera for, bit/s
	RTT      float64 `json:"rttMs"`
}

// Second is one second of a call. Rates and shares are of that second, the rest as it stood at its
// end.
type Second struct {
	At             float64 `json:"atS"`          // since Join, s
	AudioTotal     float64 `json:"audioTotalMs"` // as in Audio, within the second
	AudioSpeech    float64 `json:"audioSpeechMs"`
	AudioConcealed float64 `json:"audioConcealedMs"`
	AudioAudible   float64 `json:"audioAudibleMs"`
	Frames         int     `json:"frames"`     // decoded, of all pictures
	MainFrames     int     `json:"mainFrames"` // of the picture with the highest priority
	MainHeight     int     `json:"mainHeight"`
	FramesSent     int     `json:"framesSent"`
	Frozen         float64 `json:"frozenMs"`
	Paused         float64 `json:"pausedMs"`
	ReceivedBps    int     `json:"receivedBps"`
	SentBps        int     `json:"sentBps"`
	EstimateBps    int     `json:"estimateBps"`
	RTT            float64 `json:"rttMs"`
	AudioDelay     float64 `json:"audioDelayMs"` // mean of the second; 0: none
	VideoDelay     float64 `json:"videoDelayMs"`
}

func share(part, whole float64) float64 {
	if whole <= 0 {
		return 0
	}
	return part / whole
}
