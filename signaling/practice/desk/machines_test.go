package desk

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/interop/machines"
	"draille/signaling/practice/store"
)

// registryOf knows the programs of a store.
func registryOf(t *testing.T, s *store.Store, now func() time.Time) *machines.Registry {
	t.Helper()
	registry, err := machines.New(machines.Config{Store: s, Key: bytes.Repeat([]byte{5}, 32),
		Audience: "http://localhost/fhir/R4", Endpoint: "http://localhost/fhir/token", Now: now})
	require.NoError(t, err)
	return registry
}

// TestAnAdministratorSetsAProgramUp makes a program, shows its secret once, and revokes it.
func TestAnAdministratorSetsAProgramUp(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	admin, _ := w.somebody(practice.Grant{Role: practice.RoleEstablishmentAdmin,
		Establishment: w.hospital.ID})
	path := "/api/establishments/" + w.hospital.ID + "/machines"
	admin.ask("POST", path, NewMachine{Name: "rdv", Access: "all"}).refused(CodeInvalid)
	var made MachineSecret
	admin.ask("POST", path, NewMachine{Name: "rdv", Access: practice.MachineWrites}).is(201, &made)
	require.Len(t, made.Secret, 43)
	registry := registryOf(t, w.store, w.now)
	shown := machines.Shown{Client: made.Machine.ID, Secret: made.Secret}
	issued, err := registry.Issue(t.Context(), shown)
	require.NoError(t, err)
	require.Equal(t, w.hospital.ID, issued.Machine.Establishment)
	admin.ask("POST", path, NewMachine{Name: "rdv", Access: practice.MachineReads}).
		refused(CodeInvalid)
	var list MachineList
	answer := admin.ask("GET", path, nil)
	answer.is(200, &list)
	require.True(t, list.Enabled)
	require.Len(t, list.Items, 1)
	require.NotContains(t, string(answer.body), made.Secret)
	admin.ask("DELETE", path+"/"+made.Machine.ID, nil).is(204)
	admin.ask("DELETE", path+"/"+made.Machine.ID, nil).refused(CodeNotFound)
	_, err = registry.Issue(t.Context(), shown)
	require.ErrorIs(t, err, machines.ErrUnknown)
	_, err = registry.Resolve(t.Context(), issued.Token)
	require.ErrorIs(t, err, machines.ErrToken)
}
