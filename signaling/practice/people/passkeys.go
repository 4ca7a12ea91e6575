package people

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// Kinds of signins.
const (
	passkeySignIn = "passkey"
	passkeyAdd    = "passkey-add"
	passkeyEnrol  = "passkey-enrol"
)

// ceremonyTime is how long somebody may take to find their key and their finger.
const ceremonyTime = 5 * time.Minute

// ErrLastWay says that somebody could not sign in any more.
var ErrLastWay = errors.New("it is the last way to sign in; add another one first")

// Passkeys are WebAuthn credentials. They verify their user (a finger, a face, a PIN): a passkey is
// two factors.
type Passkeys struct {
	config   Config
	seal     seal
	accounts *Accounts
	relying  *webauthn.WebAuthn
}

// Passkey is one of a person.
type Passkey struct {
	ID, Name          string
	CreatedAt, UsedAt practice.Instant
}

func newPasskeys(config Config, seal seal, accounts *Accounts) (*Passkeys, error) {
	bound := config.Public.Hostname()
	if _, err := netip.ParseAddr(bound); err == nil {
		// Browsers bind passkeys to domains alone (Web Authentication Level 3, section 5.1.2). With
		// this one they refuse, and people sign in otherwise.
		bound = "localhost"
		config.Log.Warn(
			"passkeys need a name instead of an address in public-url; people can sign in " +
				"otherwise")
	}
	relying, err := webauthn.New(&webauthn.Config{
		RPID: bound, RPDisplayName: config.Name, RPOrigins: []string{config.Public.String()},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey:      protocol.ResidentKeyRequirementRequired,
			UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("public-url: passkeys cannot be bound to %s: %w",
			config.Public.Hostname(), err)
	}
	return &Passkeys{config: config, seal: seal, accounts: accounts, relying: relying}, nil
}

// holder is whoever has passkeys, as the library wants to know them.
type holder struct {
	id, name, display string
	credentials       []webauthn.Credential
}

// WebAuthnID is the person's id.
func (h holder) WebAuthnID() []byte { return []byte(h.id) }

// WebAuthnName is the login.
func (h holder) WebAuthnName() string { return h.name }

// WebAuthnDisplayName is the person's name.
func (h holder) WebAuthnDisplayName() string { return h.display }

// WebAuthnCredentials are the person's passkeys.
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.credentials }

// begun is what is remembered between the two steps of a ceremony.
type begun struct {
	Session webauthn.SessionData
	Key     string // of a one-time link
	Choice  choice
}

// remember keeps a ceremony until it is finished, and returns its challenge and the options for the
// browser.
func (p *Passkeys) remember(tx *store.Tx, kind, person string, options any,
	ceremony begun) (string, map[string]any, error) {
	sealed, err := p.seal.close(kind, ceremony)
	if err != nil {
		return "", nil, err
	}
	text, err := json.Marshal(options)
	if err != nil {
		return "", nil, err
	}
	var members map[string]any
	if err := json.Unmarshal(text, &members); err != nil {
		return "", nil, err
	}
	challenge := newToken()
	return challenge, members,
		putSignIn(tx, challenge, kind, person, sealed, p.config.Now().Add(ceremonyTime))
}

// recall returns a ceremony and spends it: its answer counts once, right or wrong.
func (p *Passkeys) recall(tx *store.Tx, challenge,
	kind string) (person string, ceremony begun, err error) {
	person, sealed, err := getSignIn(tx, challenge, kind, p.config.Now())
	if err != nil {
		return "", begun{}, err
	}
	if err := p.seal.open(kind, sealed, &ceremony); err != nil {
		return "", begun{}, err
	}
	return person, ceremony, spendSignIn(tx, challenge)
}

// BeginSignIn returns a challenge and the options of navigator.credentials.get. It does not ask who
// it is: the passkey says so.
func (p *Passkeys) BeginSignIn(
	ctx context.Context) (challenge string, options map[string]any, err error) {
	assertion, session, err := p.relying.BeginDiscoverableLogin(
		webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return "", nil, err
	}
	err = p.config.Store.Write(ctx, func(tx *store.Tx) error {
		challenge, options, err = p.remember(tx, passkeySignIn, "", assertion.Response,
			begun{Session: *session})
		return err
	})
	return challenge, options, err
}

