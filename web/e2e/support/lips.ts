import { expect } from '@playwright/test'
import { beatFrames } from './media'
import type { Person } from './people'

/** When beats of people were seen and heard on a page, in ms. */
type Beats = {
  shown: { who: number; beat: number; at: number }[]
  heard: { who: number; at: number }[]
}

declare global {
  interface Window {
    beats: Beats
  }
}

/** Runs in the page: notes when each beat is shown, and when its beep leaves the jitter buffer. */
function watchBeats({ people, beatFrames }: { people: number[]; beatFrames: number }): void {
  const beats: Beats = { shown: [], heard: [] }
  window.beats = beats

  const watched = new WeakSet<HTMLVideoElement>()
  const latest = new Map<number, number>()
  const look = (video: HTMLVideoElement) => {
    const mark = window.draille.read(video)
    const beat = mark && Math.floor(mark.frame / beatFrames)
    if (mark && beat !== undefined && latest.get(mark.who) !== beat) {
      // The first frame that is seen at all tells of no beginning, nor does a late one.
      if (latest.has(mark.who) && mark.frame % beatFrames < 2)
        beats.shown.push({ who: mark.who, beat, at: performance.now() })
      latest.set(mark.who, beat)
    }
    video.requestVideoFrameCallback(() => look(video))
  }
  setInterval(() => {
    for (const video of document.querySelectorAll<HTMLVideoElement>('[data-testid=tile] video')) {
      if (!watched.has(video)) video.requestVideoFrameCallback(() => look(video))
      watched.add(video)
    }
  }, 100)

  const context = new AudioContext({ sampleRate: 48_000, latencyHint: 'interactive' })
  const samples = new Float32Array(4096)
  const power = (hertz: number, from: number) => {
    const step = 2 * Math.cos((2 * Math.PI * hertz) / 48_000)
    let [a, b] = [0, 0]
    for (let i = from; i < Math.min(from + 960, samples.length); i++)
      [a, b] = [samples[i]! + step * a - b, a]
    return a * a + b * b - step * a * b
  }
  for (const receiver of window.draille.connections.at(-1)!.getReceivers()) {
    if (receiver.track.kind !== 'audio') continue
    const analyser = new AnalyserNode(context, { fftSize: samples.length })
    context.createMediaStreamSource(new MediaStream([receiver.track])).connect(analyser)
    let heardAt = -Infinity
    setInterval(() => {
      analyser.getFloatTimeDomainData(samples)
      const now = performance.now()
      const onset = samples.findIndex((sample) => Math.abs(sample) > 0.05)
      // What sounds from the first sample on has begun before.
      if (onset < 480 || now - heardAt < 500) return
      if (onset + 960 > samples.length) return // too little to tell whose it is: the next time
      heardAt = now
      const [who] = people.toSorted(
        (x, y) => power(500 + 250 * y, onset) - power(500 + 250 * x, onset),
      )
      beats.heard.push({ who: who!, at: now - (samples.length - onset) / 48 })
    }, 10)
  }
}

export async function startLips(listener: Person, ...people: Person[]): Promise<void> {
  await listener.page.evaluate(watchBeats, { people: people.map(({ who }) => who), beatFrames })
}

/** By how much a picture comes after its voice, in ms: of the latest beats, the oldest first. */
async function offsets(listener: Person, speaker: Person, count: number): Promise<number[]> {
  const { shown, heard } = await listener.page.evaluate(() => window.beats)
  const found: number[] = []
  for (const beat of shown.filter(({ who }) => who === speaker.who)) {
    const [nearest] = heard
      .filter(({ who }) => who === speaker.who)
      .map(({ at }) => beat.at - at)
      .sort((x, y) => Math.abs(x) - Math.abs(y))
    if (nearest !== undefined && Math.abs(nearest) < 900) found.push(nearest)
  }
  return found.slice(-count)
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN

/** Waits until the lips of somebody move with their voice, to so many ms, beat after beat. */
export async function inStep(
  listener: Person,
  speaker: Person,
  within: number,
  timeout: number,
): Promise<number> {
  const count = 5
  let found: number[] = []
  await expect
    .poll(
      async () => {
        found = await offsets(listener, speaker, count)
        return found.length === count ? Math.abs(median(found)) : Infinity
      },
      { message: `${listener.name} sees and hears ${speaker.name} in step`, timeout },
    )
    .toBeLessThanOrEqual(within)
  return median(found)
}
