/**
 * Shapes the microphone's packets as the server asks. The bit rate is a parameter of the sender.
 * Frame length and redundancy are not: browsers take them from the remote description, so the
 * stored answer is applied again, changed, to an offer that nobody else sees. No packet is lost by
 * that, and the server need not know.
 */
import type { Encoding } from '../../protocol/messages'
import { downloadRate } from '../connection/downloadRate'
import { keepPaused, repairVoices, shapeVoice, tuneAnswer, usualVoice } from '../connection/sdp'
import type { VoiceShape } from '../connection/sdp'

export class AudioSender {
  private answered?: string // by the server, as it came
  private wanted: VoiceShape = usualVoice
  private shape: VoiceShape = usualVoice // as it is
  private repairs = true // this browser takes an offer that asks for repairs
  // with which the connection began, in bit/s: another would make it begin again
  private bitrate?: number

  constructor(
    private readonly connection: RTCPeerConnection,
    private readonly sender: RTCRtpSender,
  ) {}

  /**
   * Takes what the server asks for; the caller lets nothing else touch the descriptions meanwhile.
   */
  async apply({ maxBitrate, ptime, red }: Encoding): Promise<void> {
    this.wanted = { ptime: ptime || this.wanted.ptime, redundant: !!red }
    const parameters = this.sender.getParameters()
    const encoding = parameters.encodings[0]
    if (encoding && maxBitrate && encoding.maxBitrate !== maxBitrate) {
      encoding.maxBitrate = maxBitrate
      await this.sender.setParameters(parameters)
    }
    const same =
      this.shape.ptime === this.wanted.ptime && this.shape.redundant === this.wanted.redundant
    // While an offer is on its way its answer will be shaped.
    if (same || !this.answered || this.connection.signalingState !== 'stable') return
    await this.offer()
    try {
      await this.answer(this.answered)
    } catch (error) {
      // or the next real offer would find this one
      await this.connection.setLocalDescription({ type: 'rollback' })
      throw error
    }
  }

  /** Makes an offer and sets it. */
  async offer(): Promise<void> {
    const { type, sdp } = await this.connection.createOffer()
    if (this.connection.signalingState === 'closed') return // given up meanwhile
    if (this.repairs) {
      try {
        return await this.connection.setLocalDescription({ type, sdp: repairVoices(sdp!) })
      } catch {
        this.repairs = false // what is lost is lost, then
      }
    }
    await this.connection.setLocalDescription({ type, sdp })
  }

  /** Sets the server's answer. */
  async answer(sdp: string): Promise<void> {
    const shape = this.wanted
    if (!this.answered) this.bitrate = downloadRate()
    const shaped = keepPaused(shapeVoice(tuneAnswer(sdp, this.bitrate), shape), this.paused())
    await this.connection.setRemoteDescription({ type: 'answer', sdp: shaped })
    this.answered = sdp
    this.shape = shape
  }

  /** The encodings that are switched off, by mid. */
  private paused(): Map<string, string[]> {
    const paused = new Map<string, string[]>()
    for (const { mid, sender } of this.connection.getTransceivers()) {
      const off = (sender.getParameters().encodings ?? []).flatMap(({ active, rid }) =>
        active === false && rid ? [rid] : [],
      )
      if (mid && off.length) paused.set(mid, off)
    }
    return paused
  }
}
