package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/mewkiz/flac"

	"draille/signaling/practice"
)

// MaxSoundBytes are those of the longest clip that cannot be made smaller. Pages decode whatever
// was recorded or chosen and write it anew, as they draw pictures anew: one channel, 16 bits,
// 16 kHz, which hold what a stethoscope and an ear at a chest hear. Of what a file tells beside its
// sound nothing is left. It is FLAC: a codec that loses something was made for ears that listen to
// voices and music, and a crackle of the lungs is what it takes for noise.
const MaxSoundBytes = flacHeader + flacFrames*flacFrame + maxSamples*bytesPerSample

const (
	bytesPerSample = 2
	maxSamples     = practice.SoundSeconds * practice.SoundRate

	wavHeader = 44 // bytes, where nothing else is told

	flacHeader = 42    // bytes, where nothing else is told
	flacBlock  = 4_096 // samples of a frame
	flacFrames = (maxSamples + flacBlock - 1) / flacBlock
	flacFrame  = 16 // bytes of a frame beside its samples, at most
)

// CheckSound lets pass what pages write, and returns how many seconds it lasts, a part of one
// counted as one.
func CheckSound(data []byte) (seconds int, err error) {
	if len(data) > MaxSoundBytes {
		return 0, fmt.Errorf("expected a sound of at most %d bytes, got %d", MaxSoundBytes,
			len(data))
	}
	samples := 0
	switch KindOf(data) {
	case "audio/flac":
		samples, err = checkFLAC(data)
	case "audio/wav":
		samples, err = checkWAVE(data)
	default:
		err = errors.New("expected a FLAC sound, got something else")
	}
	if err == nil && (samples < 1 || samples > maxSamples) {
		return 0, fmt.Errorf("expected a sound of 1 to %d samples, got %d", maxSamples, samples)
	}
	return (samples + practice.SoundRate - 1) / practice.SoundRate, err
}

// checkFLAC counts the samples of a FLAC sound (RFC 9639) by decoding it: there are frames up to
// its end, as many as its header says, and nothing between or behind them.
func checkFLAC(data []byte) (samples int, err error) {
	defer func() {
		if got := recover(); got != nil { // a decoder of others, and bytes of anybody
			err = fmt.Errorf("expected a FLAC sound, got one that cannot be decoded: %v", got)
		}
	}()
	if len(data) < flacHeader {
		return 0, errors.New("expected a FLAC sound, got a part of its header")
	}
	told := int(binary.BigEndian.Uint32(data[22:]))
	if string(data[:flacHeader]) != flacHeaderOf(told) {
		return 0, fmt.Errorf("expected a FLAC sound of one channel, 16 bits and %d Hz, and "+
			"nothing else, got something else", practice.SoundRate)
	}
	if told < 1 || told > maxSamples { // a frame of silence takes some bytes for 4,096 samples
		return told, nil
	}
	stream, err := flac.New(bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	for {
		frame, err := stream.ParseNext()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, err
		}
		if frame.BlockSize != flacBlock && samples+int(frame.BlockSize) != told ||
			frame.SampleRate != practice.SoundRate || frame.BitsPerSample != 8*bytesPerSample ||
			frame.Channels.Count() != 1 {
			return 0, errors.New("expected frames as the header of the FLAC sound tells them, " +
				"got another")
		}
		if samples += int(frame.BlockSize); samples > told {
			break
		}
	}
	if samples != told {
		return 0, fmt.Errorf("expected %d samples as the header of the FLAC sound tells them, "+
			"got others", told)
	}
	return samples, nil
}

// flacHeaderOf stands before frames of so many samples.
func flacHeaderOf(samples int) string {
	const last, length, channels = 0x80, 34, 1
	h := append([]byte("fLaC"), last, 0, 0, length)
	h = binary.BigEndian.AppendUint16(h, flacBlock)
	h = binary.BigEndian.AppendUint16(h, flacBlock)
	h = append(h, make([]byte, 6)...) // sizes of frames: unknown
	h = binary.BigEndian.AppendUint64(h, practice.SoundRate<<44|(channels-1)<<41|
		(8*bytesPerSample-1)<<36|uint64(uint32(samples)))
	return string(append(h, make([]byte, 16)...)) // MD5: unknown
}

// checkWAVE counts the samples of what pages wrote before FLAC, and what was on its way then: the
// shortest header of WAVE (Multimedia Programming Interface and Data Specifications 1.0, 1991,
// chapter 3) and samples up to its end.
func checkWAVE(data []byte) (samples int, err error) {
	if len(data) < wavHeader || string(data[:wavHeader]) != waveHeaderOf(len(data)-wavHeader) {
		return 0, fmt.Errorf("expected a WAVE sound of one channel, 16 bits and %d Hz, and "+
			"nothing else, got something else", practice.SoundRate)
	}
	if (len(data)-wavHeader)%bytesPerSample != 0 {
		return 0, fmt.Errorf("expected whole samples of %d bytes, got a part of one",
			bytesPerSample)
	}
	return (len(data) - wavHeader) / bytesPerSample, nil
}

// waveHeaderOf stands before so many bytes of samples.
func waveHeaderOf(bytes int) string {
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
