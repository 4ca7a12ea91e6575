package desk

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/rights"
	"draille/signaling/practice/store"
)

// audit shows entries of one establishment, or to an auditor of the group all of them.
func (records) audit(c *call) error {
	establishment := c.query("establishment")
	if err := c.require(practice.ActionAuditView, establishment, ""); err != nil {
		return err
	}
	query, err := auditQuery(c, establishment)
	if err != nil {
		return err
	}
	page := AuditPage{Items: []AuditLine{}}
	err = c.write(func(tx *store.Tx) error { // who reads the log is in it, too
		if page.Months, err = ledger.MonthsKept(tx); err != nil {
			return err
		}
		if query.Patient, err = patientAsked(c, tx, establishment, query.Patient); err != nil {
			return err
		}
		entries, err := ledger.Search(tx, query)
		if err != nil {
			return err
		}
		if len(entries) == query.Limit {
			entries = entries[:len(entries)-1]
			page.Next = strconv.FormatInt(entries[len(entries)-1].Sequence, 10)
		}
		for _, entry := range entries {
			line, err := auditLine(tx, entry)
			if err != nil {
				return err
			}
			page.Items = append(page.Items, line)
		}
		return c.audit(tx, practice.AuditEntry{Establishment: establishment, Action: "audit.view",
			Patient: query.Patient, Object: query.Actor})
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, page)
}

// auditQuery reads the parameters. Dates are those of Paris for the group, else of the
// establishment.
func auditQuery(c *call, establishment string) (ledger.Query, error) {
	limit, err := c.limit()
	if err != nil {
		return ledger.Query{}, err
	}
	query := ledger.Query{Establishment: establishment, Everywhere: establishment == "",
		Patient: c.query("patient"),
		Actor:   c.query("person"), Limit: limit + 1}
	zone := time.UTC
	err = c.read(func(tx *store.Tx) error {
		if establishment == "" {
			return nil
		}
		found, err := store.Get[practice.Establishment](tx, "WHERE id = $1", establishment)
		if err != nil {
			return err
		}
		zone, err = time.LoadLocation(found.Zone)
		return err
	})
	if err != nil {
		return query, err
	}
	for _, bound := range []struct {
		name string
		days int
		into *practice.Instant
	}{{"from", 0, &query.From}, {"to", 1, &query.Until}} {
		text := c.query(bound.name)
		if text == "" {
			continue
		}
		day, err := time.ParseInLocation(time.DateOnly, text, zone)
		if err != nil {
			return query, invalid(bound.name, "expected a date such as 2026-12-01, got %q", text)
		}
		*bound.into = practice.InstantOf(day.AddDate(0, 0, bound.days))
	}
	if after := c.query("after"); after != "" {
		if query.Before, err = strconv.ParseInt(after, 10, 64); err != nil || query.Before < 1 {
			return query, invalid("after", "expected the cursor of a page, got something else")
		}
	}
	return query, nil
}

// nobodyAsked is the id of no patient: the log of a number that nobody has is empty.
const nobodyAsked = "nobody"

// patientAsked is the patient by their id, or by the hospital's number: in the establishment, or
// for an auditor of the group in the one that has given it.
func patientAsked(c *call, tx *store.Tx, establishment, id string) (string, error) {
	number := c.query("ipp")
	if number == "" {
		return id, nil
	}
	found, err := store.Find[practice.Patient](tx.Across("the right was asked for before"),
		"WHERE ipp = $1 AND ipp <> '' AND (establishment = $2 OR $2 = '')", number, establishment)
	switch {
	case err != nil:
		return "", err
	case len(found) == 0:
		return mergedNumber(tx, establishment, number)
	case len(found) > 1:
		return "", invalid("establishment",
			"expected one, for %d establishments have given this number", len(found))
	}
	return found[0].ID, nil
}

// mergedNumber is whom a number was merged into that no patient had here.
func mergedNumber(tx *store.Tx, establishment, number string) (string, error) {
	merges, err := store.Find[practice.Merge](tx.Across("the right was asked for before"),
		`WHERE prior_ipp = $1 AND prior = '' AND undone_at = 0
		AND (establishment = $2 OR $2 = '')`, number, establishment)
	if err != nil || len(merges) == 0 {
		return nobodyAsked, err
	}
	return merges[0].Survivor, nil
}

// auditLine adds the names that are still known.
func auditLine(tx *store.Tx, entry practice.AuditEntry) (AuditLine, error) {
	line := AuditLine{Entry: entry}
	switch entry.ActorKind {
	case practice.ActorPerson:
		person, err := store.Get[practice.Person](tx, "WHERE id = $1", entry.Actor)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return line, err
		}
		line.ActorName = spaced(person.Title, person.GivenName, person.FamilyName)
	case practice.ActorDevice:
		device, err := store.Get[practice.Device](tx, "WHERE establishment = $1 AND id = $2",
			entry.Establishment, entry.Actor)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return line, err
		}
		line.ActorName = device.Name
	}
	if entry.Patient == "" {
		return line, nil
	}
	patient, err := store.Get[practice.Patient](tx, "WHERE establishment = $1 AND id = $2",
		entry.Establishment, entry.Patient)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return line, err
	}
	line.PatientName = spaced(patient.BirthName, patient.BirthGivenName)
	return line, nil
}

// spaced joins the words that are not empty.
func spaced(words ...string) string {
	joined := ""
	for _, word := range words {
		switch {
		case word == "":
		case joined == "":
			joined = word
		default:
			joined += " " + word
		}
	}
	return joined
}

func (records) verify(c *call) error {
	if everywhere, some := rights.Where(c.caller.Grants, practice.ActionAuditView); !everywhere &&
		len(some) == 0 {
		return refuse(CodeForbidden, "expected the right %s, got a person without it",
			practice.ActionAuditView)
	}
	verdict, err := ledger.Verify(c.r.Context(), c.config.Store, ledger.Head{})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, AuditVerdict{Entries: verdict.Entries, From: verdict.From,
		To:    verdict.To,
		Holds: verdict.Problem == "", Problem: verdict.Problem})
}
