package srtp

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/pion/srtp/v3"
	"github.com/stretchr/testify/require"
)

// keyOf returns a master key and salt of a profile, made of a number.
func keyOf(tb testing.TB, profile srtp.ProtectionProfile, number byte) (key, salt []byte) {
	tb.Helper()
	keyBytes, err := profile.KeyLen()
	require.NoError(tb, err)
	saltBytes, err := profile.SaltLen()
	require.NoError(tb, err)
	return bytes.Repeat([]byte{number + 1}, keyBytes), bytes.Repeat([]byte{number + 2}, saltBytes)
}

// TestSealedAsPionSeals lets package srtp protect the same packets, and open ours: two streams
// whose numbers begin anew several times, with packets that come late, in place and from elsewhere.
func TestSealedAsPionSeals(t *testing.T) {
	for _, profile := range profiles {
		t.Run(profile.name.String(), func(t *testing.T) {
			key, salt := keyOf(t, profile.name, 3)
			ours, err := NewSealer(key, salt, profile.name)
			require.NoError(t, err)
			pion, err := srtp.CreateContext(key, salt, profile.name)
			require.NoError(t, err)
			opens, err := srtp.CreateContext(
				key, salt, profile.name, srtp.SRTPReplayProtection(replayWindow),
			)
			require.NoError(t, err)
			random := rand.New(rand.NewPCG(1, 2))
			noise := make([]byte, 16<<10)
			_, err = rand.NewChaCha8([32]byte{1}).Read(noise)
			require.NoError(t, err)
			var streams [2]struct {
				index PacketIndex
				next  uint16
			}
			streams[0].next, streams[1].next = 65_530, 7
			for i := range 15_000 {
				s := &streams[i%2]
				h := Header{
					PayloadType: 96,
					SSRC:        uint32(77 + i%2),
					CSRC:        5,
					Timestamp:   random.Uint32(),
					Marker:      i%7 == 0,
				}
				if i%3 > 0 {
					h.Extension, h.Transport = 3, uint16(i)
				}
				step := uint16(1)
				switch {
				case i%1000 > 900:
					step = 200 // fast enough to go round twice
				case i%100 == 50, i%100 == 51:
					step = 40
				}
				h.Sequence, s.next = s.next, s.next+step
				if i%100 == 60 || i%100 == 61 {
					h.Sequence -= 20 // late: of the gap before
				}
				begin := random.IntN(len(noise) - 1200)
				payload := bytes.Clone(noise[begin : begin+random.IntN(1200)])
				buffer := make([]byte, 1500)
				header := h.Marshal(buffer)
				plain := append(bytes.Clone(buffer[:header]), payload...)
				from := payload
				if i%2 == 0 { // in place
					from = buffer[header : header+copy(buffer[header:], payload)]
				}
				length, err := ours.Seal(buffer, header, from, &h, &s.index)
				require.NoError(t, err)
				expected, err := pion.EncryptRTP(nil, plain, nil)
				require.NoError(t, err)
				if !bytes.Equal(expected, buffer[:length]) {
					require.Equal(t, expected, buffer[:length])
				}
				opened, err := opens.DecryptRTP(nil, buffer[:length], nil)
				require.NoError(t, err, i)
				if !bytes.Equal(plain, opened) { // require.Equal reflects, 15,000 times
					require.Equal(t, plain, opened)
				}
			}
		})
	}
}

func TestSealerRefusesKeys(t *testing.T) {
	for _, profile := range profiles {
		_, err := NewSealer([]byte{1}, make([]byte, saltBytes), profile.name)
		require.Error(t, err)
	}
	_, err := newGCMSealer(make([]byte, 16), make([]byte, 14))
	require.ErrorContains(t, err, "salt of 12 bytes")
}

func BenchmarkProtect(b *testing.B) {
	for _, profile := range profiles {
		b.Run(profile.name.String(), func(b *testing.B) {
			key, salt := keyOf(b, profile.name, 0)
			sealer, err := NewSealer(key, salt, profile.name)
			require.NoError(b, err)
			h := Header{PayloadType: 96, SSRC: 1, Extension: 3}
			buffer, payload := make([]byte, 1500), make([]byte, 1100)
			var index PacketIndex
			b.ReportAllocs()
			for i := range b.N {
				h.Sequence = uint16(i)
				if _, err := sealer.Seal(buffer, h.Marshal(buffer), payload, &h, &index); err !=
					nil {
					b.Fatal(err)
				}
			}
		})
	}
}
