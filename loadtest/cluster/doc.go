// Package cluster tests several servers that serve one name, each the real program in a process of
// its own, with virtual participants that come through any of them: what stays when a server dies
// or is drained, and how long it took.
package cluster