// FinishSignIn checks what the browser returned, and opens a session. It returns its token.
func (p *Passkeys) FinishSignIn(ctx context.Context, challenge string, credential []byte,
	browser string) (token string, err error) {
	answer, err := protocol.ParseCredentialRequestResponseBytes(credential)
	if err != nil {
		return "", wrongField("credential",
			"expected the answer of navigator.credentials.get, got something else: %s", err)
	}
	now := p.config.Now()
	err = p.config.Store.Write(ctx, func(tx *store.Tx) error {
		_, ceremony, err := p.recall(tx, challenge, passkeySignIn)
		if err != nil {
			return err
		}
		find := func(_, handle []byte) (webauthn.User, error) {
			return p.holder(tx, string(handle))
		}
		user, used, err := p.relying.ValidatePasskeyLogin(find, ceremony.Session, answer)
		if err != nil || used.Authenticator.CloneWarning {
			return p.refused(tx, err, now)
		}
		if err := p.note(tx, *used, now); err != nil {
			return err
		}
		token, err = p.accounts.open(tx, string(user.WebAuthnID()), practice.MethodPasskey, browser,
			now)
		return err
	})
	if err == nil && token == "" {
		err = ErrWrong
	}
	return token, err
}

// refused writes down that a passkey was not accepted, and lets the transaction stand, so that its
// challenge is spent.
func (p *Passkeys) refused(tx *store.Tx, err error, now time.Time) error {
	var known *protocol.Error
	if err != nil && !errors.As(err, &known) {
		return err
	}
	return record(tx, now, "", "sign-in.failed", "", `{"passkey":true}`)
}

// note keeps the counter of a passkey that was used.
func (p *Passkeys) note(tx *store.Tx, used webauthn.Credential, now time.Time) error {
	text, err := json.Marshal(used)
	if err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE passkeys SET credential = $1, used_at = $2 WHERE id = $3",
		string(text),
		int64(practice.InstantOf(now)), base64.RawURLEncoding.EncodeToString(used.ID))
	return err
}

// holder returns a person with their passkeys.
func (p *Passkeys) holder(tx *store.Tx, id string) (holder, error) {
	person, err := store.Get[practice.Person](tx, "WHERE id = $1", id)
	if err != nil {
		return holder{}, err
	}
	login, err := LoginOf(tx, id)
	if err != nil {
		return holder{}, err
	}
	h := holder{id: id, name: login, display: person.GivenName + " " + person.FamilyName}
	if h.name == "" {
		h.name = h.display
	}
	err = tx.Query(func(scan func(...any) error) error {
		var text string
		if err := scan(&text); err != nil {
			return err
		}
		var credential webauthn.Credential
		if err := json.Unmarshal([]byte(text), &credential); err != nil {
			return err
		}
		h.credentials = append(h.credentials, credential)
		return nil
	}, "SELECT credential FROM passkeys WHERE person = $1", id)
	return h, err
}

// creation returns a challenge and the options of navigator.credentials.create.
func (p *Passkeys) creation(tx *store.Tx, kind string, h holder,
	ceremony begun) (string, map[string]any, error) {
	known := webauthn.Credentials(h.credentials).CredentialDescriptors()
	created, session, err := p.relying.BeginRegistration(h, webauthn.WithExclusions(known))
	if err != nil {
		return "", nil, err
	}
	ceremony.Session = *session
	return p.remember(tx, kind, h.id, created.Response, ceremony)
}

// BeginAdd is the first step of one more passkey for whoever is signed in.
func (p *Passkeys) BeginAdd(ctx context.Context,
	person string) (challenge string, options map[string]any, err error) {
	err = p.config.Store.Write(ctx, func(tx *store.Tx) error {
		h, err := p.holder(tx, person)
		if err != nil {
			return err
		}
		challenge, options, err = p.creation(tx, passkeyAdd, h, begun{})
		return err
	})
	return challenge, options, err
}

// FinishAdd is the second.
func (p *Passkeys) FinishAdd(ctx context.Context, person, challenge string, credential []byte,
	name string) (added Passkey, err error) {
	err = p.config.Store.Write(ctx, func(tx *store.Tx) error {
		begunBy, ceremony, err := p.recall(tx, challenge, passkeyAdd)
		if err != nil {
			return err
		}
		if begunBy != person {
			return ErrExpired
		}
		h, err := p.holder(tx, person)
		if err != nil {
			return err
		}
		added, err = p.create(tx, h, ceremony, credential, name)
		return err
	})
	return added, err
}

