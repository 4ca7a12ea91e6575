package signal

// Rules is a set of an estimator's rules, one bit each. An estimator is told which of its rules are
// off, so that what each is for can be measured (make ablate); the zero value leaves all of them
// on.
type Rules uint64

// Has reports whether a rule is in the set.
func (r Rules) Has(rule Rules) bool { return r&rule != 0 }

// Named is a rule with its name.
type Named struct {
	Name string
	Rule Rules
}
