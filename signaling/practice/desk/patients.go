package desk

import (
	"errors"
	"net/http"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/people"
	"draille/signaling/practice/rights"
	"draille/signaling/practice/store"
)

// patients is how patients are found and written down, and who may be asked to an appointment.
type patients struct{ agenda *agenda.Agenda }

func (s patients) routes() []route {
	return []route{
		{"GET /api/patients", signedIn, s.find},
		{"GET /api/patients/{id}", signedIn, s.view},
		{"POST /api/patients", signedIn, s.add},
		{"PUT /api/patients/{id}", signedIn, s.change},
		{"GET /api/directory", signedIn, s.directory},
	}
}

func (patients) find(c *call) error {
	establishment := c.query("establishment")
	if err := c.require(practice.ActionPatientFind, establishment, ""); err != nil {
		return err
	}
	items := []PatientLine{}
	err := c.write(func(tx *store.Tx) error { // that somebody looked is written down
		var found []practice.Patient
		var err error
		if ipp := c.query("ipp"); ipp != "" {
			found, err = agenda.FindByNumber(tx, establishment, ipp)
		} else {
			found, err = agenda.FindByName(tx, establishment, c.query("name"), c.query("birthDate"))
		}
		if err != nil {
			return err
		}
		for _, p := range found {
			items = append(items, *patientLine(p, sightFull))
			if err := c.audit(tx,
				practice.AuditEntry{Establishment: establishment, Action: "patient.find",
					Patient: p.ID}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, map[string]any{"items": items})
}

func (patients) view(c *call) error {
	establishment := c.query("establishment")
	if err := c.require(practice.ActionPatientFind, establishment, ""); err != nil {
		return err
	}
	var found practice.Patient
	err := c.look(func(tx *store.Tx) (entry practice.AuditEntry, err error) {
		found, err = store.Get[practice.Patient](tx, "WHERE establishment = $1 AND id = $2",
			establishment, c.path("id"))
		return practice.AuditEntry{Establishment: establishment, Action: "patient.view",
			Patient: found.ID}, err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, found)
}

func (s patients) add(c *call) error {
	var wanted NewPatient
	if err := c.body(&wanted); err != nil {
		return err
	}
	if err := c.require(practice.ActionPatientWrite, wanted.Establishment, ""); err != nil {
		return err
	}
	patient := practice.Patient{Establishment: wanted.Establishment, IPP: wanted.IPP,
		BirthName: wanted.BirthName,
		UsedName:  wanted.UsedName, BirthGivenName: wanted.BirthGivenName,
		BirthGivenNames: wanted.BirthGivenNames,
		Sex:             wanted.Sex, BirthDate: wanted.BirthDate, BirthPlace: wanted.BirthPlace,
		Phone: wanted.Phone, Email: wanted.Email}
	err := c.write(func(tx *store.Tx) (err error) {
		if patient, err = s.agenda.AddPatient(tx, patient, wanted.Anyway); err != nil {
			return err
		}
		return c.audit(tx, practice.AuditEntry{Establishment: patient.Establishment,
			Action: "patient.create", Patient: patient.ID})
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusCreated, patient)
}

func (s patients) change(c *call) error {
	version, err := c.version()
	if err != nil {
		return err
	}
	var wanted practice.Patient
	if err := c.body(&wanted); err != nil {
		return err
	}
	if err := c.require(practice.ActionPatientWrite, wanted.Establishment, ""); err != nil {
		return err
	}
	wanted.Version = version
	var patient practice.Patient
	err = c.write(func(tx *store.Tx) error {
		before, err := store.Get[practice.Patient](tx, "WHERE establishment = $1 AND id = $2",
			wanted.Establishment, c.path("id"))
		if err != nil {
			return err
		}
		if patient, err = s.agenda.ChangePatient(tx, before, wanted); err != nil {
			return err
		}
		return c.audit(tx, practice.AuditEntry{Establishment: patient.Establishment,
			Action: "patient.change", Patient: patient.ID})
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, patient)
}

// maxDirectory bounds what a search in the directory returns.
const maxDirectory = 20

// directory finds people who may be asked to appointments of an establishment.
func (patients) directory(c *call) error {
	establishment := c.query("establishment")
	if err := c.require(practice.ActionDirectoryView, establishment, ""); err != nil {
		return err
	}
	items := []DirectoryEntry{}
	err := c.read(func(tx *store.Tx) error {
		at := int64(practice.InstantOf(c.now))
		found, err := store.Find[practice.Person](
			tx,
			`WHERE disabled_at = 0 AND search LIKE $1 AND id IN (SELECT person FROM grants
			WHERE establishment = $2 AND (ends_at = 0 OR ends_at > $3))
			ORDER BY search, id LIMIT $4`,
			"%"+people.Search(c.query("q"))+"%",
			establishment,
			at,
			maxDirectory,
		)
		if err != nil {
			return err
		}
		for _, person := range found {
			entry := DirectoryEntry{ID: person.ID, Name: agenda.PersonName(person),
				Profession: person.Profession, Roles: []practice.Role{}}
			grants, err := people.GrantsOf(tx, person.ID, c.now)
			if err != nil {
				return err
			}
			if !rights.May(grants, practice.ActionAppointmentAttend, establishment, "") {
				continue // administrators and auditors see no patient
			}
			seen := map[practice.Role]bool{}
			for _, grant := range grants {
				if grant.Establishment == establishment && !seen[grant.Role] {
					seen[grant.Role] = true
					entry.Roles = append(entry.Roles, grant.Role)
				}
			}
			items = append(items, entry)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, map[string]any{"items": items})
}

// agendaFailure is what is answered to an error of the agenda; ok is false if it is none.
func agendaFailure(err error) (failure Failure, ok bool) {
	var field *agenda.FieldError
	var stranger *agenda.NoRightError
	var conflict *agenda.ConflictError
	var duplicate *agenda.DuplicateError
	var none *agenda.NoSuchTimeError
	var two *agenda.TwoSuchTimesError
	var many *agenda.TooManyError
	failure.Message = err.Error()
	switch {
	case errors.As(err, &field):
		failure.Code, failure.Field = CodeInvalid, field.Field
	case errors.As(err, &stranger):
		failure.Code, failure.Field = CodeNoRight, stranger.Field
	case errors.As(err, &conflict):
		failure.Code = CodeConflict
	case errors.As(err, &duplicate):
		failure.Code, failure.ID = CodeDuplicate, duplicate.ID
	case errors.As(err, &none):
		failure.Code, failure.Field = CodeNoSuchTime, "localStart"
	case errors.As(err, &two):
		failure.Code, failure.Field = CodeTwoSuchTimes, "localStart"
	case errors.As(err, &many):
		failure.Code, failure.RetryAt = CodeTooMany, many.Until
	case errors.Is(err, agenda.ErrTooEarly):
		failure.Code = CodeTooEarly
	case errors.Is(err, agenda.ErrTooLate):
		failure.Code = CodeTooLate
	case errors.Is(err, agenda.ErrCancelled):
		failure.Code = CodeCancelled
	case errors.Is(err, agenda.ErrMet):
		failure.Code = CodeMet
	case errors.Is(err, agenda.ErrHospitalRecord):
		failure.Code = CodeHospitalRecord
	default:
		return failure, false
	}
	return failure, true
}
