package people_test

import (
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/people"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// office is a practice with one provider.
type office struct {
	*people.People
	t     *testing.T
	store *store.Store
	realm *realm
	now   time.Time
}

func newOffice(t *testing.T, adjust ...func(*realm, *people.ProviderConfig)) *office {
	t.Helper()
	public, err := url.Parse("http://localhost:8080")
	require.NoError(t, err)
	o := &office{t: t, now: time.Now()} // the provider has no clock that a test could set
	o.realm = newRealm(t, "http://localhost:8080/api/sign-in/oidc/kc/callback")
	config := o.realm.config()
	for _, f := range adjust {
		f(o.realm, &config)
	}
	o.store, err = store.Open(t.Context(), store.Config{URL: storetest.Address(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, o.store.Close()) })
	o.People, err = people.New(people.Config{Store: o.store, Key: sealKey, Public: public,
		Local:     true,
		Providers: []people.ProviderConfig{config}, Now: func() time.Time { return o.now }})
	require.NoError(t, err)
	return o
}

// known is a person whose identity at the provider an administrator has named.
func (o *office) known(subject string) practice.Person {
	o.t.Helper()
	person := practice.Person{ID: practice.NewID(), FamilyName: "Bonnet", GivenName: "Claire",
		RPPS: "10000023084", Language: "fr", Version: 1}
	require.NoError(o.t, o.store.Write(o.t.Context(), func(tx *store.Tx) error {
		require.NoError(o.t, people.Insert(tx, person, o.now))
		if subject == "" {
			return nil
		}
		identity := practice.Identity{ID: practice.NewID(), Provider: "kc", Subject: subject,
			Person: person.ID}
		return store.Insert(tx, identity, store.With{"created_at": 1})
	}))
	return person
}

// come signs somebody in at the provider, and returns what they bring back.
func (o *office) come() people.Returned {
	o.t.Helper()
	address, cookie, err := o.Providers.Begin(o.t.Context(), "kc", "/jour?x=1")
	require.NoError(o.t, err)
	return people.Returned{Provider: "kc", Query: o.realm.walk(address), Cookie: cookie}
}

func (o *office) finish(returned people.Returned) error {
	_, _, err := o.Providers.Finish(o.t.Context(), returned)
	return err
}

func TestSomebodyWhomAnAdministratorHasNamedIsSignedIn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	person := o.known("id2")
	token, path, err := o.Providers.Finish(t.Context(), o.come())
	require.NoError(t, err)
	require.Equal(t, "/jour?x=1", path)
	signed, err := o.Sessions.Resolve(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, person.ID, signed.Person.ID)
	require.Equal(t, practice.MethodOIDC, signed.Session.Method)
	require.Equal(t, "kc", signed.Session.Provider)
}

func TestSomebodyUnknownGetsNothingAndIsWrittenDown(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	require.ErrorIs(t, o.finish(o.come()), people.ErrNoPerson)
	require.ErrorIs(t, o.finish(o.come()), people.ErrNoPerson)
	require.NoError(t, o.store.Read(t.Context(), func(tx *store.Tx) error {
		found, err := store.Find[practice.Identity](tx, "WHERE person = ''")
		require.NoError(t, err)
		require.Len(t, found, 1)
		require.Equal(t, "Test User2", found[0].Label)
		sessions, err := store.Find[practice.Session](tx, "")
		require.Empty(t, sessions)
		return err
	}))
}

func TestAClosedAccountDoesNotComeInByAProvider(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	person := o.known("id2")
	require.NoError(t, o.store.Write(t.Context(), func(tx *store.Tx) error {
		person.DisabledAt = 1
		return people.Update(tx, &person)
	}))
	require.ErrorIs(t, o.finish(o.come()), people.ErrDisabled)
}

