/**
 * Real-time text: what somebody writes is read by the others while they write it (EN 301 549 6.2,
 * ITU-T T.140). Only what has changed travels, at most every 300 ms.
 */
import { signal } from '@preact/signals-core'
import type { Typed } from '../../protocol/messages'

export type Change = { keep: number; text: string }

/** ms that letters are gathered for: EN 301 549 6.2.4 allows 500, the way to the other included. */
const gather = 300

/** How one draft becomes the next, in whole characters; undefined: it is the same. Pure. */
export function changeOf(before: string, now: string): Change | undefined {
  if (before === now) return undefined
  const [old, next] = [[...before], [...now]]
  let keep = 0
  while (keep < old.length && keep < next.length && old[keep] === next[keep]) keep++
  return { keep, text: next.slice(keep).join('') }
}

/** The draft after a change; what somebody who came later has not seen is an ellipsis. Pure. */
export function changed(before: string, { keep, text }: Change): string {
  const old = [...before]
  return (keep > old.length ? `${before}…` : old.slice(0, keep).join('')) + text
}

/** One's own draft, on its way to the others. */
export class OwnDraft {
  private told = ''
  private now = ''
  private timer?: ReturnType<typeof setTimeout>

  /** `send` reports whether the server has it. */
  constructor(private readonly send: (change: Change) => boolean) {}

  /** What stands in the field now. */
  type(text: string): void {
    this.now = text
    this.timer ??= setTimeout(() => this.tell(), gather)
  }

  /** The line itself was sent: the others' copies of the draft end with it. */
  said(): void {
    this.forget()
    this.now = ''
  }

  /** Somebody has come, or we have come back: nobody may be taken to know any of it. */
  repeat(): void {
    this.forget()
    if (this.now) this.tell()
  }

  private forget(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.told = ''
  }

  private tell(): void {
    this.timer = undefined
    const change = changeOf(this.told, this.now)
    if (!change) return
    if (this.send(change)) this.told = this.now
    else this.timer = setTimeout(() => this.tell(), gather)
  }
}

/** The drafts of the others, by participant; empty ones are left out. */
export class Drafts {
  readonly all = signal<Readonly<Record<string, string>>>({})

  typed({ participant, ...change }: Typed): void {
    const draft = changed(this.all.peek()[participant] ?? '', change)
    const { [participant]: _, ...others } = this.all.peek()
    this.all.value = draft ? { ...others, [participant]: draft } : others
  }

  /** Their line has come, or they have gone. */
  end(participants: readonly string[]): void {
    const left = Object.entries(this.all.peek()).filter(([id]) => !participants.includes(id))
    if (left.length < Object.keys(this.all.peek()).length)
      this.all.value = Object.fromEntries(left)
  }

  reset(): void {
    this.all.value = {}
  }
}
