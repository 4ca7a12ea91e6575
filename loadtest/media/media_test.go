package media

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"draille/sfu/rtpx"
)

func library(t testing.TB) *Library {
	t.Helper()
	l, err := Load()
	require.NoError(t, err)
	return l
}

func TestClips(t *testing.T) {
	l := library(t)
	for _, codec := range []rtpx.Codec{rtpx.VP8, rtpx.VP9, rtpx.AV1} {
		clips := l.Clips(codec, 0)
		require.NotEmpty(t, clips)
		for i, c := range clips {
			t.Logf("%s %dx%d: %d bit/s, %d frames, keyframe %d B", codec, c.Width, c.Height,
				c.Bitrate, len(c.Frames), len(c.Frames[0].Data))
			assert.Equal(t, 20.0, c.Framerate)
			assert.GreaterOrEqual(t, len(c.Frames), 80)
			assert.True(t, i == 0 || clips[i-1].Bitrate <= c.Bitrate)
		}
		require.NotEmpty(t, l.Clips(codec, 90))
		require.NotEmpty(t, l.Clips(codec, 180))
		require.NotEmpty(t, l.Clips(codec, 360))
		assert.Less(t, clips[0].Bitrate, 60_000)
	}
	assert.Equal(t, 5.0, l.Document().Framerate)
	assert.Equal(t, 540, l.Document().Height)
}

// Every temporal layer refers to lower layers alone.
func TestParentsAreOfLowerLayers(t *testing.T) {
	for _, c := range library(t).clips {
		for i, f := range c.Frames {
			require.Equal(t, i == 0, f.Parent == 0)
			if i > 0 {
				parent := c.Frames[i-f.Parent]
				require.True(t, parent.TemporalID < f.TemporalID || f.TemporalID == 0 &&
					parent.TemporalID == 0)
				require.True(t, !f.Sync || parent.TemporalID == 0)
			}
		}
	}
}

func TestVoice(t *testing.T) {
	l := library(t)
	for _, length := range []time.Duration{20, 40, 60} {
		for _, fec := range []bool{false, true} {
			v := l.Voice(VoiceKey{length * time.Millisecond, fec, false})
			require.NotNil(t, v)
			assert.InDelta(t, 24_000, v.Bitrate, 6_000)
			pauses, redundant := 0, 0
			for _, f := range v.Frames {
				require.Equal(t, v.FrameLength, OpusLength(f.Data))
				if f.Pause {
					pauses++
					require.GreaterOrEqual(t, f.Level, uint8(pauseLevel))
				} else if OpusHasFEC(f.Data) {
					redundant++
				}
			}
			t.Logf("%v, FEC %v: %d bit/s, %d frames, %d of them pauses, %d with FEC",
				length*time.Millisecond, fec, v.Bitrate, len(v.Frames), pauses, redundant)
			share := float64(pauses) / float64(len(v.Frames))
			assert.Greater(t, share, 0.1)
			assert.Less(t, share, 0.4)
			if fec {
				assert.Greater(t, redundant*2, len(v.Frames)-pauses,
					"most spoken frames repeat the one before")
			} else {
				assert.Zero(t, redundant)
			}
			assert.Less(t, len(v.Silence()), 200)
			assert.True(t, OpusDTX(v.DTX()))
			assert.Equal(t, v.FrameLength, OpusLength(v.DTX()))
		}
		low := l.Voice(VoiceKey{length * time.Millisecond, false, true})
		require.NotNil(t, low)
		assert.Less(t, low.Bitrate, 16_000)
	}
	assert.Nil(t, l.Voice(VoiceKey{time.Second, false, false}))
}

