package command

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"draille/loadtest/thinlink"
	"draille/loadtest/thinlink/table"
)

func newCodecs() *cobra.Command {
	var web string
	var codecs []string
	var kilobits []int
	var length time.Duration
	command := &cobra.Command{
		Use:   "codecs",
		Short: "What a real browser's encoders make of a face at low bit rates",
		Long: `Let a real Chromium encode a person who speaks, with each codec at each bit rate, at
640×360 and at 320×180, as the client does: two connections in one page, the bit rate capped.
Printed are the likeness to the source (SSIM), the frames a second, and the share of a core that
the encoder took. Nothing else should run meanwhile.

It needs chromium, node, and the sources (make codecs).`,
		Example: `  draille loadtest codecs
  draille loadtest codecs --bitrates 80 --duration 20s`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			var bitrates []int
			for _, k := range kilobits {
				if k < 10 || k > 10_000 {
					return fmt.Errorf("%d kbit/s cannot be tried: expected 10 to 10000", k)
				}
				bitrates = append(bitrates, 1000*k)
			}
			if length < time.Second {
				return fmt.Errorf("%v is too short to measure: expected at least 1s", length)
			}
			tools, err := thinlink.PrepareBrowsers(command.Context(), web)
			if err != nil {
				return err
			}
			encodings, err := tools.Codecs(command.Context(), thinlink.Questions(codecs, bitrates,
				length), func(e table.Encoding) {
				fmt.Fprintf(command.ErrOrStderr(),
					"%s, %d lines, %d kbit/s: SSIM %.3f, %.1f frames/s\n", e.Codec, e.Height,
					e.MaxBitrate/1000, e.SSIM, e.FrameRate)
			})
			if err != nil {
				return err
			}
			return table.WriteCodecs(command.OutOrStdout(), encodings)
		},
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringSliceVar(&codecs, "codecs", []string{"AV1", "VP9", "VP8"}, "codecs to try")
	flags.IntSliceVar(&kilobits, "bitrates", []int{40, 80, 150}, "bit rates to try, in kbit/s")
	flags.DurationVar(&length, "duration", 10*time.Second, "how long each is measured")
	flags.StringVar(&web, "web", "web", "folder of the client's sources")
	return command
}
