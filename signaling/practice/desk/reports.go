package desk

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/report"
	"draille/signaling/practice/store"
)

// reports is what is done with the reports of appointments.
type reports struct {
	courier *courier.Courier
}

func (s reports) routes() []route {
	return []route{
		{"GET /api/appointments/{id}/report", signedIn, s.show},
		{"GET /api/reports/unsigned", signedIn, s.unsigned},
		{"PUT /api/reports/{id}", signedIn, s.save},
		{"POST /api/reports/{id}/sign", signedIn, s.sign},
		{"POST /api/reports/{id}/correct", signedIn, s.correct},
		{"POST /api/reports/{id}/withdraw", signedIn, s.withdraw},
		{"POST /api/reports/{id}/resend", signedIn, s.resend},
		{"GET /api/reports/{id}/pdf", signedIn, s.pdf},
	}
}

// show is all versions of an appointment's report; none before its session has ended.
func (reports) show(c *call) error {
	view := ReportView{Versions: []ReportLine{}}
	err := c.look(func(tx *store.Tx) (entry practice.AuditEntry, err error) {
		a, err := store.Get[practice.Appointment](tx.Across("whose it is is asked below"),
			"WHERE id = $1", c.path("id"))
		if err != nil {
			return entry, err
		}
		if err := c.require(practice.ActionReportView, a.Establishment, a.Service); err != nil {
			return entry, err
		}
		view.MayWrite = c.may(practice.ActionReportWrite, a.Establishment, a.Service)
		view.Acts = report.Acts()
		all, err := report.Versions(tx, a.Establishment, a.ID)
		for _, one := range all {
			line, problem := reportLine(c, tx, one)
			if problem != nil {
				return entry, problem
			}
			view.Versions = append(view.Versions, line)
		}
		return practice.AuditEntry{Establishment: a.Establishment, Action: "report.view",
			Patient: a.Patient, Appointment: a.ID,
			Detail: detail("versions", strconv.Itoa(len(all)))}, err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, view)
}

// unsigned are the appointments whose report waits for the caller's signature.
func (s reports) unsigned(c *call) error {
	items := []Row{}
	err := c.read(func(tx *store.Tx) error {
		waiting, err := report.Unsigned(tx, c.caller.Person.ID)
		if err != nil {
			return err
		}
		waiting = slices.DeleteFunc(waiting, func(a practice.Appointment) bool {
			return !c.may(practice.ActionReportWrite, a.Establishment, a.Service)
		})
		items, err = rowsOf(tx, viewerOf(c.caller), c.now, waiting)
		return err
	})
	if err != nil {
		return err
	}
	var looks []practice.AuditEntry
	for _, row := range items {
		looks = append(looks, practice.AuditEntry{Establishment: row.Appointment.Establishment,
			Action: "report.unsigned", Patient: row.Appointment.Patient})
	}
	if err := c.noteListed(looks...); err != nil {
		return err
	}
	return c.reply(http.StatusOK, map[string]any{"items": items})
}

// reportLine is a version as the page shows it.
func reportLine(c *call, tx *store.Tx, r practice.Report) (line ReportLine, err error) {
	line = ReportLine{Report: r, Incidents: []string{}}
	line.Report.Facts = "" // they stand beside it
	if r.ForgottenAt == 0 {
		if line.Facts, err = report.Facts(tx, r); err != nil {
			return line, err
		}
		line.Incidents = report.Describe(line.Facts, c.caller.Person.Language)
	}
	if line.Signer, err = signer(tx, r); err != nil {
		return line, err
	}
	line.Sent, err = report.Sent(tx, r)
	return line, err
}

// signer is the name of whoever signed a version.
func signer(tx *store.Tx, r practice.Report) (string, error) {
	if r.SignedBy == "" {
		return "", nil
	}
	who, err := store.Get[practice.Person](tx, "WHERE id = $1", r.SignedBy)
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return agenda.PersonName(who), err
}

// found is the version that the address names, and its appointment, if the caller has the right.
func (reports) found(c *call, tx *store.Tx, action practice.Action) (
	practice.Report, practice.Appointment, error) {
	r, err := store.Get[practice.Report](tx.Across("whose it is is asked below"),
		"WHERE id = $1", c.path("id"))
	if err != nil {
		return r, practice.Appointment{}, err
	}
	a, err := store.Get[practice.Appointment](tx, "WHERE establishment = $1 AND id = $2",
		r.Establishment, r.Appointment)
	if err != nil {
		return r, a, err
	}
	return r, a, c.require(action, a.Establishment, a.Service)
}

// change does something to a version and answers with what it is then.
func (s reports) change(c *call,
	do func(*store.Tx, practice.Report, report.By) (practice.Report, error)) error {
	var line ReportLine
	err := c.write(func(tx *store.Tx) error {
		r, _, err := s.found(c, tx, practice.ActionReportWrite)
		if err != nil {
			return err
		}
		if r, err = do(tx, r, report.By{Person: c.caller.Person, At: c.now}); err != nil {
			return err
		}
		if err := s.post(tx, r, practice.InstantOf(c.now)); err != nil {
			return err
		}
		line, err = reportLine(c, tx, r)
		return err
	})
	for _, refused := range []error{report.ErrSigned, report.ErrNotSigned, report.ErrNobody} {
		if errors.Is(err, refused) {
			return invalid("id", "%v", refused)
		}
	}
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, line)
}