func TestOpusHeaders(t *testing.T) {
	for _, c := range []struct {
		packet []byte
		length time.Duration
		fec    bool
	}{
		{nil, 0, false},
		{[]byte{1 << 3, 0x40, 0}, 20 * time.Millisecond, true},
		{[]byte{1 << 3, 0x80, 0}, 20 * time.Millisecond, false},
		{[]byte{2 << 3, 0x20, 0}, 40 * time.Millisecond, true},
		{[]byte{3 << 3, 0x10, 0}, 60 * time.Millisecond, true},
		{[]byte{0 << 3, 0x40, 0}, 10 * time.Millisecond, true},
		{[]byte{13 << 3, 0x40, 0}, 20 * time.Millisecond, true}, // hybrid
		{[]byte{31 << 3, 0xff, 0}, 20 * time.Millisecond, false},
		{[]byte{16 << 3, 0xff, 0}, 2500 * time.Microsecond, false},
		{[]byte{1<<3 | 1, 0x40, 0}, 40 * time.Millisecond, false},
		{[]byte{1<<3 | 3, 3}, 60 * time.Millisecond, false},
		{[]byte{1<<3 | 3}, 0, false},
	} {
		assert.Equal(t, c.length, OpusLength(c.packet), "%x", c.packet)
		assert.Equal(t, c.fec, OpusHasFEC(c.packet), "%x", c.packet)
	}
}

func TestVoiceStamps(t *testing.T) {
	now := time.UnixMilli(1_790_000_000_123)
	for _, v := range library(t).voices {
		for _, f := range v.Frames {
			stamped := StampVoice(f.Data, now)
			require.Equal(t, v.FrameLength, OpusLength(stamped))
			require.Equal(t, OpusHasFEC(f.Data), OpusHasFEC(stamped))
			captured, ok := ReadVoiceStamp(stamped, now.Add(time.Second))
			require.True(t, ok)
			require.True(t, captured.Equal(now))
			_, ok = ReadVoiceStamp(f.Data, now)
			require.False(t, ok)
			stamped[5] ^= 1
			_, ok = ReadVoiceStamp(stamped, now)
			require.False(t, ok)
		}
		require.Equal(t, v.DTX(), StampVoice(v.DTX(), now), "too short for one")
		again := StampVoice(v.Frames[0].Data, now)
		require.Equal(t, again, StampVoice(again, now), "it has one")
	}
}

// What is packetized is recognised by the forwarder's parsers and comes out of the packets whole,
// with its stamp.
func TestFramesSurviveTheirPackets(t *testing.T) {
	l := library(t)
	now := time.UnixMilli(1_790_000_000_123)
	for _, c := range append(l.clips, l.document) {
		packetizer := Packetizer{Codec: c.Codec, PictureID: 0x7fff}
		for i, f := range c.Frames {
			stamp := Stamp{Number: uint32(1000 + i), Parent: uint8(f.Parent), Stream: 7,
				Captured: now.Add(time.Duration(i) * 50 * time.Millisecond),
				Width:    c.Width, Height: c.Height}
			stamped := stamp.Apply(c.Codec, f)
			payloads := packetizer.Packetize(stamped, c.Width, c.Height)
			var whole []byte
			for n, payload := range payloads {
				require.LessOrEqual(t, len(payload), MaxPayload+32)
				seen, err := rtpx.Inspect(c.Codec, payload)
				require.NoError(t, err)
				// an AV1 packet may begin with the second OBU of a frame
				if n == 0 || c.Codec != rtpx.AV1 {
					require.Equal(t, n == 0, seen.Start)
				}
				require.Equal(t, f.Keyframe && n == 0, seen.Keyframe && seen.Start && n == 0)
				if n == 0 || c.Codec != rtpx.AV1 {
					require.Equal(t, f.TemporalID, seen.TemporalID)
				}
				if f.Keyframe && n == 0 && c.Codec != rtpx.AV1 {
					require.EqualValues(t, c.Height, seen.Height)
				}
				if c.Codec != rtpx.AV1 {
					require.EqualValues(t, (0x7fff+i)&0x7fff, seen.PictureID.Value)
				}
				var ok bool
				whole, ok = Depacketize(c.Codec, whole, payload)
				require.True(t, ok)
			}
			require.Equal(t, stamped.Data, whole)
			got, ok := ReadStamp(c.Codec, whole, now.Add(3*time.Second))
			require.True(t, ok)
			require.Equal(t, stamp.Captured.UnixMilli(), got.Captured.UnixMilli())
			got.Captured = stamp.Captured
			require.Equal(t, stamp, got)
			whole[len(whole)/2] ^= 1
			_, ok = ReadStamp(c.Codec, whole, now)
			require.False(t, ok, "a damaged frame is noticed")
		}
	}
	_, ok := ReadStamp(rtpx.VP8, make([]byte, 15), now)
	require.False(t, ok)
}

