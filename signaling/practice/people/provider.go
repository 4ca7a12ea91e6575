package people

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// provider is one of them, with what was read of it.
type provider struct {
	ProviderConfig
	redirect string
	now      func() time.Time

	// mu guards what follows. The page of sign-in takes it: nobody holds it while they wait for the
	// network.
	mu         sync.Mutex
	ready      *oidc.Provider // nil: its document was not read yet
	keys       string         // address of its keys, once it is ready
	endSession string         // where sessions end, once it is ready; empty: nowhere
	away       bool
	until      time.Time // nobody waits for it before
	reading    *reading  // of its document, which is under way; nil: none is
	readAt     time.Time // when the last one ended
}

// reading is one reading of a provider's document, for all who need it meanwhile.
type reading struct {
	done  chan struct{} // closed when the rest is there
	ready *oidc.Provider
	err   error
}

// document reads the discovery document, which must be of the issuer that was configured (OpenID
// Connect Discovery 1.0, section 4.3).
func (p *provider) document(ctx context.Context) (read oidc.ProviderConfig, endSession string,
	err error) {
	address := p.Discovery
	if address == "" {
		address = strings.TrimSuffix(p.Issuer, "/") + "/.well-known/openid-configuration"
	}
	var found struct {
		oidc.ProviderConfig
		EndSession string `json:"end_session_endpoint"`
	}
	if err := p.fetch(ctx, address, &found); err != nil {
		return read, "", err
	}
	if found.IssuerURL != p.Issuer {
		return read, "", fmt.Errorf("%w: expected a document of issuer %s, got one of %s",
			ErrUntrusted, p.Issuer, found.IssuerURL)
	}
	return found.ProviderConfig, found.EndSession, nil
}

func (p *provider) fetch(ctx context.Context, address string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := p.Client.Do(request)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: %s answered %s", ErrAway, address, response.Status)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, documentBytes)).Decode(into); err !=
		nil {
		return fmt.Errorf("%w: expected JSON at %s: %w", ErrUntrusted, address, err)
	}
	return nil
}

func (p *provider) oauth(ready *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.ClientSecret,
		Endpoint: ready.Endpoint(), RedirectURL: p.redirect,
		Scopes: append([]string{oidc.ScopeOpenID}, p.Scopes...)}
}

// exchange trades the code for tokens, and checks them (OpenID Connect Core 1.0, section 3.1.3.7).
func (p *provider) exchange(ctx context.Context, code string, begun begunAt,
	now time.Time) (identified, error) {
	ready, err := p.discover(ctx)
	if err != nil {
		return identified{}, err
	}
	ctx = oidc.ClientContext(ctx, p.Client)
	tokens, err := p.oauth(ready).Exchange(ctx, code, oauth2.VerifierOption(begun.Verifier))
	if err != nil {
		return identified{}, exchangeError(err)
	}
	signed, ok := tokens.Extra("id_token").(string)
	if !ok {
		return identified{}, fmt.Errorf("%w: expected an ID token, got none", ErrUntrusted)
	}
	verifier := ready.Verifier(&oidc.Config{ClientID: p.ClientID, Now: func() time.Time {
		return now.Add(-clockSkew)
	}})
	token, err := verifier.Verify(ctx, signed)
	if err != nil {
		return identified{}, verifyError(err)
	}
	if err := p.checkToken(token, tokens.AccessToken, begun, now); err != nil {
		return identified{}, err
	}
	return p.identify(ctx, ready, token, tokens)
}

