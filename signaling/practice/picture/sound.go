package picture

import (
	"encoding/binary"
	"fmt"

	"draille/signaling/practice"
)

// MaxSoundBytes are those of the longest clip with its header. Pages decode whatever was recorded
// or chosen and write it anew, as they draw pictures anew: one channel, 16 bits, 16 kHz, which
// hold what a stethoscope and an ear at a chest hear. Of what a file tells beside its sound
// nothing is left.
const MaxSoundBytes = wavHeader + practice.SoundSeconds*practice.SoundRate*bytesPerSample

const (
	wavHeader      = 44 // bytes, where nothing else is told
	bytesPerSample = 2
)

// CheckSound lets pass what pages write: the shortest header of WAVE (Multimedia Programming
// Interface and Data Specifications 1.0, 1991, chapter 3) and samples up to its end.
func CheckSound(data []byte) error {
	if len(data) < wavHeader+bytesPerSample || len(data) > MaxSoundBytes {
		return fmt.Errorf("expected a sound of %d to %d bytes, got %d", wavHeader+bytesPerSample,
			MaxSoundBytes, len(data))
	}
	if expected := soundHeader(len(data) - wavHeader); string(data[:wavHeader]) != expected {
		return fmt.Errorf("expected a WAVE sound of one channel, 16 bits and %d Hz, and nothing "+
			"else, got something else", practice.SoundRate)
	}
	if (len(data)-wavHeader)%bytesPerSample != 0 {
		return fmt.Errorf("expected whole samples of %d bytes, got a part of one", bytesPerSample)
	}
	return nil
}

// soundHeader stands before so many bytes of samples.
func soundHeader(bytes int) string {
	const pcm, channels, formatBytes = 1, 1, 16
	h := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(wavHeader-8+bytes))
	h = binary.LittleEndian.AppendUint32(append(h, "WAVEfmt "...), formatBytes)
	h = binary.LittleEndian.AppendUint16(h, pcm)
	h = binary.LittleEndian.AppendUint16(h, channels)
	h = binary.LittleEndian.AppendUint32(h, practice.SoundRate)
	h = binary.LittleEndian.AppendUint32(h, practice.SoundRate*bytesPerSample*channels)
	h = binary.LittleEndian.AppendUint16(h, bytesPerSample*channels)
	h = binary.LittleEndian.AppendUint16(h, 8*bytesPerSample)
	return string(binary.LittleEndian.AppendUint32(append(h, "data"...), uint32(bytes)))
}
