package desk

import (
	"errors"
	"net/http"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
	"draille/signaling/practice/thread"
)

// threadOffice is who belongs to which team and sector. Whoever looks after them reads nothing.
type threadOffice struct{}

func (s threadOffice) routes() []route {
	return []route{
		{"GET /api/establishments/{e}/threads", signedIn, s.list},
		{"POST /api/establishments/{e}/threads", signedIn, s.create},
		{"PUT /api/establishments/{e}/threads/{id}", signedIn, s.change},
	}
}

func (threadOffice) list(c *call) error {
	if err := c.require(practice.ActionThreadManage, c.path("e"), ""); err != nil {
		return err
	}
	items := []ThreadOffice{}
	err := c.read(func(tx *store.Tx) error {
		all, err := store.Find[practice.Thread](tx, `WHERE establishment = $1
			AND kind IN ('team', 'sector') ORDER BY name, id`, c.path("e"))
		if err != nil {
			return err
		}
		for _, t := range all {
			line, err := officeOf(tx, t)
			if err != nil {
				return err
			}
			items = append(items, line)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, map[string]any{"items": items})
}

// officeOf is a thread as its administrator sees it.
func officeOf(tx *store.Tx, t practice.Thread) (ThreadOffice, error) {
	office := ThreadOffice{Thread: t, Members: []ThreadPart{}}
	members, err := thread.Members(tx, t)
	if err != nil {
		return office, err
	}
	for _, m := range members {
		name, err := memberName(tx, m)
		if err != nil {
			return office, err
		}
		office.Members = append(office.Members, ThreadPart{m.Kind, m.Member, name})
	}
	office.Messages, err = latest(tx, t, 1<<62, shown)
	for i := range office.Messages {
		office.Messages[i].Message.Text = ""
	}
	return office, err
}

func memberName(tx *store.Tx, m practice.ThreadMember) (string, error) {
	wide := tx.Across("a sector has services and places of several establishments")
	var name string
	var err error
	switch m.Kind {
	case practice.MemberPerson:
		return nameOf(tx, m.Member)
	case practice.MemberService:
		err = wide.Scan("SELECT name FROM services WHERE id = $1", []any{m.Member}, &name)
	case practice.MemberPlace:
		err = wide.Scan(`SELECT places.name || ' – ' || establishments.name FROM places
			JOIN establishments ON establishments.id = places.establishment
			WHERE places.id = $1`, []any{m.Member}, &name)
	}
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return name, err
}

// planOf is what the store is told of a plan.
func planOf(p ThreadPlan) thread.Plan {
	plan := thread.Plan{Name: p.Name, Closed: p.Closed}
	for _, m := range p.Members {
		plan.Members = append(plan.Members, practice.ThreadMember{Kind: m.Kind, Member: m.Member})
	}
	return plan
}

func (s threadOffice) create(c *call) error {
	return s.set(c, func(tx *store.Tx, wanted ThreadPlan) (practice.Thread, error) {
		return thread.Make(tx, c.path("e"), wanted.Kind, planOf(wanted), byOf(c))
	})
}

func (s threadOffice) change(c *call) error {
	version, err := c.version()
	if err != nil {
		return err
	}
	return s.set(c, func(tx *store.Tx, wanted ThreadPlan) (practice.Thread, error) {
		t, err := store.Get[practice.Thread](tx, "WHERE establishment = $1 AND id = $2",
			c.path("e"), c.path("id"))
		if err != nil {
			return t, err
		}
		return thread.Change(tx, t, version, planOf(wanted), byOf(c))
	})
}

// set makes or changes a team or a sector, and answers with what it is then.
func (threadOffice) set(c *call,
	do func(*store.Tx, ThreadPlan) (practice.Thread, error)) error {
	if err := c.require(practice.ActionThreadManage, c.path("e"), ""); err != nil {
		return err
	}
	var wanted ThreadPlan
	if err := c.body(&wanted); err != nil {
		return err
	}
	var office ThreadOffice
	err := c.write(func(tx *store.Tx) error {
		t, err := do(tx, wanted)
		if err != nil {
			return err
		}
		office, err = officeOf(tx, t)
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, office)
}
