/**
 * The two session descriptions of the connection. What browsers take from the remote one alone, the
 * shape of the voice's packets and in some the codec of pictures, is changed during a call by
 * applying the stored answer again, changed, to an offer that nobody else sees: no packet is lost
 * by that, and the server need not know. The caller lets nothing else touch the descriptions
 * meanwhile.
 */
import { downloadRate } from './downloadRate'
import { keepPaused, preferCodecs, repairVoices, shapeVoice, tuneAnswer, usualVoice } from './sdp'
import type { VoiceShape } from './sdp'

export class Descriptions {
  voice: VoiceShape = usualVoice
  /** The codec that a section is to send, by its mid; without one: the first of the answer. */
  readonly codecs = new Map<string, string>()
  private answered?: string // by the server, as it came
  private applied = '' // of what is wanted
  private repairs = true // this browser takes an offer that asks for repairs
  // with which the connection began, in bit/s: another would make it begin again
  private bitrate?: number

  constructor(private readonly connection: RTCPeerConnection) {}

  /** Makes the browser do what is wanted, if it does not yet. */
  async apply(): Promise<void> {
    // While an offer is on its way its answer will be changed.
    if (!this.answered || this.connection.signalingState !== 'stable') return
    if (this.applied === this.wanted) return
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
    const { wanted } = this
    if (!this.answered) this.bitrate = downloadRate()
    const shaped = shapeVoice(tuneAnswer(sdp, this.bitrate), this.voice)
    await this.connection.setRemoteDescription({
      type: 'answer',
      sdp: keepPaused(preferCodecs(shaped, this.codecs), this.paused()),
    })
    this.answered = sdp
    this.applied = wanted
  }

  private get wanted(): string {
    return JSON.stringify([this.voice, [...this.codecs]])
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
