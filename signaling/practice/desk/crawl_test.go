package desk

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/rights"
	"draille/signaling/practice/store"
)

// body is what a crawl sends to a route that wants one: well-formed, so that rights are what
// decides.
func (w *ward) body(pattern, appointment string) any {
	establishment := w.hospital.ID
	switch pattern {
	case "POST /api/appointments", "POST /api/appointments/check":
		return w.wanted(func(n *NewAppointment) { n.Anyway = true })
	case "PUT /api/appointments/{id}":
		return Move{Minutes: 30, Anyway: true}
	case "POST /api/appointments/{id}/cancel":
		return Cancel{}
	case "POST /api/appointments/{id}/outcome":
		return Outcome{Status: practice.StatusNoShow}
	case "POST /api/appointments/{id}/send":
		return Send{}
	case "POST /api/appointments/{id}/identity":
		return CheckIdentity{Agreed: true}
	case "POST /api/appointments/{id}/consent":
		return NewConsent{Decision: practice.DecisionGiven, Means: "oral", Information: "1"}
	case "POST /api/calls/{room}/invites":
		return NewCallInvite{Name: "X", Phone: "0612345678"}
	case "PUT /api/delays":
		return NewDelay{Establishment: establishment, Service: w.service.ID, Minutes: 5}
	case "POST /api/patients":
		return NewPatient{Establishment: establishment, BirthName: "X", BirthGivenName: "Y",
			Sex: practice.SexUnknown, BirthDate: "2000-01-01", Anyway: true}
	case "PUT /api/patients/{id}":
		return w.patient
	case "POST /api/establishments/{e}/places/{place}/devices":
		return NewDevice{Name: "Chariot"}
	case "POST /api/establishments/{e}/machines":
		return NewMachine{Name: practice.NewID(), Access: practice.MachineReads}
	case "POST /api/opinions":
		return NewOpinion{Key: practice.NewID(), Establishment: establishment,
			Patient: w.patient.ID, Service: w.service.ID, Urgency: practice.UrgencySoon,
			Question: "x"}
	case "POST /api/opinions/seen":
		return SeenOpinions{}
	case "PUT /api/me/notices":
		return WantNotices{Notices: true}
	case "POST /api/opinions/{id}/take", "POST /api/opinions/{id}/release",
		"POST /api/opinions/{id}/ask-back", "POST /api/opinions/{id}/answer",
		"POST /api/opinions/{id}/reply", "POST /api/opinions/{id}/withdraw":
		return OpinionText{Text: "x"}
	case "POST /api/opinions/{id}/pictures":
		return NewPicture{Key: practice.NewID(), Width: 3, Height: 2, Size: 9,
			Digest: strings.Repeat("0", 64), Pieces: []int64{4, 5}}
	case "PUT /api/reports/{id}", "POST /api/reports/{id}/sign":
		return ReportText{Motive: "x"}
	case "POST /api/reports/{id}/withdraw":
		return WithdrawReport{Why: "x"}
	case "POST /api/establishments/{e}/threads", "PUT /api/establishments/{e}/threads/{id}":
		return ThreadPlan{Kind: practice.ThreadTeam, Name: practice.NewID()}
	case "POST /api/try/mail", "POST /api/try/sms":
		return TryTo{To: "essai@example.org"}
	}
	return nil
}

