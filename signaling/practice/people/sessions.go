package people

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

const (
	tokenBytes = 32
	// seenEvery is how exact the time of the last request is kept: a write a minute, not one a
	// request.
	seenEvery = time.Minute
	// rotateEvery is how long a token is good that somebody may have copied unnoticed.
	rotateEvery = time.Hour
	// overlap is how long the token before is still good: requests that were under way when it was
	// replaced.
	overlap = time.Minute
)

// ErrSignedOut says that a token opens no session, or none any more.
var ErrSignedOut = errors.New("expected an open session, got none; sign in")

// SessionTimes are how long sessions last.
type SessionTimes struct {
	Lifetime time.Duration // from its beginning, whatever happens
	Idle     time.Duration // without a request
}

// DefaultSessionTimes are a long day's work, and a lunch.
var DefaultSessionTimes = SessionTimes{Lifetime: 12 * time.Hour, Idle: time.Hour}

// DeviceSessionTime is how long a tablet is signed in before it has to prove its key again.
const DeviceSessionTime = 24 * time.Hour

// Sessions are who is signed in. A token is known to its browser alone; the store has its hash.
type Sessions struct {
	store *store.Store
	times SessionTimes
	now   func() time.Time
}

// NewSessions returns the sessions of a store. Now tells the time.
func NewSessions(s *store.Store, times SessionTimes, now func() time.Time) *Sessions {
	return &Sessions{store: s, times: times, now: now}
}

// NewSession says whose session begins and how.
type NewSession struct {
	Person, Device  string // one of them
	Method          practice.Method
	Provider        string // with practice.MethodOIDC
	ProviderSession string // its sid, if it told one
	Subject         string
	Browser         string
}

// Signed is who a token speaks for.
type Signed struct {
	Session practice.Session
	Person  practice.Person
	Grants  []practice.Grant // those that have not ended
	Device  practice.Device  // of a tablet; then there is no person
	Token   string           // not empty: replaces the one that was shown
}

// Open begins a session within the transaction that proved who it is, and returns its token.
func (s *Sessions) Open(tx *store.Tx, begun NewSession) (string, error) {
	token, now := newToken(), s.now()
	lifetime := s.times.Lifetime
	if begun.Device != "" {
		lifetime = DeviceSessionTime
	}
	at := int64(practice.InstantOf(now))
	_, err := tx.Exec(`INSERT INTO sessions (token_hash, id, person, device, method, provider,
		provider_session, subject,
		browser, rotated_at, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6,
			$7, $8, $9, $10, $10, $10, $11)`,
		hashOf(token), practice.NewID(), begun.Person, begun.Device, string(begun.Method),
		begun.Provider,
		begun.ProviderSession, begun.Subject, begun.Browser, at,
		int64(practice.InstantOf(now.Add(lifetime))))
	return token, err
}

// row is a session as the store has it.
type row struct {
	hash, device string
	session      practice.Session
	rotated      practice.Instant
	rotate       bool // its token is to be replaced
}