func TestWhatAProviderSaysIsChecked(t *testing.T) {
	t.Parallel()
	for name, spoiled := range map[string]struct {
		spoil func(jwt.MapClaims)
		says  string
	}{
		"nonce":    {func(c jwt.MapClaims) { c["nonce"] = "another" }, "nonce"},
		"no nonce": {func(c jwt.MapClaims) { delete(c, "nonce") }, "nonce"},
		"issuer": {func(c jwt.MapClaims) { c["iss"] = "https://evil.example" },
			"different provider"},
		"audience":        {func(c jwt.MapClaims) { c["aud"] = "another" }, "audience"},
		"another's party": {func(c jwt.MapClaims) { c["azp"] = "another" }, "for client draille"},
		"two audiences": {func(c jwt.MapClaims) {
			c["aud"] = []string{clientID, "x"}
			delete(c, "azp")
		}, "for client draille"},
		"expired": {func(c jwt.MapClaims) {
			c["exp"] = time.Now().Add(-2 * time.Minute).Unix()
		}, "set the clocks"},
		"of the future": {func(c jwt.MapClaims) {
			c["iat"] = time.Now().Add(2 * time.Minute).Unix()
		}, "set the clocks"},
		"access token": {func(c jwt.MapClaims) { c["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA" },
			"access token hash"},
		"no subject": {func(c jwt.MapClaims) { c["sub"] = "" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			o.known("id2")
			o.realm.spoil = spoiled.spoil
			err := o.finish(o.come())
			require.ErrorIs(t, err, people.ErrUntrusted)
			require.ErrorContains(t, err, spoiled.says)
			o.realm.spoil = nil
			require.NoError(t, o.finish(o.come()), "it was that, and nothing else")
		})
	}
}

func TestAProvidersClockMayBeALittleOff(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{-50 * time.Second, 50 * time.Second} {
		o := newOffice(t)
		o.known("id2")
		o.realm.spoil = func(c jwt.MapClaims) {
			c["iat"], c["exp"] = time.Now().Add(off).Unix(), time.Now().Add(off).Unix()+10
		}
		require.NoError(t, o.finish(o.come()), off)
	}
}

func TestAnotherKeyIsRefusedAndARotatedOneIsFetched(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.known("id2")
	o.realm.forge = true
	require.ErrorIs(t, o.finish(o.come()), people.ErrUntrusted)
	o.realm.forge = false
	require.NoError(t, o.finish(o.come()))
	// How often they are asked for while somebody who has come back is checked.
	fetched := func(back people.Returned) int {
		before := o.realm.asked["/keys"]
		require.NoError(t, o.finish(back))
		return o.realm.asked["/keys"] - before
	}
	require.Zero(t, fetched(o.come()), "they are remembered")
	o.realm.rotate()
	require.Equal(t, 1, fetched(o.come()))
}

func TestAnAnswerCountsOnceAndInItsOwnBrowser(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.known("id2")
	returned := o.come()
	other := returned
	other.Cookie = "another browser's"
	require.ErrorIs(t, o.finish(other), people.ErrExpired)
	foreign := returned
	foreign.Query = maps.Clone(returned.Query)
	foreign.Query.Set("state", "of nobody")
	require.ErrorIs(t, o.finish(foreign), people.ErrExpired)
	require.NoError(t, o.finish(returned))
	require.ErrorIs(t, o.finish(returned), people.ErrExpired, "replayed")

	// The code alone, with another sign-in's state: the provider has seen it, and the verifier is
	// not its own.
	again := o.come()
	again.Query.Set("code", returned.Query.Get("code"))
	require.ErrorIs(t, o.finish(again), people.ErrUntrusted)
	stolen, victim := o.come(), o.come()
	stolen.Query.Set("code", victim.Query.Get("code"))
	require.ErrorIs(t, o.finish(stolen), people.ErrUntrusted, "PKCE binds a code to its sign-in")

	late := o.come()
	o.now = o.now.Add(11 * time.Minute)
	require.ErrorIs(t, o.finish(late), people.ErrExpired)
}

func TestAnAnswerOfAnotherIssuerIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.known("id2")
	returned := o.come()
	returned.Query.Set("iss", "https://evil.example")
	require.ErrorIs(t, o.finish(returned), people.ErrUntrusted)
	refused := o.come()
	refused.Query = url.Values{"state": refused.Query["state"], "error": {"access_denied"}}
	require.ErrorIs(t, o.finish(refused), people.ErrRefused)
}

func TestAProviderThatIsAwayIsToldSo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.known("id2")
	o.realm.away.Store(true)
	_, _, err := o.Providers.Begin(t.Context(), "kc", "/")
	require.ErrorIs(t, err, people.ErrAway)
	require.True(t, o.Providers.Ways()[0].Away)
	o.realm.away.Store(false)
	_, _, err = o.Providers.Begin(t.Context(), "kc", "/")
	require.ErrorIs(t, err, people.ErrAway, "nobody waits again at once")
	o.now = o.now.Add(10 * time.Second)
	returned := o.come()
	require.False(t, o.Providers.Ways()[0].Away)
	o.realm.away.Store(true)
	require.ErrorIs(t, o.finish(returned), people.ErrAway)
	require.True(t, o.Providers.Ways()[0].Away)
	o.realm.away.Store(false)
	require.NoError(t, o.finish(o.come()), "and comes back by itself")
}

