package negotiate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/sfu/media"
	"draille/sfu/negotiate/chromium"
	"draille/sfu/rtpx"
)

func TestParseOffer(t *testing.T) {
	o, err := ParseOffer(chromium.Offer(1, 2), nil)
	require.NoError(t, err)
	require.Equal(
		t, map[string]media.Source{"0": media.Microphone, "1": media.Camera, "2": media.Screen},
		o.Sources,
	)
	require.Equal(t, []SlotSection{{"3", false}, {"4", true}, {"5", true}}, o.Slots)
	require.Equal(
		t,
		map[uint32]Stream{
			1001: {Source: media.Microphone},
			1003: {Source: media.Screen},
			1004: {Source: media.Screen, Repair: true},
		},
		o.Streams,
	)
	require.Equal(t, map[media.Source][]string{media.Camera: {"q", "f"}}, o.RIDs)
	require.Equal(t, "4ZcD", o.Ufrag)
}

func TestRefusesForeignOffers(t *testing.T) {
	good := chromium.Offer(1, 1)
	cut := func(old, replacement string) string {
		return strings.ReplaceAll(good, old, replacement)
	}
	many := good + strings.Repeat(fmt.Sprintf(chromium.Video, "x", "recvonly"), maxOfferSections)
	for name, c := range map[string]struct{ offer, says string }{
		"empty":               {"", "three sending sections"},
		"not SDP":             {"hello", "syntax"},
		"too large":           {good + strings.Repeat("a=x\r\n", maxOfferBytes/5), "bytes"},
		"a thousand sections": {strings.Repeat("m=video 9 X 0\r\n", 1000), "64 media sections"},
		"many sections":       {many, "64 media sections"},
		"no mid":              {cut("a=mid:1\r\n", ""), "a=mid"},
		"the same mid twice":  {cut("a=mid:1\r\n", "a=mid:0\r\n"), "unique"},
		"a long mid": {cut("a=mid:1\r\n", "a=mid:"+strings.Repeat("m", 100)+"\r\n"),
			"a=mid"},
		"no ICE":                {cut("a=ice-ufrag:4ZcD\r\n", ""), "ice-ufrag"},
		"no DTLS":               {cut("a=fingerprint:", "a=x:"), "fingerprint"},
		"a foreign section":     {cut("m=application", "m=text"), "audio, video or application"},
		"no senders":            {cut("a=sendonly", "a=recvonly"), "three sending sections"},
		"a fourth sender":       {cut("a=recvonly", "a=sendonly"), "a fourth"},
		"senders out of order":  {swapFirstTwo(good), "in the order microphone"},
		"only a session header": {fmt.Sprintf(chromium.Session, ""), "three sending sections"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseOffer(c.offer, nil)
			require.ErrorIs(t, err, ErrOffer)
			require.ErrorContains(t, err, c.says)
			require.Less(t, len(err.Error()), 500)
		})
	}
	_, err := ParseOffer(
		strings.Replace(good, "a=sendonly", "a=recvonly", 1),
		map[string]media.Source{"0": media.Microphone},
	)
	require.ErrorContains(t, err, "go on sending the microphone")
}

func swapFirstTwo(offer string) string {
	parts := strings.SplitN(offer, "m=", 4)
	return parts[0] + "m=" + parts[2] + "m=" + parts[1] + "m=" + parts[3]
}

func TestCompatible(t *testing.T) {
	baseline, constrained := "packetization-mode=1;profile-level-id=42001f",
		"packetization-mode=1;profile-level-id=42E01F"
	require.True(t, Compatible(rtpx.H264, baseline, constrained))
	require.False(
		t, Compatible(rtpx.H264, baseline, "packetization-mode=1;profile-level-id=640032"),
	)
	require.False(
		t, Compatible(rtpx.H264, baseline, "packetization-mode=0;profile-level-id=42001f"),
	)
	require.True(t, Compatible(rtpx.VP8, "", "max-fr=30"))
}

func FuzzParseOffer(f *testing.F) {
	f.Add(chromium.Offer(1, 1))
	f.Add("v=0\r\n")
	f.Add(fmt.Sprintf(chromium.Session, "0"))
	f.Fuzz(func(t *testing.T, text string) {
		o, err := ParseOffer(text, map[string]media.Source{"0": media.Microphone})
		if err != nil {
			require.ErrorIs(t, err, ErrOffer)
			return
		}
		require.Len(t, o.Sources, 3)
		require.LessOrEqual(t, len(o.Slots), maxOfferSections)
		_, _ = ParseAnswer(text)
	})
}
