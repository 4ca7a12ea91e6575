package desk

import (
	"io"
	"net/http"

	"draille/signaling/practice"
	"draille/signaling/practice/people"
	"draille/signaling/practice/rights"
	"draille/signaling/practice/store"
)

// importPeople shows what a file of people would do, or does it once it was shown.
func (staff) importPeople(c *call) error {
	establishment := c.path("e")
	if err := c.require(practice.ActionPeopleManage, establishment, ""); err != nil {
		return err
	}
	file, err := io.ReadAll(c.r.Body)
	if err != nil {
		return refuse(CodeTooLarge, "expected at most %d bytes: %v", maxUpload, err)
	}
	importer := people.Importer{Establishment: establishment, By: c.caller.Person.ID, Now: c.now,
		MayGive: func(grant practice.Grant) bool {
			return rights.MayGive(c.caller.Grants, grant)
		},
		MayChange: func(tx *store.Tx, person practice.Person) bool {
			return commands(c, tx, person) == nil
		},
	}
	var did people.Import
	shown := c.query("do")
	if shown == "" {
		err = c.read(func(tx *store.Tx) error {
			did, err = importer.Plan(tx, file)
			return err
		})
	} else {
		err = c.write(func(tx *store.Tx) error {
			if did, err = importer.Do(tx, file); err != nil {
				return err
			}
			if did.Digest != shown {
				return invalid("do", "expected the file that was shown, got another")
			}
			return c.audit(tx,
				practice.AuditEntry{Establishment: establishment, Action: "people.import",
					Detail: detail("file", did.Digest)})
		})
	}
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, reportOf(did, shown != ""))
}

func reportOf(did people.Import, done bool) ImportReport {
	report := ImportReport{Digest: did.Digest, Charset: did.Charset, Comma: did.Comma,
		Lines: []ImportLine{}, Done: done}
	counts := map[string]*int{people.LineNew: &report.New, people.LineChanged: &report.Changed,
		people.LineSame: &report.Same, people.LineWrong: &report.Wrong}
	for _, line := range did.Lines {
		*counts[line.Verdict]++
		shown := ImportLine{Line: line.Line, Verdict: Verdict(line.Verdict),
			FamilyName: line.Person.FamilyName, GivenName: line.Person.GivenName,
			Grants: []NewGrant{}, Field: line.Field, Problem: line.Problem,
			Reason: string(line.Reason)}
		for _, grant := range line.Grants {
			shown.Grants = append(shown.Grants,
				NewGrant{Role: grant.Role, Establishment: grant.Establishment,
					Service: grant.Service})
		}
		report.Lines = append(report.Lines, shown)
	}
	return report
}
