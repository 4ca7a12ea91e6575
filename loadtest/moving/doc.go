// Package moving plays hundreds of calls over links whose rate changes, and says how the quality
// that people hear and see is distributed over these calls.
//
// The server is the product's own, all of it from the websocket to the media socket, and so are the
// virtual participants; but the clock, the sockets and the links are virtual (testing/synctest), so
// that a minute of call takes a second and no machine is too busy for it. What is not real is the
// browser: its encoder and its congestion control are the models of package publish, what it plays
// that of package playout. The links that come out worst are played again with real browsers.
package moving
