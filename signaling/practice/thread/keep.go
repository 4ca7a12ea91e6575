package thread

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
)

// OfMeeting is the thread of a staff meeting and its series. Whoever asks first makes it.
func OfMeeting(tx *store.Tx, a practice.Appointment, by By) (practice.Thread, error) {
	if a.Kind != practice.KindTelestaff {
		return practice.Thread{}, agenda.Wrong("id", "expected a staff meeting, got a consultation")
	}
	subject, known := a.ID, ""
	if a.Series != "" {
		series, err := store.Get[practice.Series](tx, "WHERE establishment = $1 AND id = $2",
			a.Establishment, a.Series)
		if err != nil {
			return practice.Thread{}, err
		}
		subject, known = series.ID, series.Thread
	}
	t, err := store.Get[practice.Thread](tx,
		"WHERE establishment = $1 AND (id = $2 OR (subject = $3 AND subject <> ''))",
		a.Establishment, known, subject)
	if !errors.Is(err, store.ErrNotFound) {
		return t, err
	}
	t = practice.Thread{ID: practice.NewID(), Establishment: a.Establishment,
		Kind: practice.ThreadTelestaff, Subject: subject, CreatedBy: by.Person,
		CreatedAt: practice.InstantOf(by.At), Version: 1}
	if err := store.Insert(tx, t, nil); err != nil {
		return t, err
	}
	// A series that continues this one is made of it, and so has the same thread.
	_, err = tx.Exec("UPDATE series SET thread = $1 WHERE establishment = $2 AND id = $3", t.ID,
		a.Establishment, a.Series)
	return t, err
}

// Mine are the threads that somebody reads.
func Mine(tx *store.Tx, by By) ([]practice.Thread, error) {
	all, err := store.Find[practice.Thread](
		tx.Across("what somebody may read is asked of each thread below"),
		"WHERE closed = $1 ORDER BY kind, name, created_at, id", false)
	if err != nil {
		return nil, err
	}
	asked, err := housesThatAsk(tx, by.Person)
	if err != nil {
		return nil, err
	}
	mine := all[:0]
	for _, t := range all {
		// A sector may be another house's, and so may a meeting to which somebody was asked.
		if t.Kind != practice.ThreadSector && !knows(by.Grants, t.Establishment) &&
			!slices.Contains(asked, t.Establishment) {
			continue
		}
		access, err := AccessOf(tx, t, by)
		if err != nil {
			return nil, err
		}
		if access.Read {
			mine = append(mine, t)
		}
	}
	return mine, nil
}

// housesThatAsk are the establishments that have asked somebody to appointments.
func housesThatAsk(tx *store.Tx, person string) (houses []string, err error) {
	err = tx.Query(func(scan func(...any) error) error {
		var house string
		err := scan(&house)
		houses = append(houses, house)
		return err
	}, "SELECT DISTINCT establishment FROM participants WHERE person = $1", person)
	return houses, err
}

// knows reports whether somebody has any right in an establishment.
func knows(grants []practice.Grant, establishment string) bool {
	return slices.ContainsFunc(grants, func(g practice.Grant) bool {
		return g.Establishment == "" || g.Establishment == establishment
	})
}

// Plan is what a team or a sector is to be.
type Plan struct {
	Name    string
	Closed  bool
	Members []practice.ThreadMember // their kinds and ids
}

// Make makes a team or a sector. The caller has asked for the right.
func Make(tx *store.Tx, establishment string, kind practice.ThreadKind, plan Plan, by By) (
	practice.Thread, error) {
	if kind != practice.ThreadTeam && kind != practice.ThreadSector {
		return practice.Thread{}, agenda.Wrong("kind", "expected team or sector, got %q", kind)
	}
	t := practice.Thread{ID: practice.NewID(), Establishment: establishment, Kind: kind,
		CreatedBy: by.Person, CreatedAt: practice.InstantOf(by.At), Version: 1}
	if err := plan.into(&t); err != nil {
		return t, err
	}
	if err := store.Insert(tx, t, nil); err != nil {
		return t, err
	}
	return t, setMembers(tx, t, plan.Members, by, "thread.create")
}

