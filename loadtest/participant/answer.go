package participant

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"draille/sfu/rtpx"
)

// slots is what the answer says of the receive-only sections.
type slots struct {
	byMID       map[string]*slotSection
	bySSRC      map[uint32]*slotSection
	payloads    map[uint8]payload
	transportCC uint8
}

// slotSection is one of them.
type slotSection struct {
	mid           string
	video         bool
	ssrc, rtxSSRC uint32
}

type payload struct {
	codec  rtpx.Codec
	repair bool
	apt    uint8
}

// readAnswer reads which SSRC of the server stands for which slot.
func readAnswer(text string) (*slots, error) {
	var description sdp.SessionDescription
	if err := description.UnmarshalString(text); err != nil {
		return nil, fmt.Errorf("participant: expected an answer in SDP, got a syntax error: %w",
			err)
	}
	s := &slots{byMID: map[string]*slotSection{}, bySSRC: map[uint32]*slotSection{},
		payloads: map[uint8]payload{}}
	for _, m := range description.MediaDescriptions {
		mid, _ := m.Attribute(sdp.AttrKeyMID)
		section := &slotSection{mid: mid, video: m.MediaName.Media == "video"}
		_, sends := m.Attribute(sdp.AttrKeySendOnly)
		for _, a := range m.Attributes {
			s.readAttribute(section, m.MediaName.Media, a)
		}
		if !sends || m.MediaName.Media == "application" {
			continue
		}
		s.byMID[mid] = section
		s.bySSRC[section.ssrc] = section
		if section.rtxSSRC != 0 {
			s.bySSRC[section.rtxSSRC] = section
		}
	}
	return s, nil
}

func (s *slots) readAttribute(section *slotSection, kind string, a sdp.Attribute) {
	fields := strings.Fields(a.Value)
	number := func(i, bits int) uint64 {
		if i >= len(fields) {
			return 0
		}
		text, _, _ := strings.Cut(fields[i], "/")
		n, err := strconv.ParseUint(text, 10, bits)
		if err != nil {
			return 0
		}
		return n
	}
	switch {
	case len(fields) < 2:
	case a.Key == sdp.AttrKeySSRC && section.ssrc == 0:
		section.ssrc = uint32(number(0, 32))
	case a.Key == sdp.AttrKeySSRCGroup && fields[0] == sdp.SemanticTokenFlowIdentification:
		section.ssrc, section.rtxSSRC = uint32(number(1, 32)), uint32(number(2, 32))
	case a.Key == "rtpmap":
		name, _, _ := strings.Cut(fields[1], "/")
		id := uint8(number(0, 8))
		p := s.payloads[id]
		p.codec, p.repair = rtpx.CodecOf(kind+"/"+name), strings.EqualFold(name, "rtx")
		s.payloads[id] = p
	case a.Key == "fmtp" && strings.HasPrefix(fields[1], "apt="):
		apt, err := strconv.ParseUint(strings.TrimPrefix(fields[1], "apt="), 10, 8)
		if err == nil {
			id := uint8(number(0, 8))
			p := s.payloads[id]
			p.apt = uint8(apt)
			s.payloads[id] = p
		}
	case a.Key == sdp.AttrKeyExtMap && fields[1] == sdp.TransportCCURI:
		s.transportCC = uint8(number(0, 8))
	}
}
