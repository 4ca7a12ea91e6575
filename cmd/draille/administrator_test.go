package main

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/people"
	"draille/signaling/practice/store"
)

func TestAnAdministratorWhoCannotSignInGetsALinkOfTheServer(t *testing.T) {
	config := testConfig(t)
	s := start(t, config)
	data := "--data-directory=" + config.DataDirectory
	_, err := run(t, "administrator", data)
	require.ErrorIs(t, err, store.ErrInUse)
	require.NoError(t, s.stop())
	_, err = run(t, "administrator", data)
	require.ErrorContains(t, err, "nobody administers the practice yet")

	path := practiceStore(config)
	write := func(f func(tx *store.Tx) error) {
		opened, err := store.Open(t.Context(), store.Config{URL: path})
		require.NoError(t, err)
		require.NoError(t, opened.Write(t.Context(), f))
		require.NoError(t, opened.Close())
	}
	ada := practice.Person{ID: practice.NewID(), GivenName: "Ada", FamilyName: "Admin",
		Language: "fr", Version: 1}
	write(func(tx *store.Tx) error {
		require.NoError(t, people.Insert(tx, ada, time.Now()))
		return people.Give(tx, practice.Grant{ID: practice.NewID(), Person: ada.ID,
			Role: practice.RoleGroupAdmin, GrantedBy: ada.ID})
	})
	said, err := run(t, "administrator", data, "--public-url=https://visio.example.org")
	require.NoError(t, err)
	require.Contains(t, said, "Ada Admin")
	found := regexp.MustCompile(`https://visio\.example\.org/enrol#(\S+)`).FindStringSubmatch(said)
	require.NotNil(t, found, said)

	again := start(t, config)
	opened, err := again.practice.people.Accounts.Opened(t.Context(), found[1])
	require.NoError(t, err)
	require.Equal(t, people.EnrolReset, opened.Purpose)
	require.Equal(t, ada.ID, opened.Person.ID)
	require.NoError(t, again.practice.store.Read(t.Context(), func(tx *store.Tx) error {
		verdict, err := ledger.Verify(t.Context(), again.practice.store, ledger.Head{})
		require.Empty(t, verdict.Problem)
		return err
	}))
}
