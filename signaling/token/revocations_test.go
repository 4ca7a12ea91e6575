package token

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRevocations(t *testing.T) {
	list := Revocations{Directory: filepath.Join(t.TempDir(), "revoked")}
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	ids, err := list.List(now)
	require.NoError(t, err)
	require.Empty(t, ids)
	require.False(t, list.Revoked("one"))
	require.NoError(t, list.Add("one", now.Add(time.Hour)))
	require.NoError(t, list.Add("two", now.Add(2*time.Hour)))
	require.Error(t, list.Add("../three", now))
	require.False(t, list.Revoked("../revoked"))
	require.True(t, list.Revoked("one"))
	require.NoError(t, os.WriteFile(filepath.Join(list.Directory, "by-hand"), nil, 0o600))
	ids, err = list.List(now)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"one", "two", "by-hand"}, ids)
	ids, err = list.List(now.Add(90 * time.Minute))
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"two", "by-hand"}, ids)
	require.False(t, list.Revoked("one"), "its invitation is worth nothing any more")
}

func TestCheckerRefusesWithdrawnInvitations(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	signer, err := NewSigner(make([]byte, MinSecretBytes), "test")
	require.NoError(t, err)
	checker := Checker{Signer: signer, Revocations: Revocations{Directory: t.TempDir()}}
	signed, err := signer.Sign(Invitation{Room: "r", Kind: "consultation", Role: "guest", ID: "one",
		NotBefore: now, Expires: now.Add(time.Hour)})
	require.NoError(t, err)
	got, err := checker.Verify(signed, now)
	require.NoError(t, err)
	require.Equal(t, "one", got.ID)
	require.NoError(t, checker.Revocations.Add("one", now.Add(time.Hour)))
	for _, at := range []time.Time{now, now.Add(2 * time.Hour)} {
		_, err = checker.Verify(signed, at)
		require.ErrorIs(t, err, ErrRevoked)
	}
	require.NoError(t, checker.Revocations.Add("family", now.Add(time.Hour)))
	for _, id := range []string{"two", "three"} {
		signed, err = signer.Sign(Invitation{Room: "r", Kind: "consultation", Role: "guest", ID: id,
			Family: "family", NotBefore: now, Expires: now.Add(time.Hour)})
		require.NoError(t, err)
		_, err = checker.Verify(signed, now)
		require.ErrorIs(t, err, ErrRevoked)
	}
	_, err = checker.Verify("nonsense", now)
	require.ErrorIs(t, err, ErrInvalid)
}
