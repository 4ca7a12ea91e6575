package demand

import "draille/sfu/regime"

// A transfer is bytes that travel beside the media in parts: a photo that somebody asked for.
//
// The shares are this project's choice; what they are held against is TestTransferRate (a preview
// within ten seconds on 60 kbit/s, still pictures on 110) and, in real calls, make photo.
const (
	// transferShare is the part of what voices leave that a transfer is given. It comes before
	// pictures that move, since somebody has asked for it and it is over soon; they keep the rest,
	// by which the estimators go on learning what the link carries.
	transferShare = 0.75
	// transferSpare is left beside the voices even so, in bit/s, for what is under way when a link
	// becomes thin: a transfer has no sense of delay of its own.
	transferSpare = 0.1 * regime.Voice
	// transferCaution is the part of what an uplink was found to carry that is shared with a
	// transfer. Measured: make photo.
	transferCaution = 0.95
	// TransferMost is the most that a transfer is given, in bit/s: 4 MB are there in 12 s.
	TransferMost = 3_000_000
	// TransferProbe is what a downlink is tried with, in bit/s, while something is to travel there.
	TransferProbe = regime.Decent
)

// TransferRate returns the bit/s that a transfer may take of a link beside its voices, all headers
// included; 0: none. bitrate is what the link carries; 0: nothing limits it.
func TransferRate(bitrate, voices int) int {
	if bitrate == 0 {
		return TransferMost
	}
	left := (1-repairShare)*float64(bitrate) - float64(max(voices, leastVoice)) - transferSpare
	if left <= 0 {
		return 0
	}
	// What is too little for a still picture is no use to pictures.
	if (1-transferShare)*left >= stillFloor {
		left *= transferShare
	}
	return min(int(left), TransferMost)
}
