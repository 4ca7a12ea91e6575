package people

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/golang-jwt/jwt/v5"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

func (p *Providers) remember(ctx context.Context, state string, begun begunAt) error {
	sealed, err := p.seal.close(oidcKind, begun)
	if err != nil {
		return err
	}
	return p.config.Store.Write(ctx, func(tx *store.Tx) error {
		return putSignIn(tx, state, oidcKind, "", sealed, p.config.Now().Add(atProvider))
	})
}

// recall returns the sign-in that a browser brings back, and spends it: the same address again is
// refused, and so is another browser's.
func (p *Providers) recall(ctx context.Context, returned Returned) (begunAt, error) {
	var begun begunAt
	state := returned.Query.Get("state")
	err := p.config.Store.Write(ctx, func(tx *store.Tx) error {
		_, sealed, err := getSignIn(tx, state, oidcKind, p.config.Now())
		if err != nil {
			return err
		}
		if err := p.seal.open(oidcKind, sealed, &begun); err != nil {
			return err
		}
		if begun.Provider != returned.Provider || begun.Browser != hashOf(returned.Cookie) {
			return fmt.Errorf("%w: it was begun in another browser", ErrExpired)
		}
		return spendSignIn(tx, state)
	})
	return begun, err
}

// open finds the person of an identity, and begins their session. Whom nobody has named yet is
// written down, so that an administrator can.
func (p *Providers) open(ctx context.Context, one *provider, who identified,
	browser string) (token string, err error) {
	now := p.config.Now()
	nobody := false
	err = p.config.Store.Write(ctx, func(tx *store.Tx) error {
		identity, err := p.identity(tx, one, who)
		if err != nil {
			return err
		}
		if identity.Person == "" {
			nobody = true
			return nil
		}
		if _, err := enabledPerson(tx, identity.Person); err != nil {
			return err
		}
		if err := record(tx, now, identity.Person, "sign-in.oidc", identity.Person,
			fmt.Sprintf(`{"provider":%q}`, one.ID)); err != nil {
			return err
		}
		token, err = p.sessions.Open(tx,
			NewSession{Person: identity.Person, Method: practice.MethodOIDC, Provider: one.ID,
				ProviderSession: who.sid, Subject: who.raw, Browser: browser})
		return err
	})
	if err == nil && nobody {
		err = ErrNoPerson
	}
	return token, err
}

// identity finds or makes the record of who a provider says it is.
func (p *Providers) identity(tx *store.Tx, one *provider,
	who identified) (practice.Identity, error) {
	now := p.config.Now()
	at := practice.InstantOf(now)
	identity, err := store.Get[practice.Identity](tx, "WHERE provider = $1 AND subject = $2",
		one.ID, who.subject)
	if errors.Is(err, store.ErrNotFound) {
		identity = practice.Identity{ID: practice.NewID(), Provider: one.ID, Subject: who.subject,
			Label: who.label, SeenAt: at}
		err = store.Insert(tx, identity, store.With{"created_at": int64(at)})
	} else if err == nil {
		_, err = tx.Exec("UPDATE identities SET label = $1, seen_at = $2 WHERE id = $3", who.label,
			int64(at), identity.ID)
	}
	if err != nil || identity.Person != "" || !one.MatchRPPS {
		return identity, err
	}
	// An administrator has written down a person with this number and given them their rights; the
	// provider vouches that it is they.
	rpps, professional := strings.CutPrefix(who.subject, "8")
	if !professional || !rppsShape.MatchString(rpps) {
		return identity, nil
	}
	person, err := store.Get[practice.Person](tx, "WHERE rpps = $1 AND rpps <> ''", rpps)
	if errors.Is(err, store.ErrNotFound) {
		return identity, nil
	}
	if err != nil {
		return identity, err
	}
	identity.Person = person.ID
	if _, err := tx.Exec("UPDATE identities SET person = $1 WHERE id = $2", person.ID,
		identity.ID); err != nil {
		return identity, err
	}
	return identity,
		record(tx, now, "", "identity.match", person.ID, fmt.Sprintf(`{"provider":%q}`, one.ID))
}

// logoutEvent is the member of events that makes a JWT a logout token.
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// Logout ends the sessions that a logout token of a provider names (OpenID Connect Back-Channel
// Logout 1.0, section 2.6). The same token again is refused.
func (p *Providers) Logout(ctx context.Context, id, signed string) (ended int, err error) {
	one, err := p.find(id)
	if err != nil {
		return 0, err
	}
	// Anybody may bring this: what is of another issuer costs no question to the provider.
	if of := issuerOf(signed); of != one.Issuer {
		return 0, fmt.Errorf("%w: expected a logout token of issuer %s, got one of %.100q",
			ErrUntrusted, one.Issuer, of)
	}
	ready, err := one.discoverSoon(ctx)
	if err != nil {
		return 0, err
	}
	ctx = oidc.ClientContext(ctx, one.Client)
	// Its expiry is checked below: not every provider sets one.
	token, err :=
		ready.Verifier(&oidc.Config{ClientID: one.ClientID, SkipExpiryCheck: true}).Verify(ctx,
			signed)
	if err != nil {
		return 0, verifyError(err)
	}
	var claims struct {
		Events map[string]any `json:"events"`
		SID    string         `json:"sid"`
		JTI    string         `json:"jti"`
		Nonce  *string        `json:"nonce"`
	}
	if err := token.Claims(&claims); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	now := p.config.Now()
	_, isLogout := claims.Events[logoutEvent]
	switch {
	case !isLogout || claims.Nonce != nil || claims.JTI == "" || token.Subject == "" &&
		claims.SID == "":
		return 0, fmt.Errorf("%w: expected a logout token, got another", ErrUntrusted)
	case now.Sub(token.IssuedAt).Abs() > logoutAge, !token.Expiry.IsZero() &&
		token.Expiry.Unix() > 0 && now.After(token.Expiry.Add(clockSkew)):
		return 0, fmt.Errorf("%w: expected a logout token of now, got one of %s", ErrUntrusted,
			token.IssuedAt)
	}
	err = p.config.Store.Write(ctx, func(tx *store.Tx) error {
		if err := Spend(tx, "logout "+id+" "+claims.JTI, now.Add(2*logoutAge)); err != nil {
			return err
		}
		if ended, err = p.sessions.EndAtProvider(tx, id, claims.SID, token.Subject); err != nil {
			return err
		}
		return record(tx, now, "", "sign-out.provider", "",
			fmt.Sprintf(`{"provider":%q,"sessions":%d}`, id, ended))
	})
	return ended, err
}

// issuerOf is whose a token says it is, before it is checked; empty: it is no token.
func issuerOf(signed string) string {
	var claims jwt.RegisteredClaims
	if _, _, err := jwt.NewParser().ParseUnverified(signed, &claims); err != nil {
		return ""
	}
	return claims.Issuer
}

// logoutAge is how old a logout token may be: the specification wants it recent, and suggests two
// minutes.
const logoutAge = 2 * clockSkew

// Spend remembers that something was used which may be used once. It returns ErrUsed if it was.
func Spend(tx *store.Tx, what string, until interface{ UnixMilli() int64 }) error {
	added, err :=
		tx.Exec("INSERT INTO spent (key, expires_at) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING",
			digest(what), until.UnixMilli())
	if err == nil && added == 0 {
		err = ErrUsed
	}
	return err
}