// crawled are the routes of the calendar, with the right that each asks for. Those of people are
// crawled by their own test.
var crawled = map[string]practice.Action{
	"POST /api/appointments":                                       practice.ActionAppointmentWrite,
	"POST /api/appointments/check":                                 practice.ActionAppointmentWrite,
	"GET /api/appointments/{id}":                                   practice.ActionAppointmentView,
	"PUT /api/appointments/{id}":                                   practice.ActionAppointmentWrite,
	"POST /api/appointments/{id}/cancel":                           practice.ActionAppointmentWrite,
	"POST /api/appointments/{id}/outcome":                          practice.ActionAppointmentWrite,
	"POST /api/appointments/{id}/begin":                            practice.ActionCallJoin,
	"POST /api/appointments/{id}/send":                             practice.ActionLinkSend,
	"POST /api/appointments/{id}/participants/{participant}/print": practice.ActionLinkSend,
	"DELETE /api/appointments/{id}/links/{link}":                   practice.ActionLinkSend,
	"POST /api/appointments/{id}/identity":                         practice.ActionConsentWrite,
	"POST /api/appointments/{id}/consent":                          practice.ActionConsentWrite,
	"GET /api/calls/{room}":                                        practice.ActionLinkSend,
	"POST /api/calls/{room}/invites":                               practice.ActionLinkSend,
	"GET /api/calls/{room}/invites/{message}":                      practice.ActionLinkSend,
	"PUT /api/delays":                                              practice.ActionDelayWrite,
	"GET /api/patients":                                            practice.ActionPatientFind,
	"GET /api/patients/{id}":                                       practice.ActionPatientFind,
	"POST /api/patients":                                           practice.ActionPatientWrite,
	"PUT /api/patients/{id}":                                       practice.ActionPatientWrite,
	"GET /api/directory":                                           practice.ActionDirectoryView,
	"GET /api/outbox":                                              practice.ActionOutboxView,
	"POST /api/outbox/{id}/resend":                                 practice.ActionOutboxResend,
	"GET /api/establishments/{e}/machines":                         practice.ActionInteropManage,
	"POST /api/establishments/{e}/machines":                        practice.ActionInteropManage,
	"DELETE /api/establishments/{e}/machines/{id}":                 practice.ActionInteropManage,
	"GET /api/opinions/services":                                   practice.ActionOpinionAsk,
	"POST /api/opinions":                                           practice.ActionOpinionAsk,
	"POST /api/opinions/{id}/reply":                                practice.ActionOpinionAsk,
	"POST /api/opinions/{id}/withdraw":                             practice.ActionOpinionAsk,
	"POST /api/opinions/{id}/pictures":                             practice.ActionOpinionAsk,
	"DELETE /api/opinions/{id}/pictures/{picture}":                 practice.ActionOpinionAsk,
	"POST /api/opinions/{id}/take":                                 practice.ActionOpinionAnswer,
	"POST /api/opinions/{id}/release":                              practice.ActionOpinionAnswer,
	"POST /api/opinions/{id}/ask-back":                             practice.ActionOpinionAnswer,
	"POST /api/opinions/{id}/answer":                               practice.ActionOpinionAnswer,
	"GET /api/received":                                            practice.ActionInteropManage,
	"GET /api/received/{id}":                                       practice.ActionInteropManage,
	"POST /api/received/{id}/replay":                               practice.ActionInteropManage,
	"GET /api/merges":                                              practice.ActionPatientWrite,
	"POST /api/merges/{id}/undo":                                   practice.ActionPatientWrite,
	"GET /api/appointments/{id}/report":                            practice.ActionReportView,
	"PUT /api/reports/{id}":                                        practice.ActionReportWrite,
	"POST /api/reports/{id}/sign":                                  practice.ActionReportWrite,
	"POST /api/reports/{id}/correct":                               practice.ActionReportWrite,
	"POST /api/reports/{id}/withdraw":                              practice.ActionReportWrite,
	"POST /api/reports/{id}/resend":                                practice.ActionReportWrite,
	"GET /api/reports/{id}/pdf":                                    practice.ActionReportView,
	"GET /api/establishments/{e}/threads":                          practice.ActionThreadManage,
	"POST /api/establishments/{e}/threads":                         practice.ActionThreadManage,
	"PUT /api/establishments/{e}/threads/{id}":                     practice.ActionThreadManage,
	"GET /api/figures":                                             practice.ActionFiguresView,
	"GET /api/figures/csv":                                         practice.ActionFiguresView,
	"POST /api/try/mail":                                           practice.ActionSettingsManage,
	"POST /api/try/sms":                                            practice.ActionSettingsManage,
	"GET /api/establishments/{e}/places/{place}/devices":           practice.ActionPlacesManage,
	"POST /api/establishments/{e}/places/{place}/devices":          practice.ActionPlacesManage,
	"DELETE /api/establishments/{e}/places/{place}/devices/{id}":   practice.ActionPlacesManage,
}

