package negotiate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"draille/sfu/rtpx"
)

// Section is what the answer fixed for one section: payload types and header extensions.
type Section struct {
	Payloads   map[uint8]PayloadType
	Codecs     []rtpx.Codec // without repairs, the one that the other side sends by itself first
	Extensions Extensions
}

type PayloadType struct {
	Codec  rtpx.Codec
	FMTP   string
	Repair bool  // RTX
	APT    uint8 // what it retransmits
	NACK   bool  // the other side answers NACKs
}

// Extensions are the header extension identifiers of a section; 0: not negotiated.
type Extensions struct{ TransportCC, SendTime, AudioLevel, MID, RID, RepairedRID uint8 }

// ParseAnswer reads our own answer: what it says is what both sides keep to.
func ParseAnswer(text string) (map[string]Section, error) {
	var description sdp.SessionDescription
	if err := description.UnmarshalString(text); err != nil {
		return nil, fmt.Errorf("sfu: cannot read back the answer: %w", err)
	}
	sections := map[string]Section{}
	for _, section := range description.MediaDescriptions {
		if mid, ok := section.Attribute(sdp.AttrKeyMID); ok &&
			section.MediaName.Media != "application" {
			sections[mid] = parseSection(section)
		}
	}
	return sections, nil
}

func parseSection(section *sdp.MediaDescription) Section {
	n := Section{Payloads: map[uint8]PayloadType{}}
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
			n.Payloads[uint8(number)] = PayloadType{
				Codec:  rtpx.CodecOf(section.MediaName.Media + "/" + name),
				Repair: strings.EqualFold(name, "rtx"),
			}
		case "fmtp":
			fmtp[uint8(number)] = rest
		case "rtcp-fb":
			nacks[uint8(number)] = nacks[uint8(number)] || rest == "nack"
		case sdp.AttrKeyExtMap:
			n.Extensions.set(rest, uint8(number))
		}
	}
	for number, payload := range n.Payloads {
		payload.FMTP, payload.NACK = fmtp[number], nacks[number] ||
			payload.Codec == rtpx.RED && nacks[carried(fmtp[number])]
		if apt, err := strconv.ParseUint(parameter(payload.FMTP, "apt"), 10, 8); err == nil {
			payload.APT = uint8(apt)
		}
		n.Payloads[number] = payload
	}
	for _, format := range section.MediaName.Formats {
		number, err := strconv.ParseUint(format, 10, 8)
		codec := n.Payloads[uint8(number)].Codec
		if err == nil && codec != rtpx.UnknownCodec && !slices.Contains(n.Codecs, codec) {
			n.Codecs = append(n.Codecs, codec)
		}
	}
	return n
}

// carried returns the payload type of what packets of RED carry (RFC 2198 section 5): it has one
// line of sequence numbers with them.
func carried(fmtp string) uint8 {
	first, _, _ := strings.Cut(fmtp, "/")
	// 0, which carries no voice of ours, where it cannot be read
	number, _ := strconv.ParseUint(first, 10, 8)
	return uint8(number)
}

func (e *Extensions) set(uri string, id uint8) {
	switch uri {
	case sdp.TransportCCURI:
		e.TransportCC = id
	case sdp.ABSSendTimeURI:
		e.SendTime = id
	case AudioLevelURI:
		e.AudioLevel = id
	case sdp.SDESMidURI:
		e.MID = id
	case sdp.SDESRTPStreamIDURI:
		e.RID = id
	case sdp.SDESRepairRTPStreamIDURI:
		e.RepairedRID = id
	}
}
