package link

import (
	"time"
)

// Pictures draws every profile over its first two minutes.
func Pictures(width int) []string {
	var lines []string
	for _, p := range Profiles() {
		lines = append(lines, p.Picture(2*time.Minute, width)...)
	}
	return lines
}