// Change replaces the name and the members of a team or a sector, of which version was read.
func Change(tx *store.Tx, t practice.Thread, version int, plan Plan, by By) (practice.Thread,
	error) {
	if t.Kind == practice.ThreadTelestaff {
		return t, agenda.Wrong("id", "expected a team or a sector, got a meeting's thread")
	}
	if err := plan.into(&t); err != nil {
		return t, err
	}
	t.Version = version
	if err := store.Update(tx, &t, nil); err != nil {
		return t, err
	}
	return t, setMembers(tx, t, plan.Members, by, "thread.change")
}

func (p Plan) into(t *practice.Thread) error {
	t.Name, t.Closed = strings.TrimSpace(p.Name), p.Closed
	if n := utf8.RuneCountInString(t.Name); n == 0 || n > maxName {
		return agenda.Wrong("name", "expected 1 to %d characters, got %d", maxName, n)
	}
	if len(p.Members) > MaxMembers {
		return agenda.Wrong("members", "expected at most %d, got %d", MaxMembers, len(p.Members))
	}
	for i, m := range p.Members {
		fits := m.Kind == practice.MemberPerson
		if t.Kind == practice.ThreadSector {
			fits = m.Kind == practice.MemberService || m.Kind == practice.MemberPlace
		}
		if !fits || m.Member == "" {
			return agenda.Wrong(fmt.Sprintf("members.%d", i),
				"expected people in a team, services and places in a sector, got %q", m.Kind)
		}
	}
	return nil
}

// tableOf says where the members of a kind are.
var tableOf = map[practice.MemberKind]string{practice.MemberPerson: "people",
	practice.MemberService: "services", practice.MemberPlace: "places"}

func setMembers(tx *store.Tx, t practice.Thread, members []practice.ThreadMember, by By,
	action string) error {
	if _, err := tx.Exec("DELETE FROM thread_members WHERE establishment = $1 AND thread = $2",
		t.Establishment, t.ID); err != nil {
		return err
	}
	var set []practice.ThreadMember
	for i, m := range members {
		m.Establishment, m.Thread = t.Establishment, t.ID
		if slices.Contains(set, m) {
			continue
		}
		var count int
		if err := tx.Across("a team has people, a sector parts of several establishments").Scan(
			"SELECT COUNT(*) FROM "+tableOf[m.Kind]+" WHERE id = $1", []any{m.Member},
			&count); err != nil {
			return err
		}
		if count == 0 {
			return agenda.Wrong(fmt.Sprintf("members.%d", i), "expected a %s that there is, got %q",
				m.Kind, m.Member)
		}
		if err := store.Insert(tx, m, nil); err != nil {
			return err
		}
		set = append(set, m)
	}
	return note(tx, t, by, action, "", fmt.Sprintf(`{"members":"%d"}`, len(set)))
}

// DaysKey is the setting of the group that says for how many days messages are kept.
const DaysKey = "thread.days"

const (
	// DefaultDays is half a year: longer than a meeting's preparation, shorter than a record.
	DefaultDays = 180
	minDays     = 1
	maxDays     = 3650
)

// Days reads the setting.
func Days(value string) (int, error) { return store.Whole(value, "days", minDays, maxDays) }

// DaysKept is for how many days messages are kept.
func DaysKept(tx *store.Tx) (int, error) {
	return store.GroupNumber(tx, DaysKey, DefaultDays, Days)
}

// Retain deletes the messages that are older than the setting says, and returns how many. The
// deletion is an entry of the audit log.
func Retain(ctx context.Context, s *store.Store, now time.Time) (deleted int64, err error) {
	err = s.Write(ctx, func(tx *store.Tx) error {
		days, err := DaysKept(tx)
		if err != nil {
			return err
		}
		deleted, err = tx.Across("messages of all establishments are kept for the same time").Exec(
			"DELETE FROM thread_messages WHERE at < $1",
			int64(practice.InstantOf(now.AddDate(0, 0, -days))))
		if err != nil || deleted == 0 {
			return err
		}
		return ledger.Append(tx, now, practice.AuditEntry{ActorKind: practice.ActorSystem,
			Action: "thread.retention",
			Detail: fmt.Sprintf(`{"deleted":"%d","days":"%d"}`, deleted, days)})
	})
	return deleted, err
}
