package desk

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"draille/signaling/practice"
	"draille/signaling/practice/figures"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/opinion"
	"draille/signaling/practice/report"
	"draille/signaling/practice/store"
	"draille/signaling/practice/thread"
)

// records is what there is about the past, and the settings.
type records struct{}

func (r records) routes() []route {
	return []route{
		{"GET /api/settings", signedIn, r.settings},
		{"PUT /api/settings/{key}", signedIn, r.changeSetting},
		{"GET /api/audit", signedIn, r.audit},
		{"POST /api/audit/verify", signedIn, r.verify},
	}
}

// settingsOf demands the right to settings of an establishment; without one, of the group.
func settingsOf(c *call) (string, error) {
	establishment := c.query("establishment")
	if establishment == "" {
		return "", c.require(practice.ActionGroupManage, "", "")
	}
	return establishment, c.require(practice.ActionSettingsManage, establishment, "")
}

func (records) settings(c *call) error {
	establishment, err := settingsOf(c)
	if err != nil {
		return err
	}
	found := []practice.Setting{}
	err = c.read(func(tx *store.Tx) error {
		all, err := store.Find[practice.Setting](tx,
			"WHERE establishment = $1 OR establishment = '' ORDER BY key, establishment DESC",
			establishment)
		if err != nil {
			return err
		}
		for _, setting := range all { // an establishment's own comes before the group's
			if len(found) == 0 || found[len(found)-1].Key != setting.Key {
				found = append(found, setting)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, withDefaults(found, establishment, c.config.DefaultSettings))
}

// withDefaults adds the settings that nobody has chosen, of version 0, and sorts all by their keys.
func withDefaults(chosen []practice.Setting, establishment string,
	defaults map[string]string) []practice.Setting {
	all := map[string]practice.Setting{}
	if establishment == "" {
		for key, of := range groupSettings {
			all[key] = practice.Setting{Key: key, Value: strconv.Itoa(of.usual)}
		}
	}
	for key, value := range defaults {
		all[key] = practice.Setting{Establishment: establishment, Key: key, Value: value}
	}
	for _, setting := range chosen {
		all[setting.Key] = setting
	}
	return slices.SortedFunc(maps.Values(all), func(a, b practice.Setting) int {
		return strings.Compare(a.Key, b.Key)
	})
}

func (records) changeSetting(c *call) error {
	establishment, err := settingsOf(c)
	if err != nil {
		return err
	}
	var asked practice.Setting
	if err := c.body(&asked); err != nil {
		return err
	}
	key := c.path("key")
	if err := checkSetting(c, establishment, key, asked.Value); err != nil {
		return err
	}
	changed := practice.Setting{Establishment: establishment, Key: key, Value: asked.Value,
		UpdatedBy: c.caller.Person.ID,
		UpdatedAt: practice.InstantOf(c.now), Version: 1}
	err = c.write(func(tx *store.Tx) error {
		was, err := store.Get[practice.Setting](tx, "WHERE establishment = $1 AND key = $2",
			establishment, key)
		if errors.Is(err, store.ErrNotFound) { // the first: there is no version to expect
			return settingChanged(c, tx, changed, store.Insert(tx, changed, nil))
		}
		if err != nil {
			return err
		}
		version, err := c.version()
		if err != nil {
			return err
		}
		if version != was.Version {
			return store.ErrVersion
		}
		changed.Version = version + 1
		_, err = tx.Exec("UPDATE settings SET value = $1, updated_by = $2, updated_at = $3, "+
			"version = $4 WHERE establishment = $5 AND key = $6",
			changed.Value, changed.UpdatedBy, int64(changed.UpdatedAt), changed.Version,
			establishment, key)
		return settingChanged(c, tx, changed, err)
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, changed)
}

func settingChanged(c *call, tx *store.Tx, setting practice.Setting, err error) error {
	if err != nil {
		return err
	}
	tx.Changed(practice.TopicSettings, setting.Establishment, setting.Key)
	return c.audit(tx, practice.AuditEntry{Establishment: setting.Establishment,
		Action: "setting.change", Object: setting.Key,
		Detail: detail("version", strconv.Itoa(setting.Version))})
}

// groupSettings are those that only the group has: how long what is kept.
var groupSettings = map[string]struct {
	usual int
	read  func(value string) (int, error)
}{
	ledger.MonthsKey: {ledger.DefaultMonths, ledger.Months},
	figures.YearsKey: {figures.DefaultYears, figures.Years},
	report.DaysKey:   {report.DefaultDays, report.Days},
	opinion.DaysKey:  {opinion.DefaultDays, opinion.Days},
	thread.DaysKey:   {thread.DefaultDays, thread.Days},
}

// checkSetting says why a setting cannot be this.
func checkSetting(c *call, establishment, key, value string) error {
	if !json.Valid([]byte(value)) {
		return invalid("value", "expected JSON, got something else")
	}
	if of, is := groupSettings[key]; is {
		if establishment != "" {
			return invalid("key", "expected a setting of an establishment, got one of the group's")
		}
		if _, err := of.read(value); err != nil {
			return invalid("value", "%s", err)
		}
		return nil
	}
	if c.config.CheckSetting == nil {
		return invalid("key", "expected a setting that there is, got %q", key)
	}
	if err := c.config.CheckSetting(key, value); err != nil {
		return invalid("value", "%s", err)
	}
	return nil
}

// detail is the JSON of what an entry of the audit log adds: pairs of name and value, those without
// a value left out.
func detail(pairs ...string) string {
	members := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			members[pairs[i]] = pairs[i+1]
		}
	}
	text, err := json.Marshal(members)
	if err != nil {
		panic(err) // strings
	}
	return string(text)
}
