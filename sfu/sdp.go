package sfu

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"draille/sfu/rtpx"
)

// Limits of an offer. A browser's with 3 audio and 16 video slots has 23 sections and about 100 KB.
const (
	maxOfferBytes    = 200 << 10
	maxOfferSections = 64
	maxIdentifier    = 64 // bytes of a mid or rid
)

// sectionOrder is what the sending sections of an offer mean: the first is the microphone, the second the camera, the
// third the screen. It is a convention between our page and this server, since SDP has no word for it.
var sectionOrder = []Source{Microphone, Camera, Screen}

// offer is what the media plane needs of an offer.
type offer struct {
	sources map[string]Source // mid of a sending section → what it sends
	slots   []slotSection     // receive-only sections in order
	streams map[uint32]stream // declared SSRCs of the sending sections
	rids    map[Source][]string
	ufrag   string // of ICE; another one in a later offer restarts ICE
}

type slotSection struct {
	mid   string
	video bool
}

// stream names one incoming RTP stream.
type stream struct {
	source Source
	rid    string
	repair bool // retransmissions (RFC 4588) of that layer
}

// ErrOffer is the cause of every error about an offer that this server cannot answer.
var ErrOffer = errors.New("offer not understood")

func offerError(format string, arguments ...any) error {
	return fmt.Errorf("sfu: %w: %s", ErrOffer, fmt.Sprintf(format, arguments...))
}

// parseOffer checks an offer before Pion sees it and reads which section is what. known holds the sections of the
// connection's offers before: a mid never changes its meaning.
func parseOffer(text string, known map[string]Source) (*offer, error) {
	if len(text) > maxOfferBytes {
		return nil, offerError("expected at most %d bytes, got %d: ask for fewer slots or codecs", maxOfferBytes, len(text))
	}
	if sections := strings.Count(text, "\nm="); sections > maxOfferSections {
		return nil, offerError("expected at most %d media sections, got %d: ask for fewer slots", maxOfferSections, sections)
	}
	var description sdp.SessionDescription
	if err := description.UnmarshalString(text); err != nil {
		return nil, offerError("expected SDP (RFC 8866), got a syntax error: %v", err)
	}
	o := &offer{sources: map[string]Source{}, streams: map[uint32]stream{}, rids: map[Source][]string{}}
	seen := map[string]bool{}
	for i, section := range description.MediaDescriptions {
		if err := checkSection(&description, section, i, seen); err != nil {
			return nil, err
		}
		if err := o.addSection(section, i, known); err != nil {
			return nil, err
		}
		if ufrag, ok := section.Attribute("ice-ufrag"); ok && o.ufrag == "" {
			o.ufrag = ufrag
		}
	}
	if len(o.sources) < len(sectionOrder) {
		return nil, offerError("expected three sending sections in the order microphone, camera, screen, got %d: "+
			"offer all three from the beginning, with or without a track", len(o.sources))
	}
	return o, nil
}

// checkSection refuses what Pion would choke on, or answer with something that cannot work.
func checkSection(description *sdp.SessionDescription, section *sdp.MediaDescription, index int, seen map[string]bool) error {
	mid, _ := section.Attribute(sdp.AttrKeyMID)
	switch kind := section.MediaName.Media; {
	case mid == "" || len(mid) > maxIdentifier:
		return offerError("expected a=mid of 1 to %d bytes in every section, got %q in section %d: offer unified-plan SDP", maxIdentifier, mid, index)
	case seen[mid]:
		return offerError("expected a=mid to be unique, got %q twice", mid)
	case kind != "audio" && kind != "video" && kind != "application":
		return offerError("expected audio, video or application sections, got %q in section %d", kind, index)
	case len(section.MediaName.Formats) == 0:
		return offerError("expected payload types in section %d, got none", index)
	}
	seen[mid] = true
	for _, key := range []string{"ice-ufrag", "ice-pwd", "fingerprint"} {
		_, inSection := section.Attribute(key)
		if _, inSession := description.Attribute(key); !inSection && !inSession {
			return offerError("expected a=%s, got none in section %d: offer a WebRTC connection (ICE and DTLS)", key, index)
		}
	}
	return nil
}

func (o *offer) addSection(section *sdp.MediaDescription, index int, known map[string]Source) error {
	mid, _ := section.Attribute(sdp.AttrKeyMID)
	if section.MediaName.Media == "application" {
		return nil
	}
	video := section.MediaName.Media == "video"
	if _, receives := section.Attribute(sdp.AttrKeyRecvOnly); receives {
		if source, sent := known[mid]; sent {
			return offerError("expected section %q to go on sending the %s, got a receive-only section: replace its track by none instead", mid, source)
		}
		o.slots = append(o.slots, slotSection{mid: mid, video: video})
		return nil
	}
	source, sent := known[mid]
	if !sent {
		if len(o.sources) == len(sectionOrder) {
			return offerError("expected three sending sections (microphone, camera, screen), got a fourth (section %d): make it receive-only", index)
		}
		source = sectionOrder[len(o.sources)]
	}
	if video == (source == Microphone) {
		return offerError("expected the sending sections in the order microphone (audio), camera (video), screen (video), got %s for the %s in section %d",
			section.MediaName.Media, source, index)
	}
	o.sources[mid] = source
	o.addStreams(section, source)
	return nil
}