// TestEveryRouteAsksForItsRight asks for every route of the calendar as every role, here and from
// another establishment: with the right the answer is anything but a refusal, without it is nothing
// else.
func TestEveryRouteAsksForItsRight(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	var table strings.Builder
	covered := map[string]bool{}
	for _, role := range rights.Roles() {
		for _, elsewhere := range []bool{false, true} {
			grant := practice.Grant{Role: role, Establishment: w.hospital.ID}
			if elsewhere {
				grant.Establishment = w.otherHospital()
			}
			if role == practice.RoleGroupAdmin {
				if elsewhere {
					continue // the group's administrator is one everywhere
				}
				grant.Establishment = ""
			}
			caller, _ := w.somebody(grant)
			for _, r := range w.desk.routes {
				action, known := crawled[r.pattern]
				if !known {
					continue
				}
				covered[r.pattern] = true
				made := w.fresh()
				status := w.ask(caller, r.pattern, made)
				may := rights.May([]practice.Grant{grant}, action, w.hospital.ID, w.service.ID)
				if action == practice.ActionCallJoin {
					may = may || rights.May([]practice.Grant{grant}, practice.ActionCallHost,
						w.hospital.ID, w.service.ID)
				}
				refused := status == http.StatusForbidden || status == http.StatusNotFound
				require.Equal(t, may, !refused, "%s as %s (elsewhere: %v): %d", r.pattern, role,
					elsewhere, status)
				fmt.Fprintf(&table, "%-22s %-5v %-62s %d\n", role, elsewhere, r.pattern, status)
			}
		}
	}
	for pattern := range crawled {
		require.True(t, covered[pattern], "there is no route %s", pattern)
	}
	t.Logf("role, elsewhere, route, status\n%s", table.String())
}

// TestNobodyIsServedWithoutASession asks for every route that needs one.
func TestNobodyIsServedWithoutASession(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	made := w.fresh()
	stranger := w.browser()
	for _, r := range w.desk.routes {
		if r.who == anybody || r.who == provider {
			continue
		}
		method, path, _ := strings.Cut(r.pattern, " ")
		stranger.ask(method, w.filled(path, made), w.body(r.pattern, ""), 1).refused(CodeSignedOut)
		if method != http.MethodGet {
			foreign := w.browser()
			foreign.header["Sec-Fetch-Site"] = "cross-site"
			foreign.ask(method, w.filled(path, made), w.body(r.pattern, ""), 1).refused(CodeOrigin)
		}
	}
}

// fresh is an appointment that something may be done to, with a message that failed and a tablet.
type fresh struct {
	view            AppointmentView
	message, device string
	received, merge string
	report, machine string
	opinion, thread string
	picture         string
}

func (w *ward) fresh() fresh {
	view := w.appointment(func(n *NewAppointment) {
		n.LocalStart, n.Anyway = "2026-12-01T13:10", true
	})
	f := fresh{view: view, message: practice.NewID(), device: practice.NewID(),
		received: practice.NewID(), merge: practice.NewID(), report: practice.NewID(),
		machine: practice.NewID(), opinion: practice.NewID(), thread: practice.NewID(),
		picture: practice.NewID()}
	w.write(func(tx *store.Tx) error {
		a := view.Row.Appointment
		require.NoError(w.t,
			store.Insert(tx, practice.Device{ID: f.device, Establishment: w.hospital.ID,
				Place: w.hospitalPlace(tx), Name: "x", EnrolledBy: "x"}, nil))
		require.NoError(w.t, store.Insert(tx, practice.Received{ID: f.received, Version: 1,
			Establishment: w.hospital.ID, Source: "gam", Sender: "GAM^CHU-X", Control: f.received,
			Event: "ADT^A28", State: practice.ReceivedRefused, Answer: "AE"},
			store.With{"digest": "", "body": ""}))
		require.NoError(w.t, store.Insert(tx, practice.Opinion{ID: f.opinion, Version: 1,
			Establishment: w.hospital.ID, Patient: w.patient.ID, Service: w.service.ID,
			AskedEstablishment: w.hospital.ID, Urgency: practice.UrgencySoon, Question: "x",
			State: practice.OpinionWaiting}, store.With{"request_key": f.opinion}))
		require.NoError(w.t, store.Insert(tx, practice.Picture{ID: f.picture, Opinion: f.opinion,
			Establishment: w.hospital.ID, MadeBy: "x"},
			store.With{"preview": []byte{}, "request_key": f.picture}))
		require.NoError(w.t, store.Insert(tx, practice.Machine{ID: f.machine, Name: f.machine,
			Establishment: w.hospital.ID, Access: practice.MachineReads, CreatedBy: "x"}, nil))
		require.NoError(w.t, store.Insert(tx, practice.Merge{ID: f.merge, Version: 1,
			Establishment: w.hospital.ID, Survivor: w.patient.ID, Moved: "{}"}, nil))
		require.NoError(w.t, store.Insert(tx, practice.Thread{ID: f.thread,
			Establishment: w.hospital.ID, Kind: practice.ThreadTeam, Name: f.thread,
			Version: a.Version}, nil))
		require.NoError(w.t, store.Insert(tx, practice.Report{ID: f.report, Document: f.report,
			Establishment: w.hospital.ID, Appointment: a.ID, Number: 1,
			State: practice.ReportDraft, Version: 1}, nil))
		return store.Insert(tx, practice.Message{ID: f.message, Establishment: w.hospital.ID,
			Appointment: a.ID, Participant: view.Links[0].Participant,
			Channel: practice.ChannelMail, Purpose: agendaInvitation, State: practice.OutboxFailed,
			CreatedAt: practice.InstantOf(w.now())},
			store.With{"once": f.message})
	})
	return f
}

