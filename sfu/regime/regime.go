// Package regime holds the levels of bit rate at which the quality of a call changes. Whatever
// decides by a bit rate (the estimators, the allocation, what publishers and voices are asked for,
// the page) derives its threshold from one of these levels, so that all parts agree on which link
// is thin, and give up the same things in the same order while a link falls.
package regime

//go:generate go run ../../signaling/protocol/tsgen -name sfu/regime -from . -constants levels.go -to ../../web/src/engine/regime.ts
