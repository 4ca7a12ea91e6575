/** Steps that must not overlap, one after the other. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve()

  /** Runs a step when all before it have ended, however they ended. */
  take(step: () => Promise<void>): Promise<void> {
    const turn = this.last.then(step)
    this.last = turn.catch(() => {})
    return turn
  }
}
