package flood

import (
	"fmt"
	"io"
	"strings"
)

// WriteTable writes the results as a table in Markdown.
func WriteTable(out io.Writer, results []Result) error {
	var text strings.Builder
	text.WriteString("| attack | tries/s | what the server answered | voice lost meanwhile | " +
		"frames/s | memory at most | descriptors | a new patient joins in | |\n" +
		"| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | --- |\n")
	for _, r := range results {
		verdict := "held"
		switch {
		case r.Failure != "":
			verdict = "**failed: " + r.Failure + "**"
		case !r.Held():
			verdict = "**did not hold**"
		}
		fmt.Fprintf(&text, "| %s | %.0f | %s | %.2f %% (%.0f ms) | %.1f (%+.0f %%) | %.0f MB | "+
			"%.0f of %.0f | %.2f s | %s |\n",
			r.Attack.Summary, r.PerSecond, r.Answers, 100*r.Concealed, r.Lost, r.Framerate,
			-100*r.Fall, r.Most.Memory/(1<<20), r.Most.Descriptors, r.Most.Limit,
			r.Join.Seconds(), verdict)
	}
	_, err := io.WriteString(out, text.String())
	return err
}
