package desk

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/people"
	"draille/signaling/practice/rights"
	"draille/signaling/practice/store"
)

// Sizes of bodies, in bytes.
const (
	maxBody   = 64 << 10
	maxUpload = 2 << 20 // of an import
)

// Lengths of lists, in items.
const (
	defaultLimit = 50
	maxLimit     = 200
)

// call is one request that is being answered.
type call struct {
	*Desk
	w   http.ResponseWriter
	r   *http.Request
	now time.Time

	caller people.Signed // a person of audience signedIn, a device of audience tablet
}

// identify finds out who asks.
func (c *call) identify(who audience) error {
	if who != provider && !c.fromOurPage() {
		return refuse(CodeOrigin, "expected a request of a page of %s, got one of another site",
			c.config.Public)
	}
	switch who {
	case provider:
		return c.within(c.config.Logouts)
	case signedIn:
		return c.resolve(sessionCookie)
	case tablet:
		return c.resolve(tabletCookie)
	case signedInOrTablet:
		if err := c.resolve(sessionCookie); !errors.Is(err, people.ErrSignedOut) {
			return err
		}
		return c.resolve(tabletCookie)
	}
	return nil
}

// Names of the cookies, without the prefix that binds them to one host and to TLS (RFC 6265bis).
const (
	sessionCookie = "draille"
	tabletCookie  = "draille-tablet"
	hostPrefix    = "__Host-"
)

// resolve finds whoever the cookie of a request speaks for, and replaces its value from time to
// time.
func (c *call) resolve(name string) error {
	cookie, err := c.r.Cookie(c.cookieName(name))
	if err != nil {
		return people.ErrSignedOut
	}
	if c.caller, err = c.config.People.Sessions.Resolve(c.r.Context(), cookie.Value); err != nil {
		return err
	}
	if isTablet := name == tabletCookie; isTablet != (c.caller.Device.ID != "") {
		return people.ErrSignedOut // the one is no key to what the other may
	}
	if c.caller.Token != "" {
		c.setCookie(name, c.caller.Token)
	}
	return nil
}

// setCookie puts a token into the browser; an empty one takes it away. When it ends is the store's
// to say.
func (c *call) setCookie(name, token string) {
	cookie := &http.Cookie{Name: c.cookieName(name), Value: token, Path: "/", HttpOnly: true,
		Secure: c.secure(), SameSite: http.SameSiteStrictMode}
	if token == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(c.w, cookie)
}

func (c *call) cookieName(name string) string {
	if c.secure() {
		return hostPrefix + name
	}
	return name
}

// fromOurPage reports whether a browser says that the request comes from a page of this server
// (Fetch Metadata, or the Origin of RFC 6454). What changes nothing may come from anywhere.
func (c *call) fromOurPage() bool {
	if c.r.Method == http.MethodGet || c.r.Method == http.MethodHead {
		return true
	}
	if site := c.r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	return strings.EqualFold(c.r.Header.Get("Origin"),
		c.config.Public.Scheme+"://"+c.config.Public.Host)
}

// body reads the request's JSON into the value, and refuses what the value has no member for.
func (c *call) body(into any) error {
	kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return refuse(CodeMalformed, "expected Content-Type application/json, got %q",
			c.r.Header.Get("Content-Type"))
	}
	text, err := io.ReadAll(io.LimitReader(c.r.Body, maxBody+1))
	if err != nil {
		return refuse(CodeMalformed, "the body could not be read: %v", err)
	}
	if len(text) > maxBody {
		return refuse(CodeTooLarge, "expected at most %d bytes, got more", maxBody)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return refuse(CodeMalformed, "expected the JSON that API.md describes: %v", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return refuse(CodeMalformed, "expected one JSON value, got more")
	}
	return nil
}

// reply answers with JSON. What has a version is given its ETag.
func (c *call) reply(status int, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if version := versionOf(value); version > 0 {
		c.w.Header().Set("ETag", strconv.Quote(strconv.Itoa(version)))
	}
	c.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	c.w.WriteHeader(status)
	_, _ = c.w.Write(text) // whoever asked may be gone
	return nil
}

// done answers that there is nothing to say.
func (c *call) done() error {
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// version is that of If-Match, which a change of what has one needs.
func (c *call) version() (int, error) {
	text := c.r.Header.Get("If-Match")
	if text == "" {
		return 0, refuse(CodeNeedsVersion,
			`expected If-Match with the version that was read, as in "3"`)
	}
	version, err := strconv.Atoi(strings.Trim(text, `"`))
	if err != nil {
		return 0, refuse(CodeMalformed, `If-Match: expected a version as in "3", got %s`, text)
	}
	return version, nil
}

// may reports whether the caller has a right.
func (c *call) may(action practice.Action, establishment, service string) bool {
	return rights.May(c.caller.Grants, action, establishment, service)
}

// require returns why the caller may not: not-found where they have no right at all, so that ids
// tell nothing.
func (c *call) require(action practice.Action, establishment, service string) error {
	if c.may(action, establishment, service) {
		return nil
	}
	if !c.knows(establishment) {
		return refuse(CodeNotFound, "there is none, or not for you")
	}
	return refuse(CodeForbidden,
		"expected the right %s, got a person without it; ask an administrator",
		action)
}

// knows reports whether the caller has any right in an establishment.
func (c *call) knows(establishment string) bool {
	return slices.ContainsFunc(c.caller.Grants, func(grant practice.Grant) bool {
		return rights.Sound(grant) &&
			(grant.Establishment == "" || grant.Establishment == establishment)
	})
}

// actor is who asks, as the ledger writes it.
func (c *call) actor(entry practice.AuditEntry) practice.AuditEntry {
	switch {
	case c.caller.Person.ID != "":
		entry.ActorKind, entry.Actor = practice.ActorPerson, c.caller.Person.ID
	case c.caller.Device.ID != "":
		entry.ActorKind, entry.Actor = practice.ActorDevice, c.caller.Device.ID
	default:
		entry.ActorKind = practice.ActorSystem
	}
	return entry
}

// read calls f with a consistent view of the store.
func (c *call) read(f func(*store.Tx) error) error { return c.config.Store.Read(c.r.Context(), f) }

// write calls f with the right to change the store.
func (c *call) write(f func(*store.Tx) error) error {
	return c.config.Store.Write(c.r.Context(), f)
}

// audit writes into the audit log what the caller does, in the transaction that does it.
func (c *call) audit(tx *store.Tx, entry practice.AuditEntry) error {
	return ledger.Append(tx, c.now, c.actor(entry))
}

// path is a part of the address that the route's pattern names.
func (c *call) path(name string) string { return c.r.PathValue(name) }

// slow refuses whoever asks too often from one address.
func (c *call) slow() error { return c.within(c.config.Throttle) }

func (c *call) within(bound Throttle) error {
	if bound == nil || bound.Allow(c.r, c.now) {
		return nil
	}
	return refuse(CodeTooMany, "expected fewer tries from this address; wait a minute")
}

// limit is how many items of a list are wanted.
func (c *call) limit() (int, error) {
	text := c.query("limit")
	if text == "" {
		return defaultLimit, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > maxLimit {
		return 0, invalid("limit", "expected 1 to %d, got %q", maxLimit, text)
	}
	return limit, nil
}

// query is a parameter of the address.
func (c *call) query(name string) string { return c.r.URL.Query().Get(name) }

// note writes into the ledger that somebody saw or did something, in a transaction of its own.
func (c *call) note(entry practice.AuditEntry) error {
	return c.write(func(tx *store.Tx) error { return ledger.Append(tx, c.now, c.actor(entry)) })
}
