/**
 * A value that is read from the server, which also tells changes of it by itself. A change that is
 * told while an answer is on its way may be missing from that answer, and is applied to it; if the
 * answer has it already, to apply it must make no difference. The answer to a question that has
 * been asked once more is dropped, and so is its failure.
 */
export class Newest<T> {
  private asked = 0
  private told?: ((value: T) => T)[] // since the latest question, which has no answer yet

  /** The server has told a change. */
  tell(change: (value: T) => T): void {
    this.told?.push(change)
  }

  /** The answer with what was told meanwhile; undefined: it was asked once more. */
  async ask(question: () => Promise<T>): Promise<T | undefined> {
    const mine = ++this.asked
    const told = (this.told = [] as ((value: T) => T)[])
    try {
      const answer = await question()
      if (mine === this.asked) return told.reduce<T>((value, change) => change(value), answer)
    } catch (error) {
      if (mine === this.asked) throw error
    } finally {
      if (mine === this.asked) this.told = undefined
    }
    return undefined
  }
}
