// Package publish models what a browser sends: Camera is a capturing and encoding chain that obeys
// demand and budget, Microphone one with DTX, and Uplink the congestion control, pacing and repair
// below them. All are pure: time is an argument; nothing is encoded, for the clips of package media
// stand for what an encoder would have made.
package publish
