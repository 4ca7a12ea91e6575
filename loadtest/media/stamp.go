package media

import (
	"encoding/binary"
	"hash/crc32"
	"time"

	"draille/sfu/rtpx"
)

// Stamp is what a frame says of itself.
type Stamp struct {
	Number uint32 // rises with every frame of the stream, sent or not
	// how many numbers back the nearest frame is that it refers to; 0: a keyframe
	Parent   uint8
	Stream   uint8     // numbers of another stream of the same sender count apart
	Captured time.Time // whole milliseconds
	Width    int       // a multiple of 4, at most 1,020
	Height   int       // a multiple of 3, at most 765
}

// StampSize is what a stamp adds to a frame at most, in bytes.
const StampSize = stampBytes + vp9Index

const (
	stampBytes = 16
	vp9Index   = 5 // superframe index of one frame, sizes in three bytes
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Apply returns a stamped copy of a frame.
func (s Stamp) Apply(codec rtpx.Codec, frame Frame) Frame {
	data := make([]byte, 0, len(frame.Data)+StampSize+2)
	data = append(data, frame.Data...)
	if codec == rtpx.AV1 {
		data = append(data, obuPadding<<3)
	}
	data = binary.BigEndian.AppendUint32(data, s.Number)
	data = append(data, s.Parent, s.Stream)
	data = binary.BigEndian.AppendUint32(data, uint32(s.Captured.UnixMilli()))
	data = append(data, uint8(s.Width/4), uint8(s.Height/3))
	data = binary.BigEndian.AppendUint32(data, crc32.Checksum(data, castagnoli))
	switch codec {
	case rtpx.VP9:
		// VP9 bitstream specification, annex B: so the decoder knows where the frame ends, and does
		// not take the stamp for another.
		size, marker := len(data), byte(0xc0|2<<3)
		data = append(data, marker, byte(size), byte(size>>8), byte(size>>16), marker)
	case rtpx.AV1:
		data = append(data, 0x80) // trailing bits (AV1 bitstream specification, section 5.3.4)
		frame.OBUs = append(frame.OBUs[:len(frame.OBUs):len(frame.OBUs)], len(data)-len(frame.Data))
	}
	frame.Data = data
	return frame
}

// ReadStamp reads the stamp of an assembled frame; ok is false when there is none or any byte of
// the frame is wrong. now, by the sender's clock, completes the time of capture, which must be less
// than three weeks away.
func ReadStamp(codec rtpx.Codec, frame []byte, now time.Time) (s Stamp, ok bool) {
	end := len(frame)
	switch codec {
	case rtpx.VP9:
		end -= vp9Index
	case rtpx.AV1:
		end--
	}
	if end < stampBytes {
		return s, false
	}
	sum := end - 4
	if crc32.Checksum(frame[:sum], castagnoli) != binary.BigEndian.Uint32(frame[sum:]) {
		return s, false
	}
	at := frame[end-stampBytes:]
	milliseconds := now.UnixMilli()
	age := int32(uint32(milliseconds) - binary.BigEndian.Uint32(at[6:]))
	return Stamp{
		Number: binary.BigEndian.Uint32(at), Parent: at[4], Stream: at[5],
		Captured: time.UnixMilli(milliseconds - int64(age)), Width: int(at[10]) * 4,
		Height: int(at[11]) * 3,
	}, true
}
