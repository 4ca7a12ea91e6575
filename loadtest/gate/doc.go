// Package gate asks whether the register's engine is linearizable while things go wrong: histories
// of compare-and-set of several clients on several keys, under processes that are killed and
// stopped, networks that are cut and disks that are slow, full, or lose what was not synced. Its
// tests are all that there is; signaling/homes/README.md tells what they found. Run it as root on
// Linux with make gate.
package gate