// TestDecodersSkipStamps decodes clips with and without stamps by ffmpeg: the pictures must be the
// same.
func TestDecodersSkipStamps(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is missing")
	}
	for name, codec := range map[string]rtpx.Codec{"VP80": rtpx.VP8, "VP90": rtpx.VP9,
		"AV01": rtpx.AV1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := library(t).Clips(codec, 180)[0]
			plain := *c
			plain.Frames = c.Frames[:12]
			stamped := plain
			stamped.Frames = nil
			for i, f := range plain.Frames {
				stamped.Frames = append(stamped.Frames,
					Stamp{Number: uint32(i), Captured: time.Now(), Width: 320,
						Height: 180}.Apply(codec, f))
			}
			want, got := decode(t, name, plain), decode(t, name, stamped)
			require.Len(t, bytes.Split(want, []byte("\n")), 12+1)
			require.Equal(t, string(want), string(got))
		})
	}
}

// TestParentsTellTheTruth decodes clips without the frames that others are said not to refer to:
// the rest must be the same.
func TestParentsTellTheTruth(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is missing")
	}
	for _, codec := range []rtpx.Codec{rtpx.VP8, rtpx.VP9} { // AV1 has no layers
		c := library(t).Clips(codec, 180)[0]
		fourCC := map[rtpx.Codec]string{rtpx.VP8: "VP80", rtpx.VP9: "VP90"}[c.Codec]
		clip := *c
		clip.Frames = clip.Frames[:32]
		all := bytes.Split(bytes.TrimSpace(decode(t, fourCC, clip)), []byte("\n"))
		for name, drop := range map[string]func(i int) bool{
			"without the top layer": func(i int) bool {
				return i%4%2 == 1
			}, "the base layer alone": func(i int) bool { return i%4 != 0 },
			"without the first of the top": func(i int) bool { return i%4 == 1 },
		} {
			some := clip
			some.Frames = slices.Clone(clip.Frames)
			var want [][]byte
			for i := range some.Frames {
				if drop(i) {
					some.Frames[i].Data = nil
				} else {
					want = append(want, all[i])
				}
			}
			got := bytes.Split(bytes.TrimSpace(decode(t, fourCC, some)), []byte("\n"))
			require.Equal(t, want, got, "%s %d bit/s %s", c.Codec, c.Bitrate, name)
		}
	}
}

