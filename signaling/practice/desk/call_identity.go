package desk

import (
	"net/http"
	"strings"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// maxDeclared bounds a name that somebody declares, in characters.
const maxDeclared = 100

// answerIdentity answers a request that says that the traits of an appointment's patient were read
// aloud.
func (c *call) answerIdentity(find func(*store.Tx) (practice.Appointment, error)) error {
	var wanted CheckIdentity
	if err := c.body(&wanted); err != nil {
		return err
	}
	var check practice.IdentityCheck
	err := c.write(func(tx *store.Tx) error {
		a, err := find(tx)
		if err != nil {
			return err
		}
		check, err = c.checkIdentity(tx, a, wanted)
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, check)
}

// answerConsent answers a request that says what the patient of an appointment has decided.
func (c *call) answerConsent(find func(*store.Tx) (practice.Appointment, error)) error {
	var wanted NewConsent
	if err := c.body(&wanted); err != nil {
		return err
	}
	var consent practice.Consent
	err := c.write(func(tx *store.Tx) error {
		a, err := find(tx)
		if err != nil {
			return err
		}
		consent, err = c.consentTo(tx, a, wanted)
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, consent)
}

// declared checks the name of whoever holds a tablet; a person who is signed in is known. A no must
// not wait for a name: it may be missing then.
func (c *call) declared(name string, yes bool) (by string, authenticated bool, err error) {
	if c.caller.Person.ID != "" {
		return c.caller.Person.ID, true, nil
	}
	by = strings.Join(strings.Fields(name), " ")
	if by == "" && yes || len(by) > maxDeclared {
		return "", false, invalid("by", "expected the name of whoever does it, got %q", name)
	}
	return by, false, nil
}

// checkIdentity writes down that the traits were read aloud.
func (c *call) checkIdentity(tx *store.Tx, a practice.Appointment,
	wanted CheckIdentity) (practice.IdentityCheck, error) {
	check := practice.IdentityCheck{ID: practice.NewID(), Establishment: a.Establishment,
		Appointment: a.ID, Patient: a.Patient,
		Agreed: wanted.Agreed, Device: c.caller.Device.ID, At: practice.InstantOf(c.now)}
	if a.Patient == "" {
		return check, invalid("appointment", "expected one of a patient, got a telestaff")
	}
	var err error
	if check.By, check.Authenticated, err = c.declared(wanted.By,
		wanted.Agreed); err != nil {
		return check, err
	}
	if _, err = tx.Exec(`INSERT INTO identity_checks (id, establishment, appointment, patient,
		agreed, checked_by, authenticated, device, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, check.ID, check.Establishment,
		check.Appointment, check.Patient, check.Agreed, check.By, check.Authenticated, check.Device,
		int64(check.At)); err != nil {
		return check, err
	}
	tx.Changed(practice.TopicAppointment, a.Establishment, a.ID)
	return check,
		c.audit(tx, practice.AuditEntry{Establishment: a.Establishment, Action: "identity.check",
			Patient:     a.Patient,
			Appointment: a.ID, Object: check.ID})
}

// consentTo writes down what a patient, or who represents them, has decided.
func (c *call) consentTo(tx *store.Tx, a practice.Appointment,
	wanted NewConsent) (practice.Consent, error) {
	consent := practice.Consent{ID: practice.NewID(), Establishment: a.Establishment,
		Appointment: a.ID, Patient: a.Patient,
		Decision: wanted.Decision, Representative: strings.TrimSpace(wanted.Representative),
		Means:       wanted.Means,
		Information: wanted.Information, Device: c.caller.Device.ID, At: practice.InstantOf(c.now)}
	switch {
	case a.Patient == "":
		return consent, invalid("appointment", "expected one of a patient, got a telestaff")
	case consent.Decision != practice.DecisionGiven &&
		consent.Decision != practice.DecisionRefused &&
		consent.Decision != practice.DecisionWithdrawn:
		return consent, invalid("decision", "expected given, refused or withdrawn, got %q",
			consent.Decision)
	case consent.Means != "oral" && consent.Means != "written":
		return consent, invalid("means", "expected oral or written, got %q", consent.Means)
	case consent.Information == "" || len(consent.Information) > maxDeclared:
		return consent,
			invalid("information", "expected the version of the text that was given, got %q",
				consent.Information)
	case len(consent.Representative) > maxDeclared:
		return consent, invalid("representative", "expected at most %d characters, got more",
			maxDeclared)
	}
	var err error
	yes := consent.Decision == practice.DecisionGiven
	if consent.InformedBy, consent.Authenticated, err = c.declared(wanted.By, yes); err != nil {
		return consent, err
	}
	if err := store.Insert(tx, consent, nil); err != nil {
		return consent, err
	}
	tx.Changed(practice.TopicAppointment, a.Establishment, a.ID)
	return consent,
		c.audit(tx, practice.AuditEntry{Establishment: a.Establishment,
			Action:  "consent." + string(consent.Decision),
			Patient: a.Patient, Appointment: a.ID, Object: consent.ID})
}
