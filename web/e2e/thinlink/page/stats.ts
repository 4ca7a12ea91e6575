/** What `getStats` says of a call at one moment. All but the size and the round trip count from the connection's beginning. */
export type Reading = {
  samples: number // of sound, played: all voices
  concealed: number
  silent: number // the part of concealed during silence
  audioBuffer: number // sum over samples of the time in the jitter buffer, s
  audioEmitted: number // samples that it was summed over
  audioPackets: number
  audioLost: number
  frames: number // decoded
  freezes: number
  frozen: number // s
  width: number
  height: number
  videoBuffer: number // s, as audioBuffer, over frames
  videoEmitted: number
  videoPackets: number
  videoLost: number
  framesSent: number
  bytesReceived: number // with IPv4 and UDP headers
  bytesSent: number
  packetsReceived: number
  roundTrip: number // ms
}

const headers = 28 // IPv4 and UDP

type Inbound = RTCInboundRtpStreamStats & { silentConcealedSamples?: number }
type Pair = RTCIceCandidatePairStats & { packetsReceived?: number; packetsSent?: number }

/** Adds up a report. Slots into which nothing came do not play, whatever their counters say. */
export function read(report: Iterable<RTCStats>): Reading {
  const sum: Reading = {
    samples: 0, concealed: 0, silent: 0, audioBuffer: 0, audioEmitted: 0, audioPackets: 0, audioLost: 0,
    frames: 0, freezes: 0, frozen: 0, width: 0, height: 0, videoBuffer: 0, videoEmitted: 0, videoPackets: 0, videoLost: 0,
    framesSent: 0, bytesReceived: 0, bytesSent: 0, packetsReceived: 0, roundTrip: 0,
  }
  for (const stats of report) {
    if (stats.type === 'inbound-rtp') inbound(sum, stats as Inbound)
    if (stats.type === 'outbound-rtp') sum.framesSent += (stats as RTCOutboundRtpStreamStats).framesSent ?? 0
    if (stats.type === 'candidate-pair') pair(sum, stats as Pair)
  }
  return sum
}

function inbound(sum: Reading, s: Inbound): void {
  if (!s.packetsReceived) return
  sum.packetsReceived += s.packetsReceived
  if (s.kind === 'audio') {
    sum.samples += s.totalSamplesReceived ?? 0
    sum.concealed += s.concealedSamples ?? 0
    sum.silent += s.silentConcealedSamples ?? 0
    sum.audioBuffer += s.jitterBufferDelay ?? 0
    sum.audioEmitted += s.jitterBufferEmittedCount ?? 0
    sum.audioPackets += s.packetsReceived
    sum.audioLost += s.packetsLost ?? 0
    return
  }
  sum.frames += s.framesDecoded ?? 0
  sum.freezes += s.freezeCount ?? 0
  sum.frozen += s.totalFreezesDuration ?? 0
  sum.videoBuffer += s.jitterBufferDelay ?? 0
  sum.videoEmitted += s.jitterBufferEmittedCount ?? 0
  sum.videoPackets += s.packetsReceived
  sum.videoLost += s.packetsLost ?? 0
  sum.width = Math.max(sum.width, s.frameWidth ?? 0)
  sum.height = Math.max(sum.height, s.frameHeight ?? 0)
}

function pair(sum: Reading, p: Pair): void {
  if (!p.nominated) return
  sum.bytesReceived += (p.bytesReceived ?? 0) + headers * (p.packetsReceived ?? 0)
  sum.bytesSent += (p.bytesSent ?? 0) + headers * (p.packetsSent ?? 0)
  sum.roundTrip = Math.max(sum.roundTrip, 1000 * (p.currentRoundTripTime ?? 0))
}
