// Package rights says who may do what where. It is a table and one pure function over it: it knows
// no store, no clock and no request. Who asks has read the grants and left out those that have
// ended.
package rights

import (
	"slices"

	"draille/signaling/practice"
)

// reach is what a right to an action is bound to.
type reach int

const (
	ofService       reach = iota // a grant for one service allows it there alone
	ofEstablishment              // a grant for one service allows it in the whole establishment
	ofGroup                      // only a grant without an establishment allows it
)

// rule is one row of the table.
type rule struct {
	action practice.Action
	reach  reach
	roles  []practice.Role
}

const (
	secretary  = practice.RoleSecretary
	nurse      = practice.RoleNurse
	clinician  = practice.RoleClinician
	expert     = practice.RoleExpert
	admin      = practice.RoleEstablishmentAdmin
	groupAdmin = practice.RoleGroupAdmin
	auditor    = practice.RoleAuditor
)

// table is all rights there are. Administrators see no patient: whoever gives rights does not use
// them. An expert sees the appointments that they are a participant of, which needs no right.
var table = []rule{
	{practice.ActionDayView, ofService, []practice.Role{secretary, nurse, clinician}},
	{practice.ActionAppointmentView, ofService, []practice.Role{secretary, nurse, clinician}},
	{practice.ActionAppointmentWrite, ofService, []practice.Role{secretary, clinician}},
	{practice.ActionAppointmentAttend, ofEstablishment,
		[]practice.Role{secretary, nurse, clinician, expert}},
	{practice.ActionCallHost, ofService, []practice.Role{clinician}},
	{practice.ActionCallJoin, ofService, []practice.Role{nurse, clinician}},
	{practice.ActionLinkSend, ofService, []practice.Role{secretary, nurse, clinician}},
	{practice.ActionDelayWrite, ofService, []practice.Role{secretary, nurse, clinician}},
	{practice.ActionConsentWrite, ofService, []practice.Role{nurse, clinician}},
	{practice.ActionPatientFind, ofEstablishment, []practice.Role{secretary, nurse, clinician}},
	{practice.ActionPatientWrite, ofEstablishment, []practice.Role{secretary, clinician}},
	{practice.ActionDirectoryView, ofEstablishment,
		[]practice.Role{secretary, nurse, clinician, expert, admin, groupAdmin, auditor}},
	{practice.ActionPeopleManage, ofEstablishment, []practice.Role{admin, groupAdmin}},
	{practice.ActionPlacesManage, ofEstablishment, []practice.Role{admin, groupAdmin}},
	{practice.ActionSettingsManage, ofEstablishment, []practice.Role{admin, groupAdmin}},
	{practice.ActionOutboxView, ofEstablishment, []practice.Role{secretary, admin, groupAdmin}},
	{practice.ActionOutboxResend, ofEstablishment, []practice.Role{secretary, admin, groupAdmin}},
	{practice.ActionInteropManage, ofEstablishment, []practice.Role{admin, groupAdmin}},
	{practice.ActionReportView, ofService, []practice.Role{clinician}},
	{practice.ActionReportWrite, ofService, []practice.Role{clinician}},
	{practice.ActionThreadManage, ofEstablishment, []practice.Role{admin, groupAdmin}},
	{practice.ActionThreadBroadcast, ofEstablishment, []practice.Role{secretary, clinician}},
	{practice.ActionFiguresView, ofService,
		[]practice.Role{secretary, clinician, admin, groupAdmin}},
	{practice.ActionOpinionAsk, ofEstablishment, []practice.Role{nurse, clinician}},
	{practice.ActionOpinionAnswer, ofService, []practice.Role{clinician, expert}},
	{practice.ActionAuditView, ofEstablishment, []practice.Role{auditor}},
	{practice.ActionGroupManage, ofGroup, []practice.Role{groupAdmin}},
}

// Actions returns every action, in the order of the table.
func Actions() []practice.Action {
	actions := make([]practice.Action, len(table))
	for i, rule := range table {
		actions[i] = rule.action
	}
	return actions
}

// Roles returns every role.
func Roles() []practice.Role {
	return []practice.Role{secretary, nurse, clinician, expert, admin, groupAdmin, auditor}
}

// May reports whether the grants allow the action in the establishment and service. An empty
// service means all services of the establishment, an empty establishment the group.
func May(grants []practice.Grant, action practice.Action, establishment, service string) bool {
	for _, rule := range table {
		if rule.action != action {
			continue
		}
		return slices.ContainsFunc(grants, func(grant practice.Grant) bool {
			return slices.Contains(rule.roles, grant.Role) && Sound(grant) &&
				covers(grant, rule.reach, establishment, service)
		})
	}
	return false
}

// Sound reports whether a grant is one that may exist: only group administrators and auditors reach
// over all establishments, a group administrator always does, and who administers or audits does so
// for whole establishments.
func Sound(grant practice.Grant) bool {
	switch grant.Role {
	case groupAdmin:
		return grant.Establishment == "" && grant.Service == ""
	case auditor:
		return grant.Service == ""
	case admin:
		return grant.Establishment != "" && grant.Service == ""
	case secretary, nurse, clinician, expert:
		return grant.Establishment != ""
	}
	return false
}

func covers(grant practice.Grant, reach reach, establishment, service string) bool {
	if grant.Establishment == "" {
		return true
	}
	switch reach {
	case ofEstablishment:
		return grant.Establishment == establishment
	case ofService:
		return grant.Establishment == establishment &&
			(grant.Service == "" || grant.Service == service)
	}
	return false
}

// MayGive reports whether somebody with the grants may give or take back another one. Nobody gives
// what reaches further than their own.
func MayGive(own []practice.Grant, given practice.Grant) bool {
	if !Sound(given) {
		return false
	}
	switch given.Role {
	case groupAdmin, auditor: // who is watched does not choose who watches
		return May(own, practice.ActionGroupManage, "", "")
	}
	return May(own, practice.ActionPeopleManage, given.Establishment, "")
}

// Commands reports whether somebody with the grants may choose how a person signs in: they look
// after them, and could give each right that the person holds. Whoever chooses somebody's way in
// has their rights.
func Commands(own []practice.Grant, person practice.Person, held []practice.Grant) bool {
	return May(own, practice.ActionPeopleManage, person.Establishment, "") &&
		!slices.ContainsFunc(held, func(grant practice.Grant) bool { return !MayGive(own, grant) })
}

// Where lists in which establishments and services the grants allow an action. Everywhere is true
// when they allow it in all establishments. In a list an empty service means all of them.
func Where(grants []practice.Grant,
	action practice.Action) (everywhere bool, reach []practice.Grant) {
	for _, grant := range grants {
		switch {
		case !May([]practice.Grant{grant}, action, grant.Establishment, grant.Service):
		case grant.Establishment == "":
			return true, nil
		default:
			reach = append(reach, grant)
		}
	}
	return false, reach
}
