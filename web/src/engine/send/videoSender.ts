/**
 * Applies what the server says anybody watches of a source to its sender: no SDP, one change at a
 * time.
 */
import type { Encoding } from '../../protocol/messages'
import { CodecSelector, applyCodec } from './codec'
import { type EncoderStats, EncoderMonitor } from './encoderStats'
import { ResolutionHold, fluent } from './resolutionHold'

/**
 * Frames/s when there is no limit any more: Chromium keeps to the last one when it is only taken
 * away.
 */
const fastest = 24

/** Lines of a camera from which a picture of default size is half of what it gives. */
const fineLines = 720
/** Frames/s of a picture of default size: more of them would be smaller. */
const usualFramerate = 20
/** So many measurements with few frames: a fine picture is too much then, for good. */
const fineTries = 2

/** It is encoded in full of a camera that gives twice the lines of the default size. */
const isFine = ({ active, scaleResolutionDownBy }: Encoding): boolean =>
  active && !!scaleResolutionDownBy && scaleResolutionDownBy < 1

/**
 * Changes the encodings to the demand; tells whether anything is different. Pure but for its first
 * argument.
 */
export function applyDemand(
  encodings: RTCRtpEncodingParameters[],
  demand: readonly Encoding[],
  scales: Readonly<Record<string, number>>,
): boolean {
  let changed = false
  for (const encoding of encodings) {
    const rid = encoding.rid ?? ''
    const wanted = demand.find((one) => one.rid === rid)
    if (!wanted) continue
    const set = <K extends keyof RTCRtpEncodingParameters>(
      key: K,
      value: RTCRtpEncodingParameters[K],
    ) => {
      if (encoding[key] === value) return
      if (value === undefined) delete encoding[key]
      else encoding[key] = value
      changed = true
    }
    set('active', wanted.active)
    if (!wanted.active) continue // the limits of what is not sent need no change
    set('maxBitrate', wanted.maxBitrate || undefined)
    set('maxFramerate', wanted.maxFramerate || (encoding.maxFramerate && fastest))
    set('scaleResolutionDownBy', wanted.scaleResolutionDownBy || scales[rid] || 1)
  }
  return changed
}

/**
 * ms after a source begins, or may take far more than a thin link had for it, in which its encoder
 * may not choose a smaller picture by itself. Chromium would: it drops the first frames and makes
 * them smaller because it knows nothing of the link yet, and takes half a minute to come back; once
 * a thin link is wide again it grows step by step, with seconds of few bits after each. What the
 * link takes, the server says.
 */
const beginning = 3_000

/** What is far more than before. */
const leap = 1.5

/** bit/s that a demand allows in all; 0: nothing is sent, or there is no limit. */
const allowed = (demand: readonly Encoding[]): number =>
  demand.reduce((sum, { active, maxBitrate }) => sum + (active ? (maxBitrate ?? 0) : 0), 0)

/** A still picture has time to become sharp: it need not become small. */
const isStill = ({ active, maxFramerate }: Encoding): boolean =>
  active && !!maxFramerate && maxFramerate <= 1

/**
 * Some link is why it is less than what is watched. A larger place on somebody's page is no reason
 * to begin anew.
 */
const isLimited = ({ active, reason }: Encoding): boolean =>
  active && (reason === 'uplink' || reason === 'downlink' || reason === 'unproven')

/**
 * By how much a picture is scaled down that is held to one size on a link that became thin. A
 * quarter less is worth the bits; and once there are more of them, an encoder that begins anew with
 * the whole size uses them at once, the same one takes seconds to trust them.
 */
const heldScale = 4 / 3

/** Part of a core's time above which encoding a page is too much: then it has fewer frames. */
const pageLoad = 0.5
/** Frames/s of a page that costs too much: it scrolls in steps and stays sharp. */
const pageFramerate = 5

const slower = (one: Encoding): Encoding => ({
  ...one,
  maxFramerate: Math.min(one.maxFramerate || pageFramerate, pageFramerate),
})

/** One sender's demand: the latest wins. */
export class VideoSender {
  private demand?: readonly Encoding[]
  private latest: readonly Encoding[] = []
  private running = false
  private starved = false // at the latest measurement
  private active = true // as browsers begin
  private base = 0 // bit/s allowed since it last became less, or leapt; 0: nothing, or no limit
  private timer?: ReturnType<typeof setTimeout>
  private laboured = false // this page costs more than the machine has
  private needed?: string // codec without which somebody sees nothing
  private tries = 0 // measurements of a fine picture with few frames
  private readonly face: boolean // else a page
  private readonly meter: EncoderMonitor
  private readonly codecs = new CodecSelector()
  private readonly hold = new ResolutionHold()

  constructor(
    private readonly sender: RTCRtpSender,
    private readonly scales: Readonly<Record<string, number>>,
    private readonly preference: RTCDegradationPreference,
    /** Has the whole section sent in a codec, by name; undefined: in the first of the answer. */
    private readonly switchTo: (codec: string | undefined) => void = () => {},
  ) {
    this.face = preference !== 'maintain-resolution'
    this.meter = new EncoderMonitor(sender, (stats) => this.judge(stats))
  }

