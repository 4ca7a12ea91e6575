package storetest

import "os"

// Run implements goleak.TestingM.
func (b both) Run() int {
	defer Stop()
	_, err := programs()
	postgres := err == nil || os.Getenv("CI") != ""
	if !postgres || !RaceDetector {
		if code := b.tests.Run(); code != 0 || !postgres {
			return code
		}
	}
	address = withTables
	return b.tests.Run()
}

// once runs them on the engine that each chooses.
func (b both) once() int {
	defer Stop()
	return b.tests.Run()
}
