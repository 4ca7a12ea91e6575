// Package signal holds what the estimators of both directions are made of: congestion/send, which
// judges a receiver's downlink by the feedback on what the server sends, and congestion/receive,
// which judges a publisher's uplink by what arrives.
//
//   - Meter: the bit rate that gets through.
//   - Windowed: an extreme (the least delay, the highest rate) of the latest time.
//   - CapacityDrop: the first packets out of a new bottleneck come far apart.
//   - CapacityRise: large packets take no longer than small ones, so what was full carries more.
//   - LossExperiment: less is sent for a moment, to see whether the loss was congestion.
//
// Times are durations from an origin of the caller's choice; rates are in bit/s.
package signal