// decode returns a line with the checksum of every picture of the frames that have data.
func decode(t *testing.T, fourCC string, c Clip) []byte {
	header := make([]byte, 32)
	copy(header, "DKIF\x00\x00\x20\x00"+fourCC)
	binary.LittleEndian.PutUint16(header[12:], uint16(c.Width))
	binary.LittleEndian.PutUint16(header[14:], uint16(c.Height))
	binary.LittleEndian.PutUint32(header[16:], 20)
	binary.LittleEndian.PutUint32(header[20:], 1)
	binary.LittleEndian.PutUint32(header[24:], uint32(len(c.Frames)))
	file := header
	for i, f := range c.Frames {
		data := f.Data
		if data == nil {
			continue
		}
		if c.Codec == rtpx.AV1 { // with sizes again, and a temporal delimiter
			data = []byte{obuTemporalDelimiter<<3 | 2, 0}
			rest := f.Data
			for _, size := range f.OBUs {
				body := size - 1
				data = append(data, rest[0]|2, byte(body&0x7f|0x80), byte(body>>7&0x7f|0x80),
					byte(body>>14))
				data = append(data, rest[1:size]...)
				rest = rest[size:]
			}
		}
		file = binary.LittleEndian.AppendUint32(file, uint32(len(data)))
		file = binary.LittleEndian.AppendUint64(file, uint64(i))
		file = append(file, data...)
	}
	path := filepath.Join(t.TempDir(), "clip.ivf")
	require.NoError(t, os.WriteFile(path, file, 0o600))
	var complaints bytes.Buffer
	command := exec.Command("ffmpeg", "-loglevel", "warning", "-threads", "1", "-i", path,
		"-fps_mode", "passthrough", "-f", "framemd5", "-")
	command.Stderr = &complaints
	out, err := command.Output()
	require.NoError(t, err)
	require.Empty(t, complaints.String())
	var lines [][]byte
	for _, line := range bytes.Split(out, []byte("\n")) {
		if !bytes.HasPrefix(line, []byte("#")) {
			lines = append(lines, line)
		}
	}
	return bytes.Join(lines, []byte("\n"))
}

func TestDamagedFilesAreRefused(t *testing.T) {
	good, err := files.ReadFile("clips/vp8-320x180-40k.ivf")
	require.NoError(t, err)
	speech, err := files.ReadFile("clips/opus-20ms-24k.opus")
	require.NoError(t, err)
	levels, err := files.ReadFile("clips/speech.levels")
	require.NoError(t, err)
	av1, err := files.ReadFile("clips/av1-320x180-40k.ivf")
	require.NoError(t, err)
	broken := bytes.Clone(av1)
	broken[32+12] = 0 // an OBU without size
	other := bytes.Clone(good)
	copy(other[8:], "H264")
	for name, file := range map[string]fstest.MapFS{
		"no levels": {},
		"bad name": {"clips/speech.levels": {Data: levels},
			"clips/voice.opus": {Data: speech}},
		"no Ogg": {"clips/speech.levels": {Data: levels},
			"clips/opus-20ms-24k.opus": {Data: good}},
		"other Ogg": {"clips/speech.levels": {Data: levels},
			"clips/opus-20ms-24k.opus": {Data: speech[:60]}},
		"cut Ogg": {"clips/speech.levels": {Data: levels},
			"clips/opus-20ms-24k.opus": {Data: speech[:1000]}},
		"other length": {"clips/speech.levels": {Data: levels},
			"clips/opus-40ms-24k.opus": {Data: speech}},
		"few packets": {"clips/speech.levels": {Data: append(levels, levels...)},
			"clips/opus-20ms-24k.opus": {Data: speech}},
		"no pauses": {"clips/speech.levels": {Data: make([]byte, 100)},
			"clips/opus-20ms-24k.opus": {Data: speech}},
		"no IVF":      {"clips/speech.levels": {Data: levels}, "clips/vp8.ivf": {Data: speech}},
		"other codec": {"clips/speech.levels": {Data: levels}, "clips/vp8.ivf": {Data: other}},
		"cut IVF": {"clips/speech.levels": {Data: levels},
			"clips/vp8.ivf": {Data: good[:len(good)-5]}},
		"one frame": {"clips/speech.levels": {Data: levels},
			"clips/vp8.ivf": {Data: good[:32]}},
		"OBU unsized": {"clips/speech.levels": {Data: levels}, "clips/av1.ivf": {Data: broken}},
		"keyframe late": {"clips/speech.levels": {Data: levels},
			"clips/vp8.ivf": {
				Data: append(bytes.Clone(good[:32]),
					good[32+12+int(binary.LittleEndian.Uint32(good[32:])):]...)}},
	} {
		_, err := load(file)
		require.ErrorContains(t, err, "media: ", name)
	}
}

