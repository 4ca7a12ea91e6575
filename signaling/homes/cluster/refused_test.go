package cluster

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"draille/signaling/homes/register/memory"
	"draille/signaling/tenure"
)

// Who is no part of the cluster says why, and what is to be done.
func TestANodeThatIsNoPartOfTheClusterSaysWhatToDo(t *testing.T) {
	for words, meta := range map[string]tenure.Meta{
		"the other servers run a newer version": {Format: 1 << 20},
		"give all servers the same secret file": {Format: 1, Secret: "another"},
	} {
		synctest.Test(t, func(t *testing.T) {
			register := memory.New()
			value, err := json.Marshal(meta)
			require.NoError(t, err)
			_, err = register.Put(t.Context(), tenure.MetaKey, value, 0)
			require.NoError(t, err)
			core, seen := observer.New(zap.ErrorLevel)
			config := tenure.DefaultConfig()
			config.ID, config.Peer, config.Format = "a", "192.0.2.1:7420", 1
			c, err := Start(Config{Node: config, Register: register, Network: silent{},
				Load: func() float64 { return 0 }, Log: zap.New(core)})
			require.NoError(t, err)
			defer c.Close()
			time.Sleep(time.Second)
			require.True(t, c.Refused())
			require.Equal(t, 1, seen.Len())
			require.Contains(t, seen.All()[0].ContextMap()["to do"], words)
		})
	}
}

// silent carries nothing.
type silent struct{}

func (silent) Send(string, string, Message) {}
