package demand

// Order is what a publisher is asked to send of one source. It does not change.
type Order struct {
	Encodings []Encoding
	Mode      Mode
	Limited   bool   // the uplink is why the picture is worse than what is watched
	Share     int    // bit/s of encoded picture that the uplink has, within a tenth; 0: not known
	retired   uint32 // bit i: encoding i goes on only until its watchers have moved to another
}

// IsRetired reports whether an encoding goes on only until its watchers have moved to another.
func (o *Order) IsRetired(encoding int) bool { return o.retired>>max(encoding, 0)&1 == 1 }

// Whole returns the rid of the encoding that has the size of what is captured; false: none has.
func (o *Order) Whole() (rid string, ok bool) {
	top := len(o.Encodings) - 1
	if top < 0 || !o.Encodings[top].Active || o.Encodings[top].Scale != 1 {
		return "", false
	}
	return o.Encodings[top].RID, true
}
