package people_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/people"
	"draille/signaling/practice/store"
)

// firstWithPasskey is the first administrator, who came with a passkey.
func (o *office) firstWithPasskey(key *authenticator) practice.Person {
	o.t.Helper()
	link, err := o.Accounts.First(o.t.Context())
	require.NoError(o.t, err)
	challenge, options, err := o.Passkeys.BeginEnrol(
		o.t.Context(),
		link,
		"claire",
		people.Names{Given: "Claire", Family: "Bonnet"},
	)
	require.NoError(o.t, err)
	token, err := o.Passkeys.FinishEnrol(
		o.t.Context(),
		challenge,
		key.create(options),
		"Clé bleue",
		"Firefox",
	)
	require.NoError(o.t, err)
	signed, err := o.Sessions.Resolve(o.t.Context(), token)
	require.NoError(o.t, err)
	require.Equal(o.t, practice.RoleGroupAdmin, signed.Grants[0].Role)
	_, err = o.Passkeys.FinishEnrol(o.t.Context(), challenge, key.create(options), "", "")
	require.ErrorIs(o.t, err, people.ErrExpired, "once")
	return signed.Person
}

// signIn uses a passkey.
func (o *office) signIn(key *authenticator) (people.Signed, error) {
	challenge, options, err := o.Passkeys.BeginSignIn(o.t.Context())
	require.NoError(o.t, err)
	token, err := o.Passkeys.FinishSignIn(o.t.Context(), challenge, key.get(options), "Firefox")
	if err != nil {
		return people.Signed{}, err
	}
	return o.Sessions.Resolve(o.t.Context(), token)
}

func TestAPasskeyOpensASessionByItself(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	key := newAuthenticator(t)
	person := o.firstWithPasskey(key)
	signed, err := o.signIn(key)
	require.NoError(t, err)
	require.Equal(t, person.ID, signed.Person.ID)
	require.Equal(t, practice.MethodPasskey, signed.Session.Method)
}

func TestAPasskeyThatIsNotRightIsRefused(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*authenticator){
		"another key":         func(a *authenticator) { a.key = newAuthenticator(t).key },
		"another page":        func(a *authenticator) { a.origin = "https://evil.example" },
		"nobody's finger":     func(a *authenticator) { a.verified = false },
		"of somebody else":    func(a *authenticator) { a.handle = encoded([]byte("somebody")) },
		"another credential":  func(a *authenticator) { a.id = random(16) },
		"a copy, as it seems": func(a *authenticator) { a.counter = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			key := newAuthenticator(t)
			o.firstWithPasskey(key)
			_, err := o.signIn(key)
			require.NoError(t, err)
			spoil(key)
			_, err = o.signIn(key)
			require.ErrorIs(t, err, people.ErrWrong)
		})
	}
}

func TestAnAnswerOfAPasskeyCountsOnceAndNotForEver(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	key := newAuthenticator(t)
	o.firstWithPasskey(key)
	challenge, options, err := o.Passkeys.BeginSignIn(t.Context())
	require.NoError(t, err)
	answer := key.get(options)
	_, err = o.Passkeys.FinishSignIn(t.Context(), challenge, answer, "")
	require.NoError(t, err)
	_, err = o.Passkeys.FinishSignIn(t.Context(), challenge, answer, "")
	require.ErrorIs(t, err, people.ErrExpired)
	late, options, err := o.Passkeys.BeginSignIn(t.Context())
	require.NoError(t, err)
	o.now = o.now.Add(6 * time.Minute)
	_, err = o.Passkeys.FinishSignIn(t.Context(), late, key.get(options), "")
	require.ErrorIs(t, err, people.ErrExpired)
}

func TestTheLastWayToSignInStays(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first, second := newAuthenticator(t), newAuthenticator(t)
	person := o.firstWithPasskey(first)
	remove := func(key *authenticator) error {
		return o.store.Write(
			t.Context(),
			func(tx *store.Tx) error { return o.Passkeys.Remove(tx, person.ID, encoded(key.id)) },
		)
	}
	require.ErrorIs(t, remove(first), people.ErrLastWay)
	challenge, options, err := o.Passkeys.BeginAdd(t.Context(), person.ID)
	require.NoError(t, err)
	answer := second.create(options)
	_, err = o.Passkeys.FinishAdd(t.Context(), "somebody else", challenge, answer, "")
	require.ErrorIs(t, err, people.ErrExpired)
	challenge, options, err = o.Passkeys.BeginAdd(t.Context(), person.ID)
	require.NoError(t, err)
	added, err := o.Passkeys.FinishAdd(
		t.Context(),
		person.ID,
		challenge,
		second.create(options),
		"Téléphone",
	)
	require.NoError(t, err)
	require.Equal(t, "Téléphone", added.Name)
	require.NoError(t, remove(first))
	require.ErrorIs(t, remove(second), people.ErrLastWay)
	_, err = o.signIn(first)
	require.ErrorIs(t, err, people.ErrWrong)
	_, err = o.signIn(second)
	require.NoError(t, err)
}

// Somebody with a provider uses their local account when that is away: it works, and it shows.
func TestALocalAccountOfSomebodyWithAProviderIsBreakGlass(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	key := newAuthenticator(t)
	person := o.firstWithPasskey(key)
	require.NoError(t, o.store.Write(t.Context(), func(tx *store.Tx) error {
		return store.Insert(
			tx,
			practice.Identity{ID: "I1", Provider: "kc", Subject: "id2", Person: person.ID},
			store.With{"created_at": 1},
		)
	}))
	o.realm.away.Store(true)
	_, _, err := o.Providers.Begin(t.Context(), "kc", "/")
	require.ErrorIs(t, err, people.ErrAway)
	signed, err := o.signIn(key)
	require.NoError(t, err)
	require.Equal(t, practice.MethodBreakGlass, signed.Session.Method)
	require.NoError(t, o.store.Read(t.Context(), func(tx *store.Tx) error {
		entry, err := store.Get[practice.AuditEntry](
			tx.Across("a test"),
			"WHERE action = 'sign-in.break-glass'",
		)
		require.Equal(t, person.ID, entry.Actor)
		return err
	}))
}
