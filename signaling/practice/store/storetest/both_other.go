//go:build !linux

package storetest

// Run implements goleak.TestingM.
func (b both) Run() int { return b.tests.Run() }

// once runs them on the engine that each chooses.
func (b both) once() int {
	return b.tests.Run()
}
