package picture

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"
	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// wave is a clip of so many bytes of samples as pages wrote it before FLAC.
func wave(bytes int) []byte { return append([]byte(waveHeaderOf(bytes)), make([]byte, bytes)...) }

// sound is a clip of noise as pages write it: their header, and frames of another encoder.
func sound(t testing.TB, samples int) []byte {
	var written bytes.Buffer
	encoder, err := flac.NewEncoder(&written, &meta.StreamInfo{BlockSizeMin: flacBlock,
		BlockSizeMax: flacBlock, SampleRate: practice.SoundRate, NChannels: 1, BitsPerSample: 16})
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(1, 2))
	for from := 0; from < samples; from += flacBlock {
		block := make([]int32, min(flacBlock, samples-from))
		for i := range block {
			block[i] = random.Int32N(1<<16) - 1<<15
		}
		require.NoError(t, encoder.WriteFrame(&frame.Frame{
			Header: frame.Header{HasFixedBlockSize: true, BlockSize: uint16(len(block)),
				SampleRate: practice.SoundRate, Channels: frame.ChannelsMono, BitsPerSample: 16,
				Num: uint64(from / flacBlock)},
			Subframes: []*frame.Subframe{{SubHeader: frame.SubHeader{Pred: frame.PredVerbatim},
				Samples: block, NSamples: len(block)}}}))
	}
	return append([]byte(flacHeaderOf(samples)), written.Bytes()[flacHeader:]...)
}

// TestASoundIsWhatPagesWrite lets pass nothing else: no other rate, nothing beside the samples.
func TestASoundIsWhatPagesWrite(t *testing.T) {
	t.Parallel()
	for samples, seconds := range map[int]int{1: 1, practice.SoundRate: 1,
		practice.SoundRate + 1: 2, maxSamples: practice.SoundSeconds} {
		got, err := CheckSound(sound(t, samples))
		require.NoError(t, err)
		require.Equal(t, seconds, got, samples)
		got, err = CheckSound(wave(2 * samples))
		require.NoError(t, err)
		require.Equal(t, seconds, got, samples)
	}
	require.LessOrEqual(t, len(sound(t, maxSamples)), MaxSoundBytes)
	data := sound(t, 2*flacBlock)
	for what, spoilt := range map[string][]byte{
		"no sample":            []byte(flacHeaderOf(0)),
		"longer than a minute": sound(t, maxSamples+1),
		"half a header":        data[:flacHeader/2],
		"a frame too few":      append([]byte(flacHeaderOf(3*flacBlock)), data[flacHeader:]...),
		"a frame too many":     append([]byte(flacHeaderOf(flacBlock)), data[flacHeader:]...),
		"half a frame":         data[:len(data)-100],
		"something behind it":  append(bytes.Clone(data), "LIST"...),
		"no FLAC":              []byte(strings.Repeat("RIFF", 40)),
		"no sample of WAVE":    wave(0),
		"half a sample":        wave(3),
		"behind the WAVE":      append(wave(20), "LIST"...),
		"a minute of WAVE":     wave(2*maxSamples + 2),
	} {
		_, err := CheckSound(spoilt)
		require.Error(t, err, what)
	}
	for _, one := range [][]byte{data, wave(20)} {
		header := map[string]int{"fLaC": flacHeader, "RIFF": wavHeader}[string(one[:4])]
		for at := range header {
			spoilt := bytes.Clone(one)
			spoilt[at] ^= 1
			_, err := CheckSound(spoilt)
			require.Error(t, err, "byte %d of the header", at)
		}
	}
}

// TestAClipOfThePageIsTaken reads the file that web's own test holds its encoder to.
func TestAClipOfThePageIsTaken(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/clip.flac")
	require.NoError(t, err)
	seconds, err := CheckSound(data)
	require.NoError(t, err)
	require.Equal(t, 1, seconds)
}

func FuzzSound(f *testing.F) {
	f.Add(sound(f, 20))
	f.Add(sound(f, flacBlock+20))
	f.Add(wave(20))
	clip, err := os.ReadFile("testdata/clip.flac")
	require.NoError(f, err)
	f.Add(clip)
	f.Fuzz(func(t *testing.T, data []byte) {
		if seconds, err := CheckSound(data); err == nil {
			require.Positive(t, seconds)
			require.LessOrEqual(t, seconds, practice.SoundSeconds)
			require.Contains(t, []string{"audio/flac", "audio/wav"}, KindOf(data))
		}
	})
}

// TestASoundComesAsAPictureDoes keeps one, refuses what is none, and more than there may be.
func TestASoundComesAsAPictureDoes(t *testing.T) {
	w := newWard(t)
	begin := func(data []byte, width int) (p practice.Picture, err error) {
		digest := sha256.Sum256(data)
		w.write(func(tx *store.Tx) error {
			p, err = w.keeper.Begin(tx, w.opinion, Offer{Picture: practice.Picture{Sound: true,
				Width: width, Size: int64(len(data)), Digest: hex.EncodeToString(digest[:])},
				Sizes: []int64{int64(len(data))}, Key: practice.NewID()}, noon)
			return nil
		})
		return p, err
	}
	whole := func(data []byte) (p practice.Picture, err error) {
		p, err = begin(data, 0)
		require.NoError(t, err)
		w.write(func(tx *store.Tx) error {
			p, err = w.keeper.Append(tx, p, 0, data, noon)
			return nil
		})
		return p, err
	}
	clip := sound(t, 20)
	p, err := whole(clip)
	require.NoError(t, err)
	require.NotZero(t, p.WholeAt)
	require.Equal(t, 1, p.Seconds)
	w.write(func(tx *store.Tx) error {
		data, err := w.keeper.Whole(tx, p)
		require.Equal(t, clip, data)
		require.Equal(t, "audio/flac", KindOf(data))
		require.Error(t, w.keeper.Mark(tx, w.opinion, p, practice.PictureMark{
			Kind: practice.PictureMarkSpot, Points: []int{0, 0}}))
		return err
	})
	_, err = whole(asJPEG(t, 5, 3))
	require.ErrorContains(t, err, "sound")
	_, err = begin(clip, 1)
	require.Error(t, err, "with a side")
	_, err = begin(make([]byte, MaxSoundBytes+1), 0)
	require.Error(t, err)
	_, err = begin(clip, 0)
	require.NoError(t, err)
	_, err = begin(clip, 0)
	require.ErrorContains(t, err, "at most 3 sounds")
	w.begin(picture50(t)) // pictures are counted by themselves
}
