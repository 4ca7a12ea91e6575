/**
 * When a chime tells that somebody waits: at once for whoever comes, and again until somebody here
 * has looked. Whoever was refused before and asks again is told once: a no is not argued with, and
 * one that was said by mistake is not lost. Pure: times are arguments, in ms.
 */
const every = 20_000

/** Somebody who waits; refused: how often they were. */
export type Waiting = { id: string; refused: number }

export class Doorbell {
  private readonly told = new Set<string>()
  private readonly shown = new Set<string>()
  private nextAt = 0

  /** Somebody is at this page while these wait. */
  looked(waiting: readonly Waiting[]): void {
    for (const { id } of waiting) this.shown.add(id)
  }

  /** Whether it rings now, as these wait. */
  rings(waiting: readonly Waiting[], now: number): boolean {
    const rings = waiting.some(
      ({ id, refused }) =>
        !this.told.has(id) || (!refused && !this.shown.has(id) && now >= this.nextAt),
    )
    if (rings) this.nextAt = now + every
    for (const { id } of waiting) this.told.add(id)
    return rings
  }
}
