package cluster

// Others returns where the other nodes are reached that are known of, by their ids.
func (c *Cluster) Others() map[string]string {
	c.nodeMu.Lock()
	defer c.nodeMu.Unlock()
	return c.node.Others()
}
