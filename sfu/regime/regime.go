// Package regime is the ladder of links: the bit rates at which a call changes its ways. Whoever
// decides by a bit rate (the estimators, the allocation, what publishers and voices are asked for,
// the page) derives it from a level of this ladder, so that nobody takes for thin what another
// takes for good, and a link that falls passes the same steps everywhere, in the order of
// sacrifice.
package regime

//go:generate go run ../../signaling/protocol/tsgen -name sfu/regime -from . -constants levels.go -to ../../web/src/engine/regime.ts
