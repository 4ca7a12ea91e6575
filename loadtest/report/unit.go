package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Unit is what a figure is counted in.
type Unit string

// Units. The numbers of a figure are always in its unit; people may read and write them in a
// handier one.
const (
	Ratio        Unit = "ratio" // 0 to 1, shown as a percentage
	Milliseconds Unit = "ms"
	Microseconds Unit = "µs"
	Seconds      Unit = "s"
	PerSecond    Unit = "/s"
	BitRate      Unit = "bit/s"
	Bytes        Unit = "B"
	Pixels       Unit = "px"
	Cores        Unit = "cores"
	Count        Unit = ""
	Score        Unit = "of 1" // 0 to 1, shown as it is
)

// suffixes are what may be written behind a number of a unit, and what it multiplies.
var suffixes = map[Unit]map[string]float64{
	Ratio:        {"": 1, "%": 0.01},
	Milliseconds: {"": 1, "ms": 1, "s": 1000, "µs": 0.001, "us": 0.001},
	Microseconds: {"": 1, "µs": 1, "us": 1, "ms": 1000},
	Seconds:      {"": 1, "s": 1, "ms": 0.001},
	PerSecond:    {"": 1, "/s": 1, "k/s": 1e3},
	BitRate:      {"": 1, "bit/s": 1, "kbit/s": 1e3, "Mbit/s": 1e6, "k": 1e3, "M": 1e6},
	Bytes: {"": 1, "B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1 << 10, "MiB": 1 << 20,
		"GiB": 1 << 30},
	Pixels: {"": 1, "px": 1, "p": 1},
	Cores:  {"": 1, "cores": 1, "%": 0.01},
	Count:  {"": 1},
	Score:  {"": 1},
}

// Parse reads a number with or without a suffix: "1%", "50ms", "1.5 Mbit/s".
func (u Unit) Parse(text string) (float64, error) {
	text = strings.TrimSpace(text)
	end := len(text)
	for end > 0 && !strings.ContainsRune("0123456789.", rune(text[end-1])) {
		end--
	}
	number, err := strconv.ParseFloat(strings.TrimSpace(text[:end]), 64)
	factor, known := suffixes[u][strings.TrimSpace(text[end:])]
	if err != nil || !known || math.IsInf(number, 0) {
		return 0, fmt.Errorf("%q is not a value in %s: expected a number such as %s", text,
			u.name(), u.example())
	}
	return number * factor, nil
}

func (u Unit) name() string {
	switch u {
	case Count:
		return "a plain number"
	case Ratio:
		return "percent"
	default:
		return string(u)
	}
}

func (u Unit) example() string {
	switch u {
	case Ratio:
		return "1%"
	case BitRate:
		return "300kbit/s"
	case Bytes:
		return "100MB"
	case Count, Score:
		return "1"
	default:
		return "10" + string(u)
	}
}

// Format writes a value for people; an unknown one is a dash.
func (u Unit) Format(v Value) string {
	n, known := v.Get()
	if !known {
		return "–"
	}
	switch u {
	case Ratio:
		return trim(100*n) + " %"
	case BitRate:
		return scaled(n, 1000, "bit/s", "kbit/s", "Mbit/s", "Gbit/s")
	case Bytes:
		return scaled(n, 1000, "B", "KB", "MB", "GB")
	case Milliseconds, Microseconds, Seconds, Pixels:
		return trim(n) + " " + string(u)
	case Cores:
		return trim(n)
	case Score:
		return strconv.FormatFloat(n, 'f', 3, 64)
	default:
		return trim(n) + string(u)
	}
}

// trim keeps about three significant digits and no idle zeros.
func trim(n float64) string {
	digits := 0
	switch a := math.Abs(n); {
	case a == 0:
		return "0"
	case a < 0.095:
		digits = 3
	case a < 9.95:
		digits = 2
	case a < 99.5:
		digits = 1
	}
	text := strconv.FormatFloat(n, 'f', digits, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

func scaled(n, base float64, names ...string) string {
	i := 0
	for ; math.Abs(n) >= 0.9995*base && i < len(names)-1; i++ {
		n /= base
	}
	return trim(n) + " " + names[i]
}
