//go:build !linux

package storetest

// Run implements goleak.TestingM.
func (b both) Run() int { return b.tests.Run() }
