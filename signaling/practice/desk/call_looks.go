package desk

import (
	"strings"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
)

// noteEvery is how often the ledger notes that somebody looks at one thing, which a page reads
// again at each change of it.
const noteEvery = time.Hour

// look reads what a page shows, and has the ledger note who has seen it before it is answered: the
// first time at once, and from then on once every noteEvery. What makes up the entry tells one look
// from another, so whatever is new in it (another patient, a version more) is noted at once, and so
// is somebody else, or the same account in another browser.
func (c *call) look(read func(*store.Tx) (practice.AuditEntry, error)) error {
	var entry practice.AuditEntry
	if err := c.read(func(tx *store.Tx) (err error) {
		entry, err = read(tx)
		return err
	}); err != nil {
		return err
	}
	return c.noteLook(entry)
}

// noteLook writes a look into the ledger, unless it has it already. A look at several
// establishments or patients is an entry for each: an auditor of one, and a search for a patient,
// find what is theirs.
func (c *call) noteLook(entries ...practice.AuditEntry) error {
	keys, added := set{}, []practice.AuditEntry{}
	for _, entry := range entries {
		key := c.keyOf(entry)
		if _, twice := keys[key]; twice || c.noted(key) {
			continue
		}
		keys.add(key)
		added = append(added, c.actor(entry))
	}
	if len(added) == 0 {
		return nil
	}
	if err := c.write(func(tx *store.Tx) error {
		return ledger.AppendAll(tx, c.now, added)
	}); err != nil {
		return err
	}
	c.setNoted(keys)
	return nil
}

// keyOf tells looks apart by who looks, in which browser, at what.
func (c *call) keyOf(entry practice.AuditEntry) string {
	entry = c.actor(entry)
	return strings.Join([]string{string(entry.ActorKind), entry.Actor, c.caller.Session.ID,
		entry.Action, entry.Establishment, entry.Patient, entry.Appointment, entry.Object,
		entry.Detail}, "\x00")
}

func (c *call) noted(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	since := c.now.Sub(c.views[key])
	return since >= 0 && since < noteEvery // a clock that was put back hides no look
}

// setNoted is called once the ledger has them.
func (c *call) setNoted(keys set) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for old, at := range c.views {
		if c.now.Sub(at) >= noteEvery {
			delete(c.views, old)
		}
	}
	for key := range keys {
		c.views[key] = c.now
	}
}
