/** The codec of a sender's pictures: what the server asks for, as long as this machine has it and has the strength. */

/** s of encoding in a second above which a codec is too much for this machine: half a core. */
const most = 0.5
const judgedEvery = 2_000 // ms

/** Changes the codec of all encodings; undefined: the browser's first. Tells whether anything is different. */
export function applyCodec(encodings: Parameters[], codec: RTCRtpCodec | undefined): boolean {
  let changed = false
  for (const encoding of encodings) {
    if (encoding.codec?.mimeType === codec?.mimeType) continue
    if (codec) encoding.codec = codec
    else delete encoding.codec
    changed = true
  }
  return changed
}

/** What this browser encodes, by the name in SDP; of several profiles the first, which all decode. */
export function codecNamed(name: string | undefined, known: readonly RTCRtpCodec[]): RTCRtpCodec | undefined {
  return name ? known.find(({ mimeType }) => mimeType.toLowerCase() === `video/${name.toLowerCase()}`) : undefined
}

type Parameters = RTCRtpEncodingParameters & { codec?: RTCRtpCodec } // WebRTC Extensions
type Spent = { seconds: number; at: number }

/** Watches what an asked-for codec costs. Once it was too much, it is not used again in this call. */
export class Strength {
  private readonly tooMuch = new Set<string>()
  private timer?: ReturnType<typeof setInterval>
  private before?: Spent
  private used?: string

  constructor(
    private readonly sender: Pick<RTCRtpSender, 'getStats'>,
    private readonly gaveUp: () => void,
  ) {}

  /** Which of these to use. */
  pick(name: string | undefined): RTCRtpCodec | undefined {
    const codec = codecNamed(name, globalThis.RTCRtpSender?.getCapabilities?.('video')?.codecs ?? [])
    return codec && !this.tooMuch.has(codec.mimeType) ? codec : undefined
  }

  /** That codec is in use from now on. */
  watch(codec: RTCRtpCodec | undefined): void {
    if (codec?.mimeType === this.used) return
    this.stop()
    this.used = codec?.mimeType
    if (!codec) return
    this.timer = setInterval(() => {
      this.judge(codec).catch(() => {
        // The connection was given up meanwhile.
      })
    }, judgedEvery)
  }

  /** The browser, or the machine, does not bear it. */
  refuse(codec: RTCRtpCodec): void {
    this.tooMuch.add(codec.mimeType)
  }

  stop(): void {
    clearInterval(this.timer)
    this.before = this.used = undefined
  }

  private async judge(codec: RTCRtpCodec): Promise<void> {
    const spent: Spent = { seconds: 0, at: performance.now() }
    for (const report of (await this.sender.getStats()).values()) {
      if (report.type === 'outbound-rtp') spent.seconds += (report as { totalEncodeTime?: number }).totalEncodeTime ?? 0
    }
    const { before } = this
    this.before = spent
    if (this.used !== codec.mimeType || !before || spent.seconds - before.seconds <= (most * (spent.at - before.at)) / 1000) return
    this.refuse(codec)
    this.stop()
    this.gaveUp()
  }
}