// addStreams reads the rids, and the SSRCs with their retransmission groups, that a sending section declares.
func (o *offer) addStreams(section *sdp.MediaDescription, source Source) {
	repairs := map[uint32]bool{}
	var declared []uint32
	for _, attribute := range section.Attributes {
		fields := strings.Fields(attribute.Value)
		switch {
		case attribute.Key == "rid" && len(fields) >= 2 && fields[1] == "send" && len(fields[0]) <= maxIdentifier:
			o.rids[source] = append(o.rids[source], fields[0])
		case attribute.Key == sdp.AttrKeySSRCGroup && len(fields) == 3 && fields[0] == sdp.SemanticTokenFlowIdentification:
			if ssrc, err := strconv.ParseUint(fields[2], 10, 32); err == nil {
				repairs[uint32(ssrc)] = true
			}
		case attribute.Key == sdp.AttrKeySSRC && len(fields) >= 1:
			if ssrc, err := strconv.ParseUint(fields[0], 10, 32); err == nil {
				declared = append(declared, uint32(ssrc))
			}
		}
	}
	if len(o.rids[source]) > 0 {
		return // simulcast streams are recognised by their rid alone, whatever else is declared (Firefox declares SSRCs too)
	}
	for _, ssrc := range declared {
		o.streams[ssrc] = stream{source: source, repair: repairs[ssrc]}
	}
}

// negotiated is what the answer fixed for one section: payload types and header extensions.
type negotiated struct {
	payloads   map[uint8]payloadType
	extensions extensions
}

type payloadType struct {
	codec  rtpx.Codec
	fmtp   string
	repair bool  // RTX
	apt    uint8 // what it retransmits
	nack   bool  // the other side answers NACKs
}

// extensions are the header extension identifiers of a section; 0: not negotiated.
type extensions struct{ transportCC, sendTime, audioLevel, mid, rid, repairedRID uint8 }

// parseAnswer reads our own answer: what it says is what both sides keep to.
func parseAnswer(text string) (map[string]negotiated, error) {
	var description sdp.SessionDescription
	if err := description.UnmarshalString(text); err != nil {
		return nil, fmt.Errorf("sfu: cannot read back the answer: %w", err)
	}
	sections := map[string]negotiated{}
	for _, section := range description.MediaDescriptions {
		if mid, ok := section.Attribute(sdp.AttrKeyMID); ok && section.MediaName.Media != "application" {
			sections[mid] = parseNegotiated(section)
		}
	}
	return sections, nil
}

func parseNegotiated(section *sdp.MediaDescription) negotiated {
	n := negotiated{payloads: map[uint8]payloadType{}}
	fmtp, nacks := map[uint8]string{}, map[uint8]bool{}
	for _, attribute := range section.Attributes {
		first, rest, _ := strings.Cut(attribute.Value, " ")
		first, _, _ = strings.Cut(first, "/") // a=extmap may name a direction
		number, err := strconv.ParseUint(first, 10, 8)
		if err != nil {
			continue
		}
		switch attribute.Key {
		case "rtpmap":
			name, _, _ := strings.Cut(rest, "/")
			n.payloads[uint8(number)] = payloadType{
				codec:  rtpx.CodecOf(section.MediaName.Media + "/" + name),
				repair: strings.EqualFold(name, "rtx"),
			}
		case "fmtp":
			fmtp[uint8(number)] = rest
		case "rtcp-fb":
			nacks[uint8(number)] = nacks[uint8(number)] || rest == "nack"
		case sdp.AttrKeyExtMap:
			n.extensions.set(rest, uint8(number))
		}
	}
	for number, payload := range n.payloads {
		payload.fmtp, payload.nack = fmtp[number], nacks[number] || payload.codec == rtpx.RED && nacks[carried(fmtp[number])]
		if apt, err := strconv.ParseUint(parameter(payload.fmtp, "apt"), 10, 8); err == nil {
			payload.apt = uint8(apt)
		}
		n.payloads[number] = payload
	}
	return n
}

// carried returns the payload type of what packets of RED carry (RFC 2198 section 5): it has one line of sequence numbers with them.
func carried(fmtp string) uint8 {
	first, _, _ := strings.Cut(fmtp, "/")
	number, _ := strconv.ParseUint(first, 10, 8) // 0, which carries no voice of ours, where it cannot be read
	return uint8(number)
}

func (e *extensions) set(uri string, id uint8) {
	switch uri {
	case sdp.TransportCCURI:
		e.transportCC = id
	case sdp.ABSSendTimeURI:
		e.sendTime = id
	case audioLevelURI:
		e.audioLevel = id
	case sdp.SDESMidURI:
		e.mid = id
	case sdp.SDESRTPStreamIDURI:
		e.rid = id
	case sdp.SDESRepairRTPStreamIDURI:
		e.repairedRID = id
	}
}

// parameter returns one parameter of an a=fmtp line, empty when it is not there.
func parameter(fmtp, name string) string {
	for _, one := range strings.Split(fmtp, ";") {
		if key, value, _ := strings.Cut(strings.TrimSpace(one), "="); strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// compatible tells whether a decoder negotiated with one a=fmtp line plays what an encoder negotiated with another made.
// Only H.264 is forwarded in several profiles.
func compatible(codec rtpx.Codec, encoder, decoder string) bool {
	if codec != rtpx.H264 {
		return true
	}
	profile := func(fmtp string) string {
		// profile_idc alone: constrained baseline (42e0) decodes wherever baseline (4200) is offered by a browser.
		id := parameter(fmtp, "profile-level-id")
		return strings.ToLower(id[:min(2, len(id))])
	}
	return profile(encoder) == profile(decoder) && parameter(encoder, "packetization-mode") == parameter(decoder, "packetization-mode")
}

// fragmentOf returns the ICE user name fragment of a description.
func fragmentOf(text string) string {
	_, after, _ := strings.Cut(text, "\na=ice-ufrag:")
	fragment, _, _ := strings.Cut(after, "\n")
	return strings.TrimSpace(fragment)
}
