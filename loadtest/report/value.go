package report

import (
	"encoding/json"
	"math"
)

// Value is a figure that may not have been measured: the zero Value was not. In JSON it is a
// number, and left out (or null) when it was not measured.
type Value struct {
	number float64
	known  bool
}

// Measured is a Value of a number; what is not a finite number was not measured.
func Measured[N int | int64 | uint64 | float64](number N) Value {
	n := float64(number)
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return Value{}
	}
	return Value{number: n, known: true}
}

// Get returns the number, and whether there is one.
func (v Value) Get() (number float64, known bool) { return v.number, v.known }

// Or returns the number, or another one if there is none.
func (v Value) Or(other float64) float64 {
	if v.known {
		return v.number
	}
	return other
}

// IsZero tells encoding/json what to leave out.
func (v Value) IsZero() bool { return !v.known }

// MarshalJSON implements json.Marshaler.
func (v Value) MarshalJSON() ([]byte, error) {
	if !v.known {
		return []byte("null"), nil
	}
	// Six significant digits are more than any of these measurements has.
	digits := math.Pow(10, 5-math.Floor(math.Log10(math.Max(math.Abs(v.number), 1e-9))))
	return json.Marshal(math.Round(v.number*digits) / digits)
}

// UnmarshalJSON implements json.Unmarshaler.
func (v *Value) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*v = Value{}
		return nil
	}
	v.known = true
	return json.Unmarshal(text, &v.number)
}