// TestVoiceDecodersSkipStamps decodes the speech with and without stamps by ffmpeg: the sound must
// be the same.
func TestVoiceDecodersSkipStamps(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is missing")
	}
	for _, name := range []string{"opus-20ms-24k-fec", "opus-40ms-24k", "opus-60ms-24k"} {
		file, err := files.ReadFile("clips/" + name + ".opus")
		require.NoError(t, err)
		packets, err := oggPackets(file)
		require.NoError(t, err)
		packets = packets[:60]
		var stamped [][]byte
		for _, p := range packets {
			stamped = append(stamped, StampVoice(p, time.Now()))
		}
		require.NotEqual(t, packets, stamped)
		require.Equal(t, decodeVoice(t, packets), decodeVoice(t, stamped), name)
	}
}

// decodeVoice writes an Ogg file of one packet a page, without valid checksums, and returns the
// checksum of its sound.
func decodeVoice(t *testing.T, packets [][]byte) string {
	var file []byte
	page := func(flags byte, position uint64, packet []byte) {
		head := make([]byte, 27)
		copy(head, "OggS\x00")
		head[5] = flags
		binary.LittleEndian.PutUint64(head[6:], position)
		binary.LittleEndian.PutUint32(head[14:], 1)
		binary.LittleEndian.PutUint32(head[18:], uint32(position/960))
		var lacing []byte
		left := len(packet)
		for ; left >= 255; left -= 255 {
			lacing = append(lacing, 255)
		}
		lacing = append(lacing, byte(left))
		head[26] = byte(len(lacing))
		whole := append(append(head, lacing...), packet...)
		binary.LittleEndian.PutUint32(whole[22:], oggChecksum(whole))
		file = append(file, whole...)
	}
	page(2, 0, append([]byte("OpusHead\x01\x01\x00\x00\x80\xbb\x00\x00"), 0, 0, 0))
	page(0, 0, append([]byte("OpusTags\x00\x00\x00\x00"), 0, 0, 0, 0))
	position := uint64(0)
	for _, p := range packets {
		position += uint64(OpusLength(p) * 48 / time.Millisecond)
		page(0, position, p)
	}
	path := filepath.Join(t.TempDir(), "voice.opus")
	require.NoError(t, os.WriteFile(path, file, 0o600))
	// libopus is the decoder of browsers; ffmpeg's own takes padding for redundancy.
	out, err := exec.Command("ffmpeg", "-loglevel", "error", "-c:a", "libopus", "-i", path,
		"-f", "md5", "-").CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

// oggChecksum is that of RFC 3533: CRC-32 of polynomial 0x04c11db7, not reflected.
func oggChecksum(page []byte) (sum uint32) {
	for _, b := range page {
		sum ^= uint32(b) << 24
		for range 8 {
			if sum&(1<<31) != 0 {
				sum = sum<<1 ^ 0x04c11db7
			} else {
				sum <<= 1
			}
		}
	}
	return sum
}

func FuzzDepacketize(f *testing.F) {
	for _, codec := range []rtpx.Codec{rtpx.VP8, rtpx.VP9, rtpx.AV1} {
		c := library(f).Clips(codec, 180)[0]
		p := Packetizer{Codec: codec}
		for _, payload := range p.Packetize(c.Frames[0], c.Width, c.Height) {
			f.Add(uint8(codec), payload)
		}
	}
	f.Fuzz(func(t *testing.T, codec uint8, payload []byte) {
		frame, ok := Depacketize(rtpx.Codec(codec), nil, payload)
		if ok && len(frame) > len(payload) {
			t.Fatalf("%d bytes out of %d", len(frame), len(payload))
		}
		ReadStamp(rtpx.Codec(codec), payload, time.Now())
		OpusHasFEC(payload)
		ReadVoiceStamp(payload, time.Now())
		OpusLength(payload)
	})
}