// create checks a new passkey and keeps it.
func (p *Passkeys) create(tx *store.Tx, h holder, ceremony begun, credential []byte,
	name string) (Passkey, error) {
	answer, err := protocol.ParseCredentialCreationResponseBytes(credential)
	if err != nil {
		return Passkey{},
			wrongField("credential",
				"expected the answer of navigator.credentials.create, got something else: %s", err)
	}
	created, err := p.relying.CreateCredential(h, ceremony.Session, answer)
	if err != nil {
		return Passkey{}, fmt.Errorf("%w: %w", ErrWrong, err)
	}
	text, err := json.Marshal(created)
	if err != nil {
		return Passkey{}, err
	}
	if name = strings.TrimSpace(name); name == "" {
		name = "Passkey"
	}
	if err := checkName("name", name); err != nil {
		return Passkey{}, err
	}
	now := practice.InstantOf(p.config.Now())
	made := Passkey{ID: base64.RawURLEncoding.EncodeToString(created.ID), Name: name,
		CreatedAt: now}
	if _, err := tx.Exec("INSERT INTO passkeys (id, person, name, credential, created_at) VALUES "+
		"($1, $2, $3, $4, $5)",
		made.ID, h.id, made.Name, string(text), int64(now)); err != nil {
		return Passkey{}, err
	}
	return made, record(tx, p.config.Now(), h.id, "passkey.add", h.id, "")
}

// BeginEnrol opens a one-time link with a passkey instead of a password.
func (p *Passkeys) BeginEnrol(ctx context.Context, key, login string,
	names Names) (challenge string, options map[string]any, err error) {
	login = normalLogin(login)
	if err := checkLogin(login); err != nil {
		return "", nil, err
	}
	chosen := choice{Login: login, GivenName: strings.TrimSpace(names.Given),
		FamilyName: strings.TrimSpace(names.Family)}
	err = p.config.Store.Write(ctx, func(tx *store.Tx) error {
		found, err := p.accounts.enrolment(tx, key)
		if err != nil {
			return err
		}
		if err := checkChoice(tx, found, chosen); err != nil {
			return err
		}
		chosen.Person = found.Person.ID
		if found.Purpose == EnrolFirst {
			// the passkey has to know it before the person is there
			chosen.Person = practice.NewID()
		} else {
			chosen.GivenName, chosen.FamilyName = found.Person.GivenName, found.Person.FamilyName
		}
		h := holder{id: chosen.Person, name: login,
			display: chosen.GivenName + " " + chosen.FamilyName}
		challenge, options, err = p.creation(tx, passkeyEnrol, h, begun{Key: key, Choice: chosen})
		return err
	})
	return challenge, options, err
}

// FinishEnrol makes the account, spends the link, and returns the token of a session.
func (p *Passkeys) FinishEnrol(ctx context.Context, challenge string, credential []byte, name,
	browser string) (token string, err error) {
	now := p.config.Now()
	err = p.config.Store.Write(ctx, func(tx *store.Tx) error {
		_, ceremony, err := p.recall(tx, challenge, passkeyEnrol)
		if err != nil {
			return err
		}
		found, err := p.accounts.enrolment(tx, ceremony.Key)
		if err != nil {
			return err
		}
		person, err := p.accounts.settle(tx, ceremony.Key, found, ceremony.Choice, now)
		if err != nil {
			return err
		}
		if err := p.accounts.keep(tx, person, ceremony.Choice, "", 0, now); err != nil {
			return err
		}
		h := holder{id: person, name: ceremony.Choice.Login,
			display: ceremony.Choice.GivenName + " " + ceremony.Choice.FamilyName}
		if _, err := p.create(tx, h, ceremony, credential, name); err != nil {
			return err
		}
		token, err = p.accounts.open(tx, person, practice.MethodPasskey, browser, now)
		return err
	})
	return token, err
}

// List returns the passkeys of a person, the oldest first.
func (p *Passkeys) List(tx *store.Tx, person string) ([]Passkey, error) {
	found := []Passkey{}
	err := tx.Query(func(scan func(...any) error) error {
		var one Passkey
		err := scan(&one.ID, &one.Name, &one.CreatedAt, &one.UsedAt)
		found = append(found, one)
		return err
	}, "SELECT id, name, created_at, used_at FROM passkeys WHERE person = $1 ORDER BY "+
		"created_at, id", person)
	return found, err
}

// Remove forgets a passkey. It returns ErrLastWay when the person could not sign in any more.
func (p *Passkeys) Remove(tx *store.Tx, person, id string) error {
	var others int
	err := tx.Scan(`SELECT (SELECT COUNT(*) FROM passkeys WHERE person = $1 AND id <> $2)
		+ (SELECT COUNT(*) FROM identities WHERE person = $1)
		+ (SELECT COUNT(*) FROM accounts WHERE person = $1 AND password_hash <> '')`,
		[]any{person, id}, &others)
	if err != nil {
		return err
	}
	if others == 0 {
		return ErrLastWay
	}
	removed, err := tx.Exec("DELETE FROM passkeys WHERE person = $1 AND id = $2", person, id)
	if err == nil && removed == 0 {
		return store.ErrNotFound
	}
	if err != nil {
		return err
	}
	return record(tx, p.config.Now(), person, "passkey.remove", person, "")
}
