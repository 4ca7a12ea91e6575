/**
 * When a chime tells that somebody waits: at once for whoever comes, and again until somebody here
 * has looked. Pure: times are arguments, in ms.
 */
const every = 20_000

export class Doorbell {
  private known: readonly string[] = []
  private nextAt = Infinity

  /** These wait now. */
  waits(ids: readonly string[], now: number): void {
    if (ids.some((id) => !this.known.includes(id))) this.nextAt = now
    if (!ids.length) this.nextAt = Infinity
    this.known = ids
  }

  /** Somebody is at this page. */
  looked(): void {
    this.nextAt = Infinity
  }

  /** Whether it rings now. */
  rings(now: number): boolean {
    if (now < this.nextAt) return false
    this.nextAt = now + every
    return true
  }
}
