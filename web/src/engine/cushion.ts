/**
 * How long a voice waits before it is heard. A browser begins with little, learns the network's jitter from the packets that
 * came too late, and conceals each of them; a call begins with pictures that fill the queues of a thin link at just that
 * moment. So the first words wait longer, until there is something to learn from.
 */
const beginning = 200 // ms
const lesson = 3_000 // ms

/** Makes the first voice of a receiver wait. */
export function cushion(receiver: RTCRtpReceiver): void {
  if (!('jitterBufferTarget' in receiver)) return // an older browser
  receiver.jitterBufferTarget = beginning
  // A track is muted until its first packet.
  receiver.track.addEventListener('unmute', () => setTimeout(() => (receiver.jitterBufferTarget = null), lesson), { once: true })
}
