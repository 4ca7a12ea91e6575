package people

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/rights"
	"draille/signaling/practice/store"
)

// Purposes of one-time links.
const (
	EnrolFirst = "first" // the first administrator
	EnrolNew   = "new"
	EnrolReset = "reset"
)

const (
	// enrolTime is how long somebody may take to open the link that an administrator gave them.
	enrolTime = 72 * time.Hour
	sealedNew = "enrolment" // purpose of the seal
)

// Enrolment is a one-time link that was opened.
type Enrolment struct {
	Purpose string
	Person  practice.Person // empty for EnrolFirst
	Login   string          // proposed
	Expires practice.Instant
	sealed  string
}

// choice is what was chosen so far.
type choice struct {
	Login, Hash, Secret   string
	GivenName, FamilyName string
	// of a first administrator with a passkey: theirs, before they are there
	Person string
}

// Enrol makes a one-time link for a person, and returns its key. Links made before for the same
// person are good no longer.
func (a *Accounts) Enrol(tx *store.Tx, purpose, person,
	by string) (key string, expires practice.Instant, err error) {
	if _, err := tx.Exec("DELETE FROM enrolments WHERE person = $1 AND used_at = 0", person); err !=
		nil {
		return "", 0, err
	}
	now := a.config.Now()
	key, expires = newToken(), practice.InstantOf(now.Add(enrolTime))
	_, err = tx.Exec("INSERT INTO enrolments (key_hash, person, purpose, created_by, created_at, "+
		"expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
		hashOf(key), person, purpose, by, int64(practice.InstantOf(now)), int64(expires))
	if err != nil {
		return "", 0, err
	}
	return key, expires, record(tx, now, by, "enrol."+purpose, person, "")
}

// First returns the key of a one-time link for the first administrator; empty when somebody may
// administer the group already.
func (a *Accounts) First(ctx context.Context) (key string, err error) {
	err = a.config.Store.Write(ctx, func(tx *store.Tx) error {
		administrators, err := groupAdministrators(tx, a.config.Now())
		if err != nil || administrators > 0 {
			return err
		}
		key, _, err = a.Enrol(tx, EnrolFirst, "", "")
		return err
	})
	return key, err
}

// Recovery is a one-time link for an administrator of the group who cannot sign in any more.
type Recovery struct {
	Person  practice.Person
	Key     string
	Expires practice.Instant
}

// Recover makes one-time links for all administrators of the group, by which they choose anew how
// they sign in. It is for whoever runs the server, when no administrator can give out a link.
func (a *Accounts) Recover(ctx context.Context) (all []Recovery, err error) {
	now := practice.InstantOf(a.config.Now())
	err = a.config.Store.Write(ctx, func(tx *store.Tx) error {
		found, err := store.Find[practice.Person](tx, `WHERE disabled_at = 0 AND id IN (
			SELECT person FROM grants
			WHERE role = $1 AND (ends_at = 0 OR ends_at > $2)) ORDER BY id`,
			string(practice.RoleGroupAdmin), int64(now))
		for _, person := range found {
			key, expires, failed := a.Enrol(tx, EnrolReset, person.ID, "")
			err = errors.Join(err, failed)
			all = append(all, Recovery{person, key, expires})
		}
		return err
	})
	return all, err
}

// groupAdministrators counts those who may sign in.
func groupAdministrators(tx *store.Tx, now time.Time) (count int, err error) {
	err = tx.Scan(`SELECT COUNT(DISTINCT people.id) FROM grants JOIN people ON people.id =
		grants.person
		WHERE grants.role = $1 AND people.disabled_at = 0 AND (grants.ends_at = 0 OR
			grants.ends_at > $2)`,
		[]any{string(practice.RoleGroupAdmin), int64(practice.InstantOf(now))}, &count)
	return count, err
}

