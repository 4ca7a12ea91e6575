/**
 * Statistics of a call: once a second it asks how much was sent and received, and how good pictures
 * and voices are.
 */
import { signal } from '@preact/signals-core'
import type { QualityLevel, Delivery } from '../api'
import { RoundTrip, Concealment, Hysteresis, levelOfVoice, levelHysteresis, worst } from './quality'

const every = 1_000 // ms

export interface CallStatsNeeds {
  connection(): RTCPeerConnection | undefined
  /** Levels of the faces on the page; `hidden`: the page is not on the screen. */
  faces(now: number, hidden: boolean): Record<string, QualityLevel>
  /** Whose microphone has this number. */
  voiceOf(number: number): string | undefined
  me(): string
  delivery(): Delivery
  used(bytes: number): void
}

type Report = Record<string, unknown> & { type: string; kind?: string }
type Voice = { total: number; concealed: number; packets: number; lost: number }

export class CallStats {
  readonly usedBytes = signal(0)
  readonly qualityLevels = signal<Readonly<Record<string, QualityLevel>>>({})
  readonly delivery = signal<Delivery>('whole')
  /** Whether what is heard is concealed audibly. */
  readonly concealment = new Concealment()
  readonly roundTrip = new RoundTrip()
  private readonly deliveryHysteresis = new Hysteresis<Delivery>('whole', (_, to) =>
    to === 'whole' ? 4_000 : 2_000,
  )
  private readonly traffic = new Traffic()
  private readonly voices = new Map<string, Voice>() // by receiver
  /** By participant. */
  private readonly voiceLevels = new Map<string, ReturnType<typeof levelHysteresis>>()
  private heard: Record<string, QualityLevel> = {}
  private timer?: ReturnType<typeof setInterval>
  private busy = false

  constructor(private readonly needs: CallStatsNeeds) {}

  start(usedBefore: number): void {
    this.stop()
    this.usedBytes.value = usedBefore
    this.timer = setInterval(() => void this.beat(), every)
  }

  stop(): void {
    clearInterval(this.timer)
  }

  private async beat(): Promise<void> {
    const now = performance.now()
    const faces = this.needs.faces(now, document.hidden)
    this.delivery.value = this.deliveryHysteresis.take(this.needs.delivery(), now)
    this.tell(faces)
    const connection = this.needs.connection()
    if (this.busy || !connection) return
    this.busy = true
    try {
      const reports = [...(await connection.getStats()).values()] as Report[]
      this.count(connection, reports)
      this.listen(connection, reports, now)
      const pair = reports.find(
        (report) =>
          report.type === 'candidate-pair' &&
          report['nominated'] &&
          report['state'] === 'succeeded',
      )
      if (pair)
        this.roundTrip.take(String(pair['id']), pair['currentRoundTripTime'] as number | undefined)
    } catch {
      // The connection was given up meanwhile.
    } finally {
      this.busy = false
    }
  }

  private count(connection: RTCPeerConnection, reports: Report[]): void {
    const bytes = this.traffic.add(connection, reports)
    if (!bytes) return
    this.usedBytes.value += bytes
    this.needs.used(this.usedBytes.value)
  }

  /** How much of each voice had to be made up since the last beat. */
  private listen(connection: RTCPeerConnection, reports: Report[], now: number): void {
    const next: Record<string, QualityLevel> = {}
    const sum: Voice = { total: 0, concealed: 0, packets: 0, lost: 0 }
    for (const receiver of connection.getReceivers()) {
      const report = reports.find(
        (one) =>
          one.type === 'inbound-rtp' &&
          one.kind === 'audio' &&
          one['trackIdentifier'] === receiver.track.id,
      )
      const whose = report && this.speakerOf(receiver)
      if (!whose) continue
      const voice = {
        total: Number(report['totalSamplesReceived'] ?? 0),
        concealed:
          Number(report['concealedSamples'] ?? 0) - Number(report['silentConcealedSamples'] ?? 0),
        packets: Number(report['packetsReceived'] ?? 0),
        lost: Number(report['packetsLost'] ?? 0),
      }
      const before = this.voices.get(receiver.track.id)
      this.voices.set(receiver.track.id, voice)
      const total = voice.total - (before?.total ?? 0)
      if (!before || total <= 0) continue
      sum.total += total
      sum.concealed += voice.concealed - before.concealed
      sum.packets += voice.packets - before.packets
      sum.lost += Math.max(0, voice.lost - before.lost) // one that came late counts as found
      const steady = this.voiceLevels.get(whose) ?? levelHysteresis()
      this.voiceLevels.set(whose, steady)
      const level = steady.take(levelOfVoice((voice.concealed - before.concealed) / total), now)
      if (level) next[whose] = level
    }
    this.heard = next
    const sent = sum.packets + sum.lost
    if (sum.total) this.concealment.take(sum.concealed / sum.total, sent ? sum.lost / sent : 0)
  }

  private speakerOf(receiver: RTCRtpReceiver): string | undefined {
    const latest = receiver.getContributingSources?.().sort((a, b) => b.timestamp - a.timestamp)[0]
    return latest && this.needs.voiceOf(latest.source)
  }

  private tell(faces: Record<string, QualityLevel>): void {
    const levels: Record<string, QualityLevel> = {}
    for (const id of new Set([...Object.keys(faces), ...Object.keys(this.heard)])) {
      const level = worst(faces[id], this.heard[id])
      if (level) levels[id] = level
    }
    levels[this.needs.me()] = levelOfDelivery[this.delivery.peek()]
    if (JSON.stringify(levels) !== JSON.stringify(this.qualityLevels.peek()))
      this.qualityLevels.value = levels
  }
}

/** One's own level; how the others' links are says nothing of it. */
const levelOfDelivery: Record<Delivery, QualityLevel> = {
  whole: 'good',
  'small-theirs': 'good',
  'still-theirs': 'good',
  'none-theirs': 'good',
  'small-own': 'fair',
  'small-device': 'fair',
  'still-own': 'weak',
  'none-own': 'weak',
  unseen: 'fair',
}

/** Bytes sent and received since the last look, over all connections of a call. */
export class Traffic {
  private connection?: RTCPeerConnection
  private last = 0

  add(connection: RTCPeerConnection, reports: Report[]): number {
    if (connection !== this.connection) this.last = 0
    this.connection = connection
    const transports = reports.filter((report) => report.type === 'transport')
    // Firefox tells of candidate pairs only.
    const counted = transports.length
      ? transports
      : reports.filter((report) => report.type === 'candidate-pair')
    const sum = counted.reduce(
      (bytes, report) =>
        bytes + Number(report['bytesSent'] ?? 0) + Number(report['bytesReceived'] ?? 0),
      0,
    )
    const added = Math.max(0, sum - this.last)
    this.last = sum
    return added
  }
}
