package picture

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// sound is a clip of so many bytes of samples.
func sound(bytes int) []byte { return append([]byte(soundHeader(bytes)), make([]byte, bytes)...) }

// TestASoundIsWhatPagesWrite lets pass nothing else: no other rate, nothing beside the samples.
func TestASoundIsWhatPagesWrite(t *testing.T) {
	t.Parallel()
	require.NoError(t, CheckSound(sound(2)))
	require.NoError(t, CheckSound(sound(MaxSoundBytes-wavHeader)))
	require.Error(t, CheckSound(sound(0)))
	require.Error(t, CheckSound(sound(MaxSoundBytes-wavHeader+2)), "longer than a minute")
	require.Error(t, CheckSound(sound(3)), "half a sample")
	require.Error(t, CheckSound(append(sound(20), "LIST"...)), "something behind it")
	require.Error(t, CheckSound([]byte(strings.Repeat("RIFF", 40))))
	for at := range wavHeader {
		data := sound(20)
		data[at] ^= 1
		require.Error(t, CheckSound(data), "byte %d of the header", at)
	}
}

func FuzzSound(f *testing.F) {
	f.Add(sound(20))
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVE"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if CheckSound(data) == nil {
			require.Equal(t, sound(len(data) - wavHeader)[:wavHeader], data[:wavHeader])
		}
	})
}

// TestASoundComesAsAPictureDoes keeps one, refuses what is none, and more than there may be.
func TestASoundComesAsAPictureDoes(t *testing.T) {
	w := newWard(t)
	begin := func(data []byte, preview []byte, width int) (p practice.Picture, err error) {
		digest := sha256.Sum256(data)
		w.write(func(tx *store.Tx) error {
			p, err = w.keeper.Begin(tx, w.opinion, practice.Picture{Sound: true, Width: width,
				Size: int64(len(data)), Digest: hex.EncodeToString(digest[:])}, preview,
				practice.NewID(), noon)
			return nil
		})
		return p, err
	}
	whole := func(data []byte) (p practice.Picture, err error) {
		p, err = begin(data, nil, 0)
		require.NoError(t, err)
		w.write(func(tx *store.Tx) error {
			p, err = w.keeper.Append(tx, p, 0, data, noon)
			return nil
		})
		return p, err
	}
	p, err := whole(sound(20))
	require.NoError(t, err)
	require.NotZero(t, p.WholeAt)
	w.write(func(tx *store.Tx) error {
		data, err := w.keeper.Whole(tx, p)
		require.Equal(t, sound(20), data)
		require.Equal(t, "audio/wav", KindOf(data))
		require.Error(t, w.keeper.Mark(tx, w.opinion, p, practice.PictureMark{
			Kind: practice.PictureMarkSpot, Points: []int{0, 0}}))
		return err
	})
	_, err = whole(asJPEG(t, 5, 3))
	require.ErrorContains(t, err, "sound")
	_, err = begin(sound(20), asJPEG(t, 5, 3), 0)
	require.Error(t, err, "with a preview")
	_, err = begin(sound(20), nil, 1)
	require.Error(t, err, "with a side")
	_, err = begin(make([]byte, MaxSoundBytes+1), nil, 0)
	require.Error(t, err)
	_, err = begin(sound(20), nil, 0)
	require.NoError(t, err)
	_, err = begin(sound(20), nil, 0)
	require.ErrorContains(t, err, "at most 3 sounds")
	w.begin(asJPEG(t, 50, 30)) // pictures are counted by themselves
}