// Opened returns what a one-time link is for: ErrUsed, ErrExpired, ErrDisabled, or ErrOutgrown.
func (a *Accounts) Opened(ctx context.Context, key string) (found Enrolment, err error) {
	err = a.config.Store.Read(ctx, func(tx *store.Tx) error {
		found, err = a.enrolment(tx, key)
		return err
	})
	return found, err
}

func (a *Accounts) enrolment(tx *store.Tx, key string) (Enrolment, error) {
	var found Enrolment
	var person, by string
	var used practice.Instant
	err := tx.Scan("SELECT purpose, person, created_by, state, expires_at, used_at FROM "+
		"enrolments WHERE key_hash = $1",
		[]any{hashOf(key)}, &found.Purpose, &person, &by, &found.sealed, &found.Expires, &used)
	now := a.config.Now()
	switch {
	case errors.Is(err, store.ErrNotFound):
		return found, ErrExpired
	case err != nil:
		return found, err
	case used != 0:
		return found, ErrUsed
	case found.Expires <= practice.InstantOf(now):
		return found, ErrExpired
	case found.Purpose == EnrolFirst:
		administrators, err := groupAdministrators(tx, now)
		if err == nil && administrators > 0 {
			err = ErrUsed
		}
		return found, err
	}
	if found.Person, err = enabledPerson(tx, person); err != nil {
		return found, err
	}
	if err := stillCommands(tx, by, found.Person, now); err != nil {
		return found, err
	}
	if found.Login, err = LoginOf(tx, person); err == nil && found.Login == "" {
		found.Login = normalLogin(found.Person.Email)
	}
	return found, err
}

// stillCommands returns ErrOutgrown unless whoever made a link may make it now, too: the rights of
// both may have changed since. What the server's own operator made holds.
func stillCommands(tx *store.Tx, by string, person practice.Person, now time.Time) error {
	if by == "" {
		return nil
	}
	maker, err := enabledPerson(tx, by)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, ErrDisabled) {
		return ErrOutgrown
	}
	if err != nil {
		return err
	}
	own, err := GrantsOf(tx, maker.ID, now)
	if err != nil {
		return err
	}
	held, err := GrantsOf(tx, person.ID, now)
	if err == nil && !rights.Commands(own, person, held) {
		err = ErrOutgrown
	}
	return err
}

// Names of whoever opens a link for the first administrator.
type Names struct{ Given, Family string }

// ChoosePassword is the first step: login and password. It returns what the authenticator is fed.
// Nothing holds before ConfirmCode has shown that the authenticator works.
func (a *Accounts) ChoosePassword(ctx context.Context, key, login, password string,
	names Names) (NewCode, error) {
	login = normalLogin(login)
	if err := errors.Join(checkLogin(login), acceptable("password", password, login)); err != nil {
		return NewCode{}, firstOf(err)
	}
	code, err := newCode(a.config.Name, login)
	if err != nil {
		return NewCode{}, err
	}
	chosen := choice{Login: login, Hash: hashPassword(password), Secret: code.Secret,
		GivenName: strings.TrimSpace(names.Given), FamilyName: strings.TrimSpace(names.Family)}
	err = a.config.Store.Write(ctx, func(tx *store.Tx) error {
		found, err := a.enrolment(tx, key)
		if err != nil {
			return err
		}
		if err := checkChoice(tx, found, chosen); err != nil {
			return err
		}
		sealed, err := a.seal.close(sealedNew, chosen)
		if err != nil {
			return err
		}
		_, err = tx.Exec("UPDATE enrolments SET state = $1 WHERE key_hash = $2", sealed,
			hashOf(key))
		return err
	})
	return code, err
}

// checkChoice says why a choice cannot be taken.
func checkChoice(tx *store.Tx, found Enrolment, chosen choice) error {
	if found.Purpose == EnrolFirst {
		if err := checkNames(chosen.GivenName, chosen.FamilyName); err != nil {
			return err
		}
	}
	var taken int
	err := tx.Scan("SELECT COUNT(*) FROM accounts WHERE login = $1 AND person <> $2",
		[]any{chosen.Login, found.Person.ID}, &taken)
	if err == nil && taken > 0 {
		err = wrongField("login", "expected one that nobody has, got one that is taken")
	}
	return err
}

