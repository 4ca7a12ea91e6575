package main

import (
	"github.com/coreos/go-systemd/v22/daemon"
	"go.uber.org/zap"
)

// notify tells a service manager of systemd's kind (Type=notify) in which state the server is.
// Without one it does nothing.
func notify(logger *zap.Logger, state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		logger.Warn("the service manager cannot be told", zap.String("state", state),
			zap.Error(err))
	}
}
