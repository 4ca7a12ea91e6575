package people

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

const (
	// freeFailures is how many tries may go wrong in a row before an account is locked for a while.
	freeFailures = 5
	firstLock    = time.Minute // doubled with each further failure
	longestLock  = time.Hour
	// betweenFactors is how long somebody may look for their telephone.
	betweenFactors = 5 * time.Minute
	passwordKind   = "password" // of signins
)

// Accounts are local accounts: a password and a one-time code, for whoever has no provider or whose
// provider is away.
type Accounts struct {
	config   Config
	seal     seal
	sessions *Sessions
	nobodies strangers
}

func newAccounts(config Config, seal seal, sessions *Sessions) *Accounts {
	return &Accounts{config: config, seal: seal, sessions: sessions}
}

// account is a row of accounts.
type account struct {
	person, hash, totp string
	period             int64
	failures           int
	lockedUntil        practice.Instant
}

const accountColumns = "person, password_hash, totp_sealed, totp_step, failures, locked_until"

func (a *account) scan(tx *store.Tx, condition string, argument string) error {
	return tx.Scan("SELECT "+accountColumns+" FROM accounts WHERE "+condition, []any{argument},
		&a.person, &a.hash, &a.totp, &a.period, &a.failures, &a.lockedUntil)
}

// Begin checks a login and its password, and returns a challenge for the second factor. It returns
// ErrWrong, LockedError or ErrDisabled.
func (a *Accounts) Begin(ctx context.Context, login,
	password string) (challenge string, expires time.Time, err error) {
	now := a.config.Now()
	var found account
	err = a.config.Store.Read(ctx, func(tx *store.Tx) error {
		return found.scan(tx, "login = $1", normalLogin(login))
	})
	if errors.Is(err, store.ErrNotFound) {
		found.hash, found.lockedUntil = nobodysHash, a.nobodies.lockedUntil(normalLogin(login))
	} else if err != nil {
		return "", now, err
	}
	if until := found.lockedUntil; until > practice.InstantOf(now) {
		return "", now, LockedError{until}
	}
	// outside of any transaction: it takes a tenth of a second
	right, err := checkPassword(found.hash, password)
	if err != nil {
		return "", now, err
	}
	if found.person == "" {
		a.nobodies.failed(normalLogin(login), now)
		return "", now, ErrWrong
	}
	if !right {
		return "", now, a.failed(ctx, found.person, now)
	}
	challenge, expires = newToken(), now.Add(betweenFactors)
	err = a.config.Store.Write(ctx, func(tx *store.Tx) error {
		if _, err := enabledPerson(tx, found.person); err != nil {
			return err
		}
		return putSignIn(tx, challenge, passwordKind, found.person, "", expires)
	})
	return challenge, expires, err
}

// failed counts a wrong try, and returns what is told of it.
func (a *Accounts) failed(ctx context.Context, person string, now time.Time) error {
	if person == "" { // the code was for no sign-in
		return ErrWrong
	}
	err := a.config.Store.Write(ctx, func(tx *store.Tx) error {
		var found account
		if err := found.scan(tx, "person = $1", person); err != nil {
			return err
		}
		failures, until := found.failures+1, practice.Instant(0)
		if failures >= freeFailures {
			until = practice.InstantOf(now.Add(lockFor(failures)))
		}
		if _, err :=
			tx.Exec("UPDATE accounts SET failures = $1, locked_until = $2 WHERE person = $3",
				failures, int64(until), person); err != nil {
			return err
		}
		return record(tx, now, "", "sign-in.failed", person, "")
	})
	if err != nil {
		return err
	}
	return ErrWrong
}

func lockFor(failures int) time.Duration {
	lock := firstLock
	for i := freeFailures; i < failures && lock < longestLock; i++ {
		lock *= 2
	}
	return min(lock, longestLock)
}

