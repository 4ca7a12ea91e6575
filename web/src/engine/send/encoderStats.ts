/** What a sender's encoder gives, and what it takes for that. */

/** Of the latest two seconds or so. */
export interface EncoderStats {
  frames: number // encoded, a second
  camera: number // frames/s that there are to encode; 0: not known
  bitrate: number // bit/s sent
  encodeTime: number // s of encoding in a second
  starved: boolean // the browser encodes less than it is allowed to, for want of processor time
}

const every = 2_000 // ms

type Totals = {
  frames: number
  bytes: number
  seconds: number
  camera: number
  starved: boolean
  at: number
}

/** Measures one sender while it is used. */
export class EncoderMonitor {
  private timer?: ReturnType<typeof setInterval>
  private before?: Totals

  constructor(
    private readonly sender: Pick<RTCRtpSender, 'getStats'>,
    private readonly measured: (stats: EncoderStats) => void,
  ) {}

  start(): void {
    this.timer ??= setInterval(() => {
      this.measure().catch(() => {
        // The connection was given up meanwhile.
      })
    }, every)
  }

  stop(): void {
    clearInterval(this.timer)
    this.timer = this.before = undefined
  }

  private async measure(): Promise<void> {
    const { before } = this
    const totals = await this.read()
    if (!this.timer) return
    this.before = totals
    if (!before) return
    const seconds = (totals.at - before.at) / 1000
    this.measured({
      frames: (totals.frames - before.frames) / seconds,
      camera: totals.camera,
      bitrate: (8 * (totals.bytes - before.bytes)) / seconds,
      encodeTime: (totals.seconds - before.seconds) / seconds,
      starved: totals.starved,
    })
  }

  private async read(): Promise<Totals> {
    const totals: Totals = {
      frames: 0,
      bytes: 0,
      seconds: 0,
      camera: 0,
      starved: false,
      at: performance.now(),
    }
    for (const report of (await this.sender.getStats()).values()) {
      const { type, framesEncoded, bytesSent, totalEncodeTime, framesPerSecond } = report as {
        type: string
      } & Record<string, number | undefined>
      const { qualityLimitationReason } = report as { qualityLimitationReason?: string }
      if (type === 'outbound-rtp') {
        totals.frames += framesEncoded ?? 0
        totals.bytes += bytesSent ?? 0
        totals.seconds += totalEncodeTime ?? 0
        totals.starved ||= qualityLimitationReason === 'cpu' // webrtc-stats section 8.5
      } else if (type === 'media-source') totals.camera = framesPerSecond ?? 0
    }
    return totals
  }
}
