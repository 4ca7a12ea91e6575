package protocol

// Malformed is the error of a message that cannot be understood.
type Malformed struct {
	Of     string // type of the message, when it could be told
	Reason string // what was expected, what was got, what to do
}

func (m *Malformed) Error() string {
	if m.Of == "" {
		return "malformed message: " + m.Reason
	}
	return "malformed " + m.Of + ": " + m.Reason
}
