package desk

import (
	"fmt"
	"net/http"

	"draille/signaling/practice"
	"draille/signaling/practice/people"
	"draille/signaling/practice/store"
	"draille/signaling/practice/thread"
)

// refusal is a Failure on its way to the answer.
type refusal struct{ Failure }

func (r refusal) Error() string { return r.Message }

// refuse says why a request is not served.
func refuse(code ErrorCode, format string, values ...any) error {
	return refusal{Failure{Code: code, Message: fmt.Sprintf(format, values...)}}
}

// invalid says which field of a request is wrong, and why.
func invalid(field, format string, values ...any) error {
	return refusal{Failure{Code: CodeInvalid, Field: field,
		Message: field + ": " + fmt.Sprintf(format, values...)}}
}

// statuses are the codes' HTTP statuses.
var statuses = map[ErrorCode]int{
	CodeSignedOut: http.StatusUnauthorized, CodeForbidden: http.StatusForbidden,
	CodeOrigin: http.StatusForbidden, CodeNotFound: http.StatusNotFound,
	CodeMalformed: http.StatusBadRequest, CodeInvalid: http.StatusUnprocessableEntity,
	CodeVersion: http.StatusPreconditionFailed, CodeNeedsVersion: http.StatusPreconditionRequired,
	CodeDuplicate: http.StatusConflict, CodeConflict: http.StatusConflict,
	CodeNoSuchTime:   http.StatusUnprocessableEntity,
	CodeTwoSuchTimes: http.StatusUnprocessableEntity,
	CodeLocked:       http.StatusTooManyRequests, CodeWrong: http.StatusUnauthorized,
	CodeNoPerson: http.StatusForbidden, CodeDisabled: http.StatusForbidden,
	CodeUsed: http.StatusGone, CodeExpired: http.StatusGone, CodeOutgrown: http.StatusGone,
	CodeProviderAway:  http.StatusServiceUnavailable,
	CodeProviderWrong: http.StatusBadGateway, CodeLastAdmin: http.StatusConflict,
	CodeRevoked: http.StatusGone, CodeTooEarly: http.StatusConflict, CodeTooLate: http.StatusGone,
	CodeCancelled: http.StatusGone, CodeMet: http.StatusConflict,
	CodeOtherBrowser: http.StatusConflict,
	CodeTooMany:      http.StatusTooManyRequests, CodeTooLarge: http.StatusRequestEntityTooLarge,
	CodeStoreBusy: http.StatusServiceUnavailable, CodeStoreFull: http.StatusInsufficientStorage,
	CodeStoreAway: http.StatusServiceUnavailable, CodeInternal: http.StatusInternalServerError,
	CodeHospitalRecord: http.StatusConflict, CodeChannelMissing: http.StatusConflict,
	CodeOpinionOver: http.StatusConflict, CodeNoExpert: http.StatusConflict,
	CodeNoRight: http.StatusUnprocessableEntity, CodeStoreDamaged: http.StatusInternalServerError,
}

// known are the errors of the packages below, and their codes.
var known = []struct {
	err  error
	code ErrorCode
}{
	{people.ErrSignedOut, CodeSignedOut},
	{people.ErrWrong, CodeWrong},
	{people.ErrExpired, CodeExpired},
	{people.ErrUsed, CodeUsed},
	{people.ErrOutgrown, CodeOutgrown},
	{people.ErrDisabled, CodeDisabled},
	{people.ErrNoPerson, CodeNoPerson},
	{people.ErrAway, CodeProviderAway},
	{people.ErrUntrusted, CodeProviderWrong},
	{people.ErrRefused, CodeWrong},
	{people.ErrLast, CodeLastAdmin},
	{people.ErrLastWay, CodeInvalid},
	{thread.ErrNone, CodeNotFound},
	{thread.ErrReadOnly, CodeForbidden},
	{thread.ErrTooMany, CodeTooMany},
	{store.ErrNotFound, CodeNotFound},
	{store.ErrVersion, CodeVersion},
	{store.ErrDuplicate, CodeDuplicate},
	{store.ErrBusy, CodeStoreBusy},
	{store.ErrFull, CodeStoreFull},
	{store.ErrAway, CodeStoreAway},
	{store.ErrCorrupt, CodeStoreDamaged},
}

// versionOf is the version of what an answer holds; 0: it has none.
func versionOf(value any) int {
	switch v := value.(type) {
	case practice.Establishment:
		return v.Version
	case practice.Service:
		return v.Version
	case practice.Place:
		return v.Version
	case practice.Patient:
		return v.Version
	case practice.Setting:
		return v.Version
	case AppointmentView:
		return v.Row.Appointment.Version
	case ReportLine:
		return v.Report.Version
	case OpinionLine:
		return v.Opinion.Version
	case ThreadOffice:
		return v.Thread.Version
	case PersonView:
		return v.Person.Version
	}
	return 0
}
