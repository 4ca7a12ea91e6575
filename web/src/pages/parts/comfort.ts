/**
 * How the page is read and driven: size of the text, what is announced, shortcuts of one key. Kept
 * in the browser, as it is the person's and not the call's.
 */
import { effect, signal } from '@preact/signals'
import { recall, remember } from './storage'

export const textSizes = [100, 125, 150, 200] as const // %

export type Comfort = {
  text: (typeof textSizes)[number]
  few: boolean // announcements
  keys: boolean
}

const comfortKey = 'draille.comfort'
const usual: Comfort = { text: 100, few: false, keys: true }

function recalled(): Comfort {
  try {
    return { ...usual, ...(JSON.parse(recall(comfortKey) ?? '{}') as Partial<Comfort>) }
  } catch {
    return usual // damaged: as if new
  }
}

export const comfort = signal<Comfort>(recalled())

export function setComfort(change: Partial<Comfort>): void {
  comfort.value = { ...comfort.peek(), ...change }
  remember(comfortKey, JSON.stringify(comfort.peek()))
}

effect(() => {
  const { text } = comfort.value
  document.documentElement.style.fontSize = text === 100 ? '' : `${text}%`
})

/** The role of a sentence that need not be announced to everybody. */
export function statusRole(): 'status' | undefined {
  return comfort.value.few ? undefined : 'status'
}
