package jetstream

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/zap"
)

const (
	// roomWanted is how much must fit on a disk before it is written to again: some hundred times
	// what the register holds of a thousand rooms' latest changes, so that it is not full again at
	// once.
	roomWanted = 16 << 20
	// healEvery is how often it is looked whether the server keeps anything.
	healEvery = 5 * time.Second
)

// healing lets a server keep the register again that stopped doing so: NATS gives a disk up that it
// could not write to, and does not come back to it.
type healing struct {
	server *server.Server
	config server.JetStreamConfig
	log    *zap.Logger
	every  time.Duration
	ill    bool // at the last look, all of it has been shut down
	told   bool
}

// watch looks until ctx ends.
func (h *healing) watch(ctx context.Context) {
	ticker := time.NewTicker(h.every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			h.look()
		}
	}
}

// look begins again where the disk takes what is written. What is being shut down is left alone
// until the look after that.
func (h *healing) look() {
	if h.server.JetStreamEnabled() {
		h.ill = false
		return
	}
	if !h.told {
		h.told = true
		h.log.Error("this keeper keeps the register no more: its disk is full, or cannot be "+
			"written; of three keepers one may do so. It goes on by itself once there is room",
			zap.String("folder", h.config.StoreDir), zap.Int("bytes wanted", roomWanted))
	}
	shut := h.server.JetStreamConfig() == nil
	if !shut || !h.ill {
		h.ill = shut
		return
	}
	if fits(h.config.StoreDir) != nil {
		return
	}
	config := h.config
	if err := h.server.EnableJetStream(&config); err != nil {
		h.log.Error("this keeper cannot keep the register again yet", zap.Error(err))
		return
	}
	h.ill, h.told = false, false
	h.log.Info("this keeper keeps the register again")
}

// fits says why a folder does not take as much as is wanted.
func fits(folder string) error {
	path := filepath.Join(folder, "room")
	err := os.WriteFile(path, make([]byte, roomWanted), 0o600)
	if removed := os.Remove(path); err == nil {
		err = removed
	}
	if err != nil {
		return fmt.Errorf("jetstream: the disk does not take %d bytes: %w", roomWanted, err)
	}
	return nil
}
