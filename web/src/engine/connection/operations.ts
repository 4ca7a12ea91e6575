/** Steps that must not overlap, one after the other. */
export class OperationsChain {
  private last: Promise<unknown> = Promise.resolve()

  /** Runs a step when all before it have ended, however they ended. */
  chain(step: () => Promise<void>): Promise<void> {
    const turn = this.last.then(step)
    this.last = turn.catch(() => {})
    return turn
  }
}
