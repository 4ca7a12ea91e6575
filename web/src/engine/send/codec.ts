/**
 * The codec of a sender's pictures: what the server asks for, as long as this machine has it and
 * has the codecs.
 */
import type { EncoderStats } from './encoderStats'

/** s of encoding in a second above which a codec is too much for this machine: half a core. */
const most = 0.5

/**
 * Changes the codec of all encodings; undefined: the browser's first. Tells whether anything is
 * different.
 */
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

/**
 * What this browser encodes, by the name in SDP; of several profiles the first, which all decode.
 */
export function codecNamed(
  name: string | undefined,
  known: readonly RTCRtpCodec[],
): RTCRtpCodec | undefined {
  return name
    ? known.find(({ mimeType }) => mimeType.toLowerCase() === `video/${name.toLowerCase()}`)
    : undefined
}

type Parameters = RTCRtpEncodingParameters & { codec?: RTCRtpCodec } // WebRTC Extensions

/**
 * Judges what an asked-for codec costs. Once it was too much, it is not used again in this call.
 */
export class CodecSelector {
  private readonly tooMuch = new Set<string>()
  private used?: RTCRtpCodec
  private fresh = false // it has not been used for a whole measurement

  /** Which of these to use. */
  pick(name: string | undefined): RTCRtpCodec | undefined {
    const codec = codecNamed(
      name,
      globalThis.RTCRtpSender?.getCapabilities?.('video')?.codecs ?? [],
    )
    return codec && !this.tooMuch.has(codec.mimeType) ? codec : undefined
  }

  /** That codec is in use from now on. */
  use(codec: RTCRtpCodec | undefined): void {
    this.fresh ||= codec?.mimeType !== this.used?.mimeType
    this.used = codec
  }

  /** The browser, or the machine, does not bear it. */
  refuse(codec: RTCRtpCodec): void {
    this.tooMuch.add(codec.mimeType)
  }

  /** Takes one measurement; tells whether the codec was too much just now. */
  judge({ encodeTime }: EncoderStats): boolean {
    const { used, fresh } = this
    this.fresh = false
    if (!used || fresh || encodeTime <= most) return false
    this.refuse(used)
    return true
  }
}