  /** The sender has a new track. */
  begin(): Promise<void> {
    clearTimeout(this.timer)
    this.laboured = false
    this.hold.forget()
    this.timer = setTimeout(() => {
      this.timer = undefined
      void this.apply(this.latest)
    }, beginning)
    return this.apply(this.latest)
  }

  /** The connection is closed. */
  stop(): void {
    clearTimeout(this.timer)
    this.meter.stop()
  }

  async apply(demand: readonly Encoding[]): Promise<void> {
    const before = this.active
    const bound = allowed(demand)
    const rises = this.latest.some(isLimited) && this.base > 0 && bound > leap * this.base
    if (rises || bound < this.base || !this.base) this.base = bound
    this.latest = this.demand = demand
    this.active = !demand.length || demand.some((one) => one.active)
    if (this.active) this.meter.start()
    else this.meter.stop()
    if (this.active && (!before || rises)) return this.begin()
    if (this.running) return
    this.running = true
    while (this.demand) {
      const latest = this.demand
      this.demand = undefined
      await this.set(latest).catch(() => {
        // The sender is gone with its connection, or the browser knows better: its own limits hold
        // then.
      })
    }
    this.running = false
  }

  /** Whether the device has too little processor time for what is asked of it. */
  get overloaded(): boolean {
    return this.active && this.starved
  }

  /** Lines that the camera gives, and that may be encoded; 0: not known. */
  get lines(): number {
    const { width = 0, height = 0 } = this.sender.track?.getSettings?.() ?? {}
    return Math.min(width, height)
  }

  /** Relative to what the camera gives. */
  private ofCapture(one: Encoding): Encoding {
    const { maxFramerate, scaleResolutionDownBy: scale = this.scales[one.rid] ?? 1 } = one
    const reserve = this.face && this.lines >= fineLines ? 2 : 1
    return {
      ...one,
      scaleResolutionDownBy: Math.max(reserve * scale, 1),
      maxFramerate: maxFramerate || (reserve > 1 && scale >= 1 ? usualFramerate : 0),
    }
  }

  /** To scale what nobody gets takes processor time, too. The server hears of it. */
  private coarsen(): void {
    const less = { width: { ideal: 640 }, height: { ideal: 360 } }
    void this.sender.track?.applyConstraints(less).catch(() => {}) // the camera has gone
  }

  private judge(stats: EncoderStats): void {
    this.starved = stats.starved
    const slow = stats.starved || stats.frames < fluent
    if (slow && this.latest.some(isFine) && ++this.tries === fineTries) this.coarsen()
    const weak = this.codecs.judge(stats)
    const otherwise = this.hold.judge(performance.now(), stats)
    const labours = !this.face && !weak && !this.laboured && stats.encodeTime > pageLoad
    this.laboured ||= labours
    if (weak || otherwise || labours) void this.apply(this.latest)
  }

  /** What a picture gives up that has too few bits for its size. */
  private prefer(demand: readonly Encoding[]): RTCDegradationPreference {
    const still = demand.some(isStill)
    const moving =
      this.face && !still && demand.some(({ active }) => active)
    this.hold.demand(performance.now(), moving, demand.some(isLimited))
    return this.timer || still || this.hold.held ? 'maintain-resolution' : this.preference
  }

  private smaller(one: Encoding): Encoding {
    const whole = (one.scaleResolutionDownBy || this.scales[one.rid] || 1) === 1
    return whole && isLimited(one) ? { ...one, scaleResolutionDownBy: heldScale } : one
  }

  private async set(demand: readonly Encoding[]): Promise<void> {
    const parameters = this.sender.getParameters()
    const asked = demand.find((one) => one.active)?.codec
    // Any other is needed, and not every browser can change that of an encoding.
    const saves = asked === 'AV1'
    const needed = saves ? undefined : asked
    if (needed !== this.needed && demand.some(({ active }) => active))
      this.switchTo((this.needed = needed))
    const codec = saves ? this.codecs.pick(asked) : undefined
    const other = applyCodec(parameters.encodings, codec)
    const preference = this.prefer(demand)
    const sized = this.hold.held ? demand.map((one) => this.smaller(one)) : demand
    const whole = sized.map((one) => this.ofCapture(one))
    const wanted = this.laboured ? whole.map(slower) : whole
    const changed = applyDemand(parameters.encodings, wanted, this.scales) || other
    if (!changed && parameters.degradationPreference === preference) return
    parameters.degradationPreference = preference
    try {
      await this.sender.setParameters(parameters)
      this.codecs.use(codec)
    } catch (error) {
      if (!codec || !other) throw error
      this.codecs.refuse(codec) // and the rest of the demand without it
      await this.set(demand)
    }
  }
}
