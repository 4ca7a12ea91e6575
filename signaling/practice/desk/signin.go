package desk

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/people"
	"draille/signaling/practice/rights"
)

// signInCookie binds a sign-in with a provider to the browser that began it.
const signInCookie = "draille-sign-in"

// atProvider is how long its cookie is kept: as long as the sign-in itself.
const atProvider = 10 * time.Minute

// signIn is how people come in: the page's part "Signing in".
type signIn struct{}

func (s signIn) routes() []route {
	return []route{
		{"GET /api/sign-in", anybody, s.ways},
		{"GET /api/sign-in/oidc/{provider}", anybody, s.toProvider},
		{"GET /api/sign-in/oidc/{provider}/callback", anybody, s.fromProvider},
		{"POST /api/sign-in/oidc/{provider}/logout", provider, s.providerLogout},
		{"POST /api/try/sign-in/{provider}", signedIn, s.try},
		{"POST /api/sign-in/password", anybody, s.password},
		{"POST /api/sign-in/code", anybody, s.code},
		{"POST /api/sign-in/passkey", anybody, s.passkey},
		{"POST /api/sign-in/passkey/answer", anybody, s.passkeyAnswer},
		{"POST /api/enrol", anybody, s.enrol},
		{"POST /api/enrol/password", anybody, s.enrolPassword},
		{"POST /api/enrol/code", anybody, s.enrolCode},
		{"POST /api/enrol/passkey", anybody, s.enrolPasskey},
		{"POST /api/enrol/passkey/answer", anybody, s.enrolPasskeyAnswer},
	}
}

func (signIn) ways(c *call) error {
	ways := Ways{Providers: []Provider{}, Local: c.config.People.Accounts.Offered(), Language: "fr",
		Demo: c.config.Demo}
	for _, way := range c.config.People.Providers.Ways() {
		ways.Providers = append(ways.Providers,
			Provider{ID: way.ID, Label: way.Label, Kind: way.Kind, Away: way.Away})
	}
	return c.reply(http.StatusOK, ways)
}

func (signIn) toProvider(c *call) error {
	if err := c.slow(); err != nil {
		return err
	}
	address, cookie, err := c.config.People.Providers.Begin(c.r.Context(), c.path("provider"),
		c.query("return"))
	if err != nil {
		return backToPage(c, err)
	}
	// Lax: the way back is a link on the provider's page.
	http.SetCookie(c.w, &http.Cookie{Name: c.cookieName(signInCookie), Value: cookie, Path: "/",
		HttpOnly: true,
		Secure:   c.secure(), SameSite: http.SameSiteLaxMode, MaxAge: int(atProvider.Seconds())})
	http.Redirect(c.w, c.r, address, http.StatusFound)
	return nil
}

func (signIn) fromProvider(c *call) error {
	cookie := ""
	if found, err := c.r.Cookie(c.cookieName(signInCookie)); err == nil {
		cookie = found.Value
	}
	c.setCookie(signInCookie, "")
	token, path, err := c.config.People.Providers.Finish(c.r.Context(),
		people.Returned{Provider: c.path("provider"),
			Query: c.r.URL.Query(), Cookie: cookie, Browser: browserOf(c.r)})
	if err != nil {
		return backToPage(c, err)
	}
	c.setCookie(sessionCookie, token)
	http.Redirect(c.w, c.r, path, http.StatusSeeOther)
	return nil
}

// backToPage shows a failed sign-in where it can be tried again.
func backToPage(c *call, err error) error {
	failure := c.failure(c.r, err)
	http.Redirect(c.w, c.r, "/#sign-in="+url.QueryEscape(string(failure.Code)), http.StatusSeeOther)
	return nil
}

func (signIn) providerLogout(c *call) error {
	if err := c.r.ParseForm(); err != nil {
		return refuse(CodeMalformed, "expected a form with a logout_token: %v", err)
	}
	_, err := c.config.People.Providers.Logout(c.r.Context(), c.path("provider"),
		c.r.PostForm.Get("logout_token"))
	if errors.Is(err, people.ErrUntrusted) || errors.Is(err, people.ErrUsed) {
		return refuse(CodeMalformed, "%v", err) // Back-Channel Logout 1.0, section 2.8: 400
	}
	if err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusOK)
	return nil
}

// try is « Essayer » of a provider.
func (signIn) try(c *call) error {
	everywhere, some := rights.Where(c.caller.Grants, practice.ActionSettingsManage)
	if !everywhere && len(some) == 0 {
		return refuse(CodeForbidden, "expected the right %s, got a person without it",
			practice.ActionSettingsManage)
	}
	return c.reply(http.StatusOK,
		c.config.People.Providers.Try(c.r.Context(), c.path("provider")))
}

