/**
 * How loud each participant is. A slot carries another voice from one moment to the next: its
 * contributing source tells whose, and the element that plays it follows.
 */
import { signal } from '@preact/signals-core'

const every = 100 // ms: a syllable of the next speaker at most is as loud as the last one was

export class Volumes {
  /** By participant; undefined where the browser leaves loudness to its buttons (iPadOS). */
  readonly all = signal<Readonly<Record<string, number>> | undefined>(settable() ? {} : undefined)
  private receivers: readonly RTCRtpReceiver[] = []
  private voices: readonly HTMLAudioElement[] = []
  private timer?: ReturnType<typeof setInterval>

  constructor(private readonly voiceOf: (number: number) => string | undefined) {}

  /** These elements play these receivers from now on. */
  of(receivers: readonly RTCRtpReceiver[], voices: readonly HTMLAudioElement[]): void {
    this.receivers = receivers
    this.voices = voices
    this.follow()
  }

  set(participant: string, volume: number): void {
    if (!this.all.peek()) return
    this.all.value = { ...this.all.peek(), [participant]: volume }
    this.follow()
  }

  /** Nobody has to look at the slots while everybody is as loud as they come. */
  private follow(): void {
    clearInterval(this.timer)
    const quieter = Object.values(this.all.peek() ?? {}).some((volume) => volume < 1)
    this.apply()
    if (quieter && this.voices.length) this.timer = setInterval(() => this.apply(), every)
  }

  private apply(): void {
    this.voices.forEach((voice, i) => {
      const speaker = this.speakerOf(this.receivers[i]!)
      const volume = (speaker === undefined ? undefined : this.all.peek()?.[speaker]) ?? 1
      if (voice.volume !== volume) voice.volume = volume
    })
  }

  private speakerOf(receiver: RTCRtpReceiver): string | undefined {
    const latest = receiver.getContributingSources?.().sort((a, b) => b.timestamp - a.timestamp)[0]
    return latest && this.voiceOf(latest.source)
  }
}

function settable(): boolean {
  const probe = document.createElement('audio')
  probe.volume = 0.5
  return probe.volume === 0.5
}
