/** The level of the own microphone, measured only while somebody looks at it. */
import { signal } from '@preact/signals-core'

const floor = -60 // dB below full scale that counts as nothing

/** 0 (silence) … 1 (full scale), along decibels as an ear hears. Pure. */
export function audioLevelOf(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length
  const decibels = 10 * Math.log10(power) // -Infinity in silence
  return Math.min(1, Math.max(0, 1 - decibels / floor))
}

export class AudioLevelMeter {
  readonly level = signal(0, {
    watched: () => this.start(),
    unwatched: () => this.stop(),
  })
  private track?: MediaStreamTrack | null
  private watched = false
  private context?: AudioContext
  private frame = 0

  /** Measures this track from now on. */
  attach(track: MediaStreamTrack | null): void {
    this.track = track
    if (!this.watched) return
    this.stop()
    this.start()
  }

  private start(): void {
    this.watched = true
    if (!this.track) return
    const context = (this.context = new AudioContext())
    const analyser = new AnalyserNode(context, { fftSize: 1024 })
    context.createMediaStreamSource(new MediaStream([this.track])).connect(analyser)
    const samples = new Float32Array(analyser.fftSize)
    const measure = () => {
      analyser.getFloatTimeDomainData(samples)
      this.level.value = audioLevelOf(samples)
      this.frame = requestAnimationFrame(measure)
    }
    // Opened by a script, the context sleeps until the page is touched in some browsers; capturing
    // wakes it in others.
    void context.resume()
    this.frame = requestAnimationFrame(measure)
  }

  private stop(): void {
    this.watched = false
    cancelAnimationFrame(this.frame)
    void this.context?.close()
    this.context = undefined
    this.level.value = 0
  }
}
