package desk

import (
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// office is the administration of establishments, services and places.
type office struct{}

func (o office) routes() []route {
	return []route{
		{"GET /api/establishments", signedIn, o.establishments},
		{"POST /api/establishments", signedIn, o.newEstablishment},
		{"PUT /api/establishments/{e}", signedIn, o.changeEstablishment},
		{"GET /api/establishments/{e}/services", signedIn, o.services},
		{"POST /api/establishments/{e}/services", signedIn, o.newService},
		{"PUT /api/establishments/{e}/services/{id}", signedIn, o.changeService},
		{"GET /api/establishments/{e}/places", signedIn, o.places},
		{"POST /api/establishments/{e}/places", signedIn, o.newPlace},
		{"PUT /api/establishments/{e}/places/{id}", signedIn, o.changePlace},
		{"GET /api/places", signedIn, o.meetingPlaces},
	}
}

var finessShape = regexp.MustCompile(`^[0-9AB]{9}$`)

const maxName = 100 // characters

// named brings a name into its form, or says why it is none.
func named(field string, name *string) error {
	*name = strings.TrimSpace(*name)
	if *name == "" || utf8.RuneCountInString(*name) > maxName {
		return invalid(field, "expected 1 to %d characters, got %d", maxName,
			utf8.RuneCountInString(*name))
	}
	return nil
}

func (office) establishments(c *call) error {
	var found []practice.Establishment
	err := c.read(func(tx *store.Tx) error {
		var err error
		found, err = establishmentsOf(tx, c.caller.Grants)
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, found)
}

// establishmentAsked is the one in the body, checked.
func establishmentAsked(c *call) (practice.Establishment, error) {
	var asked practice.Establishment
	if err := c.body(&asked); err != nil {
		return asked, err
	}
	if err := named("name", &asked.Name); err != nil {
		return asked, err
	}
	if _, err := time.LoadLocation(asked.Zone); err != nil || asked.Zone == "" ||
		asked.Zone == "Local" {
		return asked, invalid("zone", "expected a time zone such as Europe/Paris, got %q",
			asked.Zone)
	}
	if asked.FINESS != "" && !finessShape.MatchString(asked.FINESS) {
		return asked, invalid("finess", "expected 9 characters, digits or 2A and 2B, got %q",
			asked.FINESS)
	}
	return asked, nil
}

func (office) newEstablishment(c *call) error {
	if err := c.require(practice.ActionGroupManage, "", ""); err != nil {
		return err
	}
	asked, err := establishmentAsked(c)
	if err != nil {
		return err
	}
	asked.ID, asked.Version, asked.Demo = practice.NewID(), 1, false
	err = c.write(func(tx *store.Tx) error {
		if err := store.Insert(tx, asked, nil); err != nil {
			return err
		}
		tx.Changed(practice.TopicDirectory, asked.ID, asked.ID)
		return c.audit(tx,
			practice.AuditEntry{Establishment: asked.ID, Action: "establishment.create",
				Object: asked.ID})
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusCreated, asked)
}

func (office) changeEstablishment(c *call) error {
	if err := c.require(practice.ActionGroupManage, "", ""); err != nil {
		return err
	}
	version, err := c.version()
	if err != nil {
		return err
	}
	asked, err := establishmentAsked(c)
	if err != nil {
		return err
	}
	err = c.write(func(tx *store.Tx) error {
		was, err := store.Get[practice.Establishment](tx, "WHERE id = $1", c.path("e"))
		if err != nil {
			return err
		}
		asked.ID, asked.Version, asked.Demo = was.ID, version, was.Demo
		if err := store.Update(tx, &asked, nil); err != nil {
			return err
		}
		tx.Changed(practice.TopicDirectory, asked.ID, asked.ID)
		return c.audit(tx,
			practice.AuditEntry{Establishment: asked.ID, Action: "establishment.change",
				Object: asked.ID})
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, asked)
}

func (office) services(c *call) error { return list[practice.Service](c) }

func (office) places(c *call) error { return list[practice.Place](c) }

// meetingPlaces answers with the places of all establishments: a patient of one may be in
// another's.
func (office) meetingPlaces(c *call) error {
	if err := c.require(practice.ActionDirectoryView, c.query("establishment"), ""); err != nil {
		return err
	}
	items := []MeetingPlace{}
	err := c.read(func(tx *store.Tx) error {
		establishments, err := store.Find[practice.Establishment](tx, "ORDER BY name, id")
		if err != nil {
			return err
		}
		for _, establishment := range establishments {
			places, err := store.Find[practice.Place](tx,
				"WHERE establishment = $1 AND closed = $2 ORDER BY name, id", establishment.ID,
				false)
			if err != nil {
				return err
			}
			for _, place := range places {
				items = append(items, MeetingPlace{ID: place.ID, Name: place.Name,
					Establishment: establishment.ID, EstablishmentName: establishment.Name})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, map[string]any{"items": items})
}

// list answers with what an establishment has.
func list[T any](c *call) error {
	if err := c.require(practice.ActionDirectoryView, c.path("e"), ""); err != nil {
		return err
	}
	var found []T
	err := c.read(func(tx *store.Tx) error {
		var err error
		found, err = store.Find[T](tx, "WHERE establishment = $1 ORDER BY name, id", c.path("e"))
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, found)
}

func (office) newService(c *call) error {
	var asked practice.Service
	return create(c, "service", &asked, func() error {
		asked.ID, asked.Establishment, asked.Version = practice.NewID(), c.path("e"), 1
		return named("name", &asked.Name)
	}, func() string { return asked.ID })
}

func (office) newPlace(c *call) error {
	var asked practice.Place
	return create(c, "place", &asked, func() error {
		asked.ID, asked.Establishment, asked.Version = practice.NewID(), c.path("e"), 1
		return named("name", &asked.Name)
	}, func() string { return asked.ID })
}

func (office) changeService(c *call) error {
	var asked practice.Service
	return change(c, "service", &asked, func(version int) error {
		asked.ID, asked.Establishment, asked.Version = c.path("id"), c.path("e"), version
		return named("name", &asked.Name)
	})
}

func (office) changePlace(c *call) error {
	var asked practice.Place
	return change(c, "place", &asked, func(version int) error {
		asked.ID, asked.Establishment, asked.Version = c.path("id"), c.path("e"), version
		return named("name", &asked.Name)
	})
}

// create adds what the body asks for to the establishment of the address, once prepare has brought
// it into its form.
func create[T any](c *call, kind string, asked *T, prepare func() error, id func() string) error {
	establishment := c.path("e")
	if err := c.require(practice.ActionPlacesManage, establishment, ""); err != nil {
		return err
	}
	if err := c.body(asked); err != nil {
		return err
	}
	if err := prepare(); err != nil {
		return err
	}
	err := c.write(func(tx *store.Tx) error {
		if _, err := store.Get[practice.Establishment](tx, "WHERE id = $1", establishment); err !=
			nil {
			return err
		}
		if err := store.Insert(tx, *asked, nil); err != nil {
			return err
		}
		tx.Changed(practice.TopicDirectory, establishment, id())
		return c.audit(tx,
			practice.AuditEntry{Establishment: establishment, Action: kind + ".create",
				Object: id()})
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusCreated, *asked)
}

// change replaces what the address names by what the body has.
func change[T any](c *call, kind string, asked *T, prepare func(version int) error) error {
	establishment := c.path("e")
	if err := c.require(practice.ActionPlacesManage, establishment, ""); err != nil {
		return err
	}
	version, err := c.version()
	if err != nil {
		return err
	}
	if err := c.body(asked); err != nil {
		return err
	}
	if err := prepare(version); err != nil {
		return err
	}
	err = c.write(func(tx *store.Tx) error {
		if err := store.Update(tx, asked, nil); err != nil {
			return err
		}
		tx.Changed(practice.TopicDirectory, establishment, c.path("id"))
		return c.audit(tx,
			practice.AuditEntry{Establishment: establishment, Action: kind + ".change",
				Object: c.path("id")})
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, *asked)
}
