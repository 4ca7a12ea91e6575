/**
 * A beep every second or two in a person's voice, of a frequency that is theirs, and an ear that
 * notes when each is heard: the way from the mouth to the ear, from a microphone's samples to the
 * samples that go to the loudspeaker. Encoder, network, jitter buffer and playout are on it; the
 * sound cards of both ends are not.
 */
import { now } from './clock'

/** A beep that was heard: whose, and when its first samples came to the ear (ms). */
export type Heard = { who: number; at: number }

const length = 0.06 // s: no frame is longer
const rest = 1.3 // s from one beep to the next, at least
const spread = 0.4 // s: at most so much more, so that beeps meet every phase of the sender's frames
const ahead = 0.1 // s in which a beep is planned before it sounds
const level = 0.4
const people = 8

/** Hz. A voice has little there, and Opus carries it at every bit rate that is used. */
export const beepOf = (who: number): number => 1_900 + 200 * who

/** Lets the voice rest while a beep sounds. */
export function beep(
  context: AudioContext,
  who: number,
  voice: GainNode,
  mouth: AudioNode,
  beeped: (at: number) => void,
): void {
  const oscillator = new OscillatorNode(context, { frequency: beepOf(who) })
  const gain = new GainNode(context, { gain: 0 })
  oscillator.connect(gain).connect(mouth)
  oscillator.start()
  const next = () => {
    const at = context.currentTime + ahead
    voice.gain.setValueAtTime(0, at)
    gain.gain.setValueAtTime(level, at)
    gain.gain.setValueAtTime(0, at + length)
    voice.gain.setValueAtTime(1, at + length)
    if (context.state === 'running') beeped(now() + 1000 * ahead)
    setTimeout(next, 1000 * (rest + spread * Math.random()))
  }
  next()
}

const listenEvery = 25 // ms
const windowSamples = 480 // 10 ms
const hop = 120 // 2.5 ms
const tonal = 0.6 // share of a window's power that is the beep's
const faint = 1e-4 // mean square below which nothing is heard
const deaf = 800 // ms after a beep within which the same one is not heard again

/** Listens to the voices of a connection, whoever speaks in them. */
export class Ear {
  private context?: AudioContext
  private readonly voices = new Map<string, AnalyserNode>()
  private readonly last = new Map<number, number>()
  private readonly samples = new Float32Array(4096)

  constructor(
    private readonly own: number,
    private readonly heard: (beep: Heard) => void,
  ) {
    setInterval(() => this.listen(), listenEvery)
  }

  attach(track: MediaStreamTrack): void {
    if (this.voices.has(track.id)) return
    this.context ??= new AudioContext({ sampleRate: 48_000, latencyHint: 'interactive' })
    const analyser = new AnalyserNode(this.context, { fftSize: this.samples.length })
    this.context.createMediaStreamSource(new MediaStream([track])).connect(analyser)
    this.voices.set(track.id, analyser)
  }

  private listen(): void {
    for (const analyser of this.voices.values()) {
      analyser.getFloatTimeDomainData(this.samples)
      const time = now()
      for (const { who, ago } of beepsIn(this.samples, this.own)) {
        const at = time - ago
        if (at - (this.last.get(who) ?? -Infinity) < deaf) continue
        this.last.set(who, at)
        this.heard({ who, at })
      }
    }
  }
}

/**
 * The beeps that begin within these samples of 48 kHz, and how many ms before their end. One that
 * sounds from the first sample on may have begun before.
 */
export function beepsIn(samples: Float32Array, own = -1): { who: number; ago: number }[] {
  const found: { who: number; ago: number }[] = []
  for (let who = 0; who < people; who++) {
    if (who === own) continue
    let before = true
    for (let from = 0; from + windowSamples <= samples.length; from += hop) {
      const sounds = isTone(samples, from, beepOf(who))
      if (sounds && !before) {
        // Half of the window sounds when the tone has most of its power.
        const onset = from + windowSamples / 2
        found.push({ who, ago: (samples.length - onset) / 48 })
        break
      }
      before = sounds
    }
  }
  return found
}

/** Goertzel's filter over one window. */
function isTone(samples: Float32Array, from: number, hertz: number): boolean {
  const step = 2 * Math.cos((2 * Math.PI * hertz) / 48_000)
  let [a, b, power] = [0, 0, 0]
  for (let i = from; i < from + windowSamples; i++) {
    const sample = samples[i]!
    power += sample * sample
    ;[a, b] = [sample + step * a - b, a]
  }
  const tone = a * a + b * b - step * a * b // |X|²
  return power > faint * windowSamples && (2 * tone) / windowSamples > tonal * power
}