// Resolve returns who a token speaks for, or ErrSignedOut.
func (s *Sessions) Resolve(ctx context.Context, token string) (Signed, error) {
	if token == "" {
		return Signed{}, ErrSignedOut
	}
	now := s.now()
	var signed Signed
	var found row
	err := s.store.Read(ctx, func(tx *store.Tx) error {
		var err error
		found, err = s.find(tx, now, "token_hash = $1 OR (previous_hash = $1 AND rotated_at > $2)",
			hashOf(token), int64(practice.InstantOf(now.Add(-overlap))))
		if err != nil {
			return err
		}
		found.rotate = found.hash == hashOf(token) && now.Sub(found.rotated.Time()) >= rotateEvery
		signed, err = owner(tx, found, now)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return Signed{}, ErrSignedOut
	}
	if err != nil {
		return Signed{}, err
	}
	return s.refresh(ctx, signed, found, now)
}

// Keep notes that a session is in use, without replacing its token: for a stream, whose answer has
// begun and can set no cookie. It returns ErrSignedOut when the session has ended.
func (s *Sessions) Keep(ctx context.Context, id string) (Signed, error) {
	now := s.now()
	var signed Signed
	var found row
	err := s.store.Read(ctx, func(tx *store.Tx) error {
		var err error
		if found, err = s.find(tx, now, "id = $1", id); err != nil {
			return err
		}
		signed, err = owner(tx, found, now)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return Signed{}, ErrSignedOut
	}
	if err != nil {
		return Signed{}, err
	}
	return s.refresh(ctx, signed, found, now)
}

// find returns the open session that meets a condition.
func (s *Sessions) find(tx *store.Tx, now time.Time, condition string,
	arguments ...any) (row, error) {
	found := row{}
	session := &found.session
	err := tx.Scan(`SELECT token_hash, id, person, device, method, provider, browser, rotated_at,
		created_at, seen_at, expires_at FROM sessions WHERE `+condition, arguments, &found.hash,
		&session.ID, &session.Person, &found.device, &session.Method, &session.Provider,
		&session.Browser,
		&found.rotated, &session.CreatedAt, &session.SeenAt, &session.ExpiresAt)
	if err != nil {
		return found, err
	}
	idle := found.device == "" && now.Sub(session.SeenAt.Time()) > s.times.Idle
	if idle || !now.Before(session.ExpiresAt.Time()) {
		return found, store.ErrNotFound
	}
	session.Current = true
	return found, nil
}

// owner returns the person with their grants, or the tablet, unless they have been shut out.
func owner(tx *store.Tx, found row, now time.Time) (Signed, error) {
	signed := Signed{Session: found.session}
	var err error
	if found.device != "" {
		signed.Device, err = store.Get[practice.Device](
			tx.Across("a tablet is found by its session"),
			"WHERE id = $1 AND revoked_at = 0", found.device)
		return signed, err
	}
	if signed.Person, err = store.Get[practice.Person](tx, "WHERE id = $1 AND disabled_at = 0",
		found.session.Person); err != nil {
		return signed, err
	}
	signed.Grants, err = GrantsOf(tx, found.session.Person, now)
	return signed, err
}

// GrantsOf returns the grants of a person that have not ended.
func GrantsOf(tx *store.Tx, person string, now time.Time) ([]practice.Grant, error) {
	return store.Find[practice.Grant](tx,
		"WHERE person = $1 AND (ends_at = 0 OR ends_at > $2) ORDER BY id", person,
		int64(practice.InstantOf(now)))
}

// refresh notes that a session is in use, and replaces its token from time to time.
func (s *Sessions) refresh(ctx context.Context, signed Signed, found row,
	now time.Time) (Signed, error) {
	if !found.rotate && now.Sub(found.session.SeenAt.Time()) < seenEvery {
		return signed, nil
	}
	at := int64(practice.InstantOf(now))
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		if !found.rotate {
			_, err := tx.Exec("UPDATE sessions SET seen_at = $1 WHERE token_hash = $2", at,
				found.hash)
			return err
		}
		token := newToken()
		changed, err := tx.Exec(`UPDATE sessions SET token_hash = $1, previous_hash = $2,
			rotated_at = $3, seen_at = $3
			WHERE token_hash = $2`, hashOf(token), found.hash, at)
		if changed == 1 { // otherwise another request was faster, and has the new token
			signed.Token = token
		}
		return err
	})
	return signed, err
}

// List returns the open sessions of a person, the last used first.
func (s *Sessions) List(tx *store.Tx, person string) ([]practice.Session, error) {
	now := s.now()
	return store.Find[practice.Session](tx,
		"WHERE person = $1 AND expires_at > $2 AND seen_at > $3 ORDER BY seen_at DESC",
		person, int64(practice.InstantOf(now)), int64(practice.InstantOf(now.Add(-s.times.Idle))))
}

// End ends one session of a person; ErrNotFound if they have none with this id.
func (s *Sessions) End(tx *store.Tx, person, id string) error {
	ended, err := endWhere(tx, "person = $1 AND id = $2", person, id)
	if err == nil && ended == 0 {
		return store.ErrNotFound
	}
	return err
}

// EndOthers ends the sessions of a person but one; all if except is empty. It returns how many.
func (s *Sessions) EndOthers(tx *store.Tx, person, except string) (int, error) {
	return endWhere(tx, "person = $1 AND id <> $2", person, except)
}

// EndDevice ends the sessions of a tablet.
func (s *Sessions) EndDevice(tx *store.Tx, device string) error {
	_, err := endWhere(tx, "device = $1", device)
	return err
}

// EndAtProvider ends those that a provider opened: one by its sid, or all of a subject.
func (s *Sessions) EndAtProvider(tx *store.Tx, provider, sid, subject string) (int, error) {
	if sid != "" {
		return endWhere(tx, "provider = $1 AND provider_session = $2", provider, sid)
	}
	return endWhere(tx, "provider = $1 AND subject = $2", provider, subject)
}

// Sweep forgets sessions that have expired, and returns how many.
func (s *Sessions) Sweep(tx *store.Tx) (int64, error) {
	return tx.Exec("DELETE FROM sessions WHERE expires_at <= $1 OR (device = '' AND seen_at <= $2)",
		int64(practice.InstantOf(s.now())), int64(practice.InstantOf(s.now().Add(-s.times.Idle))))
}

func endWhere(tx *store.Tx, condition string, arguments ...any) (int, error) {
	var ids []string
	err := tx.Query(func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, "SELECT id FROM sessions WHERE "+condition, arguments...)
	if err != nil {
		return 0, err
	}
	if _, err := tx.Exec("DELETE FROM sessions WHERE "+condition, arguments...); err != nil {
		return 0, err
	}
	for _, id := range ids {
		tx.Changed(practice.TopicSession, "", id)
	}
	return len(ids), nil
}

func newToken() string {
	random := make([]byte, tokenBytes)
	rand.Read(random) // never returns an error
	return base64.RawURLEncoding.EncodeToString(random)
}

// hashOf is what the store has of a token. Tokens have 256 bits of chance: no salt, no work factor.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
