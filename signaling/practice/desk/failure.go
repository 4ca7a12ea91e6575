package desk

import (
	"fmt"
	"net/http"
)

// statuses are those of API.md.
var statuses = map[ErrorCode]int{
	CodeSignedOut: 401, CodeForbidden: 403, CodeOrigin: 403, CodeNotFound: 404, CodeMalformed: 400,
	CodeInvalid: 422, CodeVersion: 412, CodeNeedsVersion: 428, CodeDuplicate: 409, CodeConflict: 409,
	CodeNoSuchTime: 422, CodeTwoSuchTimes: 422, CodeLocked: 429, CodeWrong: 401, CodeNoPerson: 403,
	CodeDisabled: 403, CodeUsed: 410, CodeExpired: 410, CodeProviderAway: 503, CodeProviderWrong: 502,
	CodeLastAdmin: 409, CodeRevoked: 410, CodeTooEarly: 409, CodeTooLate: 410, CodeCancelled: 410,
	CodeOtherBrowser: 409, CodeTooMany: 429, CodeTooLarge: 413, CodeStoreBusy: 503, CodeStoreFull: 507,
	CodeStoreAway: 503, CodeInternal: 500, CodeHospitalRecord: 409, CodeChannelMissing: 409,
}

// Error makes a failure an error, so that a handler can return it.
func (f *Failure) Error() string { return string(f.Code) + ": " + f.Message }

func (f *Failure) status() int {
	if status, known := statuses[f.Code]; known {
		return status
	}
	return http.StatusInternalServerError
}

func fault(code ErrorCode, format string, arguments ...any) *Failure {
	return &Failure{Code: code, Message: fmt.Sprintf(format, arguments...)}
}

// invalid is the failure of one field of a request.
func invalid(field, format string, arguments ...any) *Failure {
	return &Failure{Code: CodeInvalid, Field: field, Message: field + ": " + fmt.Sprintf(format, arguments...)}
}
