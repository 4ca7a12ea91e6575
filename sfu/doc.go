// Package sfu is the media plane: it receives what participants publish and forwards it to those
// who watch and listen, one PeerConnection and one negotiation a participant. It knows nothing of
// websockets, roles, tokens or HTTP: the signalling calls Engine, Room and Participant, and is
// called back through Listener.
//
// README.md describes the path of a packet, the decision cycle, the order of the locks and the
// words.
//
// # What was tried and did not help
//
//   - To run the decisions of a room (Room.Run) in the goroutine of whoever did something: when 300
//     people joined it ran 900 times over all of them, and the time to join grew with the square of
//     their number.
//   - Ticks of a crowd of 300 spread over five moments instead of one: the delay that is added
//     stayed the same.
package sfu
