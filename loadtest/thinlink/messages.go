package thinlink

// What the driver of one browser (web/e2e/thinlink) and this package tell each other, as lines of
// JSON. Times are in ms since 1970, on the one clock of this machine; the fields' meaning stands in
// messages.ts, page/index.ts and page/stats.ts there.

type driverSeat struct {
	Name           string  `json:"name"`
	Who            int     `json:"who"`
	Chromium       string  `json:"chromium"`
	InsecureOrigin string  `json:"insecureOrigin"`
	Speech         string  `json:"speech"`
	Scale          float64 `json:"scale"`
	Page           string  `json:"page"`
	Admits         bool    `json:"admits"`
}

type command struct {
	Do      string `json:"do"`
	Link    string `json:"link,omitempty"`
	Fresh   bool   `json:"fresh,omitempty"`
	On      bool   `json:"on,omitempty"`
	Caption string `json:"caption,omitempty"`
}

type event struct {
	Event   string  `json:"event"`
	At      float64 `json:"at"`
	Notes   *notes  `json:"notes,omitempty"`
	Caption string  `json:"caption,omitempty"`
	PNG     []byte  `json:"png,omitempty"`
	Reason  string  `json:"reason,omitempty"`
}

type notes struct {
	Participant  string         `json:"participant"`
	ConnectedAt  float64        `json:"connectedAt"`
	FirstAudioAt float64        `json:"firstAudioAt"`
	FirstFrameAt float64        `json:"firstFrameAt"`
	Taps         []float64      `json:"taps"`
	Readings     []timedReading `json:"readings"`
	Drawn        []drawn        `json:"drawn"`
	Beeped       []float64      `json:"beeped"`
	Seen         []seen         `json:"seen"`
	Heard        []heard        `json:"heard"`
	Shown        []float64      `json:"shown"`
	Likeness     []likeness     `json:"likeness"`
}

type timedReading struct {
	At      float64 `json:"at"`
	Reading reading `json:"reading"`
}

// reading is what the browser's statistics said; counters count since the connection's beginning.
type reading struct {
	Others          float64 `json:"others"`
	Samples         float64 `json:"samples"`
	Concealed       float64 `json:"concealed"`
	Silent          float64 `json:"silent"`
	AudioBuffer     float64 `json:"audioBuffer"`
	AudioEmitted    float64 `json:"audioEmitted"`
	AudioPackets    float64 `json:"audioPackets"`
	AudioLost       float64 `json:"audioLost"`
	Frames          float64 `json:"frames"`
	MainFrames      float64 `json:"mainFrames"`
	Freezes         float64 `json:"freezes"`
	Frozen          float64 `json:"frozen"`
	Width           float64 `json:"width"`
	Height          float64 `json:"height"`
	VideoBuffer     float64 `json:"videoBuffer"`
	VideoEmitted    float64 `json:"videoEmitted"`
	VideoLost       float64 `json:"videoLost"`
	FramesSent      float64 `json:"framesSent"`
	BytesReceived   float64 `json:"bytesReceived"`
	BytesSent       float64 `json:"bytesSent"`
	PacketsReceived float64 `json:"packetsReceived"`
	RoundTrip       float64 `json:"roundTrip"`
}

type drawn struct {
	Frame int     `json:"frame"`
	At    float64 `json:"at"`
}

type seen struct {
	Who   int     `json:"who"`
	Frame int     `json:"frame"`
	At    float64 `json:"at"`
}

// heard is a beep in somebody's voice.
type heard struct {
	Who int     `json:"who"`
	At  float64 `json:"at"`
}

type likeness struct {
	At    float64 `json:"at"`
	Who   int     `json:"who"` // 8 and more: a document
	Lines int     `json:"lines"`
	SSIM  float64 `json:"ssim"`
}
