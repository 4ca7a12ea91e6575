package desk

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/people"
	"draille/signaling/practice/rights"
	"draille/signaling/practice/store"
)

// self is what whoever is signed in sees and changes of themselves.
type self struct{ courier *courier.Courier }

func (s self) routes() []route {
	return []route{
		{"GET /api/me", signedIn, s.me},
		{"POST /api/sign-out", signedIn, s.signOut},
		{"GET /api/me/sessions", signedIn, s.sessions},
		{"DELETE /api/me/sessions/{id}", signedIn, s.endSession},
		{"DELETE /api/me/sessions", signedIn, s.endOthers},
		{"PUT /api/me/password", signedIn, s.changePassword},
		{"PUT /api/me/notices", signedIn, s.wantNotices},
		{"GET /api/me/passkeys", signedIn, s.passkeys},
		{"POST /api/me/passkeys", signedIn, s.addPasskey},
		{"POST /api/me/passkeys/answer", signedIn, s.passkeyAdded},
		{"DELETE /api/me/passkeys/{id}", signedIn, s.removePasskey},
	}
}

func (s self) me(c *call) error {
	var me Me
	err := c.read(func(tx *store.Tx) error {
		var err error
		me, err = s.meOf(tx, c.caller)
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, me)
}

// meOf says who somebody is and what they may do where.
func (s self) meOf(tx *store.Tx, caller people.Signed) (Me, error) {
	me := Me{Person: caller.Person, Session: caller.Session, Grants: caller.Grants,
		May: mayIn(caller.Grants), Channels: []practice.Channel{}}
	for _, channel := range []practice.Channel{practice.ChannelMail, practice.ChannelSMS} {
		if s.courier.Can(channel) {
			me.Channels = append(me.Channels, channel)
		}
	}
	login, err := people.LoginOf(tx, caller.Person.ID)
	if err != nil {
		return me, err
	}
	me.Local = login != ""
	if me.Notices, err = people.WantsNotices(tx, caller.Person.ID); err != nil {
		return me, err
	}
	if me.Establishments, err = establishmentsOf(tx, caller.Grants); err != nil {
		return me, err
	}
	me.Services = []practice.Service{}
	for _, establishment := range me.Establishments {
		services, err := store.Find[practice.Service](tx, "WHERE establishment = $1 ORDER BY name",
			establishment.ID)
		if err != nil {
			return me, err
		}
		for _, service := range services {
			if rights.May(caller.Grants, practice.ActionDayView, establishment.ID, service.ID) {
				me.Services = append(me.Services, service)
			}
		}
	}
	return me, nil
}

// establishmentsOf are those in which somebody has a right.
func establishmentsOf(tx *store.Tx, grants []practice.Grant) ([]practice.Establishment, error) {
	all, err := store.Find[practice.Establishment](tx, "ORDER BY name, id")
	if err != nil {
		return nil, err
	}
	mine := []practice.Establishment{}
	for _, establishment := range all {
		if rights.May(grants, practice.ActionDirectoryView, establishment.ID, "") {
			mine = append(mine, establishment)
		}
	}
	return mine, nil
}

// mayIn lists what the grants allow, for each place that one of them names, and for its
// establishment as a whole.
func mayIn(grants []practice.Grant) []MayIn {
	list := []MayIn{}
	seen := map[[2]string]bool{}
	add := func(establishment, service string) {
		if seen[[2]string{establishment, service}] {
			return
		}
		seen[[2]string{establishment, service}] = true
		may := MayIn{Establishment: establishment, Service: service, Actions: []practice.Action{}}
		for _, action := range rights.Actions() {
			if rights.May(grants, action, establishment, service) {
				may.Actions = append(may.Actions, action)
			}
		}
		list = append(list, may)
	}
	for _, grant := range grants {
		add(grant.Establishment, grant.Service)
		add(grant.Establishment, "")
	}
	return list
}

func (self) signOut(c *call) error {
	err := c.write(func(tx *store.Tx) error {
		if err := c.config.People.Sessions.End(tx, c.caller.Person.ID, c.caller.Session.ID); err !=
			nil {
			return err
		}
		return c.audit(tx, practice.AuditEntry{Action: "sign-out", Object: c.caller.Person.ID})
	})
	if err != nil {
		return err
	}
	c.setCookie(sessionCookie, "")
	if address := c.config.People.Providers.EndSession(c.caller.Session.Provider); address != "" {
		c.w.Header().Set("Location", address)
	}
	return c.done()
}

func (self) sessions(c *call) error {
	var found []practice.Session
	err := c.read(func(tx *store.Tx) error {
		var err error
		found, err = c.config.People.Sessions.List(tx, c.caller.Person.ID)
		return err
	})
	if err != nil {
		return err
	}
	for i := range found {
		found[i].Current = found[i].ID == c.caller.Session.ID
	}
	return c.reply(http.StatusOK, found)
}

func (self) endSession(c *call) error {
	err := c.write(func(tx *store.Tx) error {
		if err := c.config.People.Sessions.End(tx, c.caller.Person.ID, c.path("id")); err != nil {
			return err
		}
		return c.audit(tx, practice.AuditEntry{Action: "session.end", Object: c.caller.Person.ID})
	})
	if err != nil {
		return err
	}
	return c.done()
}

func (self) endOthers(c *call) error {
	err := c.write(func(tx *store.Tx) error {
		if _, err := c.config.People.Sessions.EndOthers(tx, c.caller.Person.ID,
			c.caller.Session.ID); err != nil {
			return err
		}
		return c.audit(tx,
			practice.AuditEntry{Action: "session.end-others", Object: c.caller.Person.ID})
	})
	if err != nil {
		return err
	}
	return c.done()
}

func (self) changePassword(c *call) error {
	var asked ChangedPassword
	if err := c.body(&asked); err != nil {
		return err
	}
	if err := c.slow(); err != nil {
		return err
	}
	err := c.config.People.Accounts.ChangePassword(c.r.Context(), c.caller.Person.ID,
		c.caller.Session.ID, asked.Old, asked.New)
	if err != nil {
		return err
	}
	return c.done()
}

func (self) wantNotices(c *call) error {
	var wanted WantNotices
	if err := c.body(&wanted); err != nil {
		return err
	}
	err := c.write(func(tx *store.Tx) error {
		before, err := people.WantsNotices(tx, c.caller.Person.ID)
		if err != nil || before == wanted.Notices {
			return err
		}
		if err := people.WantNotices(tx, c.caller.Person.ID, wanted.Notices); err != nil {
			return err
		}
		return c.audit(tx, practice.AuditEntry{Action: "notices.change",
			Object: c.caller.Person.ID, Detail: fmt.Sprintf(`{"on":"%t"}`, wanted.Notices)})
	})
	if err != nil {
		return err
	}
	return c.done()
}

func (self) passkeys(c *call) error {
	var found []people.Passkey
	err := c.read(func(tx *store.Tx) error {
		var err error
		found, err = c.config.People.Passkeys.List(tx, c.caller.Person.ID)
		return err
	})
	if err != nil {
		return err
	}
	shown := []Passkey{}
	for _, passkey := range found {
		shown = append(shown, Passkey(passkey))
	}
	return c.reply(http.StatusOK, shown)
}

func (self) addPasskey(c *call) error {
	challenge, options, err := c.config.People.Passkeys.BeginAdd(c.r.Context(), c.caller.Person.ID)
	return ceremony(c, challenge, options, err)
}

func (self) passkeyAdded(c *call) error {
	asked, credential, err := credentialAsked(c)
	if err != nil {
		return err
	}
	added, err := c.config.People.Passkeys.FinishAdd(c.r.Context(), c.caller.Person.ID,
		asked.Challenge, credential, asked.Name)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, Passkey(added))
}

func (self) removePasskey(c *call) error {
	err := c.write(func(tx *store.Tx) error {
		return c.config.People.Passkeys.Remove(tx, c.caller.Person.ID, c.path("id"))
	})
	if err != nil {
		return err
	}
	return c.done()
}

// tellers say to a person that their rights have changed.
func (s self) tellers() []Teller {
	return []Teller{{practice.TopicGrants, func(
		ctx context.Context, from *store.Store, _ time.Time, listener people.Signed,
		change practice.Change,
	) ([]Event, error) {
		if listener.Person.ID == "" || listener.Person.ID != change.ID {
			return nil, nil
		}
		var me Me
		err := from.Read(ctx, func(tx *store.Tx) (err error) {
			me, err = s.meOf(tx, listener)
			return err
		})
		return []Event{{"me", me}}, err
	}}}
}
