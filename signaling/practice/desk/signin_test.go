package desk

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
)

func TestTheFirstAdministratorComesInByAOneTimeLinkOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	key, err := h.people.Accounts.First(t.Context())
	require.NoError(t, err)
	b := h.browser()
	b.ask("GET", "/api/me", nil).refused(CodeSignedOut)
	var enrolment Enrolment
	b.ask("POST", "/api/enrol", OneTimeKey{key}).is(200, &enrolment)
	require.Equal(t, EnrolFirst, enrolment.Purpose)
	secret := b.enrolled(key, " Admin@CH-X.example ", "Claire", "Bonnet")
	var me Me
	b.ask("GET", "/api/me", nil).is(200, &me)
	require.Equal(t, "Bonnet", me.Person.FamilyName)
	require.Equal(t, practice.RoleGroupAdmin, me.Grants[0].Role)
	require.True(t, me.Local)

	b.ask("POST", "/api/enrol", OneTimeKey{key}).refused(CodeUsed)
	again, err := h.people.Accounts.First(t.Context())
	require.NoError(t, err)
	require.Empty(t, again, "there is an administrator")

	b.ask("POST", "/api/sign-out", nil).is(204)
	b.ask("GET", "/api/me", nil).refused(CodeSignedOut)
	h.wait(time.Minute) // the code of the enrolment is good once
	var second SecondFactor
	b.ask("POST", "/api/sign-in/password", PasswordSignIn{"admin@ch-x.example", password}).is(200,
		&second)
	code := h.codeOf(secret)
	b.ask("POST", "/api/sign-in/code", CodeSignIn{second.Challenge, code}).is(204)
	b.ask("GET", "/api/me", nil).is(200)

	other := h.browser()
	other.ask("POST", "/api/sign-in/password", PasswordSignIn{"admin@ch-x.example", password}).is(
		200, &second)
	other.ask("POST", "/api/sign-in/code", CodeSignIn{second.Challenge, code}).refused(CodeWrong)
}

func TestAnOldOneTimeLinkIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	key, err := h.people.Accounts.First(t.Context())
	require.NoError(t, err)
	b := h.browser()
	b.ask("POST", "/api/enrol", OneTimeKey{"of nobody"}).refused(CodeExpired)
	h.wait(73 * time.Hour)
	b.ask("POST", "/api/enrol", OneTimeKey{key}).refused(CodeExpired)
	newer, err := h.people.Accounts.First(t.Context())
	require.NoError(t, err)
	b.ask("POST", "/api/enrol", OneTimeKey{newer}).is(200)
}

func TestWrongTriesLockAnAccountForAWhile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.administrator()
	b := h.browser()
	// What happens does not tell whether somebody has that login.
	for _, login := range []string{"admin@ch-x.example", "nobody@ch-x.example"} {
		for range 5 {
			b.ask("POST", "/api/sign-in/password",
				PasswordSignIn{login, "not this phrase"}).refused(CodeWrong)
		}
		failure := b.ask("POST", "/api/sign-in/password",
			PasswordSignIn{login, password}).refused(CodeLocked)
		require.Equal(t, practice.InstantOf(h.now().Add(time.Minute)), failure.RetryAt)
	}
	b.ask("POST", "/api/sign-in/password", PasswordSignIn{"other@ch-x.example", password}).refused(
		CodeWrong)
	h.wait(time.Minute)
	b.ask("POST", "/api/sign-in/password", PasswordSignIn{"nobody@ch-x.example", password}).refused(
		CodeWrong)
	b.ask("POST", "/api/sign-in/password", PasswordSignIn{"admin@ch-x.example", password}).is(200)
}

func TestARequestOfAnotherSiteIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.administrator()
	for name, header := range map[string]map[string]string{
		"cross-site":      {"Sec-Fetch-Site": "cross-site"},
		"same site":       {"Sec-Fetch-Site": "same-site"},
		"another origin":  {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
		"neither of them": {"Sec-Fetch-Site": ""},
	} {
		t.Run(name, func(t *testing.T) {
			b.header = header
			b.ask("POST", "/api/sign-out", nil).refused(CodeOrigin)
		})
	}
	b.header = map[string]string{"Sec-Fetch-Site": "", "Origin": h.desk.config.Public.String()}
	b.ask("POST", "/api/sign-out", nil).is(204)
}

