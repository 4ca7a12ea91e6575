package demand

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTransferRate(t *testing.T) {
	const voice = 30_000
	require.Equal(t, TransferMost, TransferRate(0, voice), "nothing limits the link")
	require.Zero(t, TransferRate(33_000, voice), "the voice alone")
	thin := TransferRate(60_000, voice)
	require.Greater(t, thin, 15_000, "12 KiB of a preview within ten seconds on 60 kbit/s")
	require.Less(t, thin, 60_000-voice)
	// the end of an ADSL line: what it leaves is shared with still pictures
	end := TransferRate(110_000, voice)
	require.Greater(t, end, 45_000)
	require.GreaterOrEqual(t, float64(110_000-end-leastVoice), stillFloor)
}

func TestATransferLeavesTheVoicesWhatTheyTake(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bitrate := rapid.IntRange(1, 10_000_000).Draw(t, "bitrate")
		voices := rapid.IntRange(0, 120_000).Draw(t, "voices")
		rate := TransferRate(bitrate, voices)
		require.GreaterOrEqual(t, rate, 0)
		if rate > 0 {
			require.GreaterOrEqual(t, bitrate-rate, max(voices, leastVoice))
		}
		more := TransferRate(bitrate+50_000, voices)
		require.GreaterOrEqual(t, more+int(stillFloor/(1-transferShare)), rate)
	})
}

func TestATransferTriesNothing(t *testing.T) {
	require.Equal(t, 0, Uplink{}.ForTransfers())
	require.Equal(t, 0, Uplink{Carried: 100}.ForTransfers(), "nothing limits it any more")
	require.Equal(t, 80, Uplink{Limit: 80}.ForTransfers())
	require.Equal(t, 95, Uplink{Limit: 130, Carried: 100}.ForTransfers())
	require.Equal(t, 60, Uplink{Limit: 60, Carried: 100}.ForTransfers())
}

func TestAnUplinkBesideATransfer(t *testing.T) {
	require.Equal(t, Uplink{}, Uplink{}.Less(50_000), "nothing limits it")
	require.Equal(t, Uplink{Limit: 60, Usual: 100}, Uplink{Limit: 100, Usual: 140}.Less(40))
	require.Equal(t, Uplink{Limit: 1, Usual: 1}, Uplink{Limit: 100, Usual: 140}.Less(140))
}
