package storetest

import "os"

// Run implements goleak.TestingM.
func (b both) Run() int {
	defer Stop()
	code := b.tests.Run()
	_, err := programs()
	if code != 0 || err != nil && os.Getenv("CI") == "" {
		return code
	}
	address = Postgres
	return b.tests.Run()
}
