package register

import (
	"fmt"
	"regexp"
)

var keyForm = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

// CheckKey says what is wrong with a key, or with a prefix that is not empty.
func CheckKey(key string) error {
	if !keyForm.MatchString(key) {
		return fmt.Errorf("register: %q is no key: names of A–Z, a–z, 0–9, - and _ are expected, "+
			"separated by dots", key)
	}
	return nil
}