// Finish checks the one-time code, and opens a session. It returns its token.
func (a *Accounts) Finish(ctx context.Context, challenge, code, browser string) (string, error) {
	now, token := a.config.Now(), ""
	var person string
	err := a.config.Store.Write(ctx, func(tx *store.Tx) error {
		var err error
		if person, _, err = getSignIn(tx, challenge, passwordKind, now); err != nil {
			return err
		}
		var found account
		if err := found.scan(tx, "person = $1", person); err != nil {
			return err
		}
		if until := found.lockedUntil; until > practice.InstantOf(now) {
			return LockedError{until}
		}
		period, err := a.period(found, code, now)
		if err != nil {
			return err
		}
		if period == 0 {
			return ErrWrong
		}
		if _, err :=
			tx.Exec("UPDATE accounts SET totp_step = $1, failures = 0, locked_until = 0 WHERE "+
				"person = $2", period, person); err != nil {
			return err
		}
		if err := spendSignIn(tx, challenge); err != nil {
			return err
		}
		token, err = a.open(tx, person, practice.MethodPassword, browser, now)
		return err
	})
	if errors.Is(err, ErrWrong) {
		err = a.failed(ctx, person, now)
	}
	return token, err
}

func (a *Accounts) period(found account, code string, now time.Time) (int64, error) {
	var secret string
	if err := a.seal.open("totp "+found.person, found.totp, &secret); err != nil {
		return 0, err
	}
	return matchCode(secret, strings.ReplaceAll(code, " ", ""), now, found.period)
}

// open begins a session by a local account. Whoever has an identity at a provider uses it only
// while that is away: the audit log and the session say so.
func (a *Accounts) open(tx *store.Tx, person string, method practice.Method, browser string,
	now time.Time) (string, error) {
	if _, err := enabledPerson(tx, person); err != nil {
		return "", err
	}
	var identities int
	if err := tx.Scan("SELECT COUNT(*) FROM identities WHERE person = $1", []any{person},
		&identities); err != nil {
		return "", err
	}
	if identities > 0 {
		method = practice.MethodBreakGlass
	}
	if err := record(tx, now, person, "sign-in."+string(method), person, ""); err != nil {
		return "", err
	}
	return a.sessions.Open(tx, NewSession{Person: person, Method: method, Browser: browser})
}

// ChangePassword replaces a password by whoever knows the old one, and ends their other sessions.
func (a *Accounts) ChangePassword(ctx context.Context, person, session, old, chosen string) error {
	now := a.config.Now()
	var found account
	var login string
	err := a.config.Store.Read(ctx, func(tx *store.Tx) error {
		if err := found.scan(tx, "person = $1", person); err != nil {
			return err
		}
		return tx.Scan("SELECT login FROM accounts WHERE person = $1", []any{person}, &login)
	})
	if err != nil {
		return err
	}
	if until := found.lockedUntil; until > practice.InstantOf(now) {
		return LockedError{until}
	}
	if right, err := checkPassword(found.hash, old); err != nil || !right {
		return errors.Join(err, a.failed(ctx, person, now))
	}
	if err := acceptable("new", chosen, login); err != nil {
		return err
	}
	hash := hashPassword(chosen)
	return a.config.Store.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec("UPDATE accounts SET password_hash = $1, failures = 0, locked_until "+
			"= 0, updated_at = $2 WHERE person = $3",
			hash, int64(practice.InstantOf(now)), person); err != nil {
			return err
		}
		if _, err := a.sessions.EndOthers(tx, person, session); err != nil {
			return err
		}
		return record(tx, now, person, "password.change", person, "")
	})
}

// LoginOf returns the login of a person's local account; empty if they have none.
func LoginOf(tx *store.Tx, person string) (string, error) {
	var login string
	err := tx.Scan("SELECT login FROM accounts WHERE person = $1", []any{person}, &login)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return login, err
}

// enabledPerson returns a person who may sign in.
func enabledPerson(tx *store.Tx, id string) (practice.Person, error) {
	person, err := store.Get[practice.Person](tx, "WHERE id = $1", id)
	if err == nil && person.DisabledAt != 0 {
		err = ErrDisabled
	}
	return person, err
}

func normalLogin(login string) string { return strings.ToLower(strings.TrimSpace(login)) }

// checkLogin says why a login may not be chosen.
func checkLogin(login string) error {
	if len(login) < 3 || len(login) > 64 || strings.ContainsFunc(login, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}) {
		return wrongField("login", "expected 3 to 64 characters without spaces, got %q", login)
	}
	return nil
}

// Offered reports whether the page of sign-in shows local accounts. One-time links and accounts
// that there are work nevertheless: whoever administers must get in when a provider is away.
func (a *Accounts) Offered() bool { return a.config.Local }
