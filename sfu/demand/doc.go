// Package demand decides what publishers send: which encodings, how large, at which bit rate, as
// moving pictures or as stills, so that it is no more than is watched and no more than their
// uplinks and the links of those who watch carry. A Decider is pure: time is an argument.
//
// # What was tried and did not help
//
//   - Lowering the cap of a publisher who sends less than is asked by 3 % for a moment, so that
//     Chromium probes when it rises again: of 150 calls over links that healed the doctor's picture
//     was back after 3.8 s instead of 1.6 s (95th percentile). The server's own steps up do it.
package demand
