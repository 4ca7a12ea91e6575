package main

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"draille/signaling/quota"
)

// The connections that may be held never need more descriptors than the process has.
func TestConnectionsFitTheDescriptors(t *testing.T) {
	for _, c := range []struct{ wanted, descriptors, counts, held int }{
		{4000, 16384, 1, 4000}, {4000, 4256, 1, 4000}, {4000, 4255, 1, 3999}, {4000, 320, 1, 64},
		{10, 300, 1, 10}, {4000, 16384, 2, 4000}, {4000, 8255, 2, 3999},
	} {
		held, err := heldWithin(c.wanted, c.descriptors, c.counts)
		require.NoError(t, err)
		require.Equal(t, c.held, held)
		require.LessOrEqual(t, c.counts*held+otherDescriptors, c.descriptors)
	}
	_, err := heldWithin(4000, 319, 1)
	require.ErrorContains(t, err, "raise LimitNOFILE")
	descriptors, known := descriptorLimit()
	if !known {
		t.Skip("this system does not tell")
	}
	config := defaultConfig()
	config.Limits.Connections = descriptors
	account := newAccount(config, zap.NewNop())
	_, _, err = newConnections(config, account, zap.NewNop())
	require.NoError(t, err)
	require.Equal(t, verdictWarn, checkDescriptors(config).Verdict)
	config.Limits.Connections = 100
	require.Equal(t, verdictOK, checkDescriptors(config).Verdict)
}

// The default bounds hold together: the unit's LimitNOFILE is above the sum of all caps.
func TestTheUnitGrantsWhatTheDefaultsNeed(t *testing.T) {
	const limitNOFILE = 16384 // of deploy/draille.service
	config := defaultConfig()
	require.Less(t, config.Limits.Connections+otherDescriptors, limitNOFILE/2)
	config.Practice.Enabled, config.Practice.FHIR.Listen = true, ":8443"
	require.Less(t, connectionCounts(config)*config.Limits.Connections+otherDescriptors,
		limitNOFILE)
}

// A credential whose participant has gone shares what strangers may hold.
func TestCredentialsWithoutASeatShareLittle(t *testing.T) {
	config := defaultConfig()
	account := newAccount(config, zap.NewNop())
	relay := relayQuota{account, false}
	client := netip.MustParseAddr("192.0.2.1")
	held := 0
	for n := range 100 {
		if _, ok := relay.Hold(string(rune('a'+n%26)), client); ok {
			held++
		}
	}
	require.Equal(t, quota.DefaultConfig().Caps[quota.Allocations].Strangers, held)
	account.Seat(quota.Payer{Participant: "seated", Invitation: "i", Seats: 2, Address: client})
	for n := range config.TURN.AllocationsPerCredential {
		_, ok := relay.Hold("seated", client)
		require.True(t, ok, n)
	}
	_, ok := relay.Hold("seated", client)
	require.False(t, ok)
	// The same person with another participant id, again and again, has the invitation's.
	total := config.TURN.AllocationsPerCredential
	for n := range 50 {
		id := string(rune('A' + n))
		account.Seat(quota.Payer{Participant: id, Invitation: "i", Seats: 2, Address: client})
		for {
			if _, ok := relay.Hold(id, client); !ok {
				break
			}
			total++
		}
	}
	require.Equal(t, 2*(config.TURN.AllocationsPerCredential*3/2), total)
	require.NotZero(t,
		account.Refused()[quota.Reason{Cost: quota.Allocations, Scope: quota.ByInvitation}])
}
