package desk

import (
	"net/http"
	"time"
)

// Cookies of the two kinds of session, and of a sign-in that has begun.
const (
	staffCookie  = "draille"
	tabletCookie = "draille-tablet"
	signInCookie = "draille-sign-in"
)

// cookieName adds the prefix that binds a cookie to this host and to TLS (RFC 6265bis, section
// 4.1.3.2). Without TLS, which is for trying on one's own machine, browsers refuse it.
func (d *Desk) cookieName(name string) string {
	if d.config.Public.Scheme == "https" {
		return "__Host-" + name
	}
	return name
}

func (d *Desk) cookie(r *http.Request, name string) string {
	cookie, err := r.Cookie(d.cookieName(name))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// setCookie sets one for this browser session, or for a time; an empty value takes it away.
func (d *Desk) setCookie(w http.ResponseWriter, name, value string, lifetime time.Duration) {
	cookie := &http.Cookie{Name: d.cookieName(name), Value: value, Path: "/", HttpOnly: true,
		Secure: d.config.Public.Scheme == "https", SameSite: http.SameSiteStrictMode, MaxAge: int(lifetime.Seconds())}
	if name == signInCookie { // comes back with the provider's redirect, which is another site's
		cookie.SameSite = http.SameSiteLaxMode
	}
	if value == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}
