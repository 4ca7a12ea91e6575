package desk

import "draille/signaling/practice"

// ErrorCode is the stable part of an error. The pages have words of their own for each.
type ErrorCode string

const (
	CodeSignedOut ErrorCode = "signed-out" // 401: no session, or it has ended
	// 403: no right to it, in this establishment and service
	CodeForbidden ErrorCode = "forbidden"
	// 403: the request comes from another site's page
	CodeOrigin       ErrorCode = "origin"
	CodeNotFound     ErrorCode = "not-found"     // 404: there is none, or not for this person
	CodeMalformed    ErrorCode = "malformed"     // 400: not the JSON that was expected
	CodeInvalid      ErrorCode = "invalid"       // 422: field says which, message why
	CodeVersion      ErrorCode = "version"       // 412: somebody else has changed it meanwhile
	CodeNeedsVersion ErrorCode = "needs-version" // 428: If-Match is missing
	CodeDuplicate    ErrorCode = "duplicate"     // 409: there is one already; id says which
	// 409: double booking; send it again with anyway
	CodeConflict   ErrorCode = "conflict"
	CodeNoSuchTime ErrorCode = "no-such-time" // 422: the clocks skip that hour
	// 422: the clocks repeat that hour: say which with later
	CodeTwoSuchTimes ErrorCode = "two-such-times"
	// 429: too many wrong tries; retryAt says when to go on
	CodeLocked ErrorCode = "locked"
	// 401: login, password, code or passkey is not right
	CodeWrong ErrorCode = "wrong"
	// 403: the provider knows them, nobody here does yet
	CodeNoPerson ErrorCode = "no-person"
	CodeDisabled ErrorCode = "disabled" // 403: an administrator has closed the account
	CodeUsed     ErrorCode = "used"     // 410: a one-time link or code that was used
	// 410: a sign-in, one-time link or code that is too old
	CodeExpired ErrorCode = "expired"
	// 410: a one-time link of whoever may no longer give all rights of its person
	CodeOutgrown     ErrorCode = "outgrown"
	CodeProviderAway ErrorCode = "provider-away" // 503: the identity provider does not answer
	// 502: it answers something that cannot be trusted
	CodeProviderWrong ErrorCode = "provider-wrong"
	CodeLastAdmin     ErrorCode = "last-admin" // 409: nobody could give rights any more
	CodeRevoked       ErrorCode = "revoked"    // 410: the link or the tablet was revoked
	CodeTooEarly      ErrorCode = "too-early"  // 409: the appointment does not begin yet
	CodeTooLate       ErrorCode = "too-late"   // 410: the appointment is over
	CodeCancelled     ErrorCode = "cancelled"  // 410: the appointment was cancelled
	// 409: a session has begun or taken place: its appointment is neither moved nor cancelled
	CodeMet          ErrorCode = "met"
	CodeOtherBrowser ErrorCode = "other-browser" // 409: the link is in use in another browser
	CodeTooMany      ErrorCode = "too-many"      // 429: try again later
	CodeTooLarge     ErrorCode = "too-large"     // 413: more than the documented size
	CodeStoreBusy    ErrorCode = "store-busy"    // 503: try again in a moment
	// 507: the server's disk is full; nothing was saved
	CodeStoreFull ErrorCode = "store-full"
	// 500: the file of the store is damaged: a backup is needed
	CodeStoreDamaged ErrorCode = "store-damaged"
	// 503: the database does not answer; nothing was saved
	CodeStoreAway ErrorCode = "store-away"
	// 500: a fault of the server; reference is in its log
	CodeInternal ErrorCode = "internal"
	// 409: the hospital's system keeps this; change it there
	CodeHospitalRecord ErrorCode = "hospital-record"
	CodeChannelMissing ErrorCode = "channel-missing" // 409: no mail server or SMS gateway is set up
	// 422: somebody without a right here cannot be asked to an appointment; field says who
	CodeNoRight ErrorCode = "no-right"
	// 409: a request for an opinion that was answered or withdrawn: there is no more call about it
	CodeOpinionOver ErrorCode = "opinion-over"
	// 409: no expert has taken the request, so there is nobody to be called
	CodeNoExpert ErrorCode = "no-expert"
)

// Failure is the body of every answer that is not 2xx.
type Failure struct {
	Code ErrorCode `json:"code"`
	// English: what was expected, what came, what to do
	Message string `json:"message"`
	// of the request, as in participants.0.phone
	Field     string           `json:"field,omitempty"`
	ID        string           `json:"id,omitempty"`        // with duplicate: the one there is
	RetryAt   practice.Instant `json:"retryAt,omitempty"`   // with locked and too-many
	Reference string           `json:"reference,omitempty"` // with internal
	Conflicts []Conflict       `json:"conflicts,omitempty"` // with conflict
}