// ConfirmCode is the second step: a code shows that the authenticator works. It makes the account,
// spends the link, and returns the token of a session.
func (a *Accounts) ConfirmCode(ctx context.Context, key, code,
	browser string) (token string, err error) {
	now := a.config.Now()
	err = a.config.Store.Write(ctx, func(tx *store.Tx) error {
		found, err := a.enrolment(tx, key)
		if err != nil {
			return err
		}
		if found.sealed == "" {
			return wrongField("code", "expected a password to be chosen first, got a code")
		}
		var chosen choice
		if err := a.seal.open(sealedNew, found.sealed, &chosen); err != nil {
			return err
		}
		period, err := matchCode(chosen.Secret, strings.ReplaceAll(code, " ", ""), now, 0)
		if err != nil {
			return err
		}
		if period == 0 {
			return ErrWrong
		}
		person, err := a.settle(tx, key, found, chosen, now)
		if err != nil {
			return err
		}
		sealed, err := a.seal.close("totp "+person, chosen.Secret)
		if err != nil {
			return err
		}
		if err := a.keep(tx, person, chosen, sealed, period, now); err != nil {
			return err
		}
		token, err = a.open(tx, person, practice.MethodPassword, browser, now)
		return err
	})
	return token, err
}

// settle spends the link, and returns the person it is for: a new one for the first administrator.
// A reset takes away all ways to sign in that there were, and ends all sessions.
func (a *Accounts) settle(tx *store.Tx, key string, found Enrolment, chosen choice,
	now time.Time) (string, error) {
	if err := checkChoice(tx, found, chosen); err != nil {
		return "", err
	}
	at := practice.InstantOf(now)
	if _, err := tx.Exec("UPDATE enrolments SET used_at = $1, state = '' WHERE key_hash = $2",
		int64(at), hashOf(key)); err != nil {
		return "", err
	}
	switch found.Purpose {
	case EnrolFirst:
		first := practice.Person{ID: cmp.Or(chosen.Person, practice.NewID()),
			GivenName: chosen.GivenName, FamilyName: chosen.FamilyName, Language: "fr", Version: 1}
		if err := Insert(tx, first, now); err != nil {
			return "", err
		}
		grant := practice.Grant{ID: practice.NewID(), Person: first.ID,
			Role: practice.RoleGroupAdmin, GrantedBy: first.ID, GrantedAt: at}
		if err := store.Insert(tx, grant, nil); err != nil {
			return "", err
		}
		return first.ID, record(tx, now, first.ID, "grant.first", first.ID, "")
	case EnrolReset:
		if _, err := tx.Exec("DELETE FROM passkeys WHERE person = $1", found.Person.ID); err !=
			nil {
			return "", err
		}
		if _, err := a.sessions.EndOthers(tx, found.Person.ID, ""); err != nil {
			return "", err
		}
	}
	return found.Person.ID, nil
}

// keep writes a local account, in the place of one that there may be.
func (a *Accounts) keep(tx *store.Tx, person string, chosen choice, totp string, period int64,
	now time.Time) error {
	_, err := tx.Exec(`INSERT INTO accounts (person, login, password_hash, totp_sealed,
		totp_step, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $6)
		ON CONFLICT (person) DO UPDATE SET login = excluded.login, password_hash =
			excluded.password_hash, totp_sealed = excluded.totp_sealed,
		totp_step = excluded.totp_step, failures = 0, locked_until = 0, updated_at =
			excluded.updated_at`,
		person, chosen.Login, chosen.Hash, totp, period, int64(practice.InstantOf(now)))
	return err
}

// firstOf is the first of joined errors.
func firstOf(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()[0]
	}
	return err
}