func TestWhereSomebodyGoesAfterwardsIsOurs(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.known("id2")
	for to, expected := range map[string]string{"/jour": "/jour", "": "/",
		"https://evil.example": "/", "//evil.example": "/", `/\evil.example`: "/", "jour": "/"} {
		address, cookie, err := o.Providers.Begin(t.Context(), "kc", to)
		require.NoError(t, err)
		_, path, err := o.Providers.Finish(t.Context(),
			people.Returned{Provider: "kc", Query: o.realm.walk(address), Cookie: cookie})
		require.NoError(t, err)
		require.Equal(t, expected, path, to)
	}
}

// likeProSanteConnect gives a realm what is odd about that one: another host for the browser, a
// discovery document elsewhere, the identity in the user info, and a strength that is asked for.
func likeProSanteConnect(wallet *httptest.Server) func(*realm, *people.ProviderConfig) {
	return func(r *realm, config *people.ProviderConfig) {
		r.discovery = "/.well-known/wallet-openid-configuration"
		r.spoil = func(c jwt.MapClaims) { c["acr"] = "eidas1" }
		r.info = func(c map[string]any) { c["SubjectNameID"] = "810000023084" }
		own := people.ProSanteConnect(clientID, clientSecret)
		own.ID, own.Issuer, own.Client, own.Scopes = "kc", r.issuer, config.Client,
			[]string{"profile"}
		own.AuthURL, own.TokenURL, own.UserInfoURL, own.JWKSURL = wallet.URL+"/authorize",
			r.issuer+"/oauth/token", r.issuer+"/userinfo", r.issuer+"/keys"
		*config = own
	}
}

// newWallet is the other host, which sends browsers on to the realm.
func newWallet(t *testing.T, o **office, asked *url.Values) *httptest.Server {
	wallet := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = r.URL.Query()
		http.Redirect(w, r, (*o).realm.issuer+r.URL.RequestURI(), http.StatusFound)
	}))
	t.Cleanup(wallet.Close)
	return wallet
}

func TestProSanteConnectsOddEndpoints(t *testing.T) {
	t.Parallel()
	var o *office
	var asked url.Values
	o = newOffice(t, likeProSanteConnect(newWallet(t, &o, &asked)))
	person := o.known("") // written down with an RPPS number, and nothing of a provider
	token, _, err := o.Providers.Finish(t.Context(), o.come())
	require.NoError(t, err)
	require.Equal(t, "eidas1", asked.Get("acr_values"))
	require.Equal(t, "S256", asked.Get("code_challenge_method"))
	require.NotEmpty(t, asked.Get("nonce"))
	require.Equal(t, "openid profile", asked.Get("scope"))
	require.Zero(t, o.realm.asked[usualDiscovery])
	signed, err := o.Sessions.Resolve(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, person.ID, signed.Person.ID)
	require.NoError(t, o.finish(o.come()), "and is known from then on")
}

func TestAWeakerSignInThanAskedForIsRefused(t *testing.T) {
	t.Parallel()
	var o *office
	var asked url.Values
	o = newOffice(t, likeProSanteConnect(newWallet(t, &o, &asked)))
	o.known("")
	o.realm.spoil = func(c jwt.MapClaims) { c["acr"] = "0" }
	require.ErrorContains(t, o.finish(o.come()), "strength")
}

func TestAnothersUserInfoIsRefused(t *testing.T) {
	t.Parallel()
	var o *office
	var asked url.Values
	o = newOffice(t, likeProSanteConnect(newWallet(t, &o, &asked)))
	o.known("")
	o.realm.info = func(c map[string]any) { c["SubjectNameID"], c["sub"] = "810000023084", "id1" }
	require.ErrorContains(t, o.finish(o.come()), "same person")
	o.realm.info = func(c map[string]any) { delete(c, "SubjectNameID") }
	require.ErrorContains(t, o.finish(o.come()), "SubjectNameID")
}

func TestADocumentOfAnotherIssuerIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(r *realm, config *people.ProviderConfig) {
		config.Discovery = r.issuer + usualDiscovery
		config.Issuer = r.issuer + "/another"
	})
	_, _, err := o.Providers.Begin(t.Context(), "kc", "/")
	require.ErrorIs(t, err, people.ErrUntrusted)
}