// post lets a version that is no draft go into the record of its establishment, if there is one.
func (s reports) post(tx *store.Tx, r practice.Report, now practice.Instant) error {
	if r.State == practice.ReportDraft || r.State == practice.ReportReplaced {
		return nil
	}
	house, err := store.Get[practice.Establishment](tx, "WHERE id = $1", r.Establishment)
	if err != nil || !s.courier.Records(house) {
		return err
	}
	return report.Post(tx, r, now)
}

// write is change with the text and the version of a request.
func (s reports) write(c *call, do func(*store.Tx, practice.Report, int, report.Text, report.By) (
	practice.Report, error)) error {
	var text ReportText
	if err := c.body(&text); err != nil {
		return err
	}
	version, err := c.version()
	if err != nil {
		return err
	}
	return s.change(c, func(tx *store.Tx, r practice.Report, by report.By) (
		practice.Report, error) {
		return do(tx, r, version, report.Text(text), by)
	})
}

func (s reports) save(c *call) error { return s.write(c, report.Save) }

func (s reports) sign(c *call) error { return s.write(c, report.Sign) }

func (s reports) correct(c *call) error { return s.change(c, report.Correct) }

func (s reports) withdraw(c *call) error {
	var wanted WithdrawReport
	if err := c.body(&wanted); err != nil {
		return err
	}
	return s.change(c, func(tx *store.Tx, r practice.Report, by report.By) (
		practice.Report, error) {
		return report.Withdraw(tx, r, wanted.Why, by)
	})
}

// resend lets a version go out at once that waits for its next try, or failed.
func (s reports) resend(c *call) error {
	return s.change(c, func(tx *store.Tx, r practice.Report, _ report.By) (
		practice.Report, error) {
		message, err := report.Sent(tx, r)
		if err != nil || message == nil || message.State == practice.OutboxSent {
			return r, err
		}
		if _, err := s.courier.Resend(tx, *message); err != nil {
			return r, err
		}
		return r, c.audit(tx, practice.AuditEntry{Establishment: r.Establishment,
			Action: "outbox.resend", Appointment: r.Appointment, Object: message.ID})
	})
}

// pdf is a version as a file. Its name names nobody.
func (s reports) pdf(c *call) error {
	var page report.Page
	var a practice.Appointment
	err := c.read(func(tx *store.Tx) (err error) {
		if page.Report, a, err = s.found(c, tx, practice.ActionReportView); err != nil {
			return err
		}
		if page.Report.ForgottenAt > 0 {
			return invalid("id", "expected a version whose text is here, got one that the record "+
				"alone has; open it there")
		}
		if page.Facts, err = report.Facts(tx, page.Report); err != nil {
			return err
		}
		page.Signer, err = signer(tx, page.Report)
		return err
	})
	if err != nil {
		return err
	}
	file, err := report.PDF(page)
	if err != nil {
		return err
	}
	if err := c.note(practice.AuditEntry{Establishment: a.Establishment, Action: "report.pdf",
		Patient: a.Patient, Appointment: a.ID, Object: page.Report.ID}); err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "application/pdf")
	c.w.Header().Set("Content-Disposition", `attachment; filename="`+page.Report.Document+"-"+
		strconv.Itoa(page.Report.Number)+`.pdf"`)
	_, _ = c.w.Write(file) // whoever asked may be gone
	return nil
}
