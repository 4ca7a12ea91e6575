/**
 * When and for how long the playout of a voice waits. The virtual participants of the load test
 * behave as this page does: loadtest/participant has a copy of these, and a test compares them.
 */

/** ms: the jitter buffer's target while a voice begins, on a thin or long line. */
export const firstWords = 200
/** ms: the same where nothing speaks for a queue on the way. */
export const firstWordsNear = 120
/** ms of a voice after which the browser's jitter buffer has learnt what the link is like. */
export const lesson = 3_000
/**
 * ms: three frames of 60 ms, the last of which repeats the first, and some of a queue; or what is
 * asked for again.
 */
export const lossyLink = 200
/** ms: on long lines, which may fall at any time: what is under way then waits in their queue. */
export const longLine = 150
/**
 * ms: where a link limits a picture: its queue comes and goes, and the calm between teaches little.
 * Longer frames make a voice late there as it is.
 */
export const limitedLine = 100
/** ms there and back from which on the way is DSL, a mobile network or a satellite. */
export const longTrip = 30
/** Share of the sound: so much concealment counts, and below so much a second is calm. */
export const gapsFrom = 0.01
export const gapsUntil = 0.003
/** Share of a voice's packets: a link that loses so many is not calm, however it is repaired. */
export const lossFrom = 0.02
/** s whose mean counts. */
export const gapsMemory = 10
/** s of calm, in a row, after which a voice has waited enough: it catches up in the next two. */
export const calmAfter = 8
