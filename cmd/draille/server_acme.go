package main

import (
	"context"
	"path/filepath"

	"golang.org/x/crypto/acme/autocert"

	"draille/signaling/node"
)

// certificateCache is where certificates are kept that come from an authority: in the data
// directory, and where several servers serve one name in what they all know.
func (s *server) certificateCache() autocert.Cache {
	local := autocert.DirCache(filepath.Join(s.config.DataDirectory, "acme"))
	if s.config.Cluster.Node == "" {
		return local
	}
	s.shared = &sharedCache{local: local, ready: make(chan struct{})}
	return s.shared
}

// sharedCache is the cache of several servers. Whoever asks before the server has joined the others
// waits for that.
type sharedCache struct {
	local autocert.Cache
	ready chan struct{} // closed once all is set
	all   autocert.Cache
}

// open joins the others.
func (c *sharedCache) open(n *node.Node) (err error) {
	if c.all, err = n.Certificates(c.local); err == nil {
		close(c.ready)
	}
	return err
}

// then does something once the server has joined the others.
func (c *sharedCache) then(ctx context.Context, do func(autocert.Cache) error) error {
	select {
	case <-c.ready:
		return do(c.all)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Get implements autocert.Cache.
func (c *sharedCache) Get(ctx context.Context, name string) (data []byte, err error) {
	err = c.then(ctx, func(all autocert.Cache) error {
		data, err = all.Get(ctx, name)
		return err
	})
	return data, err
}

// Put implements autocert.Cache.
func (c *sharedCache) Put(ctx context.Context, name string, data []byte) error {
	return c.then(ctx, func(all autocert.Cache) error { return all.Put(ctx, name, data) })
}

// Delete implements autocert.Cache.
func (c *sharedCache) Delete(ctx context.Context, name string) error {
	return c.then(ctx, func(all autocert.Cache) error { return all.Delete(ctx, name) })
}
