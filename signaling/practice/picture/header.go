package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// Bounds of a picture. A phone's camera at its full resolution is within them; Safari draws nothing
// larger than MaxPixels, and whoever looks at a picture has four bytes of memory for each pixel.
const (
	MaxBytes   = 8 << 20
	MaxPreview = 15 << 10
	MaxSide    = 8192 // pixels
	MaxPixels  = 4096 * 4096
)

// Header is what the beginning of a picture says.
type Header struct {
	Kind          string // as in Content-Type
	Width, Height int
}

// Errors of Check, beside those that say which part of a picture is refused.
var (
	errShort = errors.New("expected a whole picture, got one that ends early")
	errMore  = errors.New("expected nothing after the picture, got something")
)

// Check reads a picture from end to end, but for what its pixels are. It lets pass what a browser's
// canvas writes, and nothing that can tell of the place, the camera or the person: no EXIF, XMP,
// comments, profiles, thumbnails, animations, and nothing behind the end.
func Check(data []byte) (Header, error) {
	check := map[string]func([]byte) (Header, error){"image/jpeg": checkJPEG,
		"image/png": checkPNG, "image/webp": checkWebP}[KindOf(data)]
	if check == nil {
		return Header{}, errors.New("expected a JPEG, PNG or WebP picture, got something else")
	}
	h, err := check(data)
	if err != nil {
		return h, err
	}
	if h.Width < 1 || h.Height < 1 || h.Width > MaxSide || h.Height > MaxSide ||
		h.Width*h.Height > MaxPixels {
		return h, fmt.Errorf("expected sides of 1 to %d pixels and at most %d of them in all, "+
			"got %d × %d", MaxSide, MaxPixels, h.Width, h.Height)
	}
	return h, nil
}

const pngMagic = "\x89PNG\r\n\x1a\n"

// KindOf is what a picture or a sound calls itself, as in Content-Type; empty: nothing that is
// taken here.
func KindOf(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xd8, 0xff}):
		return "image/jpeg"
	case bytes.HasPrefix(data, []byte(pngMagic)):
		return "image/png"
	case len(data) >= 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		return "image/webp"
	case len(data) >= 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WAVE":
		return "audio/wav"
	case bytes.HasPrefix(data, []byte("fLaC")):
		return "audio/flac"
	}
	return ""
}

// Markers of JPEG (ITU-T T.81, B.1.1.3).
const (
	sof0, sof2, dht, rst0, rst7 = 0xc0, 0xc2, 0xc4, 0xd0, 0xd7
	eoi, sos, dqt, dri          = 0xd9, 0xda, 0xdb, 0xdd
	app0, app14                 = 0xe0, 0xee
)

func checkJPEG(data []byte) (h Header, err error) {
	h.Kind = "image/jpeg"
	scanned := false
	for rest := data[2:]; ; {
		if len(rest) < 2 || rest[0] != 0xff {
			return h, errShort
		}
		marker := rest[1]
		if marker == eoi {
			switch {
			case len(rest) > 2:
				return h, errMore
			case !scanned:
				return h, errShort
			}
			return h, nil
		}
		if len(rest) < 4 {
			return h, errShort
		}
		length := 2 + int(binary.BigEndian.Uint16(rest[2:]))
		if length < 4 || length > len(rest) {
			return h, errShort
		}
		if err := h.segment(marker, rest[4:length], scanned); err != nil {
			return h, err
		}
		rest = rest[length:]
		if marker == sos {
			scanned = true
			rest = rest[scanLength(rest):]
		}
	}
}

// segment looks at one segment of a JPEG picture.
func (h *Header) segment(marker byte, body []byte, scanned bool) error {
	switch {
	case marker == dqt, marker == dht, marker == dri:
		return nil
	case marker == sos && h.Width > 0:
		return nil
	case scanned:
	case marker == app0 && len(body) == 14 && string(body[:5]) == "JFIF\x00" &&
		body[12] == 0 && body[13] == 0: // without a thumbnail
		return nil
	case marker == app14 && len(body) == 12 && string(body[:5]) == "Adobe":
		return nil
	case marker >= sof0 && marker <= sof2 && len(body) >= 6 && h.Width == 0:
		h.Height = int(binary.BigEndian.Uint16(body[1:]))
		h.Width = int(binary.BigEndian.Uint16(body[3:]))
		return nil
	}
	return fmt.Errorf("expected a JPEG picture without anything but its pixels, got a segment "+
		"%02X of %d bytes", marker, len(body))
}