func (signIn) password(c *call) error {
	var asked PasswordSignIn
	if err := errors.Join(c.slow(), c.body(&asked)); err != nil {
		return err
	}
	challenge, expires, err := c.config.People.Accounts.Begin(c.r.Context(), asked.Login,
		asked.Password)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK,
		SecondFactor{Challenge: challenge, ExpiresAt: practice.InstantOf(expires)})
}

func (signIn) code(c *call) error {
	var asked CodeSignIn
	if err := errors.Join(c.slow(), c.body(&asked)); err != nil {
		return err
	}
	token, err := c.config.People.Accounts.Finish(c.r.Context(), asked.Challenge, asked.Code,
		browserOf(c.r))
	return openSession(c, token, err)
}

// openSession gives the browser its session.
func openSession(c *call, token string, err error) error {
	if err != nil {
		return err
	}
	c.setCookie(sessionCookie, token)
	return c.done()
}

func (signIn) passkey(c *call) error {
	if err := c.slow(); err != nil {
		return err
	}
	challenge, options, err := c.config.People.Passkeys.BeginSignIn(c.r.Context())
	return ceremony(c, challenge, options, err)
}

func ceremony(c *call, challenge string, options map[string]any, err error) error {
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, PasskeyChallenge{Challenge: challenge, Options: options})
}

// credentialAsked reads what navigator.credentials returned.
func credentialAsked(c *call) (PasskeyAnswer, []byte, error) {
	var asked PasskeyAnswer
	if err := c.body(&asked); err != nil {
		return asked, nil, err
	}
	credential, err := json.Marshal(asked.Credential)
	return asked, credential, err
}

func (signIn) passkeyAnswer(c *call) error {
	if err := c.slow(); err != nil {
		return err
	}
	asked, credential, err := credentialAsked(c)
	if err != nil {
		return err
	}
	token, err := c.config.People.Passkeys.FinishSignIn(c.r.Context(), asked.Challenge, credential,
		browserOf(c.r))
	return openSession(c, token, err)
}

func (signIn) enrol(c *call) error {
	var asked OneTimeKey
	if err := errors.Join(c.slow(), c.body(&asked)); err != nil {
		return err
	}
	found, err := c.config.People.Accounts.Opened(c.r.Context(), asked.Key)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK,
		Enrolment{Purpose: EnrolmentPurpose(found.Purpose), GivenName: found.Person.GivenName,
			FamilyName: found.Person.FamilyName, Login: found.Login, ExpiresAt: found.Expires})
}

func (signIn) enrolPassword(c *call) error {
	var asked ChosenPassword
	if err := errors.Join(c.slow(), c.body(&asked)); err != nil {
		return err
	}
	code, err := c.config.People.Accounts.ChoosePassword(c.r.Context(), asked.Key, asked.Login,
		asked.Password,
		people.Names{Given: asked.GivenName, Family: asked.FamilyName})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, NewCode(code))
}

func (signIn) enrolCode(c *call) error {
	var asked ConfirmedCode
	if err := errors.Join(c.slow(), c.body(&asked)); err != nil {
		return err
	}
	token, err := c.config.People.Accounts.ConfirmCode(c.r.Context(), asked.Key, asked.Code,
		browserOf(c.r))
	return openSession(c, token, err)
}

func (signIn) enrolPasskey(c *call) error {
	var asked EnrolPasskey
	if err := errors.Join(c.slow(), c.body(&asked)); err != nil {
		return err
	}
	challenge, options, err := c.config.People.Passkeys.BeginEnrol(c.r.Context(), asked.Key,
		asked.Login,
		people.Names{Given: asked.GivenName, Family: asked.FamilyName})
	return ceremony(c, challenge, options, err)
}

func (signIn) enrolPasskeyAnswer(c *call) error {
	if err := c.slow(); err != nil {
		return err
	}
	asked, credential, err := credentialAsked(c)
	if err != nil {
		return err
	}
	token, err := c.config.People.Passkeys.FinishEnrol(c.r.Context(), asked.Challenge, credential,
		asked.Name, browserOf(c.r))
	return openSession(c, token, err)
}

// browserOf says in two words which browser somebody uses, so that they know their sessions again.
func browserOf(r *http.Request) string {
	agent := r.UserAgent()
	name, system := "", ""
	for _, known := range [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"},
		{"Chrome/", "Chrome"}, {"Safari/", "Safari"}} {
		if strings.Contains(agent, known[0]) {
			name = known[1]
			break
		}
	}
	for _, known := range [][2]string{{"Windows", "Windows"}, {"Android", "Android"},
		{"iPad", "iPadOS"}, {"iPhone", "iOS"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"}} {
		if strings.Contains(agent, known[0]) {
			system = known[1]
			break
		}
	}
	return strings.Trim(name+", "+system, ", ")
}
