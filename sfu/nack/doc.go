// Package nack decides about lost packets in both directions. Generator asks a publisher for what
// did not arrive; Responder says which of a subscriber's requests are worth an answer. Both are
// pure: the current time is an argument, and nothing is read from a clock or sent.
//
// Pion's interceptors do the same without knowing the round trip or the repairs that arrive by RTX,
// and then ask again for what they already have; on a thin link these repeats take the place of the
// media.
package nack
