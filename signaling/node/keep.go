package node

import (
	"context"
	"crypto/rand"
	"fmt"

	"go.uber.org/zap"

	"draille/signaling/peers/identity"
)

// Keep keeps the register and does nothing else, until ctx ends.
func Keep(ctx context.Context, config Config, log *zap.Logger) error {
	id := config.ID
	who, err := identity.New(identity.Config{Secret: config.Secret, Node: id,
		Instance: rand.Text()})
	if err != nil {
		return err
	}
	server, err := startServer(id, who, config.Register, log, func(error) {})
	if err != nil {
		return err
	}
	if server == nil {
		return fmt.Errorf("expected the id of one of the keepers, got %q: name it among them", id)
	}
	log.Info("keeping the register", zap.String("node", id))
	<-ctx.Done()
	ended, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	return server.Stop(ended)
}
