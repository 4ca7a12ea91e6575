/** Applies what the server says anybody watches of a source to its sender: no SDP, one change at a time. */
import type { Encoding } from '../protocol/messages'

/** Changes the encodings to the demand; tells whether anything is different. Pure but for its first argument. */
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
    const set = <K extends keyof RTCRtpEncodingParameters>(key: K, value: RTCRtpEncodingParameters[K]) => {
      if (encoding[key] === value) return
      if (value === undefined) delete encoding[key]
      else encoding[key] = value
      changed = true
    }
    set('active', wanted.active)
    if (!wanted.active) continue // the limits of what is not sent need no change
    set('maxBitrate', wanted.maxBitrate || undefined)
    set('maxFramerate', wanted.maxFramerate || undefined)
    set('scaleResolutionDownBy', wanted.scale || scales[rid] || 1)
  }
  return changed
}

/** One sender's demand: the latest wins. */
export class Encoder {
  private demand?: readonly Encoding[]
  private running = false

  constructor(
    private readonly sender: RTCRtpSender,
    private readonly scales: Readonly<Record<string, number>>,
    private readonly preference: RTCDegradationPreference,
  ) {}

  async apply(demand: readonly Encoding[]): Promise<void> {
    this.demand = demand
    if (this.running) return
    this.running = true
    while (this.demand) {
      const latest = this.demand
      this.demand = undefined
      await this.set(latest).catch(() => {
        // The sender is gone with its connection, or the browser knows better: its own limits hold then.
      })
    }
    this.running = false
  }

  private async set(demand: readonly Encoding[]): Promise<void> {
    const parameters = this.sender.getParameters()
    const changed = applyDemand(parameters.encodings, demand, this.scales)
    const prefers = parameters.degradationPreference === this.preference
    if (!changed && prefers) return
    parameters.degradationPreference = this.preference
    await this.sender.setParameters(parameters)
  }
}
