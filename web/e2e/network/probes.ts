import type { Person } from '../support/people'

/** How somebody's media go, in words: the local candidate of the pair that carries them. */
export function route(person: Person): Promise<string> {
  return person.page.evaluate(async () => {
    const stats = await window.draille.connections.at(-1)!.getStats()
    for (const report of stats.values()) {
      if (report.type !== 'transport' || !report.selectedCandidatePairId) continue
      const local = stats.get(stats.get(report.selectedCandidatePairId).localCandidateId)
      return local.candidateType === 'relay'
        ? `relay over ${local.relayProtocol}`
        : `direct over ${local.protocol}`
    }
    return 'none'
  })
}

/** When voices were heard on a page. */
export interface VoiceWatch {
  /** Time of the first packet that was played after a time; both in ms since 1970. */
  after(time: number): Promise<number>
  /** The longest silence since a time, in ms. */
  gap(since: number): Promise<number>
}

declare global {
  interface Window {
    voices: { latest: number; times: number[]; waiting: ((at: number) => void)[] }
  }
}

export async function watchVoices(person: Person): Promise<VoiceWatch> {
  await person.page.evaluate(() => {
    const voices = { latest: 0, times: [] as number[], waiting: [] as ((at: number) => void)[] }
    window.voices = voices
    setInterval(() => {
      const receivers = window.draille.connections.flatMap((connection) =>
        connection.getReceivers(),
      )
      const times = receivers
        .filter(({ track }) => track.kind === 'audio')
        .flatMap((receiver) =>
          receiver.getSynchronizationSources().map(({ timestamp }) => timestamp),
        )
      const newest = Math.max(0, ...times)
      if (newest === voices.latest) return
      voices.latest = newest
      voices.times.push(Date.now())
      voices.waiting.splice(0).forEach((heard) => heard(Date.now()))
    }, 10)
  })
  return {
    after: (time) =>
      person.page.evaluate(async (time) => {
        for (;;) {
          const at = await new Promise<number>((heard) => window.voices.waiting.push(heard))
          if (at > time) return at
        }
      }, time),
    gap: (since) =>
      person.page.evaluate((since) => {
        const times = [since, ...window.voices.times.filter((at) => at > since), Date.now()]
        return Math.max(...times.slice(1).map((at, i) => at - times[i]!))
      }, since),
  }
}

export function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}
