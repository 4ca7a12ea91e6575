/** The level of the own microphone, measured only while somebody looks at it. */
import { signal } from '@preact/signals-core'

const floor = -60 // dB below full scale that counts as nothing

/** 0 (silence) … 1 (full scale), along decibels as an ear hears. Pure. */
export function audioLevelOf(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length
  const decibels = 10 * Math.log10(power) // -Infinity in silence
  return Math.min(1, Math.max(0, 1 - decibels / floor))
}

/** Measures a track as long as it is not closed. */
export class Analyser {
  private readonly context = new AudioContext()
  private readonly node = new AnalyserNode(this.context, { fftSize: 1024 })
  private readonly samples = new Float32Array(this.node.fftSize)

  constructor(track: MediaStreamTrack) {
    this.context.createMediaStreamSource(new MediaStream([track])).connect(this.node)
    // Opened by a script, the context sleeps until the page is touched in some browsers; capturing
    // wakes it in others.
    void this.context.resume()
  }

  /** As audioLevelOf, of the latest 1024 samples. */
  level(): number {
    this.node.getFloatTimeDomainData(this.samples)
    return audioLevelOf(this.samples)
  }

  close(): void {
    void this.context.close()
  }
}

export class AudioLevelMeter {
  readonly level = signal(0, {
    watched: () => this.start(),
    unwatched: () => this.stop(),
  })
  private track?: MediaStreamTrack | null
  private watched = false
  private analyser?: Analyser
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
    const analyser = (this.analyser = new Analyser(this.track))
    const measure = () => {
      this.level.value = analyser.level()
      this.frame = requestAnimationFrame(measure)
    }
    this.frame = requestAnimationFrame(measure)
  }

  private stop(): void {
    this.watched = false
    cancelAnimationFrame(this.frame)
    this.analyser?.close()
    this.analyser = undefined
    this.level.value = 0
  }
}
