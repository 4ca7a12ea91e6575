package people_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"

	"draille/signaling/practice/people"
)

const (
	clientID     = "draille"
	clientSecret = "a secret of the provider"
)

// realm is a real provider (zitadel/oidc), whose answers the test can spoil on their way.
type realm struct {
	t       *testing.T
	issuer  string
	server  *httptest.Server
	storage *storage.Storage
	handler http.Handler
	login   func(http.ResponseWriter, *http.Request)

	// spoil changes the claims of an ID token before it is signed again; nil: it is left as it is.
	spoil func(claims jwt.MapClaims)
	// forge signs with another key than the published one.
	forge bool
	// info changes the user info.
	info func(claims map[string]any)
	away atomic.Bool
	// requests counts those of each path.
	asked map[string]int
	// discovery is where the document stands.
	discovery string
}

const usualDiscovery = "/.well-known/openid-configuration"

// register has the library know our client, which it keeps for all realms without a lock.
var register sync.Once

func newRealm(t *testing.T, callback string) *realm {
	t.Helper()
	r := &realm{t: t, asked: map[string]int{}, discovery: usualDiscovery}
	r.server = httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(r.server.Close)
	r.issuer = strings.Replace(r.server.URL, "127.0.0.1", "localhost", 1)
	register.Do(func() {
		storage.RegisterClients(storage.WebClient(clientID, clientSecret, callback))
	})
	r.rotate()
	return r
}

// rotate makes the provider, or makes it again with another key, as providers do from time to time.
func (r *realm) rotate() {
	r.storage = storage.NewStorage(storage.NewUserStore(r.issuer))
	provider, err := op.NewProvider(&op.Config{CryptoKey: sha256.Sum256([]byte("test")),
		CryptoKeyId: "test", CodeMethodS256: true, AuthMethodPost: true},
		r.storage, op.StaticIssuer(r.issuer), op.WithAllowInsecure())
	require.NoError(r.t, err)
	r.handler = provider
	r.login = func(w http.ResponseWriter, request *http.Request) {
		id := request.URL.Query().Get("authRequestID")
		require.NoError(r.t, r.storage.CheckUsernamePassword("test-user2", "verysecure", id))
		http.Redirect(w, request,
			op.AuthCallbackURL(provider)(op.ContextWithIssuer(request.Context(), r.issuer), id),
			http.StatusFound)
	}
}

func (r *realm) serve(w http.ResponseWriter, request *http.Request) {
	r.asked[request.URL.Path]++
	switch path := request.URL.Path; {
	case r.away.Load():
		http.Error(w, "maintenance", http.StatusServiceUnavailable)
	case path == usualDiscovery && r.discovery != usualDiscovery:
		http.NotFound(w, request)
	case path == r.discovery:
		request.URL.Path = usualDiscovery
		r.handler.ServeHTTP(w, request)
	case strings.HasPrefix(path, "/login/"):
		r.login(w, request)
	case path == "/oauth/token":
		r.rewrite(w, request, func(answer map[string]any) {
			if signed, ok := answer["id_token"].(string); ok {
				answer["id_token"] = r.signedAgain(signed)
			}
		})
	case path == "/userinfo":
		r.rewrite(w, request, func(answer map[string]any) {
			if r.info != nil {
				r.info(answer)
			}
		})
	default:
		r.handler.ServeHTTP(w, request)
	}
}

// rewrite passes an answer on, changed.
func (r *realm) rewrite(w http.ResponseWriter, request *http.Request, change func(map[string]any)) {
	recorder := httptest.NewRecorder()
	r.handler.ServeHTTP(recorder, request)
	var answer map[string]any
	if json.Unmarshal(recorder.Body.Bytes(), &answer) == nil {
		change(answer)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(recorder.Code)
	_ = json.NewEncoder(w).Encode(answer)
}

// signedAgain is a token with its claims spoiled, signed with the realm's key, or a forged one.
func (r *realm) signedAgain(signed string) string {
	if r.spoil == nil && !r.forge {
		return signed
	}
	claims := jwt.MapClaims{}
	_, _, err := jwt.NewParser().ParseUnverified(signed, claims)
	require.NoError(r.t, err)
	if r.spoil != nil {
		r.spoil(claims)
	}
	return r.sign(claims)
}

func (r *realm) sign(claims jwt.MapClaims) string {
	key, err := r.storage.SigningKey(r.t.Context())
	require.NoError(r.t, err)
	private := key.Key()
	if r.forge {
		private, err = rsa.GenerateKey(rand.Reader, 2048)
		require.NoError(r.t, err)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["kid"] = key.ID()
	signed, err := token.SignedString(private)
	require.NoError(r.t, err)
	return signed
}

// config is what an administrator writes down of it.
func (r *realm) config() people.ProviderConfig {
	return people.ProviderConfig{ID: "kc", Label: "Keycloak", Kind: people.KindOIDC,
		Issuer: r.issuer, ClientID: clientID,
		ClientSecret: clientSecret, Scopes: []string{"profile"}, Client: r.server.Client()}
}

// walk follows the browser from our address at the provider until it comes back to us.
func (r *realm) walk(address string) url.Values {
	r.t.Helper()
	client := *r.server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}
	for range 10 {
		response, err := client.Get(address)
		require.NoError(r.t, err)
		response.Body.Close()
		require.Less(r.t, response.StatusCode, 400, address)
		next, err := response.Location()
		require.NoError(r.t, err)
		if strings.HasPrefix(next.Path, "/api/sign-in/oidc/") {
			return next.Query()
		}
		address = next.String()
	}
	r.t.Fatal("the provider never came back")
	return nil
}

// pushed is a logout token of the realm.
func (r *realm) pushed(now time.Time, change func(jwt.MapClaims)) string {
	claims := jwt.MapClaims{"iss": r.issuer, "aud": clientID, "sub": "id2", "iat": now.Unix(),
		"exp": now.Add(time.Minute).Unix(),
		"jti": base64.RawURLEncoding.EncodeToString(random(12)),
		"events": map[string]any{
			"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}}
	if change != nil {
		change(claims)
	}
	return r.sign(claims)
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

var sealKey = bytes.Repeat([]byte{7}, 32)
