package people

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"go.uber.org/zap"
	"golang.org/x/oauth2"
)

const (
	oidcKind = "oidc" // of signins
	// atProvider is how long somebody may take to sign in there.
	atProvider = 10 * time.Minute
	// clockSkew is how far the provider's clock and ours may stand apart.
	clockSkew = time.Minute
	// providerTimeout is how long a provider may take to answer the server.
	providerTimeout = 10 * time.Second
	documentBytes   = 1 << 20
)

// Kinds of providers.
const (
	KindOIDC            = "oidc"
	KindProSanteConnect = "pro-sante-connect"
)

// Errors of providers. What they said stands behind them.
var (
	ErrAway = errors.New("the identity provider does not answer; try again, or sign in with " +
		"a local account")
	ErrUntrusted = errors.New("the identity provider's answer cannot be trusted")
	ErrRefused   = errors.New("the identity provider did not sign anybody in")
	ErrNoPerson  = errors.New("the identity provider knows who it is, nobody here does yet; ask " +
		"an administrator")
)

// ProviderConfig is one identity provider. Endpoints that are not given are read from its discovery
// document. ID, Issuer and ClientID are required.
type ProviderConfig struct {
	ID, Label, Kind string
	Issuer          string
	// Discovery is the address of the discovery document; empty: where OpenID Connect Discovery 1.0
	// puts it.
	Discovery string
	// Endpoints, for a provider without discovery, or whose document is not to be trusted with
	// them.
	AuthURL, TokenURL, UserInfoURL, JWKSURL, EndSessionURL string
	ClientID, ClientSecret                                 string
	Scopes                                                 []string // besides openid
	// ACR are the values of acr_values; one of them must be in the ID token.
	ACR []string
	// SubjectClaim names the claim, in the ID token or the user info, that is the person's identity
	// for us. Empty: sub.
	SubjectClaim string
	// MatchRPPS says that SubjectClaim is a national identifier, 8 and 11 digits, vouched for by
	// the provider: a person whom an administrator wrote down with that RPPS number is recognized.
	MatchRPPS bool
	Client    *http.Client // nil: one with a timeout
}

// ProSanteConnect returns the configuration of Pro Santé Connect for a client.
func ProSanteConnect(id, secret string) ProviderConfig {
	const realm = "https://auth.esw.esante.gouv.fr/auth/realms/esante-wallet"
	const connect = realm + "/protocol/openid-connect"
	return ProviderConfig{ID: "psc", Label: "Pro Santé Connect", Kind: KindProSanteConnect,
		Issuer:  realm,
		AuthURL: "https://wallet.esw.esante.gouv.fr/auth", TokenURL: connect + "/token",
		UserInfoURL: connect + "/userinfo",
		JWKSURL:     connect + "/certs", EndSessionURL: connect + "/logout", ClientID: id,
		ClientSecret: secret,
		Scopes:       []string{"scope_all"}, ACR: []string{"eidas1"}, SubjectClaim: "SubjectNameID",
		MatchRPPS: true}
}

// Providers are the identity providers of one server.
type Providers struct {
	config    Config
	seal      seal
	sessions  *Sessions
	providers []*provider
}

func newProviders(config Config, seal seal, sessions *Sessions) (*Providers, error) {
	p := &Providers{config: config, seal: seal, sessions: sessions}
	for i, one := range config.Providers {
		switch {
		case one.ID == "" || one.Issuer == "" || one.ClientID == "" ||
			strings.ContainsAny(one.ID, "/?#% "):
			return nil, fmt.Errorf("provider %d: expected an id for addresses, an issuer and a "+
				"client id, got %q, %q, %q", i+1, one.ID, one.Issuer, one.ClientID)
		case slices.ContainsFunc(config.Providers[:i], func(other ProviderConfig) bool {
			return other.ID == one.ID
		}):
			return nil, fmt.Errorf("provider %d: expected an id of its own, got %q again", i+1,
				one.ID)
		}
		if one.Client == nil {
			one.Client = &http.Client{Timeout: providerTimeout}
		}
		if one.SubjectClaim == "" {
			one.SubjectClaim = "sub"
		}
		p.providers = append(p.providers, &provider{ProviderConfig: one, now: config.Now,
			redirect: config.Public.JoinPath("api/sign-in/oidc", one.ID, "callback").String()})
	}
	return p, nil
}

// Way is a provider as the page of sign-in shows it.
type Way struct {
	ID, Label, Kind string
	Away            bool // did not answer at the last try
}

// Ways lists the providers.
func (p *Providers) Ways() []Way {
	ways := []Way{}
	for _, one := range p.providers {
		ways = append(ways, Way{one.ID, one.Label, one.Kind, one.isAway()})
	}
	return ways
}

func (p *Providers) find(id string) (*provider, error) {
	for _, one := range p.providers {
		if one.ID == id {
			return one, nil
		}
	}
	return nil, fmt.Errorf("%w: there is no provider %q", ErrUntrusted, id)
}