// scanLength is how many bytes of pixels stand before the next marker.
func scanLength(data []byte) int {
	for i := 0; i+1 < len(data); i++ {
		if data[i] == 0xff && data[i+1] != 0 && (data[i+1] < rst0 || data[i+1] > rst7) {
			return i
		}
	}
	return len(data)
}

// pngChunks are those that say how pixels are shown (PNG, 3rd edition, 11).
var pngChunks = map[string]bool{"IHDR": true, "PLTE": true, "IDAT": true, "IEND": true,
	"tRNS": true, "gAMA": true, "cHRM": true, "sRGB": true, "sBIT": true, "pHYs": true}

func checkPNG(data []byte) (h Header, err error) {
	h.Kind = "image/png"
	for rest := data[len(pngMagic):]; ; {
		if len(rest) < 12 {
			return h, errShort
		}
		length, name := binary.BigEndian.Uint32(rest), string(rest[4:8])
		if uint64(length)+12 > uint64(len(rest)) {
			return h, errShort
		}
		body, end := rest[8:8+length], 8+length
		if !pngChunks[name] || (name == "IHDR") != (h.Width == 0) {
			return h, fmt.Errorf("expected a PNG picture without anything but its pixels, got a "+
				"chunk %q", name)
		}
		if crc32.ChecksumIEEE(rest[4:end]) != binary.BigEndian.Uint32(rest[end:]) {
			return h, fmt.Errorf("expected the checksum of chunk %q, got another", name)
		}
		if name == "IHDR" {
			if len(body) != 13 {
				return h, errShort
			}
			h.Width = int(binary.BigEndian.Uint32(body))
			h.Height = int(binary.BigEndian.Uint32(body[4:]))
			if h.Width == 0 {
				return h, errShort
			}
		}
		rest = rest[end+4:]
		if name == "IEND" {
			if len(body)+len(rest) > 0 {
				return h, errMore
			}
			return h, nil
		}
	}
}

// webPAlpha is the one flag of an extended WebP picture that may be set (RFC 9649, 2.7).
const webPAlpha = 0x10

func checkWebP(data []byte) (h Header, err error) {
	h.Kind = "image/webp"
	if uint64(binary.LittleEndian.Uint32(data[4:]))+8 != uint64(len(data)) {
		return h, errShort
	}
	var extended *Header
	pixels := false
	for rest := data[12:]; len(rest) > 0; {
		if len(rest) < 8 {
			return h, errShort
		}
		length, name := uint64(binary.LittleEndian.Uint32(rest[4:])), string(rest[:4])
		padded := length + length%2
		if 8+padded > uint64(len(rest)) {
			return h, errShort
		}
		body := rest[8 : 8+length]
		first := len(rest) == len(data)-12
		rest = rest[8+padded:]
		switch {
		case name == "VP8X" && first && len(body) == 10 && body[0]&^webPAlpha == 0:
			extended = &Header{h.Kind, 1 + uint24(body[4:]), 1 + uint24(body[7:])}
		case name == "ALPH" && extended != nil && !pixels:
		case (name == "VP8 " || name == "VP8L") && !pixels:
			if h.Width, h.Height = webPSize(name, body); h.Width == 0 {
				return h, errShort
			}
			pixels = true
		default:
			return h, fmt.Errorf("expected a WebP picture without anything but its pixels, got a "+
				"chunk %q", name)
		}
	}
	if !pixels || extended != nil && *extended != h {
		return h, errShort
	}
	return h, nil
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// webPSize is how large a frame is (RFC 6386, 9.1; RFC 9649, 3.4); 0 × 0: it is none.
func webPSize(name string, body []byte) (width, height int) {
	if name == "VP8 " && len(body) >= 10 && body[0]&1 == 0 && string(body[3:6]) == "\x9d\x01\x2a" {
		const side = 1<<14 - 1
		return int(binary.LittleEndian.Uint16(body[6:])) & side,
			int(binary.LittleEndian.Uint16(body[8:])) & side
	}
	if name == "VP8L" && len(body) >= 5 && body[0] == 0x2f {
		const side = 1<<14 - 1
		bits := binary.LittleEndian.Uint32(body[1:])
		return 1 + int(bits&side), 1 + int(bits>>14&side)
	}
	return 0, 0
}