func TestAProviderSignsSomebodyOut(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.known("id2")
	signIn := func() string {
		token, _, err := o.Providers.Finish(t.Context(), o.come())
		require.NoError(t, err)
		return token
	}
	first, second := signIn(), signIn()
	push := o.realm.pushed(o.now, nil)
	ended, err := o.Providers.Logout(t.Context(), "kc", push)
	require.NoError(t, err)
	require.Equal(t, 2, ended)
	for _, token := range []string{first, second} {
		_, err := o.Sessions.Resolve(t.Context(), token)
		require.ErrorIs(t, err, people.ErrSignedOut)
	}
	_, err = o.Providers.Logout(t.Context(), "kc", push)
	require.ErrorIs(t, err, people.ErrUsed)

	third := signIn()
	for name, change := range map[string]func(jwt.MapClaims){
		"no event":  func(c jwt.MapClaims) { delete(c, "events") },
		"a nonce":   func(c jwt.MapClaims) { c["nonce"] = "x" },
		"nobody":    func(c jwt.MapClaims) { delete(c, "sub") },
		"no jti":    func(c jwt.MapClaims) { delete(c, "jti") },
		"old":       func(c jwt.MapClaims) { c["iat"] = o.now.Add(-5 * time.Minute).Unix() },
		"audience":  func(c jwt.MapClaims) { c["aud"] = "another" },
		"an issuer": func(c jwt.MapClaims) { c["iss"] = "https://evil.example" },
	} {
		_, err := o.Providers.Logout(t.Context(), "kc", o.realm.pushed(o.now, change))
		require.ErrorIs(t, err, people.ErrUntrusted, name)
	}
	o.realm.forge = true
	_, err = o.Providers.Logout(t.Context(), "kc", o.realm.pushed(o.now, nil))
	require.ErrorIs(t, err, people.ErrUntrusted)
	_, err = o.Sessions.Resolve(t.Context(), third)
	require.NoError(t, err)
}

func TestProvidersThatCannotBe(t *testing.T) {
	t.Parallel()
	public, err := url.Parse("https://visio.example.org")
	require.NoError(t, err)
	good := people.ProviderConfig{ID: "kc", Issuer: "https://kc.example", ClientID: "draille"}
	for name, configs := range map[string][]people.ProviderConfig{
		"no id":     {{Issuer: good.Issuer, ClientID: good.ClientID}},
		"no issuer": {{ID: "kc", ClientID: good.ClientID}},
		"no client": {{ID: "kc", Issuer: good.Issuer}},
		"a path":    {{ID: "a/b", Issuer: good.Issuer, ClientID: good.ClientID}},
		"twice":     {good, good},
	} {
		_, err := people.New(people.Config{Key: sealKey, Public: public, Providers: configs})
		require.ErrorContains(t, err, "provider", name)
	}
	require.False(t, strings.Contains(errors.Join(people.ErrAway, people.ErrUntrusted).Error(),
		"http"))
}

func TestAProviderIsTriedWithoutAnybodySigningIn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	require.Equal(t,
		practice.Trial{Works: true, Steps: []practice.Step{{Name: practice.StepEndpoints},
			{Name: practice.StepKeys}, {Name: practice.StepClient}}},
		o.Providers.Try(t.Context(), "kc"))
	o.realm.away.Store(true)
	require.Contains(t, o.Providers.Try(t.Context(), "kc").Problem, "does not answer")
	require.Contains(t, o.Providers.Try(t.Context(), "of nobody").Problem, "no provider")
	o.realm.away.Store(false)
	o.realm.handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error": "invalid_client", "keys": [{}]}`))
	})
	require.Contains(t, o.Providers.Try(t.Context(), "kc").Problem, "401 Unauthorized",
		"no answer to a question for keys")
	refusing := o.realm.handler
	o.realm.rotate()
	knowing := o.realm.handler
	o.realm.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/oauth/token" {
			refusing.ServeHTTP(w, r)
		} else {
			knowing.ServeHTTP(w, r)
		}
	})
	trial := o.Providers.Try(t.Context(), "kc")
	require.Equal(t, []practice.Step{{Name: practice.StepEndpoints}, {Name: practice.StepKeys}},
		trial.Steps)
	require.Equal(t, practice.ReasonAccount, trial.Reason)
	require.Contains(t, trial.Problem, "secret")
}

// A provider that has answered before and is away now is not where anybody is sent.
func TestNobodyIsSentToAProviderThatIsAway(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(r *realm, config *people.ProviderConfig) {
		config.EndSessionURL = r.issuer + "/end"
	})
	o.known("id2")
	require.NoError(t, o.finish(o.come()))
	require.NotEmpty(t, o.Providers.EndSession("kc"))
	o.realm.away.Store(true)
	_, _, err := o.Providers.Begin(t.Context(), "kc", "/")
	require.ErrorIs(t, err, people.ErrAway)
	require.True(t, o.Providers.Ways()[0].Away)
	require.Empty(t, o.Providers.EndSession("kc"), "signing out does not lead there either")
	o.realm.away.Store(false)
	o.now = o.now.Add(10 * time.Second)
	require.NoError(t, o.finish(o.come()))
	require.False(t, o.Providers.Ways()[0].Away)
}
