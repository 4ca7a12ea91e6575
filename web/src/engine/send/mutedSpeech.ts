/** Whether somebody speaks while their microphone is off. Nothing of it leaves the page. */
import { Analyser } from './audioLevel'

/** A level that a voice reaches and a quiet room does not; the lobby's test asks for it, too. */
const voiceLevel = 0.4
const measureEvery = 100 // ms
/** Half of the last second is speech; a cough or a door is shorter. */
const lately = 10 // measurements
const enough = 5 // of them

/** Tells once that somebody speaks. Pure. */
export class SpeechDetector {
  private readonly loud: boolean[] = []
  private told = false

  /** Takes a level, 0 … 1, every 100 ms. Reports whether to tell it now: once. */
  take(level: number): boolean {
    this.loud.push(level >= voiceLevel)
    if (this.loud.length > lately) this.loud.shift()
    if (this.told || this.loud.filter(Boolean).length < enough) return false
    return (this.told = true)
  }
}

export class MutedSpeech {
  private track?: MediaStreamTrack
  private stopNow?: () => void

  constructor(private readonly heard: () => void) {}

  /**
   * Listens to a microphone that is muted, in a copy of its track that is not: what is off is
   * silent in every other way.
   */
  listen(track: MediaStreamTrack | undefined): void {
    if (track === this.track) return
    this.track = track
    this.stopNow?.()
    this.stopNow = undefined
    if (!track) return
    const copy = track.clone()
    copy.enabled = true
    const analyser = open(copy)
    if (!analyser) return copy.stop()
    const detector = new SpeechDetector()
    const timer = setInterval(() => {
      if (detector.take(analyser.level())) this.heard()
    }, measureEvery)
    this.stopNow = () => {
      clearInterval(timer)
      analyser.close()
      copy.stop()
    }
  }
}

/** A browser that measures no sound loses this hint only. */
function open(track: MediaStreamTrack): Analyser | undefined {
  try {
    return new Analyser(track)
  } catch {
    return undefined
  }
}