const agendaInvitation = "invitation"

func (w *ward) hospitalPlace(tx *store.Tx) string {
	id := w.hospital.ID + "-place"
	if _, err := store.Get[practice.Place](tx, "WHERE establishment = $1 AND id = $2",
		w.hospital.ID, id); err != nil {
		require.NoError(w.t,
			store.Insert(tx, practice.Place{ID: id, Establishment: w.hospital.ID, Name: "Salle",
				Version: 1}, nil))
	}
	return id
}

func (w *ward) otherHospital() string {
	var id string
	require.NoError(w.t, w.store.Read(w.t.Context(), func(tx *store.Tx) error {
		return tx.Scan("SELECT id FROM establishments WHERE name = 'CH Z'", nil, &id)
	}))
	return id
}

var hole = regexp.MustCompile(`\{[a-z]+\}`)

// filled is a path with ids for its holes.
func (w *ward) filled(path string, f fresh) string {
	id := f.view.Row.Appointment.ID
	switch {
	case strings.HasPrefix(path, "/api/patients/"):
		id = w.patient.ID
	case strings.HasPrefix(path, "/api/outbox/"):
		id = f.message
	case strings.HasPrefix(path, "/api/received/"):
		id = f.received
	case strings.HasPrefix(path, "/api/reports/"):
		id = f.report
	case strings.HasPrefix(path, "/api/opinions/"):
		id = f.opinion
	case strings.HasPrefix(path, "/api/merges/"):
		id = f.merge
	case strings.Contains(path, "/threads/"):
		id = f.thread
	case strings.Contains(path, "/devices/"):
		id = f.device
	case strings.Contains(path, "/machines/"):
		id = f.machine
	}
	return hole.ReplaceAllStringFunc(path, func(name string) string {
		return map[string]string{"{id}": id, "{e}": w.hospital.ID,
			"{place}": w.hospital.ID + "-place", "{participant}": f.view.Links[0].Participant,
			"{link}": f.view.Links[0].ID, "{provider}": "x", "{key}": "link.minutes-before",
			"{room}": f.view.Row.Appointment.Room, "{message}": f.message,
			"{picture}": f.picture, "{n}": "1",
			"{grant}": "x"}[name]
	})
}

func (w *ward) ask(caller *browser, pattern string, f fresh) int {
	method, path, _ := strings.Cut(pattern, " ")
	path = w.filled(path, f)
	if method == http.MethodGet || strings.HasPrefix(path, "/api/try/") {
		path += "?establishment=" + w.hospital.ID + "&ipp=770001&from=2026-01&until=2026-12"
	}
	return caller.ask(method, path, w.body(pattern, ""), f.view.Row.Appointment.Version).status
}

func TestEveryRouteIsInTheDocument(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	document, err := os.ReadFile("API.md")
	require.NoError(t, err)
	for _, r := range w.desk.routes {
		require.Contains(t, string(document), r.pattern, "API.md says nothing of it")
	}
}
