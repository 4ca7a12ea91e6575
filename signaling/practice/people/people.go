// Package people lets people sign in and keeps who they are: by identity providers (OpenID
// Connect), by local accounts with a password and a one-time code, or with passkeys; sessions;
// grants; one-time links; the import of a list. Rights never come from what a provider claims.
package people

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"go.uber.org/zap"

	"draille/signaling/practice"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
)

// Config is what People need. Store, Key and Public are required.
type Config struct {
	Store *store.Store
	// 32 bytes, derived from the server's secret: seals what the store must not show
	Key       []byte
	Public    *url.URL // scheme and host that browsers open
	Name      string   // of the service, as authenticators and passkeys show it; Draille
	Local     bool     // people may have local accounts
	Providers []ProviderConfig
	Times     SessionTimes // zero: DefaultSessionTimes
	Log       *zap.Logger
	Now       func() time.Time
}

// People is everything about who somebody is.
type People struct {
	Sessions  *Sessions
	Accounts  *Accounts
	Passkeys  *Passkeys
	Providers *Providers
}

// New returns People.
func New(config Config) (*People, error) {
	if config.Log == nil {
		config.Log = zap.NewNop()
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Times == (SessionTimes{}) {
		config.Times = DefaultSessionTimes
	}
	if config.Name == "" {
		config.Name = "Draille"
	}
	seal, err := newSeal(config.Key)
	if err != nil {
		return nil, err
	}
	sessions := NewSessions(config.Store, config.Times, config.Now)
	accounts := newAccounts(config, seal, sessions)
	passkeys, err := newPasskeys(config, seal, accounts)
	if err != nil {
		return nil, err
	}
	providers, err := newProviders(config, seal, sessions)
	if err != nil {
		return nil, err
	}
	return &People{Sessions: sessions, Accounts: accounts, Passkeys: passkeys,
		Providers: providers}, nil
}

// Errors that callers tell apart.
var (
	ErrWrong    = errors.New("login, password, code or passkey is not right")
	ErrExpired  = errors.New("it is too old; begin again")
	ErrUsed     = errors.New("it has been used already; ask for another")
	ErrDisabled = errors.New("an administrator has closed the account")
	// ErrOutgrown is that a one-time link would give more than whoever made it may give now.
	ErrOutgrown = errors.New("expected a link made by somebody who may still give each right of " +
		"its person, got another; ask an administrator of the group for a new one")
	ErrLast = errors.New("nobody could give rights any more; give them to somebody else first")
)

// LockedError says that too many tries went wrong.
type LockedError struct{ Until practice.Instant }

// Error says until when.
func (e LockedError) Error() string {
	return "too many tries went wrong; go on at " + e.Until.Time().Format(time.RFC3339)
}

// FieldError says which member of a request is not as it must be. Reason is stable, for pages that
// say it in their own words; Problem is for whoever reads English.
type FieldError struct {
	Field, Problem string
	Reason         Reason
}

// Reason is why a value cannot be taken.
type Reason string

// Reasons.
const (
	ReasonForm      Reason = "form"       // it does not look as it must
	ReasonMissing   Reason = "missing"    // there is none
	ReasonUnknown   Reason = "unknown"    // there is no such thing
	ReasonNotYours  Reason = "not-yours"  // whoever asks may not give it
	ReasonOtherName Reason = "other-name" // somebody of another name has it
	ReasonTwoPeople Reason = "two-people" // it leads to two people
)

// Error says both.
func (e FieldError) Error() string { return e.Field + ": " + e.Problem }

func wrongField(field, format string, arguments ...any) error {
	return wrongFor(ReasonForm, field, format, arguments...)
}

func wrongFor(reason Reason, field, format string, arguments ...any) error {
	return FieldError{field, fmt.Sprintf(format, arguments...), reason}
}

// record writes into the audit log what concerns a person and no establishment.
func record(tx *store.Tx, now time.Time, actor, action, object, detail string) error {
	entry := practice.AuditEntry{ActorKind: practice.ActorPerson, Actor: actor, Action: action,
		Object: object, Detail: detail}
	if actor == "" {
		entry.ActorKind = practice.ActorSystem
	}
	return ledger.Append(tx, now, entry)
}
