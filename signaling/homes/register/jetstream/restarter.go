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
	// restartEvery is how often it is looked whether the server keeps anything.
	restartEvery = 5 * time.Second
)

// restarter has a server keep the register again that has stopped doing so: NATS gives up a disk
// that it could not write to, and does not come back to it.
type restarter struct {
	server  *server.Server
	config  server.JetStreamConfig
	log     *zap.Logger
	every   time.Duration
	wasShut bool // at the last look, all of it had been shut down
	told    bool
}

// watch looks until ctx ends.
func (r *restarter) watch(ctx context.Context) {
	ticker := time.NewTicker(r.every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			r.look()
		}
	}
}

// look begins again where the disk takes what is written. What is being shut down is left alone
// until the look after that.
func (r *restarter) look() {
	if r.server.JetStreamEnabled() {
		r.wasShut = false
		return
	}
	if !r.told {
		r.told = true
		r.log.Error("this keeper keeps the register no more: its disk is full, or cannot be "+
			"written; of three keepers one may do so. It goes on by itself once there is room",
			zap.String("folder", r.config.StoreDir), zap.Int("bytes wanted", roomWanted))
	}
	shut := r.server.JetStreamConfig() == nil
	if !shut || !r.wasShut {
		r.wasShut = shut
		return
	}
	if fits(r.config.StoreDir) != nil {
		return
	}
	config := r.config
	if err := r.server.EnableJetStream(&config); err != nil {
		r.log.Error("this keeper cannot keep the register again yet", zap.Error(err))
		return
	}
	r.wasShut, r.told = false, false
	r.log.Info("this keeper keeps the register again")
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
