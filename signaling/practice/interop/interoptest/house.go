// Package interoptest is what tests of the hospital's interfaces have in common: a store with two
// establishments, an agenda that opens no room, and a log that no patient stands in.
package interoptest

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
)

// Morning is when tests happen: 1 December 2026, 08:00 in Paris.
var Morning = time.Date(2026, time.December, 1, 7, 0, 0, 0, time.UTC)

// House is a practice that the hospital's systems speak to.
type House struct {
	Store  *store.Store
	Agenda *agenda.Agenda
	Now    time.Time
	Log    *bytes.Buffer

	t require.TestingT
}

// rooms opens no room.
type rooms struct{}

func (rooms) Invite(agenda.Invitation) (string, error) { return "http://localhost/room", nil }

// Open furnishes a store, unless it is.
func Open(t require.TestingT, s *store.Store, public *url.URL, now time.Time) *House {
	h := &House{Store: s, Now: now, Log: &bytes.Buffer{}, t: t}
	var err error
	h.Agenda, err = agenda.New(agenda.Config{Store: s, Invitations: rooms{}, Public: public,
		LinkKey: bytes.Repeat([]byte{1}, 32), Now: h.Clock})
	require.NoError(t, err)
	h.Write(func(tx *store.Tx) error {
		if _, err := store.Get[practice.Establishment](tx, "WHERE id = 'E1'"); err == nil {
			return nil
		}
		return h.furnish(tx)
	})
	return h
}

// furnish makes two establishments, each with two services and a place, and two doctors of the
// first.
func (h *House) furnish(tx *store.Tx) error {
	for _, id := range []string{"E1", "E2"} {
		require.NoError(h.t, store.Insert(tx, practice.Establishment{ID: id, Name: "CH " + id,
			FINESS: "48000001" + id[1:], Zone: "Europe/Paris", Version: 1}, nil))
		for _, code := range []string{"PSY", "DER"} {
			require.NoError(h.t, store.Insert(tx, practice.Service{ID: id + code, Version: 1,
				Establishment: id, Name: "Service " + code, Code: code}, nil))
		}
		require.NoError(h.t, store.Insert(tx, practice.Place{ID: "L" + id, Establishment: id,
			Name: "Salle", Code: "SALLE" + id, Version: 1}, nil))
	}
	for i, rpps := range []string{"10000023084", "10000023092"} {
		id := fmt.Sprintf("P%d", i+1)
		require.NoError(h.t, store.Insert(tx, practice.Person{ID: id, FamilyName: "Bonnet",
			GivenName: "Claire", Title: "Dr", RPPS: rpps, Language: "fr", Version: 1},
			store.With{"search": "bonnet claire", "created_at": 0}))
		require.NoError(h.t, store.Insert(tx, practice.Grant{ID: "G" + id, Person: id,
			Establishment: "E1", Role: practice.RoleClinician, GrantedBy: "P1"}, nil))
	}
	return nil
}

// Clock is the time that the test has set.
func (h *House) Clock() time.Time { return h.Now }

// Logger writes into Log.
func (h *House) Logger() *zap.Logger {
	return zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()),
		zapcore.Lock(zapcore.AddSync(h.Log)), zap.DebugLevel))
}

// Can has every channel.
func (*House) Can(practice.Channel) bool { return true }

// Write changes the store.
func (h *House) Write(f func(tx *store.Tx) error) {
	require.NoError(h.t, h.Store.Write(context.Background(), f))
}

// Count is a number that a statement selects.
func (h *House) Count(statement string, arguments ...any) (n int) {
	require.NoError(h.t, h.Store.Read(context.Background(), func(tx *store.Tx) error {
		return tx.Across("a test").Scan(statement, arguments, &n)
	}))
	return n
}

// Quiet finds nothing of the patient of the tests in the log and in the audit log, whose chain
// holds.
func (h *House) Quiet() {
	var audit strings.Builder
	require.NoError(h.t, h.Store.Read(context.Background(), func(tx *store.Tx) error {
		entries, err := store.Find[practice.AuditEntry](tx.Across("a test"), "ORDER BY sequence")
		for _, entry := range entries {
			fmt.Fprintf(&audit, "%+v\n", entry)
		}
		return err
	}))
	for _, secret := range []string{"PAT-TROIS", "DOMINIQUE", "19790328", "1979-03-28",
		"279035121518989", "612345678"} {
		require.NotContains(h.t, h.Log.String(), secret)
		require.NotContains(h.t, audit.String(), secret)
	}
	verdict, err := ledger.Verify(context.Background(), h.Store, ledger.Head{})
	require.NoError(h.t, err)
	require.Empty(h.t, verdict.Problem)
}
