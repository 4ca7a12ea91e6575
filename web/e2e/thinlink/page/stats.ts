/**
 * What `getStats` says of a call at one moment. All but others, size and round trip count from the
 * connection's beginning.
 */
export type Reading = {
  others: number // pictures of others that are expected
  samples: number // of sound, played: all voices
  concealed: number
  silent: number // the part of concealed during silence
  audioBuffer: number // sum over samples of the time in the jitter buffer, s
  audioEmitted: number // samples that it was summed over
  audioPackets: number
  audioLost: number
  frames: number // decoded, of all pictures
  mainFrames: number // decoded, of the picture looked at
  freezes: number
  frozen: number // s
  width: number // of the picture looked at
  height: number
  videoBuffer: number // s, as audioBuffer, over frames
  videoEmitted: number
  videoLost: number
  framesSent: number
  bytesReceived: number // with IPv4 and UDP headers
  bytesSent: number
  packetsReceived: number
  roundTrip: number // ms
}

const headers = 28 // IPv4 and UDP
const patience = 5000 // ms after its last packet for which a voice counts, if there is another one

type Inbound = RTCInboundRtpStreamStats & { silentConcealedSamples?: number; mid?: string }
type Pair = RTCIceCandidatePairStats & { packetsReceived?: number; packetsSent?: number }

/** What one slot for a voice had counted, and when its last packet came. */
type Voice = {
  packets: number
  packetAt: number
  samples: number
  concealed: number
  silent: number
  buffer: number
  emitted: number
}

/**
 * Adds up reports of one connection. A browser plays silence in every slot that ever had a voice,
 * and counts it: what a slot plays belongs to the call only while somebody else is there, and only
 * in slots that somebody still speaks in.
 */
export class Meter {
  private readonly voices = new Map<string, Voice>()
  private readonly sound = { samples: 0, concealed: 0, silent: 0, audioBuffer: 0, audioEmitted: 0 }
  private readonly decoded = new Map<string, number>() // frames, by section
  private mainFrames = 0

  /**
   * others: how many pictures of others the server has put on slots, paused ones too. main: the
   * section of the one looked at.
   */
  read(report: Iterable<RTCStats>, now: number, others: number, main?: string): Reading {
    const sum: Reading = {
      others,
      samples: 0,
      concealed: 0,
      silent: 0,
      audioBuffer: 0,
      audioEmitted: 0,
      audioPackets: 0,
      audioLost: 0,
      frames: 0,
      mainFrames: 0,
      freezes: 0,
      frozen: 0,
      width: 0,
      height: 0,
      videoBuffer: 0,
      videoEmitted: 0,
      videoLost: 0,
      framesSent: 0,
      bytesReceived: 0,
      bytesSent: 0,
      packetsReceived: 0,
      roundTrip: 0,
    }
    const voices: Inbound[] = []
    for (const stats of report) {
      const inbound = stats as Inbound
      if (stats.type === 'inbound-rtp' && inbound.packetsReceived) {
        sum.packetsReceived += inbound.packetsReceived
        if (inbound.kind === 'audio') voices.push(inbound)
        else this.picture(sum, inbound, main)
      }
      if (stats.type === 'outbound-rtp')
        sum.framesSent += (stats as RTCOutboundRtpStreamStats).framesSent ?? 0
      if (stats.type === 'candidate-pair') pair(sum, stats as Pair)
    }
    this.listen(voices, now, others)
    for (const s of voices) {
      sum.audioPackets += s.packetsReceived ?? 0
      sum.audioLost += s.packetsLost ?? 0
    }
    sum.mainFrames = this.mainFrames
    return Object.assign(sum, this.sound)
  }

  private picture(sum: Reading, s: Inbound, main: string | undefined): void {
    const frames = s.framesDecoded ?? 0
    sum.frames += frames
    sum.freezes += s.freezeCount ?? 0
    sum.frozen += s.totalFreezesDuration ?? 0
    sum.videoBuffer += s.jitterBufferDelay ?? 0
    sum.videoEmitted += s.jitterBufferEmittedCount ?? 0
    sum.videoLost += s.packetsLost ?? 0
    const section = s.mid ?? ''
    if (section === main) {
      this.mainFrames += frames - (this.decoded.get(section) ?? 0)
      sum.width = s.frameWidth ?? 0
      sum.height = s.frameHeight ?? 0
    }
    this.decoded.set(section, frames)
  }

  private listen(slots: Inbound[], now: number, others: number): void {
    const before = new Map(this.voices)
    for (const s of slots) {
      const old = before.get(s.id)
      const packets = s.packetsReceived ?? 0
      this.voices.set(s.id, {
        packets,
        packetAt: old && old.packets === packets ? old.packetAt : now,
        samples: s.totalSamplesReceived ?? 0,
        concealed: s.concealedSamples ?? 0,
        silent: s.silentConcealedSamples ?? 0,
        buffer: s.jitterBufferDelay ?? 0,
        emitted: s.jitterBufferEmittedCount ?? 0,
      })
    }
    if (!others) return
    // The voice that was heard last counts however long it has been gone: that may be the link.
    const latest = Math.max(...[...this.voices.values()].map((voice) => voice.packetAt))
    for (const [id, voice] of this.voices) {
      if (voice.packetAt !== latest && now - voice.packetAt > patience) continue
      const old = before.get(id)
      this.sound.samples += voice.samples - (old?.samples ?? 0)
      this.sound.concealed += voice.concealed - (old?.concealed ?? 0)
      this.sound.silent += voice.silent - (old?.silent ?? 0)
      this.sound.audioBuffer += voice.buffer - (old?.buffer ?? 0)
      this.sound.audioEmitted += voice.emitted - (old?.emitted ?? 0)
    }
  }
}

function pair(sum: Reading, p: Pair): void {
  if (!p.nominated) return
  sum.bytesReceived += (p.bytesReceived ?? 0) + headers * (p.packetsReceived ?? 0)
  sum.bytesSent += (p.bytesSent ?? 0) + headers * (p.packetsSent ?? 0)
  sum.roundTrip = Math.max(sum.roundTrip, 1000 * (p.currentRoundTripTime ?? 0))
}
