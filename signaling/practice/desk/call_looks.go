package desk

import (
	"strconv"
	"strings"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
)

const (
	// noteEvery is how often the ledger notes that somebody looks at one thing, which a page reads
	// again at each change of it.
	noteEvery = time.Hour
	// noteListedEvery is how often it notes that a list has shown somebody a patient: once on each
	// day, by the dates of the establishment. A list is open all day, in each of their browsers,
	// and has a thousand lines: an entry an hour of each would be a hundred thousand a day, and the
	// ledger is kept for a year. What it is asked is who has seen a patient on which day; what they
	// then opened has entries of its own.
	noteListedEvery = 24 * time.Hour
	// sweepEvery is how often looks that are noted again anyway are forgotten: everybody who looks
	// waits for that.
	sweepEvery = time.Minute
)

// noted is when the ledger was told of a look, and how long that holds.
type noted struct {
	at    time.Time
	holds time.Duration
}

// over reports whether the look is noted again; a clock that was put back hides none.
func (n noted) over(now time.Time) bool {
	since := now.Sub(n.at)
	return since < 0 || since >= n.holds
}

// looks are those of one request, by what tells one look from another.
type looks struct {
	keys    []string // the first one first
	entries map[string]practice.AuditEntry
	holds   time.Duration
}

func (l *looks) add(key []string, entry practice.AuditEntry) {
	joined := strings.Join(key, "\x00")
	if _, twice := l.entries[joined]; twice {
		return
	}
	if l.entries == nil {
		l.entries = map[string]practice.AuditEntry{}
	}
	l.keys, l.entries[joined] = append(l.keys, joined), entry
}

// look reads what a page shows, and has the ledger note who has seen it before it is answered: the
// first time at once, and from then on once every noteEvery. What makes up the entry tells one look
// from another, so whatever is new in it (another patient, a version more) is noted at once, and so
// is somebody else, or the same account in another browser.
func (c *call) look(read func(*store.Tx) (practice.AuditEntry, error)) error {
	entry, err := c.seen(read)
	if err != nil {
		return err
	}
	return c.noteLook(entry)
}

// lookAt is a look at a part of something that changes while it is looked at. The part tells it
// from other looks, and the entry's Detail, which grows with each change, does not: that has what
// was shown first, if anything was.
func (c *call) lookAt(part string, read func(*store.Tx) (practice.AuditEntry, error)) error {
	entry, err := c.seen(read)
	if err != nil {
		return err
	}
	found := looks{holds: noteEvery}
	shown := strconv.FormatBool(entry.Detail != "")
	found.add(append(c.single(entry), part, shown), c.actor(entry))
	return c.noteAll(found)
}

func (c *call) seen(read func(*store.Tx) (practice.AuditEntry, error)) (
	entry practice.AuditEntry, err error) {
	err = c.read(func(tx *store.Tx) error {
		entry, err = read(tx)
		return err
	})
	return entry, err
}

// noteLook writes a look into the ledger, unless it has it already. A look at several
// establishments is an entry for each: an auditor of one finds what is theirs.
func (c *call) noteLook(entries ...practice.AuditEntry) error {
	found := looks{holds: noteEvery}
	for _, entry := range entries {
		found.add(append(c.single(entry), entry.Detail), c.actor(entry))
	}
	return c.noteAll(found)
}

// noteListed writes into the ledger whom a list has shown to somebody: an entry of each patient, so
// that a search for one finds it, by their day at the establishment and whatever browser it was.
func (c *call) noteListed(entries ...practice.AuditEntry) error {
	if len(entries) == 0 {
		return nil
	}
	days, err := c.daysOf(entries)
	if err != nil {
		return err
	}
	found := looks{holds: noteListedEvery}
	for _, entry := range entries {
		entry = c.actor(entry)
		found.add([]string{string(entry.ActorKind), entry.Actor, entry.Action, entry.Establishment,
			entry.Patient, days[entry.Establishment]}, entry)
	}
	return c.noteAll(found)
}

// daysOf are the dates of now at the establishments of entries: by these the ledger is searched.
func (c *call) daysOf(entries []practice.AuditEntry) (map[string]string, error) {
	days := map[string]string{}
	return days, c.read(func(tx *store.Tx) error {
		for _, entry := range entries {
			if _, known := days[entry.Establishment]; known {
				continue
			}
			house, err := store.Get[practice.Establishment](tx, "WHERE id = $1",
				entry.Establishment)
			if err != nil {
				return err
			}
			zone, err := agenda.Zone(house.Zone)
			if err != nil {
				return err
			}
			days[entry.Establishment] = c.now.In(zone).Format(time.DateOnly)
		}
		return nil
	})
}

// single tells looks at single things apart by who looks, in which browser, at what.
func (c *call) single(entry practice.AuditEntry) []string {
	entry = c.actor(entry)
	return []string{string(entry.ActorKind), entry.Actor, c.caller.Session.ID, entry.Action,
		entry.Establishment, entry.Patient, entry.Appointment, entry.Object}
}

// noteAll writes looks into the ledger that it has not, all at once.
func (c *call) noteAll(found looks) error {
	added, entries := c.unnoted(found), []practice.AuditEntry{}
	if len(added) == 0 {
		return nil
	}
	for _, key := range added {
		entries = append(entries, found.entries[key])
	}
	if err := c.write(func(tx *store.Tx) error {
		return ledger.AppendAll(tx, c.now, entries)
	}); err != nil {
		return err
	}
	c.setNoted(added, found.holds)
	return nil
}

func (c *call) unnoted(found looks) (added []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range found.keys {
		if one, known := c.views[key]; !known || one.over(c.now) {
			added = append(added, key)
		}
	}
	return added
}

// setNoted is called once the ledger has them.
func (c *call) setNoted(keys []string, holds time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if since := c.now.Sub(c.swept); since < 0 || since >= sweepEvery {
		c.swept = c.now
		for key, one := range c.views {
			if one.over(c.now) {
				delete(c.views, key)
			}
		}
	}
	for _, key := range keys {
		c.views[key] = noted{c.now, holds}
	}
}
