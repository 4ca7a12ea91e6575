// Package sfu is the media plane: it receives what participants publish and forwards it to those
// who look and listen, one PeerConnection and one negotiation a participant. It knows nothing of
// websockets, roles, tokens or HTTP: whoever signals drives it through Engine, Room and
// Participant, and hears back through Listener.
//
// README.md describes the way of a packet, the decision cycle, the order of the locks and the
// words.
//
// # What was tried and did not help
//
//   - A look at the room in the goroutine of whoever did something: three hundred who joined made
//     it look at three hundred nine hundred times, and joining took as long as the square of their
//     number.
//   - Ticks of a crowd of 300 spread over five moments instead of one: the delay that is added
//     stayed the same.
package sfu