// merged takes what was configured, and the rest from what was read.
func merged(configured, read oidc.ProviderConfig) oidc.ProviderConfig {
	for _, pair := range []struct {
		to   *string
		from string
	}{{&configured.AuthURL, read.AuthURL}, {&configured.TokenURL, read.TokenURL},
		{&configured.UserInfoURL, read.UserInfoURL}, {&configured.JWKSURL, read.JWKSURL}} {
		if *pair.to == "" {
			*pair.to = pair.from
		}
	}
	// "none" and the symmetric algorithms are not for us, whatever the document says: go-oidc knows
	// no others than asymmetric ones.
	configured.Algorithms = slices.DeleteFunc(read.Algorithms, func(name string) bool {
		return name == "none" || strings.HasPrefix(name, "HS")
	})
	return configured
}

// begunAt is what is remembered while somebody is at a provider.
type begunAt struct {
	Provider, Nonce, Verifier, Return string
	Browser                           string // hash of what its cookie has
}

// Begin returns the address of the provider, and what a cookie of this browser keeps meanwhile.
func (p *Providers) Begin(ctx context.Context, id,
	returnTo string) (address, cookie string, err error) {
	one, err := p.find(id)
	if err != nil {
		return "", "", err
	}
	limited, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	ready, err := one.discover(limited)
	if err != nil {
		return "", "", err
	}
	if err := one.answers(ctx); err != nil { // said here, in words, not by the browser
		return "", "", err
	}
	state, cookie := newToken(), newToken()
	begun := begunAt{Provider: id, Nonce: newToken(), Verifier: oauth2.GenerateVerifier(),
		Return: localPath(returnTo), Browser: hashOf(cookie)}
	if err := p.remember(ctx, state, begun); err != nil {
		return "", "", err
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(begun.Nonce),
		oauth2.S256ChallengeOption(begun.Verifier)}
	if len(one.ACR) > 0 {
		options = append(options, oauth2.SetAuthURLParam("acr_values", strings.Join(one.ACR, " ")))
	}
	return one.oauth(ready).AuthCodeURL(state, options...), cookie, nil
}

// localPath is where somebody goes after signing in: a path of this server, never another one.
func localPath(path string) string {
	parsed, err := url.Parse(path)
	if err != nil || parsed.IsAbs() || parsed.Host != "" || !strings.HasPrefix(path, "/") ||
		strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n") {
		return "/"
	}
	return path
}

// Returned is what somebody brings back from a provider.
type Returned struct {
	Provider string
	Query    url.Values
	Cookie   string
	Browser  string // as NewSession has it
}

// Finish checks it, and opens a session. It returns its token and where to go; ErrExpired,
// ErrRefused, ErrAway, ErrUntrusted, ErrNoPerson or ErrDisabled, with the reason in words behind
// it.
func (p *Providers) Finish(ctx context.Context, returned Returned) (token, path string, err error) {
	begun, err := p.recall(ctx, returned)
	if err != nil {
		return "", "", err
	}
	one, err := p.find(returned.Provider)
	if err != nil {
		return "", "", err
	}
	if issuer := returned.Query.Get("iss"); issuer != "" && issuer != one.Issuer { // RFC 9207
		return "", "", fmt.Errorf("%w: expected an answer of %s, got one of %s", ErrUntrusted,
			one.Issuer, issuer)
	}
	if code := returned.Query.Get("error"); code != "" {
		return "", "", fmt.Errorf("%w: it said %.100q", ErrRefused, code)
	}
	claims, err := one.exchange(ctx, returned.Query.Get("code"), begun, p.config.Now())
	one.note(ctx, err)
	if err != nil {
		p.config.Log.Warn("a sign-in with a provider failed", zap.String("provider", one.ID),
			zap.Error(err))
		return "", "", err
	}
	token, err = p.open(ctx, one, claims, returned.Browser)
	return token, begun.Return, err
}

// identified is who a provider says somebody is.
type identified struct {
	subject string // for us
	raw     string // sub
	sid     string
	label   string
}

// exchangeError tells a provider that is away from one that refuses.
func exchangeError(err error) error {
	var answered *oauth2.RetrieveError
	if !errors.As(err, &answered) {
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	if answered.Response != nil && answered.Response.StatusCode >= http.StatusInternalServerError {
		return fmt.Errorf("%w: it answered %s", ErrAway, answered.Response.Status)
	}
	return fmt.Errorf("%w: it did not accept the code: %.100q", ErrUntrusted, answered.ErrorCode)
}

// verifyError says what an administrator can do.
func verifyError(err error) error {
	var expired *oidc.TokenExpiredError
	if errors.As(err, &expired) {
		return fmt.Errorf("%w: its token has expired already; set the clocks of both servers: %w",
			ErrUntrusted, err)
	}
	if strings.Contains(err.Error(), "fetching keys") {
		return fmt.Errorf("%w: its keys cannot be read: %w", ErrAway, err)
	}
	return fmt.Errorf("%w: %w", ErrUntrusted, err)
}

// EndSession returns where a browser goes to end its session at a provider, too (OpenID Connect
// RP-Initiated Logout 1.0); empty if there is no such place.
func (p *Providers) EndSession(id string) string {
	one, err := p.find(id)
	if err != nil {
		return ""
	}
	address, err := url.Parse(one.endSessionURL())
	if err != nil || address.Host == "" {
		return "" // whoever signs out here is signed out here, whatever becomes of the provider
	}
	query := address.Query()
	query.Set("client_id", one.ClientID)
	query.Set("post_logout_redirect_uri", p.config.Public.String()+"/")
	address.RawQuery = query.Encode()
	return address.String()
}
