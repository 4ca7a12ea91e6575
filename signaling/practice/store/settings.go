package store

import (
	"encoding/json"
	"errors"
	"fmt"

	"draille/signaling/practice"
)

// Whole reads the value of a setting that is a whole number of units, such as "days".
func Whole(value, units string, least, most int) (int, error) {
	var number int
	if err := json.Unmarshal([]byte(value), &number); err != nil || number < least ||
		number > most {
		return 0, fmt.Errorf("expected a number of %s from %d to %d, got %.20q", units, least,
			most, value)
	}
	return number, nil
}

// GroupNumber is a setting of the group, or usual where nobody has chosen it.
func GroupNumber(tx *Tx, key string, usual int, read func(value string) (int, error)) (int,
	error) {
	setting, err := Get[practice.Setting](tx, "WHERE establishment = '' AND key = $1", key)
	if errors.Is(err, ErrNotFound) {
		return usual, nil
	}
	if err != nil {
		return 0, err
	}
	return read(setting.Value)
}