func TestTheCookieIsBoundToHostAndTLS(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	key, err := h.people.Accounts.First(t.Context())
	require.NoError(t, err)
	b := h.browser()
	var code NewCode
	b.ask("POST", "/api/enrol/password",
		ChosenPassword{Key: key, Login: "admin", Password: password, GivenName: "A",
			FamilyName: "B"}).is(200, &code)
	secure := *h.desk.config.Public
	secure.Scheme = "https"
	plain := h.desk.config.Public
	h.desk.config.Public = &secure
	b.client.Transport = rewrite{plain.Host, h.server.Client().Transport}
	set := b.ask("POST", "/api/enrol/code",
		ConfirmedCode{Key: key, Code: h.codeOf(code.Secret)}).is(204).header.Get("Set-Cookie")
	require.Regexp(t, `^__Host-draille=[\w-]{43}; Path=/; HttpOnly; Secure; SameSite=Strict$`, set)
}

// rewrite sends what is meant for TLS to a server without.
type rewrite struct {
	host string
	next http.RoundTripper
}

func (r rewrite) RoundTrip(request *http.Request) (*http.Response, error) {
	copied := request.Clone(request.Context())
	copied.URL.Scheme, copied.URL.Host = "http", r.host
	return r.next.RoundTrip(copied)
}

func TestSessionsAreReplacedListedAndEnded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.administrator()
	first := b.cookie()
	h.wait(59 * time.Minute)
	b.ask("GET", "/api/me", nil).is(200)
	require.Equal(t, first, b.cookie())
	h.wait(time.Minute)
	b.ask("GET", "/api/me", nil).is(200)
	second := b.cookie()
	require.NotEqual(t, first, second, "after an hour")

	late := h.browser() // a request that was under way
	late.client.Jar.SetCookies(h.desk.config.Public,
		[]*http.Cookie{{Name: sessionCookie, Value: first, Path: "/"}})
	late.ask("GET", "/api/me", nil).is(200)
	h.wait(time.Minute + time.Second)
	late.ask("GET", "/api/me", nil).refused(CodeSignedOut)

	var me Me
	b.ask("GET", "/api/me", nil).is(200, &me)
	var sessions []practice.Session
	b.ask("GET", "/api/me/sessions", nil).is(200, &sessions)
	require.Len(t, sessions, 1)
	require.True(t, sessions[0].Current)
	b.ask("DELETE", "/api/me/sessions/"+me.Session.ID, nil).is(204)
	b.ask("GET", "/api/me", nil).refused(CodeSignedOut)
}

func TestASessionEndsAfterAnHourWithoutARequestAndAfterADay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	idle, _ := h.somebody()
	h.wait(61 * time.Minute)
	idle.ask("GET", "/api/me", nil).refused(CodeSignedOut)
	busy, _ := h.somebody()
	for range 23 {
		h.wait(30 * time.Minute)
		busy.ask("GET", "/api/me", nil).is(200)
	}
	h.wait(31 * time.Minute)
	busy.ask("GET", "/api/me", nil).refused(CodeSignedOut)
}

func (b *browser) cookie() string {
	for _, cookie := range b.client.Jar.Cookies(b.desk.config.Public) {
		if cookie.Name == sessionCookie {
			return cookie.Value
		}
	}
	return ""
}

// few lets so many requests through.
type few struct{ left int }

func (f *few) Allow(*http.Request, time.Time) bool {
	f.left--
	return f.left >= 0
}

// TestLogoutTokensAreBounded has somebody send what they please in a provider's name.
func TestLogoutTokensAreBounded(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *Config) { c.Logouts = &few{2} })
	b := h.browser()
	for range 2 {
		b.ask("POST", "/api/sign-in/oidc/kc/logout", nil).refused(CodeMalformed)
	}
	b.ask("POST", "/api/sign-in/oidc/kc/logout", nil).refused(CodeTooMany)
}