// checkToken checks what the library leaves to its user.
func (p *provider) checkToken(token *oidc.IDToken, access string, begun begunAt,
	now time.Time) error {
	var claims struct {
		ACR   string `json:"acr"`
		Party string `json:"azp"`
	}
	if err := token.Claims(&claims); err != nil {
		return fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(begun.Nonce)) != 1:
		return fmt.Errorf("%w: expected the nonce of this sign-in, got another", ErrUntrusted)
	case token.IssuedAt.After(now.Add(clockSkew)):
		return fmt.Errorf("%w: its token is of the future, %s; set the clocks of both servers",
			ErrUntrusted, token.IssuedAt.UTC().Format(time.RFC3339))
	case claims.Party != "" && claims.Party != p.ClientID, claims.Party == "" &&
		len(token.Audience) > 1:
		return fmt.Errorf("%w: expected a token for client %s alone, got one for %s", ErrUntrusted,
			p.ClientID, claims.Party)
	case len(p.ACR) > 0 && !slices.Contains(p.ACR, claims.ACR):
		return fmt.Errorf("%w: expected a sign-in of strength %s, got %.50q", ErrUntrusted,
			strings.Join(p.ACR, " or "), claims.ACR)
	}
	if token.AccessTokenHash == "" {
		return nil
	}
	if err := token.VerifyAccessToken(access); err != nil {
		return fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	return nil
}

// identify reads who it is from the ID token, and from the user info where that is needed.
func (p *provider) identify(ctx context.Context, ready *oidc.Provider, token *oidc.IDToken,
	tokens *oauth2.Token) (identified, error) {
	claims := map[string]any{}
	if err := token.Claims(&claims); err != nil {
		return identified{}, fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	if _, there := claims[p.SubjectClaim]; !there || claims["family_name"] == nil &&
		ready.UserInfoEndpoint() != "" {
		info, err := ready.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
		if err != nil {
			return identified{}, fmt.Errorf("%w: its user info cannot be read: %w", ErrAway, err)
		}
		if info.Subject != token.Subject { // OpenID Connect Core 1.0, section 5.3.2
			return identified{},
				fmt.Errorf("%w: expected user info of the same person, got another's", ErrUntrusted)
		}
		var more map[string]any
		if err := info.Claims(&more); err != nil {
			return identified{}, fmt.Errorf("%w: %w", ErrUntrusted, err)
		}
		for name, value := range more {
			if _, there := claims[name]; !there {
				claims[name] = value
			}
		}
	}
	text := func(name string) string {
		value, _ := claims[name].(string)
		return strings.TrimSpace(value)
	}
	found := identified{subject: text(p.SubjectClaim), raw: token.Subject, sid: text("sid")}
	if found.subject == "" {
		return identified{}, fmt.Errorf("%w: expected the claim %s, got none", ErrUntrusted,
			p.SubjectClaim)
	}
	found.label = strings.TrimSpace(text("given_name") + " " + text("family_name"))
	if found.label == "" {
		found.label = text("preferred_username")
	}
	return found, nil
}

func (p *provider) tryKeys(ctx context.Context) error {
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	address := p.keysURL()
	if err := p.fetch(ctx, address, &set); err != nil {
		return err
	}
	if len(set.Keys) == 0 {
		return fmt.Errorf("%w: expected keys at %s, got none", ErrUntrusted, address)
	}
	return nil
}

// tryClient sends a code that there is not. A provider that knows the client answers invalid_grant
// (RFC 6749, section 5.2), one that does not invalid_client; some look at the code first, and tell
// nothing of the client.
func (p *provider) tryClient(ctx context.Context) error {
	ready, err := p.discover(ctx)
	if err != nil {
		return err
	}
	_, err = p.oauth(ready).Exchange(oidc.ClientContext(ctx, p.Client), "a-trial-of-draille",
		oauth2.VerifierOption(oauth2.GenerateVerifier()))
	var answered *oauth2.RetrieveError
	switch {
	case errors.As(err, &answered) && answered.ErrorCode == "invalid_grant":
		return nil
	case errors.As(err, &answered) &&
		(answered.ErrorCode == "invalid_client" || answered.ErrorCode == "unauthorized_client"):
		return fmt.Errorf(
			"%w: it does not know client %s with this secret; compare both with the provider's",
			ErrUntrusted, p.ClientID)
	}
	return exchangeError(err)
}
