// Package negotiate reads a browser's offer and our answer: which section is what, and under which
// numbers its packets come.
package negotiate

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"draille/sfu/media"
)

// Limits of an offer. Our page's with 9 audio and 9 video slots has 22 sections and about 70 KB.
const (
	maxOfferBytes    = 200 << 10
	maxOfferSections = 64
	MaxIdentifier    = 64 // bytes of a mid or rid
)

// Offer is what the media plane needs of an offer.
type Offer struct {
	Sources map[string]media.Source // mid of a sending section → what it sends
	Slots   []SlotSection           // receive-only sections in order
	Streams map[uint32]Stream       // declared SSRCs of the sending sections
	RIDs    map[media.Source][]string
	Ufrag   string // of ICE; another one in a later offer restarts ICE
}

type SlotSection struct {
	MID   string
	Video bool
}

// Stream names one incoming RTP stream.
type Stream struct {
	Source media.Source
	RID    string
	Repair bool // retransmissions (RFC 4588) of that layer
}

// ErrOffer is the cause of every error about an offer that this server cannot answer.
var ErrOffer = errors.New("offer not understood")

func OfferError(format string, arguments ...any) error {
	return fmt.Errorf("sfu: %w: %s", ErrOffer, fmt.Sprintf(format, arguments...))
}

// ParseOffer checks an offer before Pion sees it and reads which section is what. known holds the
// sections of the connection's offers before: a mid never changes its meaning.
func ParseOffer(text string, known map[string]media.Source) (*Offer, error) {
	if len(text) > maxOfferBytes {
		return nil, OfferError(
			"expected at most %d bytes, got %d: ask for fewer slots or codecs", maxOfferBytes,
			len(text),
		)
	}
	if sections := strings.Count(text, "\nm="); sections > maxOfferSections {
		return nil, OfferError(
			"expected at most %d media sections, got %d: ask for fewer slots", maxOfferSections,
			sections,
		)
	}
	var description sdp.SessionDescription
	if err := description.UnmarshalString(text); err != nil {
		return nil, OfferError("expected SDP (RFC 8866), got a syntax error: %v", err)
	}
	o := &Offer{
		Sources: map[string]media.Source{},
		Streams: map[uint32]Stream{},
		RIDs:    map[media.Source][]string{},
	}
	seen := map[string]bool{}
	for i, section := range description.MediaDescriptions {
		if err := checkSection(&description, section, i, seen); err != nil {
			return nil, err
		}
		if err := o.addSection(section, i, known); err != nil {
			return nil, err
		}
		if ufrag, ok := section.Attribute("ice-ufrag"); ok && o.Ufrag == "" {
			o.Ufrag = ufrag
		}
	}
	if len(o.Sources) < len(media.Sources) {
		return nil, OfferError(
			"expected three sending sections in the order microphone, camera, screen, got %d: "+
				"offer all three from the beginning, with or without a track",
			len(o.Sources),
		)
	}
	return o, nil
}

// checkSection refuses what Pion would choke on, or answer with something that cannot work.
func checkSection(
	description *sdp.SessionDescription, section *sdp.MediaDescription, index int,
	seen map[string]bool,
) error {
	mid, _ := section.Attribute(sdp.AttrKeyMID)
	switch kind := section.MediaName.Media; {
	case mid == "" || len(mid) > MaxIdentifier:
		return OfferError(
			"expected a=mid of 1 to %d bytes in every section, got %q in section %d: "+
				"offer unified-plan SDP",
			MaxIdentifier, mid, index,
		)
	case seen[mid]:
		return OfferError("expected a=mid to be unique, got %q twice", mid)
	case kind != "audio" && kind != "video" && kind != "application":
		return OfferError(
			"expected audio, video or application sections, got %q in section %d", kind, index,
		)
	case len(section.MediaName.Formats) == 0:
		return OfferError("expected payload types in section %d, got none", index)
	}
	seen[mid] = true
	for _, key := range []string{"ice-ufrag", "ice-pwd", "fingerprint"} {
		_, inSection := section.Attribute(key)
		if _, inSession := description.Attribute(key); !inSection && !inSession {
			return OfferError(
				"expected a=%s, got none in section %d: offer a WebRTC connection (ICE and DTLS)",
				key, index,
			)
		}
	}
	return nil
}

func (o *Offer) addSection(
	section *sdp.MediaDescription, index int, known map[string]media.Source,
) error {
	mid, _ := section.Attribute(sdp.AttrKeyMID)
	if section.MediaName.Media == "application" {
		return nil
	}
	video := section.MediaName.Media == "video"
	if _, receives := section.Attribute(sdp.AttrKeyRecvOnly); receives {
		if source, sent := known[mid]; sent {
			return OfferError(
				"expected section %q to go on sending the %s, got a receive-only section: "+
					"replace its track by none instead",
				mid, source,
			)
		}
		o.Slots = append(o.Slots, SlotSection{MID: mid, Video: video})
		return nil
	}
	source, sent := known[mid]
	if !sent {
		if len(o.Sources) == len(media.Sources) {
			return OfferError(
				"expected three sending sections (microphone, camera, screen), got a fourth "+
					"(section %d): make it receive-only",
				index,
			)
		}
		source = media.Sources[len(o.Sources)]
	}
	if video == (source == media.Microphone) {
		return OfferError(
			"expected the sending sections in the order microphone (audio), camera (video), "+
				"screen (video), got %s for the %s in section %d",
			section.MediaName.Media, source, index,
		)
	}
	o.Sources[mid] = source
	o.addStreams(section, source)
	return nil
}

// addStreams reads the rids, and the SSRCs with their retransmission groups, that a sending section
// declares.
func (o *Offer) addStreams(section *sdp.MediaDescription, source media.Source) {
	repairs := map[uint32]bool{}
	var declared []uint32
	for _, attribute := range section.Attributes {
		fields := strings.Fields(attribute.Value)
		switch {
		case attribute.Key == "rid" && len(fields) >= 2 && fields[1] == "send" &&
			len(fields[0]) <= MaxIdentifier:
			o.RIDs[source] = append(o.RIDs[source], fields[0])
		case attribute.Key == sdp.AttrKeySSRCGroup && len(fields) == 3 &&
			fields[0] == sdp.SemanticTokenFlowIdentification:
			if ssrc, err := strconv.ParseUint(fields[2], 10, 32); err == nil {
				repairs[uint32(ssrc)] = true
			}
		case attribute.Key == sdp.AttrKeySSRC && len(fields) >= 1:
			if ssrc, err := strconv.ParseUint(fields[0], 10, 32); err == nil {
				declared = append(declared, uint32(ssrc))
			}
		}
	}
	if len(o.RIDs[source]) > 0 {
		// simulcast streams are recognised by their rid alone, whatever else is declared (Firefox
		// declares SSRCs too)
		return
	}
	for _, ssrc := range declared {
		o.Streams[ssrc] = Stream{Source: source, Repair: repairs[ssrc]}
	}
}

// Fragment returns the ICE user name fragment of a description.
func Fragment(text string) string {
	_, after, _ := strings.Cut(text, "\na=ice-ufrag:")
	fragment, _, _ := strings.Cut(after, "\n")
	return strings.TrimSpace(fragment)
}
